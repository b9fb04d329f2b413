"""What came is counted and noted."""

from typing import Any

import pytest

from tests.helpers.client_bench import client_info
from tests.helpers.fakes import START_TIME, ManualClock
from tests.helpers.faults import text
from tests.helpers.journal import CLIENT
from websocket_mock.actors.clients.probes import Probes
from websocket_mock.actors.clients.receiver import Receiver
from websocket_mock.actors.clients.tally import Tally
from websocket_mock.actors.clients.traffic_recorder import TrafficRecorder
from websocket_mock.actors.faults.outcomes import Acted
from websocket_mock.actors.journal.recorder import FLUSH_AFTER, JournalRecorder
from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.values.entries import Record
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    Inbound,
    PingReceived,
    PongReceived,
    ProtocolViolated,
)
from websocket_mock.actors.values.models import TrafficDelta


class Desk:
    """A receiver, and what it counts and notes."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self._scheduler = Scheduler(self.clock)
        self.deltas: list[TrafficDelta] = []
        self.records: list[Record] = []
        self.tally = Tally()
        self.receiver = Receiver(
            TrafficRecorder(self._scheduler, self.deltas.append),
            JournalRecorder(self._scheduler, lambda records, _: self.records.extend(records)),
            self.tally,
            CLIENT.packed(),
            Probes(client_info().id),
            self.clock,
            START_TIME,
        )

    def note(self, event: Inbound) -> list[tuple[Any, ...]]:
        """Note an event; return the time and the rest of each record, without its source."""
        self.receiver.note(event)
        return self.flush()

    def flush(self) -> list[tuple[Any, ...]]:
        self.clock.advance(1 + FLUSH_AFTER)
        self._scheduler.run_due()
        records, self.records[:] = list(self.records), []
        return [(record[0], *record[2:]) for record in records]


@pytest.mark.parametrize(
    ("event", "noted"),
    [
        (text("h€"), ("text", "received", "h€", 4, None)),
        (BinaryReceived(b"ab"), ("binary", "received", b"ab", 2, None)),
    ],
)
def test_message_is_counted_and_noted(event: Inbound, noted: tuple[Any, ...]) -> None:
    desk = Desk()
    assert desk.note(event) == [(START_TIME, *noted)]
    assert desk.receiver.count == 1
    assert desk.deltas == [TrafficDelta(messages_received=1, bytes_received=noted[3])]
    assert not desk.receiver.is_closing


@pytest.mark.parametrize(
    ("event", "kind"), [(PingReceived(b"p"), "ping"), (PongReceived(b"p"), "pong")]
)
def test_ping_and_pong_are_noted_and_not_counted(event: Inbound, kind: str) -> None:
    desk = Desk()
    assert desk.note(event) == [(START_TIME, kind, "received", b"p", 1, None)]
    assert (desk.receiver.count, desk.deltas) == (0, [])
    assert desk.receiver.last_ping == (START_TIME if kind == "ping" else None)


def test_close_frame_means_that_the_client_is_closing() -> None:
    desk = Desk()
    assert desk.note(CloseReceived(1000, "bye")) == []
    assert desk.receiver.is_closing


def test_violation_is_noted_and_means_that_the_client_is_closing() -> None:
    desk = Desk()
    (noted,) = desk.note(ProtocolViolated(1002, "why"))
    assert noted[1:] == ("error", None, None, 0, {"reason": "why", "code": 1002})
    assert desk.receiver.is_closing


def test_what_came_has_the_time_it_was_read_at_and_all_else_that_of_now() -> None:
    desk = Desk()
    desk.clock.advance(5)
    desk.receiver.last_activity = START_TIME + 2
    desk.receiver.note(text("a"))
    desk.receiver.record("rule", details={"rule": "r"})
    assert [noted[0] for noted in desk.flush()] == [START_TIME + 2, START_TIME + 5]


def test_rule_is_counted_and_noted() -> None:
    desk = Desk()
    desk.receiver.note_rule("greet")
    assert [noted[1:] for noted in desk.flush()] == [("rule", None, None, 0, {"rule": "greet"})]
    assert desk.tally.counts() == {("rule", None, None, "greet"): 1}


@pytest.mark.parametrize(
    ("acted", "noted"),
    [
        (Acted("slow", "delay", "to_client"), ("sent", None, 0)),
        (Acted("slow", "delay", "from_client", b"h\xff", is_text=True), ("received", "h\ufffd", 2)),
        (Acted("slow", "delay", "to_client", b"h\xff"), ("sent", b"h\xff", 2)),
    ],
)
def test_fault_is_counted_and_noted(acted: Acted, noted: tuple[Any, ...]) -> None:
    desk = Desk()
    desk.receiver.note_fault(acted)
    details = {"fault": "slow", "type": "delay"}
    assert [one[1:] for one in desk.flush()] == [("fault", *noted, details)]
    assert desk.tally.counts() == {("fault", None, None, "delay"): 1}
