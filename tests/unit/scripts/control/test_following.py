"""What `traffic --follow` says besides the entries, and when it ends."""

import json
import os
import sys

import pytest

from tests.helpers.command import run_here
from tests.helpers.event_answers import answering, event
from websocket_mock.scripts.control import command, following


def test_gaps_and_cuts_are_told_on_standard_error() -> None:
    stream = (
        event("server", 0, started=1.0)
        + event("gap", 4, after=0, before=5, missing=4)
        + event("gap", 5, after=4, before=6, missing=None)
        + event("cut", 5, error="too slow")
        + ": keep-alive\n\n"
        + event("entry", 6, seq=6)
        + event("entry", 7, seq=7)
    )
    with answering(stream) as (url, requests):
        words = ("traffic", "--follow", "--limit=1", "--detail=full", "--namespace=*")
        finished = run_here(command.main, *words, "--match", '{"code": 1}', f"--url={url}")
    assert finished.code == 0
    assert [json.loads(line) for line in finished.out.splitlines()] == [{"seq": 6}]
    assert [line.partition(": ")[2] for line in finished.err.splitlines()] == [
        "4 entries are lost",
        "some entries are lost",
        "this reader was too slow and was cut",
    ]
    assert requests[0].startswith(
        "GET /events?after=now&match=%7B%22code%22%3A+1%7D&detail=full&namespace=%2A HTTP/1.1"
    )


def test_reader_that_has_left_is_noticed_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as output:
        monkeypatch.setattr(sys, "stdout", output)
        following._check_output()
        os.close(reading)
        with pytest.raises(BrokenPipeError):
            following._check_output()
