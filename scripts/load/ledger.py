"""The bookkeeping of the load: which requests were answered, lost or answered twice.

Each request has its own id: the run, the client and a rising number. An answer to an earlier number
that is no longer open is a duplicate, so answered requests need not be remembered. It must not know
sockets. Each ledger and each tally belongs to one thread.
"""

import time
from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from websocket_mock.scripts.endpoint import excerpt
from websocket_mock.scripts.load.histogram import Histogram

Kind = Literal["ping", "echo", "broadcast"]
Scenario = Literal["ping", "echo", "broadcast", "mixed"]

# A broadcast causes one message per client, so one in ten is enough.
_MIXED: tuple[Kind, ...] = (
    *("ping", "ping", "echo", "ping", "echo"),
    *("ping", "ping", "echo", "ping", "broadcast"),
)
SCENARIOS: dict[Scenario, tuple[Kind, ...]] = {
    "ping": ("ping",),
    "echo": ("echo",),
    "broadcast": ("broadcast",),
    "mixed": _MIXED,
}

_ECHO_FIELDS = {"text": "grüße 🙂", "list": [1, None, True, {"deep": [0.5, -(2**53)]}]}

_MOST_SAMPLES = 5
_MOST_GAPS = 10_000
_LARGEST_NUMBER = 2**32 - 1


class Tally:
    """The counters of the clients of one thread.

    Only that thread writes. Others may read at any time; they see numbers that are slightly old.
    """

    def __init__(self) -> None:
        self.connected = 0
        """Clients that got the welcome."""
        self.dropped = 0
        """Connected clients whose connection was lost before the end."""
        self.sent = 0
        self.received = 0
        self.answered = 0
        self.broadcasts = 0
        """Broadcasts that the server has confirmed to their sender."""
        self.delivered = 0
        """Broadcasts that reached another client; each counts once per client."""
        self.duplicated = 0
        self.unrelated = 0
        """Messages that others sent: clients outside this run, or MCP."""
        self.errors = 0
        self.error_kinds: dict[str, int] = {}
        self.error_samples: list[str] = []
        self.round_trips = Histogram()
        """Nanoseconds from a request to its answer."""
        self.deliveries = Histogram()
        """Nanoseconds from a broadcast to its arrival at another client."""

    def error(self, kind: str, detail: str) -> None:
        """Count an error, and keep its detail if it is among the first few different ones."""
        self.errors += 1
        self.error_kinds[kind] = self.error_kinds.get(kind, 0) + 1
        sample = f"{kind}: {detail}"
        if len(self.error_samples) < _MOST_SAMPLES and sample not in self.error_samples:
            self.error_samples.append(sample)


