"""What RFC 6455 asks for, whatever the behaviour."""

import pytest

from websocket_mock.actors.conversation.core import (
    BroadcastDone,
    Effect,
    Event,
    HandlerFailed,
    Opened,
    TimerFired,
    answer_control,
)
from websocket_mock.actors.values.effects import AnswerClose, FailConnection, SendPong
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)


@pytest.mark.parametrize(
    ("event", "effect"),
    [
        (PingReceived(b"pay"), SendPong(b"pay")),
        (CloseReceived(1000, "bye"), AnswerClose()),
        (ProtocolViolated(1002, "reserved bit"), FailConnection()),
    ],
)
def test_control_frame_is_answered(event: Event, effect: Effect) -> None:
    assert list(answer_control(event)) == [effect]


@pytest.mark.parametrize(
    "event",
    [
        Opened(),
        TextReceived("hello", 5),
        BinaryReceived(b"hello"),
        PongReceived(b""),
        TimerFired(None),
        BroadcastDone(1),
        HandlerFailed(ValueError()),
    ],
)
def test_nothing_else_is_answered(event: Event) -> None:
    assert list(answer_control(event)) == []
