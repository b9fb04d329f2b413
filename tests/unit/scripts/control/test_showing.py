"""What a person sees of entries. Tables and colours are in the tests with a terminal."""

import re
import sys

import pytest

from websocket_mock.scripts.control.showing import entry_printer
from websocket_mock.scripts.control.task import Task
from websocket_mock.scripts.control.verb import Verb


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ({"passed": False, "text": "no rule matches", "strict": True}, "failed: no rule matches"),
        ({"passed": True, "text": ""}, "passed"),
    ],
)
def test_verdict_is_told_by_its_text(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    details: dict[str, object],
    shown: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    task = Task("program traffic", Verb("traffic", "", ""), {"json": False})
    entry = {"seq": 7, "time": "2026-11-28T17:41:47.878Z", "kind": "verdict"}
    entry |= {"endpoint": "prices", "client": "e01a66dc", "details": details}
    entry_printer(task)(entry)
    told = capsys.readouterr().out.partition("prices e01a66dc ")[2]
    assert re.sub(r"\x1b\[\d*m", "", told) == f"{shown}\n"
