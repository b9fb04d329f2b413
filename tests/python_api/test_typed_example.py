"""What a user writes, checked by mypy --strict as all of this folder is."""

from typing import Any, assert_type

from tests.helpers.json_client import websocket
from tests.helpers.wait import PATIENCE
from websocket_mock import (
    Conversation,
    Endpoint,
    Entry,
    Fault,
    Handshake,
    Message,
    Rule,
    Script,
    WebSocketMock,
    actions,
)


def answer(mock: WebSocketMock) -> Endpoint:
    prices = mock.endpoint("/prices/{symbol}", subprotocols=["v1"])
    assert_type(prices.handshake(attempt=1, headers={"x": "y"}), Handshake).accept()
    rule = prices.on(json={"$.type": "subscribe"}, times=2).send(json={"n": 1}, fragments=2)
    assert_type(rule.every("1s", actions().ping(), count=1).expect(1), Rule)
    assert_type(mock.endpoint("/script").script().expect(text="a").send(text="b"), Script)

    @prices.on_message(text={"starts_with": "say "}, deadline=PATIENCE)
    def say(message: Message) -> str | None:
        return message.text and message.text.removeprefix("say ")

    @prices.on_message
    async def anything(message: Message) -> dict[str, Any]:
        return {"got": message.text}

    assert_type(say.__name__, str)
    assert_type(anything.__name__, str)
    return prices


def look(mock: WebSocketMock, prices: Endpoint) -> None:
    entry = mock.wait_for(kind="handshake", attempt=1, timeout=PATIENCE)
    assert_type(entry, Entry)
    assert_type(entry.gap, float | None)
    assert_type(mock.traffic(kind="message", direction="any"), list[Entry])
    assert_type(mock.verify(json={"$.type": "subscribe"}, count=1), int)
    mock.verify_order({"kind": "open"}, {"json": {"$.type": "subscribe"}})
    with prices.fault("drop", frames={"nth": 100}) as fault:
        assert_type(fault, Fault)


async def look_in_an_event_loop(prices: Endpoint) -> None:
    conversation = await prices.aio.accept(timeout=PATIENCE)
    assert_type(conversation, Conversation)
    assert_type(await conversation.aio.receive(json={"$.n": 1}), Entry)
    assert_type(await prices.aio.push(text="hi"), int)


def test_what_mypy_has_checked_also_runs() -> None:
    with WebSocketMock(close_timeout=1, seed=7) as mock:
        prices = answer(mock)
        with websocket(prices.url(symbol="acme"), subprotocols=["v1"]) as client:
            client.send('{"type": "subscribe"}')
            assert client.recv(PATIENCE) == '{"n":1}'
            client.send("say cheese")
            assert client.recv(PATIENCE) == "cheese"
            client.send("what?")
            assert client.recv(PATIENCE) == '{"got":"what?"}'
            look(mock, prices)
