"""The raw echo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.json_behaviour import CONTEXT, NOW
from websocket_mock.actors.conversation.core import Effect, Event, Opened
from websocket_mock.actors.conversation.echo import Echo
from websocket_mock.actors.values.effects import (
    AnswerClose,
    FailConnection,
    SendBinary,
    SendPong,
    SendText,
)
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)


def handle(event: Event) -> list[Effect]:
    return list(Echo(CONTEXT).handle(event, NOW))


@given(st.text())
def test_text_comes_back_as_text(text: str) -> None:
    payload = text.encode()
    assert handle(TextReceived(text, len(payload))) == [SendText(payload)]


def test_payload_of_a_text_is_sent_back_without_a_copy() -> None:
    payload = "5 €".encode()
    (sent,) = handle(TextReceived("5 €", len(payload), payload))
    assert isinstance(sent, SendText)
    assert sent.payload is payload


@given(st.binary())
def test_binary_comes_back_as_binary(data: bytes) -> None:
    assert handle(BinaryReceived(data)) == [SendBinary(data)]


@pytest.mark.parametrize("event", [Opened(), PongReceived(b"pay")])
def test_nothing_is_said_unasked(event: Event) -> None:
    assert handle(event) == []


@pytest.mark.parametrize(
    ("event", "effect"),
    [
        (PingReceived(b"pay"), SendPong(b"pay")),
        (CloseReceived(1005, ""), AnswerClose()),
        (ProtocolViolated(1007, ""), FailConnection()),
    ],
)
def test_protocol_is_kept(event: Event, effect: Effect) -> None:
    assert handle(event) == [effect]
