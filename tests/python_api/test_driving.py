"""Live connections that a test drives: messages, closes, faults, conversations, namespaces."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.helpers.json_client import websocket
from tests.helpers.wait import PATIENCE
from websocket_mock import (
    BadDefinition,
    Endpoint,
    MockError,
    NotConnected,
    UnexpectedTraffic,
    VerificationFailed,
    WaitTimedOut,
    WebSocketMock,
)


def test_a_message_goes_to_all_clients_to_an_endpoint_or_to_a_group(mock: WebSocketMock) -> None:
    first, second = mock.endpoint("/first"), mock.endpoint("/second")
    second.on_connect().join("vip")
    with websocket(first.url()) as a, websocket(second.url()) as b:
        second.wait_for(kind="rule", timeout=PATIENCE)
        assert [one["endpoint"] for one in mock.clients()] == ["/first", "/second"]
        assert [one["endpoint"] for one in second.clients()] == ["/second"]
        assert mock.push(text="all") == 2
        assert first.push(json={"n": 1}) == 1
        assert mock.push(binary=b"\x01", group="vip") == 1
        assert [a.recv(PATIENCE), a.recv(PATIENCE)] == ["all", '{"n":1}']
        assert [b.recv(PATIENCE), b.recv(PATIENCE)] == ["all", b"\x01"]
    with pytest.raises(MockError, match="Give exactly one of json, text and binary"):
        mock.push(text="a", json=1)


def test_a_close_and_an_abort_end_connections(mock: WebSocketMock, chat: Endpoint) -> None:
    chat.on_connect().join("vip")
    ends: tuple[tuple[Callable[[], int], int], ...] = (
        (lambda: chat.close(4001, "bye"), 4001),
        (lambda: mock.close(4002), 4002),
        (lambda: mock.close(4003, group="vip"), 4003),
        (chat.abort, 1006),
        (lambda: mock.abort("close"), 1006),
        (lambda: mock.abort(group="vip"), 1006),
    )
    for end, code in ends:
        with websocket(chat.url()) as client:
            chat.wait_for(kind="rule", attempt=chat.accept().attempt, timeout=PATIENCE)
            assert end() == 1
            with pytest.raises(ConnectionClosed):
                client.recv(PATIENCE)
            assert client.close_code == code
    with pytest.raises(MockError, match="code"):
        mock.close(99)


def test_nobody_is_connected(mock: WebSocketMock, chat: Endpoint) -> None:
    hint = r"Wait for one with `endpoint\.accept\(\)`"
    with pytest.raises(NotConnected, match=f"No client is connected to the endpoint /chat. {hint}"):
        chat.push(text="a")
    with pytest.raises(NotConnected, match=f"in the group vip. {hint}"):
        mock.push(text="a", group="vip")
    with pytest.raises(NotConnected, match="to this mock"):
        mock.close()
    with websocket(chat.url()):
        conversation = chat.accept(timeout=PATIENCE)
    conversation.expect_close(timeout=PATIENCE)
    with pytest.raises(NotConnected, match=rf"The connection {conversation.client[:8]} has ended"):
        conversation.send(text="a")


def test_a_conversation_is_driven_by_hand(chat: Endpoint) -> None:
    with websocket(chat.url()) as client:
        conversation = chat.accept(timeout=PATIENCE)
        for text in ("one", "skipped", '{"n": 2}', "one"):
            client.send(text)
        assert conversation.receive(timeout=PATIENCE).text == "one"
        assert conversation.receive(json={"$.n": 2}, timeout=PATIENCE).json == {"n": 2}
        assert conversation.receive(text="one", timeout=PATIENCE).text == "one"
        with pytest.raises(WaitTimedOut, match=r"The last entries of this connection:"):
            conversation.receive(timeout=0)
        conversation.send(binary=b"\x02")
        assert client.recv(PATIENCE) == b"\x02"
        conversation.close(4000, "enough")
        assert conversation.expect_close(4000, timeout=PATIENCE).reason == "enough"
        with pytest.raises(VerificationFailed, match="Expected a close with code 1000, but it was"):
            conversation.expect_close(1000, timeout=PATIENCE)
    assert conversation.verify(kind="message", count=4) == 4
    assert "close" in conversation.transcript()


def test_connections_are_accepted_in_order_each_once(chat: Endpoint) -> None:
    with websocket(chat.url()), websocket(chat.url()):
        both = [chat.accept(timeout=PATIENCE), chat.accept(timeout=PATIENCE)]
        assert [one.attempt for one in both] == [1, 2]
        with pytest.raises(WaitTimedOut, match="Expected an opened connection at /chat"):
            chat.accept(timeout=0)


def test_threads_that_accept_get_different_connections(chat: Endpoint) -> None:
    with ThreadPoolExecutor(3) as pool:
        accepting = [pool.submit(chat.accept, timeout=PATIENCE) for _ in range(3)]
        with websocket(chat.url()), websocket(chat.url()), websocket(chat.url()):
            found = {one.result(PATIENCE).client for one in accepting}
    assert len(found) == 3


def test_a_conversation_has_faults_of_its_own(chat: Endpoint) -> None:
    with websocket(chat.url()) as a, websocket(chat.url()) as b:
        first, _ = chat.accept(timeout=PATIENCE), chat.accept(timeout=PATIENCE)
        with first.fault("drop"):
            chat.push(text="one")
            chat.wait_for(kind="fault", timeout=PATIENCE)
        chat.push(text="two")
        assert a.recv(PATIENCE) == "two"
        assert [b.recv(PATIENCE), b.recv(PATIENCE)] == ["one", "two"]


def test_a_fault_lasts_until_it_is_cleared(mock: WebSocketMock, chat: Endpoint) -> None:
    with websocket(chat.url()) as client:
        with mock.fault(truncate={"to": 1}, name="cut") as fault:
            assert fault.name == "cut"
            chat.push(text="one")
            assert client.recv(PATIENCE) == "o"
        with chat.fault("duplicate"):
            chat.push(text="two")
            assert [client.recv(PATIENCE), client.recv(PATIENCE)] == ["two", "two"]
        fault.clear()
        chat.push(text="three")
        assert client.recv(PATIENCE) == "three"
    with pytest.raises(BadDefinition, match="did you mean 'no_pong'"):
        mock.fault("no_pongg")
    with mock.fault("slow-3g", endpoint=chat.name, expires_after="1m") as preset:
        assert preset.names == (
            f"slow-3g latency of {chat.name}",
            f"slow-3g bandwidth of {chat.name}",
        )
    with pytest.raises(MockError, match="a preset takes endpoint, group or client"):
        mock.fault("slow-3g", probability=1)
    with pytest.raises(MockError, match="Give drop either as a word or as a keyword"):
        mock.fault("drop", drop={})


def test_a_namespace_is_a_mock_of_its_own(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat")
    with mock.new_namespace("blue") as blue, websocket(blue.endpoint("/chat").url()) as client:
        assert blue.namespace == "blue"
        blue.push(text="hi")
        assert client.recv(PATIENCE) == "hi"
        assert (mock.clients(), mock.traffic()) == ([], [])
        blue.stop()
        with pytest.raises(ConnectionClosed):
            client.recv(PATIENCE)
        with pytest.raises(MockError, match=r"This mock has been stopped. Make a new one"):
            blue.start()
    with websocket(chat.url()):
        chat.accept(timeout=PATIENCE)
    with pytest.raises(MockError, match="not a name of a namespace"):
        mock.new_namespace("a b")


def test_explain_says_which_rule_acts_and_why_others_do_not(chat: Endpoint) -> None:
    chat.on(json={"$.type": "a"}).send(text="A")
    chat.on(binary=b"\x01").send(text="B")
    assert chat.explain(json={"type": "b"}).splitlines()[0] == (
        'rules[0]: json $.type: expected "a", got "b"'
    )
    assert chat.explain(binary=b"\x01").endswith("acts: rules[1]")
    assert chat.explain(text='{"type": "a"}').endswith("acts: rules[0]")
    with pytest.raises(MockError, match="Give exactly one of json, text and binary"):
        chat.explain()


PARTS = """
actions:
  greet:
    - send: {text: hello}
