"""Reads `GET /events`, server-sent events (HTML standard, section 9.2), across lost connections."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlencode

from websocket_mock.scripts.control.problems import NoServer
from websocket_mock.scripts.control.rest import Server

SILENCE_SECONDS = 40.0
"""The server says something at least every 15 s. After this time the connection is lost."""

PATIENCE_SECONDS = 60.0
"""How long to try to connect again."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0
"""Seconds between attempts to connect."""

MAX_LINE = 16 * 1024 * 1024
"""The longest line, in bytes; a payload is at most 12,000 characters of it."""

ENTRY, GAP, SERVER, CUT, ALIVE = "entry", "gap", "server", "cut", ""


@dataclass(frozen=True, slots=True)
class Event:
    """An event. One without a name is a comment: the server lives."""

    name: str
    data: dict[str, Any]


def follow(
    server: Server,
    question: Mapping[str, str],
    say: Callable[[str], None],
    patience: float = PATIENCE_SECONDS,
) -> Iterator[Event]:
    """Yield the events, and connect again when the connection is lost. Blocks between events.

    Args:
        server: the server.
        question: the parameters of the query.
        say: called with a line when the connection is lost, or the server was restarted.
        patience: seconds to try to connect again.

    Raises:
        Refused: the server answered with an error.
        NoServer: it did not come back in time, or was never there.
    """
    reader = _Reader(server, question, say)
    pause, deadline = FIRST_PAUSE, 0.0
    while True:
        try:
            for event in reader.connect():
                pause, deadline = FIRST_PAUSE, 0.0
                yield event
            lost = "the server ended the stream"
        except NoServer as error:
            if not reader.was_connected:
                raise
            lost = str(error)
        now = time.monotonic()
        if not deadline:
            deadline = now + patience
            say("the connection is lost; trying to connect again")
        elif now >= deadline:
            raise NoServer(lost)
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


class _Reader:
    """Knows the place in the journal up to which events were read."""

    def __init__(
        self, server: Server, question: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self._server = server
        self._question = dict(question)
        self._say = say
        self._last_id: str | None = None
        self._started: float | None = None

    @property
    def was_connected(self) -> bool:
        return self._started is not None

    def connect(self) -> Iterator[Event]:
        """Yield the events of one connection; a restart of the server ends it."""
        headers = {"Accept": "text/event-stream"}
        if self._last_id is not None:
            headers["Last-Event-ID"] = self._last_id
        path = f"/events?{urlencode(self._question)}"
        with self._server.request("GET", path, None, headers, SILENCE_SECONDS) as response:
            for place, event in read_events(response):
                if event.name == SERVER and self._is_another(event.data):
                    return
                yield event
                # Only now: an event that was not taken is to come again.
                if place is not None:
                    self._last_id = place

    def _is_another(self, server: Mapping[str, Any]) -> bool:
        """Note which server it is. If it is not the one before, its numbers begin anew."""
        before, self._started = self._started, float(server.get("started", 0.0))
        if before in (None, self._started) or self._last_id is None:
            return False
        self._say("the server was restarted; its numbers begin anew")
        self._last_id, self._question["after"] = None, "start"
        return True


def read_events(stream: IO[bytes]) -> Iterator[tuple[str | None, Event]]:
    """Yield each event with its id, if it has one. Ends with the stream."""
    place: str | None = None
    name, data = "", ""
    while line := stream.readline(MAX_LINE):
        text = line.decode(errors="replace").rstrip("\r\n")
        field, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if text:
            match field:
                case "id":
                    place = value
                case "event":
                    name = value
                case "data":
                    data += f"\n{value}" if data else value
                case "":
                    yield None, Event(ALIVE, {})
                case _:
                    pass
            continue
        yield place, Event(name, _object(data))
        place, name, data = None, "", ""


def _object(data: str) -> dict[str, Any]:
    try:
        value = json.loads(data) if data else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
