"""Stand-ins for what surrounds an actor: time, the way out, the behaviour, and other actors."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pykka

from websocket_mock.actors.conversation.core import Effects, Event
from websocket_mock.actors.values.frames import Pacing, RawFrame

START_TIME = 1_750_000_000.0
"""Unix seconds at which a manual clock begins: 2025-06-15T15:06:40Z."""


class ManualClock:
    """A clock that stands still until a test advances it."""

    def __init__(self) -> None:
        self._elapsed = 0.0

    def advance(self, seconds: float) -> None:
        self._elapsed += seconds

    def time(self) -> float:
        return START_TIME + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed


class RecordingOutbox:
    """Keeps what an actor asked its connection to do, one tuple per call."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.has_started_close = False
        self.is_closed = False
        """Whether it takes no more messages, as a connection that is closing."""

    @property
    def texts(self) -> list[Any]:
        """The text messages, parsed as JSON."""
        return [json.loads(call[1]) for call in self.calls if call[0] == "text"]

    def take(self) -> list[tuple[Any, ...]]:
        """Return the calls since the last time."""
        calls, self.calls = self.calls, []
        return calls

    def _call(self, call: tuple[Any, ...]) -> bool:
        if not self.is_closed:
            self.calls.append(call)
        return not self.is_closed

    def send_text(self, payload: bytes) -> bool:
        return self._call(("text", payload))

    def send_binary(self, payload: bytes) -> bool:
        return self._call(("binary", payload))

    def send_fragments(
        self, payload: bytes, *, is_text: bool, fragments: int, compress: bool
    ) -> bool:
        return self._call(("fragments", payload, is_text, fragments, compress))

    def send_raw(self, pieces: Sequence[RawFrame | bytes]) -> bool:
        return self._call(("raw", *pieces))

    def pace(self, pacing: Pacing | None) -> None:
        self.calls.append(("pace", pacing))

    def hold_reading(self, *, is_held: bool) -> None:
        self.calls.append(("hold", is_held))

    def freeze(self, *, is_frozen: bool) -> None:
        self.calls.append(("freeze", is_frozen))

    def ping(self, payload: bytes) -> bool:
        return self._call(("ping", payload))

    def pong(self, payload: bytes) -> bool:
        return self._call(("pong", payload))

    def hand_over(self) -> Sequence[tuple[bytes, bool]]:
        self.calls.append(("hand over",))
        return [(b"left over", True), (b"\0", False)]

    def close(self, code: int, reason: str = "") -> None:
        self.has_started_close = True
        self.calls.append(("close", code, reason))

    def answer_close(self) -> None:
        self.calls.append(("answer_close",))

    def abort(self, *, is_reset: bool) -> None:
        self.has_started_close = True
        self.calls.append(("abort", is_reset))

    def fail(self) -> None:
        self.has_started_close = True
        self.calls.append(("fail",))


class BrokenOutbox(RecordingOutbox):
    """An outbox with a bug: it cannot send text."""

    def send_text(self, payload: bytes) -> bool:
        raise OSError("the outbox is broken")


class RecordingRef(pykka.ActorRef[Any]):
    """The reference of an actor that only keeps its mail; any thread may tell it."""

    actor_inbox = None  # type: ignore[assignment] # it has none

    def __init__(self, name: str = "nobody") -> None:
        self.name = name
        self.mail: list[Any] = []
        self.is_stopped = False

    def __str__(self) -> str:
        return self.name

    def is_alive(self) -> bool:
        return not self.is_stopped

    def tell(self, message: Any) -> None:
        if self.is_stopped:
            raise pykka.ActorDeadError(f"{self} not found")
        self.mail.append(message)

    def take(self) -> list[Any]:
        """Return the mail since the last time."""
        mail, self.mail = self.mail, []
        return mail


class BrokenRef(RecordingRef):
    """A reference with a bug, while it is broken: telling it raises what nobody expects."""

    is_broken = True

    def tell(self, message: Any) -> None:
        if self.is_broken:
            raise RuntimeError("the reference is broken")
        super().tell(message)


class ScriptedBehaviour:
    """Answers each event as a function says, and keeps the events."""

    def __init__(self, answer: Callable[[Event], Effects] = lambda event: ()) -> None:
        self._answer = answer
        self.events: list[Event] = []
        self.times: list[float] = []

    def handle(self, event: Event, now: float) -> Effects:
        self.events.append(event)
        self.times.append(now)
        return self._answer(event)

    def take(self) -> list[Event]:
        """Return the events since the last time."""
        events, self.events = self.events, []
        return events


class CrashLog:
    """Records which parts broke, and why."""

    def __init__(self) -> None:
        self.crashes: list[tuple[str, BaseException]] = []

    def __call__(self, name: str, error: BaseException) -> None:
        self.crashes.append((name, error))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.crashes]