matchers:
  hi: {text: hi}
"""
MOCKS = """
include: parts.yaml
endpoints:
  - name: chat
    path: /chat
    rules:
      - name: greeting
        match: {use: hi}
        do: [{use: greet}]
  - name: login
    path: /login
    script:
      - expect: {text: login}
      - send: {text: welcome}
faults:
  - {name: cut, truncate: {to: 1}, match: {text: welcome}}
"""


def test_a_file_is_loaded_with_what_it_includes(mock: WebSocketMock, tmp_path: Path) -> None:
    (tmp_path / "parts.yaml").write_text(PARTS)
    (tmp_path / "mocks.yaml").write_text(MOCKS)
    found = mock.load(tmp_path / "mocks.yaml")
    chat, login = found["chat"], found["login"]
    chat.expect("greeting", 2)
    chat.on(text="more").send(text="of it")
    login.script().close(4000)
    with websocket(chat.url()) as client:
        for text, answer in (("hi", "hello"), ("more", "of it"), ("hi", "hello")):
            client.send(text)
            assert client.recv(PATIENCE) == answer
        client.send("nobody expects this, and the file does not mind")
        chat.wait_for(kind="text", text={"starts_with": "nobody"}, timeout=PATIENCE)
    with websocket(login.url()) as client:
        client.send("login")
        assert client.recv(PATIENCE) == "w"
        login.wait_for(kind="close", code=4000, timeout=PATIENCE)
    assert "unmatched" not in chat.document
    mock.check()
    chat.expect("greetng")
    with pytest.raises(UnexpectedTraffic, match="no rule 'greetng'; did you mean 'greeting'"):
        mock.check()


def test_a_file_that_cannot_be_used_changes_nothing(mock: WebSocketMock, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("endpoints: [{path: /a}, {path: /b, rulse: []}]")
    with pytest.raises(MockError, match=r"endpoints\[1\].*did you mean 'rules'"):
        mock.load(tmp_path / "bad.yaml")
    with pytest.raises(MockError, match="there is no such mocks file"):
        mock.load(tmp_path / "none.yaml")
    assert mock._seen()[0].call("list_websocket_mocks")["total"] == 0