class DeliveryLedger:
    """The broadcasts that one client has received: 4 bytes per sender, and the gaps.

    Beyond ten thousand gaps, further gaps are only counted: those broadcasts stay lost, and count
    as duplicates if they come later.
    """

    def __init__(self, senders: int) -> None:
        self._next = array("I", bytes(4 * senders))
        self._gaps: set[tuple[int, int]] = set()
        self._given_up = 0

    def record(self, sender: int, number: int) -> bool:
        """Note a broadcast by its sender and that sender's count of broadcasts, from 0.

        Returns:
            Whether it came for the first time.

        Raises:
            ValueError: such a broadcast cannot exist.
        """
        if not (0 <= sender < len(self._next) and 0 <= number < _LARGEST_NUMBER):
            raise ValueError(f"broadcast {number} of client {sender}")
        expected = self._next[sender]
        if number >= expected:
            self._remember_gaps(sender, expected, number)
            self._next[sender] = number + 1
            return True
        if (sender, number) in self._gaps:
            self._gaps.discard((sender, number))
            return True
        return False

    def missing(self, confirmed: Mapping[int, int], own: int) -> int:
        """Return how many broadcasts never came.

        Args:
            confirmed: for each client, the number of its broadcasts that the server has confirmed.
            own: the number of this client, which does not get its own broadcasts.
        """
        behind = sum(
            max(0, count - self._next[sender])
            for sender, count in confirmed.items()
            if sender != own
        )
        return behind + len(self._gaps) + self._given_up

    def _remember_gaps(self, sender: int, first: int, end: int) -> None:
        room = _MOST_GAPS - len(self._gaps)
        known_end = min(end, first + room)
        self._gaps.update((sender, number) for number in range(first, known_end))
        self._given_up += end - known_end


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that all clients of a run share."""

    run: str
    """Tells this run from others on the same server."""
    clients: int
    scenario: Scenario
    clock: Callable[[], int] = time.perf_counter_ns
    """Returns nanoseconds, comparable between threads."""


class ClientLedger:
    """The conversation of one client: makes its requests and checks what it receives.

    Args:
        rules: the settings that all clients of the run share.
        number: which client this is, from 0.
        tally: the counters.
    """

    def __init__(self, rules: Rules, number: int, tally: Tally) -> None:
        self.number = number
        self.confirmed_broadcasts = 0
        self.deliveries = DeliveryLedger(rules.clients)
        self.asked_at = 0
        """The time of the newest request, by the clock of the rules."""
        self._rules = rules
        self._tally = tally
        self._prefix = f"{rules.run}-{number}-"
        self._plan = SCENARIOS[rules.scenario]
        self._sequence = 0
        self._broadcasts = 0
        self._open: dict[int, int] = {}
        self._open_broadcasts: deque[int] = deque()

    @property
    def unanswered(self) -> int:
        """The number of requests without an answer so far."""
        return len(self._open)

    def next_request(self) -> bytes:
        """Return the next request to send, as JSON text."""
        self._sequence += 1
        # Clients begin at different points of the plan, so that the mix is always even.
        kind = self._plan[(self._sequence + self.number) % len(self._plan)]
        self.asked_at = self._rules.clock()
        self._open[self._sequence] = self.asked_at
        self._tally.sent += 1
        request_id = f"{self._prefix}{self._sequence}"
        match kind:
            case "ping":
                return orjson.dumps({"type": "ping", "test_id": request_id})
            case "echo":
                return orjson.dumps({"type": "echo", "id": request_id, **_ECHO_FIELDS})
            case "broadcast":
                return orjson.dumps({"type": "broadcast", "message": self._next_broadcast()})

    def receive(self, payload: bytes) -> bool:
        """Check a message and count it.

        Returns:
            Whether it answers the newest request, so that the next one can be sent.
        """
        self._tally.received += 1
        try:
            message = orjson.loads(payload)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self._tally.error("not JSON", excerpt(payload))
            return False
        match message.get("type"):
            case "pong":
                return self._answered(message.get("test_id"))
            case "echo_response":
                return self._echoed(message.get("original_message"))
            case "broadcast":
                self._delivered(message.get("message"))
            case "broadcast_sent":
                return self._confirmed()
            case "error":
                self._tally.error("refused", excerpt(str(message.get("error"))))
            case _ if message.get("from_mcp_server") is True:
                self._tally.unrelated += 1
            case unexpected:
                self._tally.error("unexpected message", excerpt(str(unexpected)))
        return False

    def _next_broadcast(self) -> dict[str, Any]:
        number = self._broadcasts
        self._broadcasts += 1
        self._open_broadcasts.append(self._sequence)
        return {
            "run": self._rules.run,
            "from": self.number,
            "number": number,
            "sent": self.asked_at,
        }

    def _answered(self, request_id: Any) -> bool:  # noqa: ANN401 - whatever the server sent
        if not isinstance(request_id, str) or not request_id.startswith(self._prefix):
            self._tally.error("answer to nothing", f"id {excerpt(str(request_id))}")
            return False
        number = request_id.removeprefix(self._prefix)
        return self._close(int(number) if number.isdecimal() else 0)

    def _echoed(self, original: Any) -> bool:  # noqa: ANN401
        request_id = original.get("id") if isinstance(original, dict) else None
        if original != {"type": "echo", "id": request_id, **_ECHO_FIELDS}:
            self._tally.error("wrong echo", excerpt(str(original)))
        return self._answered(request_id)

    def _confirmed(self) -> bool:
        # It has no id, but the server answers in order.
        if not self._open_broadcasts:
            self._tally.duplicated += 1
            return False
        self.confirmed_broadcasts += 1
        self._tally.broadcasts += 1
        return self._close(self._open_broadcasts.popleft())

    def _close(self, sequence: int) -> bool:
        asked_at = self._open.pop(sequence, None)
        if asked_at is None:
            if 0 < sequence <= self._sequence:
                self._tally.duplicated += 1
            else:
                self._tally.error("answer to nothing", f"number {sequence}")
            return False
        self._tally.answered += 1
        self._tally.round_trips.record(self._rules.clock() - asked_at)
        return sequence == self._sequence

    def _delivered(self, content: Any) -> None:  # noqa: ANN401
        if not isinstance(content, dict) or content.get("run") != self._rules.run:
            self._tally.unrelated += 1
            return
        sender, number, sent_at = (content.get(name) for name in ("from", "number", "sent"))
        if sender == self.number:
            self._tally.error("own broadcast came back", f"number {number}")
            return
        try:
            is_new = self.deliveries.record(_whole(sender), _whole(number))
            delay = self._rules.clock() - _whole(sent_at)
        except ValueError as error:
            self._tally.error("wrong broadcast", str(error))
            return
        if is_new:
            self._tally.delivered += 1
            self._tally.deliveries.record(delay)
        else:
            self._tally.duplicated += 1


def count_lost(ledgers: Iterable[ClientLedger], dropped: Collection[int] = ()) -> int:
    """Return how many requests and broadcasts of a finished run are lost.

    Args:
        ledgers: the ledgers of all clients that connected.
        dropped: clients whose connection was lost; they could get no more broadcasts.
    """
    ledgers = tuple(ledgers)
    unanswered = sum(ledger.unanswered for ledger in ledgers)
    confirmed = {ledger.number: ledger.confirmed_broadcasts for ledger in ledgers}
    if not any(confirmed.values()):
        return unanswered
    undelivered = sum(
        ledger.deliveries.missing(confirmed, ledger.number)
        for ledger in ledgers
        if ledger.number not in dropped
    )
    return unanswered + undelivered


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is not a whole number")  # noqa: TRY004 - wrong data, not code
    return value
