"""The listening half of a client actor: it counts and records what arrives."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, assert_never

from websocket_mock.actors.clients.probes import Probes
from websocket_mock.actors.clients.tally import Tally
from websocket_mock.actors.clients.traffic_recorder import TrafficRecorder
from websocket_mock.actors.faults.outcomes import Acted
from websocket_mock.actors.journal.recorder import JournalRecorder
from websocket_mock.actors.values.entries import Direction, Kind, PackedSource
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    Inbound,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)
from websocket_mock.actors.values.ports import Clock


def in_state(state: str | None) -> Mapping[str, str]:
    """Return the detail that tells a state; None: the initial one, which is not told."""
    return {} if state is None else {"state": state}


@lru_cache(maxsize=1_024)
def _details_of_rule(rule: str, state: str | None) -> Mapping[str, str]:
    """Return the details that tell a rule and the state in which it fired.

    The entries of a rule share them, which keeps the journal small.
    """
    return {"rule": rule, **in_state(state)}


class Receiver:
    """Counts and records what arrives from one client. The dispatcher's thread only.

    Args:
        recorder: counts messages and bytes.
        journal: keeps the records.
        tally: counts the rules that fire and the faults that act.
        source: the client, in the form that records hold.
        probes: wait for pongs and replies.
        clock: the time.
        connected_at: when the client connected; Unix seconds.
    """

    __slots__ = (
        "_clock",
        "_journal",
        "_probes",
        "_recorder",
        "_source",
        "_tally",
        "count",
        "is_closing",
        "last_activity",
        "last_ping",
    )

    def __init__(
        self,
        recorder: TrafficRecorder,
        journal: JournalRecorder,
        tally: Tally,
        source: PackedSource,
        probes: Probes,
        clock: Clock,
        connected_at: float,
    ) -> None:
        self._recorder = recorder
        self._journal = journal
        self._tally = tally
        self._source = source
        self._probes = probes
        self._clock = clock
        self.last_activity = connected_at
        """When the client last sent anything; Unix seconds."""
        self.last_ping: float | None = None
        """When the client last sent a ping; Unix seconds."""
        self.count = 0
        """How many data messages have arrived."""
        self.is_closing = False
        """Whether the client has begun to close, or has broken the protocol."""

    def note(self, event: Inbound) -> None:
        """Count and record something that arrived at `last_activity`."""
        # Most events are texts, and to match a pattern takes twice as long.
        if isinstance(event, TextReceived):
            text, size = event.text, event.size
            self.count += 1
            self._recorder.received(size)
            if self._probes.running:
                self._probes.on_message(text)
            # As the sender does: an echo then has one payload in both entries, and not a copy.
            payload = text if event.data is None else event.data
            self._journal.add(
                (self.last_activity, self._source, "text", "received", payload, size, None)
            )
            return
        match event:
            case BinaryReceived(data=data):
                size = len(data)
                self._count(size)
                if self._probes.running:
                    self._probes.on_message(f"({size} bytes, binary)")
                self.record("binary", "received", data, size)
            case PingReceived(payload=payload):
                self.last_ping = self.last_activity
                self.record("ping", "received", payload, len(payload))
            case PongReceived(payload=payload):
                self._probes.on_pong(payload, self._clock.monotonic())
                self.record("pong", "received", payload, len(payload))
            case CloseReceived():
                self.is_closing = True
            case ProtocolViolated(code=code, reason=reason):
                self.is_closing = True
                self.record("error", details={"reason": reason, "code": code})
            case _:
                assert_never(event)

    def note_rule(self, rule: str, state: str | None = None) -> None:
        """Count and record that a rule fired, and in which state unless it is the initial one."""
        source = self._source
        self._tally.rule_fired(source, rule)
        details = _details_of_rule(rule, state)
        self._journal.add((self._clock.time(), source, "rule", None, None, 0, details))

    def note_fault(self, acted: Acted) -> None:
        """Count and record what a fault did."""
        self._tally.fault_acted(self._source, acted.kind)
        details = {"fault": acted.label, "type": acted.kind}
        direction: Direction = "sent" if acted.way == "to_client" else "received"
        payload = acted.payload
        shown: str | bytes | None = payload
        if payload is not None and acted.is_text:
            shown = payload.decode(errors="replace")
        size = 0 if payload is None else len(payload)
        self.record("fault", direction, shown, size, details)

    def record(
        self,
        kind: Kind,
        direction: Direction | None = None,
        payload: str | bytes | None = None,
        size: int = 0,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Record something in the journal."""
        # What arrived gets the time when it was read, everything else gets the present time.
        now = self.last_activity if direction == "received" else self._clock.time()
        self._journal.add((now, self._source, kind, direction, payload, size, details))

    def _count(self, size: int) -> None:
        self.count += 1
        self._recorder.received(size)
