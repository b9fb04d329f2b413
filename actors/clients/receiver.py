"""The half of a client actor that listens: what came is counted and noted."""

from collections.abc import Mapping
from typing import Any, assert_never

from websocket_mock.actors.clients.probes import Probes
from websocket_mock.actors.clients.traffic_recorder import TrafficRecorder
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


class Receiver:
    """Notes what comes from one client. Confined to its actor's dispatcher.

    Args:
        recorder: counts it.
        journal: keeps it.
        source: whose it is, as records hold it.
        probes: wait for it.
        clock: the time.
        connected_at: Unix seconds.
    """

    def __init__(
        self,
        recorder: TrafficRecorder,
        journal: JournalRecorder,
        source: PackedSource,
        probes: Probes,
        clock: Clock,
        connected_at: float,
    ) -> None:
        self._recorder = recorder
        self._journal = journal
        self._source = source
        self._probes = probes
        self._clock = clock
        self.last_activity = connected_at
        """When anything last came; Unix seconds."""
        self.last_ping: float | None = None
        self.count = 0
        """Data messages received."""
        self.is_closing = False
        """Whether the client has begun to close, or has broken the protocol."""

    def note(self, event: Inbound) -> None:
        """Count and note what has come at `last_activity`."""
        match event:
            case TextReceived(text=text, size=size):
                self._count(size, text)
                self._journal.add(
                    (self.last_activity, self._source, "text", "received", text, size, None)
                )
            case BinaryReceived(data=data):
                self._count(len(data), f"({len(data)} bytes, binary)")
                self.record("binary", "received", data, len(data))
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

    def record(
        self,
        kind: Kind,
        direction: Direction | None = None,
        payload: str | bytes | None = None,
        size: int = 0,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Note something in the journal."""
        # What came is noted with the time it was read; what happens besides, nearly the same.
        now = self.last_activity if direction == "received" else self._clock.time()
        self._journal.add((now, self._source, kind, direction, payload, size, details))

    def _count(self, size: int, text: str) -> None:
        self.count += 1
        self._recorder.received(size)
        if self._probes:
            self._probes.on_message(text)
