"""What the final check finds, and what counts as expected."""

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.helpers.json_client import websocket
from tests.helpers.wait import PATIENCE
from websocket_mock import Endpoint, UnexpectedTraffic, WebSocketMock


def said(endpoint: Endpoint, *messages: str) -> None:
    """Let a client send messages, until it is closed or all have arrived."""
    with websocket(endpoint.url()) as client:
        for message in messages:
            client.send(message)
        endpoint._traffic.read({})
    endpoint.verify(kind="close", at_least=1, within=PATIENCE)


def problem(mock: WebSocketMock) -> str:
    with pytest.raises(UnexpectedTraffic) as failed:
        mock.check()
    assert "\n".join(failed.value.problems) == str(failed.value)
    return str(failed.value)


def test_a_quiet_test_passes(mock: WebSocketMock, chat: Endpoint) -> None:
    chat.on_connect().send(text="hi")
    with websocket(chat.url()) as client:
        client.recv(PATIENCE)
    mock.check()


def test_a_message_that_no_rule_matches(mock: WebSocketMock, chat: Endpoint) -> None:
    chat.on(json={"$.type": "sub"}).ignore()
    with websocket(chat.url()) as client:
        client.send('{"type":"subscribe"}')
        with pytest.raises(ConnectionClosed):
            client.recv(PATIENCE)
        assert client.close_code == 1008
    text = problem(mock)
    assert text.startswith('1 message nobody expected:\n  3  {"type":"subscribe"}\n')


def test_a_message_that_would_drive_the_terminal_is_escaped(mock: WebSocketMock) -> None:
    said(mock.endpoint("/chat"), "a\x1b[2J\n\u202eb")
    assert problem(mock) == r"1 message nobody expected:" + "\n" + r"  3  a\x1b[2J \u202eb"


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_message_that_was_awaited_is_expected(mock: WebSocketMock, by_hand: bool) -> None:
    chat = mock.endpoint("/chat")
    if not by_hand:
        chat.on(text="other").ignore()
    said(chat, "a")
    assert "1 message nobody expected:\n  3  a" in problem(mock)
    chat.wait_for(text="a", timeout=0)
    mock.check()


def test_messages_that_were_verified_are_expected_however_many(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat")
    said(chat, *["a"] * 60, "b", "c")
    chat.verify(text="a", count=60)
    text = problem(mock)
    assert text.startswith("2 messages nobody expected:\n")
    mock.verify_order({"text": "b"}, {"text": "c"})
    mock.check()


def test_many_messages_are_counted_and_some_are_shown(mock: WebSocketMock) -> None:
    said(mock.endpoint("/chat"), *map(str, range(8)))
    assert problem(mock) == (
        "8 messages nobody expected:\n  3  0\n  4  1\n  5  2\n  6  3\n  7  4\n  … and 3 more"
    )


def test_messages_that_a_conversation_skipped(mock: WebSocketMock, chat: Endpoint) -> None:
    with websocket(chat.url()) as client:
        client.send("skipped")
        client.send("wanted")
        chat.accept(timeout=PATIENCE).receive(text="wanted", timeout=PATIENCE)
    assert problem(mock) == "1 message nobody expected:\n  3  skipped"


def test_a_connection_to_a_path_without_an_endpoint(mock: WebSocketMock) -> None:
    mock.endpoint("/prices/{symbol}")
    with pytest.raises(InvalidStatus), websocket(mock.url("/price/acme")):
        pass
    assert problem(mock) == (
        "1 connection to a path without an endpoint (the paths are: /prices/{symbol}):\n"
        "  1  /price/acme → 404"
    )
    mock.wait_for(kind="handshake", path="/price/acme", timeout=0)
    mock.check()


def test_without_strict_only_what_broke_fails(mock: WebSocketMock) -> None:
    lenient = mock.new_namespace(strict=False)
    chat = lenient.endpoint("/chat")
    chat.on(text="a").ignore()
    said(chat, "b")
    with pytest.raises(InvalidStatus), websocket(lenient.url("/nowhere")):
        pass
    lenient.check()
    chat.rules[0].expect()
    assert "rules[0] was expected to fire at least once, but it never fired" in problem(lenient)


def test_a_script_that_failed(mock: WebSocketMock, chat: Endpoint) -> None:
    chat.script().expect(text="login")
    said(chat, "logout")
    assert problem(mock).startswith("1 script failed:\n  ")
    chat.wait_for(kind="verdict", passed=False, timeout=0)
    mock.check()


def test_a_message_that_breaks_a_contract(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat", accepts={"type": "object"}, unmatched="ignore")
    said(chat, "[]")
    chat.wait_for(json=[], timeout=0)
    assert problem(mock).startswith("1 message broke a contract:\n  3  []\n")


def test_an_error_in_a_rule(mock: WebSocketMock, chat: Endpoint) -> None:
    chat.on().send(text="{{ message.json.a + 1 }}")
    said(chat, '{"a": "b"}')
    assert problem(mock).startswith("1 error in rules:\n  ")


def test_a_rule_that_was_expected_to_fire(mock: WebSocketMock, chat: Endpoint) -> None:
    rule = chat.on(json={"$.type": "sub"}, name="subscribe").ignore().expect(1)
    assert problem(mock) == (
        "/chat: subscribe was expected to fire exactly once, but it never fired. "
        "The client sent no message to this endpoint."
    )
    chat.on().ignore()
    said(chat, '{"type":"unsub"}')
    assert problem(mock) == (
        "/chat: subscribe was expected to fire exactly once, but it never fired. "
        'The last message was:\n  3  {"type":"unsub"}\n'
        '     json $.type: expected "sub", got "unsub"'
    )
    said(chat, '{"type":"sub"}')
    mock.check()
    rule.expect(3)
    assert "expected to fire exactly 3 times, but it fired once." in problem(mock)
    rule.expect()
    mock.check()


def test_a_rule_that_does_nothing_yet(mock: WebSocketMock, chat: Endpoint) -> None:
    chat.on(text="hi")
    chat.handshake(attempt=1)
    assert problem(mock) == (
        '/chat: the rule {"match": {"text": "hi"}} does nothing yet. '
        "Give it an action, such as send or ignore.\n"
        '/chat: the handshake rule {"attempt": 1} does nothing yet. '
        "Give it an outcome, such as reject or accept."
    )


def test_a_block_that_raised_shows_its_own_error_only() -> None:
    with pytest.raises(ZeroDivisionError), WebSocketMock(close_timeout=1) as mock:
        _ = 1 / len(mock.endpoint("/chat").on(text="hi").expect().label[:0])
    with pytest.raises(UnexpectedTraffic), WebSocketMock(close_timeout=1) as mock:
        mock.endpoint("/chat").on(text="hi").expect()
    with pytest.raises(Exception, match="does not run"):
        mock.traffic()
