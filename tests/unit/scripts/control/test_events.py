"""Server-sent events: how they are read, and how a reader goes on after a lost connection."""

import io
from collections.abc import Sequence

import pytest

from tests.helpers.event_answers import answering, event
from websocket_mock.scripts.control import events
from websocket_mock.scripts.control.events import Event, follow, read_events
from websocket_mock.scripts.control.problems import NoServer, Refused
from websocket_mock.scripts.control.rest import Server


def test_events_comments_and_cursors_are_read() -> None:
    text = event("entry", 3, seq=3) + ": keep-alive\n\n" + "id: 9\n\n" + "event: gap\ndata: {\n\n"
    assert [one for one in read_events(io.BytesIO(text.encode())) if one[1].name or one[0]] == [
        ("3", Event("entry", {"seq": 3})),
        ("9", Event("", {})),
        (None, Event("gap", {})),
    ]


def collect(url: str, patience: float = 0.05) -> tuple[list[Event], list[str], str]:
    found, said = list[Event](), list[str]()
    try:
        for one in follow(Server(url), {"after": "now"}, said.append, patience):
            found.append(one)
    except NoServer as error:
        return found, said, str(error)
    raise AssertionError("a stream has no end")


def numbers(found: Sequence[Event]) -> list[int]:
    return [one.data["seq"] for one in found if one.name == events.ENTRY]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(events, "LONGEST_PAUSE", 0.02)


def test_reader_goes_on_where_it_was() -> None:
    first = event("server", 4, started=1.0) + event("entry", 5, seq=5) + "id: 8\n\n"
    second = event("server", 8, started=1.0) + event("entry", 9, seq=9)
    with answering(first, second) as (url, requests):
        found, said, error = collect(url)
    assert numbers(found) == [5, 9]
    assert "Last-Event-ID" not in requests[0]
    assert "Last-Event-ID: 8\r\n" in requests[1]
    assert said == ["the connection is lost; trying to connect again"] * 2
    assert "refused" in error


def test_another_server_is_read_from_its_start() -> None:
    first = event("server", 4, started=1.0) + event("entry", 5, seq=5)
    other = event("server", 5, started=2.0) + event("entry", 6, seq=6)
    whole = event("server", 0, started=2.0) + event("entry", 1, seq=1)
    with answering(first, other, whole) as (url, requests):
        found, said, _ = collect(url)
    assert numbers(found) == [5, 1]
    assert "Last-Event-ID" not in requests[2]
    assert "after=start" in requests[2]
    assert "the server was restarted; its numbers begin anew" in said


def test_event_that_was_cut_off_comes_again() -> None:
    first = event("server", 4, started=1.0) + "id: 5\nevent: entry\ndata: {"
    second = event("server", 4, started=1.0) + event("entry", 5, seq=5)
    with answering(first, second) as (url, requests):
        found, _, _ = collect(url)
    assert "Last-Event-ID: 4\r\n" in requests[1]
    assert numbers(found) == [5]


def test_refusal_and_absence_end_it_at_once() -> None:
    body = b'{"error": "no"}'
    head = b"HTTP/1.1 422 Unprocessable\r\nContent-Length: %d\r\n\r\n" % len(body)
    with answering(head + body) as (url, _), pytest.raises(Refused, match="no"):
        next(follow(Server(url), {}, print))
    with pytest.raises(NoServer):
        next(follow(Server("http://127.0.0.1:1"), {}, print))
