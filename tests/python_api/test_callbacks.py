"""Python functions that answer messages."""

import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from tests.helpers.json_client import websocket
from tests.helpers.wait import PATIENCE
from websocket_mock import (
    Endpoint,
    Message,
    UnexpectedTraffic,
    WaitTimedOut,
    WebSocketMock,
    actions,
)


@pytest.mark.parametrize(
    ("answer", "received"),
    [("text", "text"), (b"\x01", b"\x01"), ({"n": [1]}, '{"n":[1]}'), (0, "0"), ([], "[]")],
)
def test_what_a_function_returns_is_sent(chat: Endpoint, answer: Any, received: Any) -> None:
    chat.on_message(text="hi")(lambda _: answer)
    with websocket(chat.url()) as client:
        client.send("hi")
        assert client.recv(PATIENCE) == received


def test_a_function_gets_the_message_its_captures_and_the_connection(
    mock: WebSocketMock,
) -> None:
    chat = mock.endpoint("/chat/{room}")
    seen: list[Message] = []

    @chat.on_message(json={"$.name": {"matches": "(?P<first>.*) (?P<last>.*)"}})
    def greet(message: Message) -> str:
        seen.append(message)
        return f"hello {message.captures['last']}"

    @chat.on_message(type="binary")
    async def repeat(message: Message) -> bytes:
        await anyio.lowlevel.checkpoint()
        assert message.data is not None
        return message.data * 2

    @chat.on_message
    def other(message: Message) -> None:
        message.conversation.send(text="one")
        message.conversation.send(text="two")

    with websocket(chat.url(room="a")) as client:
        client.send('{"name": "Ada Lovelace"}')
        assert client.recv(PATIENCE) == "hello Lovelace"
        client.send(b"\x01")
        assert client.recv(PATIENCE) == b"\x01\x01"
        client.send("anything")
        assert [client.recv(PATIENCE), client.recv(PATIENCE)] == ["one", "two"]
    assert seen[0].json == {"name": "Ada Lovelace"}
    assert (seen[0].connection.path, seen[0].connection.attempt) == ({"room": "a"}, 1)
    assert greet(seen[0]) == "hello Lovelace"
    mock.check()


def test_a_function_may_receive_what_follows(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat", unmatched="ignore")

    @chat.on_message(text="login")
    def login(message: Message) -> str:
        return f"welcome {message.conversation.receive(timeout=PATIENCE).text}"

    with websocket(chat.url()) as client:
        for text in ("before", "login", "Ada"):
            client.send(text)
        assert client.recv(PATIENCE) == "welcome Ada"


def test_the_functions_of_a_connection_run_in_order_and_hold_up_no_other(chat: Endpoint) -> None:
    go_on = threading.Event()

    @chat.on_message(text={"starts_with": "slow"}, deadline=PATIENCE)
    def slow(message: Message) -> str | None:
        go_on.wait(PATIENCE)
        return message.text

    chat.on_message(text="quick")(lambda message: message.text)
    with websocket(chat.url()) as first, websocket(chat.url()) as second:
        for text in ("slow 1", "quick", "slow 2"):
            first.send(text)
        second.send("quick")
        assert second.recv(PATIENCE) == "quick"
        go_on.set()
        assert [first.recv(PATIENCE) for _ in range(3)] == ["slow 1", "quick", "slow 2"]


def _fails(_: Message) -> None:
    raise ValueError("no such price")


async def _never_ends(_: Message) -> None:
    await anyio.sleep_forever()


def _returns_no_json(_: Message) -> object:
    return {"a": object()}


@pytest.mark.parametrize(
    ("callback", "text"),
    [
        (_fails, "The callback _fails failed: ValueError: no such price\nTraceback"),
        (_never_ends, "The callback _never_ends failed: it took longer than 0.01 s"),
        (_returns_no_json, "json.a: a value of the type object is not JSON"),
    ],
)
def test_a_function_that_fails_fails_the_check(
    mock: WebSocketMock, chat: Endpoint, callback: Callable[[Message], Any], text: str
) -> None:
    deadline = 0.01 if callback is _never_ends else PATIENCE
    chat.on_message(text="hi", deadline=deadline)(callback)
    with websocket(chat.url()) as client:
        client.send("hi")
        chat.wait_for(text="hi", timeout=PATIENCE)
        with pytest.raises(UnexpectedTraffic) as failed:
            mock.check()
    assert text in str(failed.value)
    mock.reset("traffic")
    mock.check()


def test_the_exception_of_a_function_is_the_cause_with_its_traceback(
    mock: WebSocketMock, chat: Endpoint
) -> None:
    chat.on_message(_fails)
    with websocket(chat.url()) as client:
        client.send("hi")
        chat.wait_for(text="hi", timeout=PATIENCE)
        with pytest.raises(UnexpectedTraffic) as failed:
            mock.check()
        with pytest.raises(WaitTimedOut, match=r"ValueError: no such price"):
            chat.wait_for(text="the answer", timeout=0)
    cause = failed.value.__cause__
    assert isinstance(cause, ValueError)
    assert cause.__traceback__ is not None
    assert cause.__traceback__.tb_frame.f_code is _fails.__code__


def test_a_function_that_blocks_too_long_is_named_while_it_still_runs(
    mock: WebSocketMock, chat: Endpoint
) -> None:
    go_on = threading.Event()
    chat.on_message(deadline=0.01)(lambda _: go_on.wait(PATIENCE))
    with websocket(chat.url()) as client:
        client.send("hi")
        chat.wait_for(text="hi", timeout=PATIENCE)
        with pytest.raises(UnexpectedTraffic, match=r"<lambda> failed: it took longer than 0.01 s"):
            mock.check()
        go_on.set()


def test_more_functions_than_can_queue_are_failures(
    mock: WebSocketMock, chat: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("websocket_mock.testing.callbacks.MAX_QUEUED", 1)
    go_on = threading.Event()
    chat.on_message(lambda _: go_on.wait(PATIENCE) and None)
    with websocket(chat.url()) as client:
        for _ in range(3):
            client.send("hi")
        chat.verify(text="hi", at_least=3, within=PATIENCE)
        go_on.set()
        with pytest.raises(UnexpectedTraffic, match=r"failed: more than 1 were waiting"):
            mock.check()


def test_a_client_that_has_left_is_no_failure(mock: WebSocketMock, chat: Endpoint) -> None:
    left = threading.Event()
    chat.on_message(lambda _: str(left.wait(PATIENCE)))
    with websocket(chat.url()) as client:
        client.send("hi")
    chat.wait_for(kind="close", timeout=PATIENCE)
    left.set()
    mock.check()


def test_a_function_can_stand_among_other_actions(chat: Endpoint) -> None:
    def count(_: Message) -> str:
        return "called"

    chat.on_message(text="hi")(count)
    chat.rules[0].after("1ms", actions().send(text="later")).expect(1)
    with websocket(chat.url()) as client:
        client.send("hi")
        assert {client.recv(PATIENCE), client.recv(PATIENCE)} == {"called", "later"}
