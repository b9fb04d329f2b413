"""The audit of the dependencies, without the internet."""

import json
import subprocess
import sys

import pytest

from websocket_mock.scripts.dev import audit


def auditing(monkeypatch: pytest.MonkeyPatch, code: str) -> int:
    """Audit with a program in the place of pip-audit."""
    monkeypatch.setattr(audit, "COMMAND", (sys.executable, "-c", code))
    return audit.main()


def test_without_the_data_nothing_is_audited_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert auditing(monkeypatch, "raise SystemExit('no connection')") == 0
    assert capsys.readouterr().out == "not audited: no connection\n"


def test_vulnerabilities_are_told_and_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = {
        "dependencies": [
            {"name": "good", "version": "1", "vulns": []},
            {"name": "bad", "version": "2", "vulns": [{"id": "A-1"}, {"id": "B-2"}]},
            {"name": "skipped", "skip_reason": "unknown"},
        ]
    }
    assert auditing(monkeypatch, f"print({json.dumps(report)!r}); raise SystemExit(1)") == 1
    assert capsys.readouterr().out.splitlines() == [
        "bad 2: A-1, B-2",
        "3 packages audited, 1 with known vulnerabilities",
    ]


def test_audit_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "LIMIT", 0.1)
    with pytest.raises(subprocess.TimeoutExpired):
        auditing(monkeypatch, "import signal; signal.pause()")


def test_every_version_that_is_audited_is_exact() -> None:
    lines = audit.CONSTRAINTS.read_text().splitlines()
    assert [line for line in lines if not line.startswith("#") and "==" not in line] == []
