"""The audit of the dependencies, without the internet."""

import subprocess
import sys

import pytest

from tests.helpers.http_client import free_port
from websocket_mock.scripts.dev import audit


def test_without_the_data_nothing_is_audited_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))
    assert audit.main(lambda: False) == 0
    assert capsys.readouterr().out.startswith("not audited: https://pypi.org/")


def test_exit_code_is_that_of_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))
    assert audit.main(lambda: True) == 1


def test_audit_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "COMMAND", (sys.executable, "-c", "import signal; signal.pause()"))
    monkeypatch.setattr(audit, "LIMIT", 0.1)
    with pytest.raises(subprocess.TimeoutExpired):
        audit.main(lambda: True)


def test_address_that_does_not_answer_cannot_be_reached() -> None:
    assert not audit.can_reach_data(f"http://127.0.0.1:{free_port()}/")


def test_every_version_that_is_audited_is_exact() -> None:
    lines = audit.CONSTRAINTS.read_text().splitlines()
    assert [line for line in lines if not line.startswith("#") and "==" not in line] == []
