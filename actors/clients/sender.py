"""The talking half of a client actor: it turns effects into calls of the outbox."""

from collections.abc import Mapping
from typing import Any, assert_never

from websocket_mock.actors.clients.traffic_recorder import TrafficRecorder
from websocket_mock.actors.journal.recorder import JournalRecorder
from websocket_mock.actors.values.effects import (
    Abort,
    AnswerClose,
    FailConnection,
    SendBinary,
    SendFragments,
    SendPing,
    SendPong,
    SendRaw,
    SendText,
    StartClose,
    WireEffect,
)
from websocket_mock.actors.values.entries import Kind, PackedSource
from websocket_mock.actors.values.ports import Clock, Outbox


class Sender:
    """Sends to one client, and counts and records what was sent. The dispatcher's thread only.

    Never blocks. Messages that a closing connection refuses are neither counted nor recorded.

    Args:
        outbox: sends to the client.
        recorder: counts messages and bytes.
        journal: keeps the records.
        source: the client, in the form that records hold.
        clock: the time.
    """

    __slots__ = (
        "_clock",
        "_journal",
        "_outbox",
        "_recorder",
        "_source",
        "count",
    )

    def __init__(
        self,
        outbox: Outbox,
        recorder: TrafficRecorder,
        journal: JournalRecorder,
        source: PackedSource,
        clock: Clock,
    ) -> None:
        self._outbox = outbox
        self._recorder = recorder
        self._journal = journal
        self._source = source
        self._clock = clock
        self.count = 0
        """How many data messages were sent."""

    def send_text(self, payload: bytes) -> None:
        """Send a text message, encoded as UTF-8."""
        if self._outbox.send_text(payload):
            size = len(payload)
            self.count += 1
            self._recorder.sent(size)
            now = self._clock.time()
            self._journal.add((now, self._source, "text", "sent", payload, size, None))

    def carry_out(self, effect: WireEffect) -> None:
        """Do what the effect says."""
        match effect:
            case SendText(payload=payload):
                self.send_text(payload)
            case SendBinary(payload=payload):
                if self._outbox.send_binary(payload):
                    self._count("binary", payload)
            case SendFragments():
                self._send_fragments(effect)
            case SendRaw(pieces=pieces):
                self._outbox.send_raw(pieces)
            case SendPong(payload=payload):
                if self._outbox.pong(payload):
                    self._note("pong", payload)
            case SendPing(payload=payload):
                if self._outbox.ping(payload):
                    self._note("ping", payload)
            case AnswerClose():
                self._outbox.answer_close()
            case StartClose(code=code, reason=reason):
                self.close(code, reason)
            case Abort(is_reset=is_reset):
                self._outbox.abort(is_reset=is_reset)
            case FailConnection():
                self._recorder.failed()
                self._outbox.fail()
            case _:
                assert_never(effect)

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake."""
        self._outbox.close(code, reason)

    def _send_fragments(self, effect: SendFragments) -> None:
        payload, is_text = effect.payload, effect.is_text
        if self._outbox.send_fragments(
            payload, is_text=is_text, fragments=effect.fragments, compress=effect.compress
        ):
            self._count("text" if is_text else "binary", payload, {"frames": effect.fragments})

    def _count(self, kind: Kind, payload: bytes, details: Mapping[str, Any] | None = None) -> None:
        self.count += 1
        self._recorder.sent(len(payload))
        self._note(kind, payload, details)

    def _note(self, kind: Kind, payload: bytes, details: Mapping[str, Any] | None = None) -> None:
        now, size = self._clock.time(), len(payload)
        self._journal.add((now, self._source, kind, "sent", payload, size, details))
