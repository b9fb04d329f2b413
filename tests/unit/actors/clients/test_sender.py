"""What is sent is counted and noted; what a closing connection does not take is not."""

from typing import Any

import pytest

from tests.helpers.fakes import ManualClock, RecordingOutbox
from tests.helpers.journal import CLIENT
from websocket_mock.actors.clients.sender import Sender
from websocket_mock.actors.clients.traffic_recorder import TrafficRecorder
from websocket_mock.actors.journal.recorder import FLUSH_AFTER, JournalRecorder
from websocket_mock.actors.kernel.scheduler import Scheduler
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
from websocket_mock.actors.values.entries import Record
from websocket_mock.actors.values.models import TrafficDelta

FRAGMENTS = SendFragments(b"abc", is_text=True, fragments=3, compress=False)


class Desk:
    """A sender, its outbox, and what it counts and notes."""

    def __init__(self) -> None:
        self._clock = ManualClock()
        self._scheduler = Scheduler(self._clock)
        self.outbox = RecordingOutbox()
        self.deltas: list[TrafficDelta] = []
        self.records: list[Record] = []
        self.sender = Sender(
            self.outbox,
            TrafficRecorder(self._scheduler, self.deltas.append),
            JournalRecorder(self._scheduler, lambda records, _: self.records.extend(records)),
            CLIENT.packed(),
            self._clock,
        )

    def carry_out(self, effect: WireEffect) -> None:
        self.sender.carry_out(effect)
        self._clock.advance(1 + FLUSH_AFTER)
        self._scheduler.run_due()


@pytest.mark.parametrize(
    ("effect", "call", "note"),
    [
        (SendText(b"ab"), ("text", b"ab"), ("text", "sent", b"ab", 2, None)),
        (SendBinary(b"a"), ("binary", b"a"), ("binary", "sent", b"a", 1, None)),
        (
            FRAGMENTS,
            ("fragments", b"abc", True, 3, False),
            ("text", "sent", b"abc", 3, {"frames": 3}),
        ),
    ],
)
def test_message_is_sent_counted_and_noted(
    effect: WireEffect, call: tuple[Any, ...], note: tuple[Any, ...]
) -> None:
    desk = Desk()
    desk.carry_out(effect)
    assert desk.outbox.calls == [call]
    assert desk.sender.count == 1
    assert desk.deltas == [TrafficDelta(messages_sent=1, bytes_sent=note[3])]
    assert [record[2:] for record in desk.records] == [note]


@pytest.mark.parametrize(("effect", "kind"), [(SendPing(b"p"), "ping"), (SendPong(b"p"), "pong")])
def test_ping_and_pong_are_noted_and_not_counted(effect: WireEffect, kind: str) -> None:
    desk = Desk()
    desk.carry_out(effect)
    assert desk.outbox.calls == [(kind, b"p")]
    assert [record[2:] for record in desk.records] == [(kind, "sent", b"p", 1, None)]
    assert (desk.sender.count, desk.deltas) == (0, [])


@pytest.mark.parametrize(
    "effect",
    [SendText(b"a"), SendBinary(b"a"), FRAGMENTS, SendPing(b""), SendPong(b""), SendRaw((b"x",))],
)
def test_what_a_closing_connection_does_not_take_is_neither_counted_nor_noted(
    effect: WireEffect,
) -> None:
    desk = Desk()
    desk.outbox.is_closed = True
    desk.carry_out(effect)
    assert (desk.sender.count, desk.deltas, desk.records) == (0, [], [])


@pytest.mark.parametrize(
    ("effect", "call"),
    [
        (StartClose(4000, "bye"), ("close", 4000, "bye")),
        (Abort(is_reset=True), ("abort", True)),
        (FailConnection(), ("fail",)),
        (AnswerClose(), ("answer_close",)),
        (SendRaw((b"x",)), ("raw", b"x")),
    ],
)
def test_effects_that_count_nothing_go_to_the_outbox(
    effect: WireEffect, call: tuple[Any, ...]
) -> None:
    desk = Desk()
    desk.carry_out(effect)
    assert desk.outbox.calls == [call]
