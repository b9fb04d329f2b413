"""Endpoints, rules, scripts and handshakes that are built in Python."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus

from tests.helpers.builders import build
from tests.helpers.json_client import websocket
from tests.helpers.mock_strategies import ENDPOINTS
from tests.helpers.wait import PATIENCE
from websocket_mock import BadDefinition, Endpoint, MockError, WebSocketMock, actions
from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.documents.yaml_files import read_yaml
from websocket_mock.actors.library.reading import compile_document


def compiled(endpoint: dict[str, Any]) -> Any:
    """What an endpoint means, or what is wrong with it."""
    try:
        mocks = compile_document({"endpoints": [endpoint]})
    except BadDocument as error:
        return sorted(map(str, error.problems))
    return mocks.endpoints[0].source.model_dump(mode="json", by_alias=True)


@given(ENDPOINTS)
def test_builders_say_the_same_as_a_file(endpoint: dict[str, Any]) -> None:
    document = {"path": "/p", **endpoint}
    built = build(document)
    assert compiled(built.document) == compiled(document)
    assert read_yaml(built.to_yaml(), json_types=True) == {"endpoints": [built.document]}


def test_every_condition_of_a_handshake_is_written_as_in_a_file(chat: Endpoint) -> None:
    given: dict[str, Any] = {
        "path": "/chat",
        "query": {"token": "a"},
        "headers": {"user-agent": {"contains": "x"}},
        "cookies": {"id": {"present": True}},
        "origin": "http://a.test",
        "subprotocols": {"contains": "v1"},
        "remote_address": "127.0.0.1",
        "attempt": {"at_most": 2},
    }
    chat.handshake(**given).accept(headers={"X": "1"}, subprotocol="v1")
    chat.handshake().stall("1ms")
    chat.handshake(attempt=3).abort("close")
    chat.handshake(attempt=4).reject(429, headers={"Retry-After": "1"}, body="later")
    assert chat.document["handshake"] == [
        {"match": given, "accept": {"headers": {"X": "1"}, "subprotocol": "v1"}},
        {"stall": "1ms"},
        {"match": {"attempt": 3}, "abort": "close"},
        {
            "match": {"attempt": 4},
            "reject": {"status": 429, "headers": {"Retry-After": "1"}, "body": "later"},
        },
    ]


def test_a_handshake_is_refused_and_the_next_one_is_accepted(mock: WebSocketMock) -> None:
    prices = mock.endpoint("/prices/{symbol}")
    prices.handshake(attempt=1).reject(503, headers={"Retry-After": "1"})
    with pytest.raises(InvalidStatus) as refused, websocket(prices.url(symbol="a")):
        pass
    assert refused.value.response.headers["Retry-After"] == "1"
    with websocket(prices.url(symbol="a")):
        assert mock.wait_for(kind="handshake", attempt=2, timeout=PATIENCE).status == 101


def test_rules_answer_and_further_actions_follow_at_once(chat: Endpoint) -> None:
    rule = chat.on(text="hi").send(text="one")
    with websocket(chat.url()) as client:
        client.send("hi")
        assert client.recv(PATIENCE) == "one"
        rule.send(json={"n": 2})
        chat.on(text="late").send(binary=b"\x00\x01")
        client.send("hi")
        assert [client.recv(PATIENCE), client.recv(PATIENCE)] == ["one", '{"n":2}']
        client.send("late")
        assert client.recv(PATIENCE) == b"\x00\x01"
    assert chat.fired() == {"rules[0]": 2, "rules[1]": 1}


def test_a_rule_without_a_name_keeps_its_counts_when_it_changes(chat: Endpoint) -> None:
    once = chat.on(text="hi", times=1).send(text="once")
    chat.on(text="hi").send(text="again")
    with websocket(chat.url()) as client:
        client.send("hi")
        assert client.recv(PATIENCE) == "once"
        once.wait("1ms")
        client.send("hi")
        assert client.recv(PATIENCE) == "again"
    assert "name" not in chat.document["rules"][0]


def test_actions_run_in_order_in_loops_and_later(chat: Endpoint) -> None:
    loop = actions().send(text="{{ item }}")
    chosen, missing = actions().send(text="{{ choice }}"), actions().send(text="missing")
    several = {"c": "chosen"}
    chat.on(text="go").for_each(["a", "b"], loop).choose(several, "c", chosen, missing).when(
        "{{ message.text == 'go' }}", actions().send(text="yes"), actions().send(text="no")
    ).every("1ms", actions().send(text="turn"), count=1, then=actions().close(4000, "done"))
    with websocket(chat.url()) as client:
        client.send("go")
        assert [client.recv(PATIENCE) for _ in range(5)] == ["a", "b", "chosen", "yes", "turn"]
        closed = chat.wait_for(kind="close", timeout=PATIENCE)
    assert (closed.code, closed.reason) == (4000, "done")


def test_a_script_is_an_ordered_conversation(chat: Endpoint) -> None:
    chat.script().expect(text="login", within="30s").send(text="welcome").do({"close": {}})
    with websocket(chat.url()) as client:
        client.send("login")
        assert client.recv(PATIENCE) == "welcome"
        chat.wait_for(kind="close", timeout=PATIENCE)
    assert chat.verify(kind="verdict", passed=True) == 1


@pytest.mark.parametrize("value", [1.5, None, [], {}, "", False])
def test_any_json_value_is_sent_and_awaited(chat: Endpoint, value: Any) -> None:
    chat.on(json={"equals": value}).send(json=value)
    with websocket(chat.url()) as client:
        chat.push(json=value)
        client.send(client.recv(PATIENCE))
        assert chat.wait_for(json={"equals": value}, timeout=PATIENCE).json == value


def test_a_bad_definition_changes_nothing(chat: Endpoint) -> None:
    rule = chat.on(text="hi").send(text="hello")
    before = chat.document
    refusals: list[Callable[[], object]] = [
        rule.send,
        lambda: rule.close(99),
        lambda: rule.send(text="{{ broken"),
        lambda: rule.send(json={"a": b"bytes"}),
        lambda: chat.on(text="x").send(text="y", fragmnts=3),
        lambda: chat.on(text="x", priority="a").ignore(),  # type: ignore[arg-type]
        lambda: chat.on_idle(0).expect(),
        lambda: chat.handshake(attempt=1).reject(42),
        lambda: chat.script().expect(text="a"),
        lambda: chat.change({"unmatchd": "echo"}),
    ]
    for refused in refusals:
        with pytest.raises(MockError):
            refused()
        assert chat.document == before
    with websocket(chat.url()) as client:
        client.send("hi")
        assert client.recv(PATIENCE) == "hello"
    chat._host.settle()


def test_a_refused_rule_can_be_completed_later(chat: Endpoint) -> None:
    rule = chat.on(text="hi")
    with pytest.raises(BadDefinition, match=r"rules\[0\]\.do\[0\]\.close\.code"):
        rule.close(99)
    rule.close(4000)
    assert chat.document["rules"] == [{"match": {"text": "hi"}, "do": [{"close": {"code": 4000}}]}]


def test_a_misspelt_name_is_answered_with_the_nearest(mock: WebSocketMock, chat: Endpoint) -> None:
    with pytest.raises(TypeError, match=r"no condition 'jsn'; did you mean 'json'\?"):
        chat.on(jsn=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"no condition 'attemt'; did you mean 'attempt'\?"):
        chat.handshake(attemt=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"no condition 'knd'; did you mean 'kind'\?"):
        mock.wait_for(knd="close")  # type: ignore[call-arg]
    with pytest.raises(MockError, match=r"^kind: 'messag' is not allowed; did you mean 'message'"):
        mock.verify(kind="messag")  # type: ignore[arg-type]
    with pytest.raises(BadDefinition, match=r"unmatchd: unknown key 'unmatchd'; did you mean"):
        mock.endpoint("/x", unmatchd="echo")
    with pytest.raises(BadDefinition, match=r"unknown key 'latncy'; did you mean 'latency'\?"):
        mock.fault(latncy={"mean": 1})
    with pytest.raises(MockError, match=r"unknown key 'prt'; did you mean 'port'\?"):
        WebSocketMock(prt=1).start()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [b"x"]}, r"json\.a\.0: bytes are not JSON"),
        (float("nan"), "nan is not JSON"),
        ({1: 2}, "the key 1 is not JSON"),
        ({"a": object()}, "a value of the type object is not JSON"),
        ("\ud800", "half of a surrogate pair"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(chat: Endpoint, value: Any, text: str) -> None:
    for refused in (chat.on().send, chat.push, chat.wait_for):
        with pytest.raises(MockError, match=text):
            refused(json=value)


def test_a_value_that_contains_itself_is_refused(chat: Endpoint) -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(MockError, match="contains itself"):
        chat.on(json=value).ignore()
    with pytest.raises(MockError, match="contains itself"):
        chat.push(json=value)


def test_what_the_test_changes_afterwards_changes_no_rule(chat: Endpoint) -> None:
    message: dict[str, Any] = {"n": 1}
    states, loop = ["initial"], actions().send(json=message)
    chat.on(json={"equals": message}, state=states).for_each([1], loop)
    before = chat.document
    message["n"], states[0] = 2, "other"
    loop.close()
    chat.document["rules"].clear()
    assert chat.document == before


@given(st.binary(max_size=8))
def test_bytes_are_written_as_documents_have_them(data: bytes) -> None:
    built = build({"path": "/p", "rules": [{"match": {"binary": data}, "do": []}]})
    rule = built.on(binary={"starts_with": data}, fields={"a": data}).send(binary=data)
    written = f"hex:{data.hex()}"
    assert rule.document["match"] == {"binary": {"starts_with": written}, "fields": {"a": written}}
    assert rule.documents == [{"send": {"binary": written}}]


def test_an_endpoint_that_exists_keeps_its_rules_with_other_options(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat")
    chat.on(text="hi").send(text="hello")
    assert mock.endpoint("/chat", unmatched="echo") is chat
    with websocket(chat.url()) as client:
        for text, answer in (("hi", "hello"), ("what?", "what?")):
            client.send(text)
            assert client.recv(PATIENCE) == answer
    with pytest.raises(BadDefinition):
        mock.endpoint("/chat", unmatched="nothing")
    assert chat.document["unmatched"] == "echo"
    with pytest.raises(MockError, match="exists already, so rules cannot be replaced"):
        mock.endpoint("/chat", rules=[])
    with pytest.raises(MockError, match=r"has the path /chat\. Use another name"):
        mock.endpoint("/other", name="/chat")


def test_an_endpoint_that_was_removed_can_be_made_again(mock: WebSocketMock) -> None:
    first = mock.endpoint("/chat")
    first.on(text="a").send(text="b").expect()
    first.remove()
    with pytest.raises(InvalidStatus), websocket(first.url()):
        pass
    again = mock.endpoint("/chat")
    assert again is not first
    with websocket(again.url()):
        assert again.accept(timeout=PATIENCE).attempt == 1
    assert again.document == {"path": "/chat"}


def test_the_url_has_parameters_a_rest_and_a_query(mock: WebSocketMock) -> None:
    files = mock.endpoint("/files/{owner}/**")
    url = files.url(owner="a b/c", rest="x/y z", query={"q": "1&2"})
    assert url == f"{mock.url()}/files/a%20b%2Fc/x/y%20z?q=1%262"
    with websocket(url):
        opened = files.wait_for(kind="handshake", timeout=PATIENCE)
    assert opened.query == {"q": "1&2"}
    with pytest.raises(TypeError, match=r"needs a value for owner: url\(owner=…\)"):
        files.url(rest="x")
    with pytest.raises(TypeError, match="has no 'ownr'"):
        files.url(owner="a", rest="x", ownr="b")
    with pytest.raises(MockError, match="owner: an empty text"):
        files.url(owner="", rest="x")


def test_the_label_of_a_rule_is_its_place_among_those_in_force(chat: Endpoint) -> None:
    empty = chat.on(text="later")
    first = chat.on(text="a").ignore()
    assert first.label == "rules[0]"
    empty.ignore()
    assert (first.label, empty.label) == ("rules[0]", "rules[1]")
    assert chat.on(name="mine").ignore().label == "mine"
