"""The dialect json-rpc, with the npm package `json-rpc-2.0` and `jsonrpcclient` of PyPI."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example, Peer
from tests.helpers.node import node_report, require_package

jsonrpcclient = pytest.importorskip("jsonrpcclient", reason="jsonrpcclient is not installed")

pytestmark = pytest.mark.integration

METHODS: dict[str, Any] = {
    "add": {"result": "{{ request.params | sum }}"},
    "greet": {"result": "Hello, {{ request.params.name }}!"},
    "between": {"result": True},
    "slow": {"delay": "30ms", "result": "at last"},
    "slower": {"delay": "1h"},
    "nothing": {},
    "fail": {"error": {"code": -32000, "message": "It failed", "data": "{{ request.params }}"}},
    "broken": {"result": "{{ request.params.missing }}"},
    "eth_subscribe": {
        "result": "sub-{{ request.id }}",
        "notify": {
            "name": "sub-{{ request.id }}",
            "method": "eth_subscription",
            "params": {"subscription": "sub-{{ request.id }}", "result": "{{ repeat.index }}"},
        },
    },
    "eth_unsubscribe": {"result": True, "stop": "{{ request.params[0] }}"},
}

PARAMS = {"greet": ["name"], "between": ["low", "high"], "eth_unsubscribe": ["id"]}

LOSE = {"match": {"json": {"$.method": "lose"}}, "do": [{"abort": "close"}]}


@pytest.fixture(scope="module")
def rpc() -> Iterator[Example]:
    own = {"extends": "json-rpc", "rules": [LOSE]}
    with dialect("json-rpc", own, methods=METHODS, params=PARAMS, interval="5ms") as served:
        yield served


@pytest.fixture
def client(rpc: Example) -> Iterator[Peer]:
    with rpc.connect("/rpc") as one:
        yield one


# --- the npm package json-rpc-2.0 ---------------------------------------------------------------


@pytest.fixture(scope="module")
def report(rpc: Example) -> dict[str, Any]:
    """What one run of the npm package saw."""
    require_package("json-rpc-2.0")
    return node_report("dialect_json_rpc.js", rpc.url(""))


def test_requests_side_by_side_get_their_results_and_errors(report: dict[str, Any]) -> None:
    assert report["conversation"] == {
        "sum": 42,
        "greeting": "Hello, Ada!",
        "slow": "at last",
        "nothing": None,
        "errors": [
            [-32601, "Method not found", "missing"],
            [-32602, "Invalid params", "greet"],
            [-32000, "It failed", [7]],
        ],
        "batch": [
            {"jsonrpc": "2.0", "id": "a", "result": 3},
            {
                "jsonrpc": "2.0",
                "id": "b",
                "error": {"code": -32601, "message": "Method not found", "data": "missing"},
            },
        ],
    }


def test_subscription_notifies_until_it_is_ended(report: dict[str, Any]) -> None:
    subscription = report["subscription"]
    name = subscription["id"]
    assert subscription == {
        "id": name,
        "seen": [[name, 0], [name, 1]],
        "stopped": True,
        "later": 0,
    }


def test_client_goes_on_after_it_has_lost_its_connection(report: dict[str, Any]) -> None:
    assert report["reconnected"] == ["closed with 1006", 1]


# --- the PyPI package jsonrpcclient -------------------------------------------------------------


def call(client: Peer, method: str, params: Any = None) -> Any:
    client.connection.send(jsonrpcclient.request_json(method, params=params))
    return jsonrpcclient.parse(client.receive())


def test_client_of_python_gets_results_and_errors(client: Peer) -> None:
    assert call(client, "add", [1, 2]).result == 3
    assert call(client, "greet", {"name": "Ada"}).result == "Hello, Ada!"
    client.connection.send(jsonrpcclient.notification_json("add", params=[1]))
    error = call(client, "missing")
    assert (error.code, error.message, error.data) == (-32601, "Method not found", "missing")
    error = call(client, "broken", {})
    assert (error.code, error.message, error.data) == (-32603, "Internal error", "broken")


def test_client_of_python_connects_again(rpc: Example) -> None:
    with rpc.connect("/rpc") as lost:
        lost.connection.send(jsonrpcclient.request_json("lose"))
        assert lost.close_code() is None
    with rpc.connect("/rpc") as client:
        assert call(client, "add", [1]).result == 1


# --- message by message -------------------------------------------------------------------------


def error(code: int, message: str, **more: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message, **more}}


PARSE_ERROR = error(-32700, "Parse error")
INVALID = error(-32600, "Invalid Request")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"jsonrpc": "2.0", "method', PARSE_ERROR),
        ("", PARSE_ERROR),
        ("[]", INVALID),
        ("5", INVALID),
        ('{"method": "add", "id": 1}', INVALID),
        ('{"jsonrpc": "1.0", "method": "add", "id": 1}', INVALID),
        ('{"jsonrpc": "2.0", "method": 5, "id": 1}', INVALID),
        ('{"jsonrpc": "2.0", "method": "add", "id": {}}', INVALID),
        ('{"jsonrpc": "2.0", "method": "add", "id": 1, "params": "x"}', INVALID),
        ("[1, 2]", [INVALID, INVALID]),
    ],
)
def test_what_is_no_request_is_answered_without_an_id(
    client: Peer, text: str, answer: object
) -> None:
    client.connection.send(text)
    assert client.receive() == answer


def test_batch_is_answered_in_one_list_without_its_notifications(client: Peer) -> None:
    batch = [
        {"jsonrpc": "2.0", "method": "add", "params": [1, 1], "id": 1},
        {"jsonrpc": "2.0", "method": "missing"},
        {"jsonrpc": "2.0", "method": "add", "params": [2, 2]},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "between", "params": [1], "id": "b"},
        {"jsonrpc": "2.0", "method": "slow", "id": None},
    ]
    assert client.ask(batch) == [
        {"jsonrpc": "2.0", "id": 1, "result": 2},
        INVALID,
        {**error(-32602, "Invalid params", data="between"), "id": "b"},
        {"jsonrpc": "2.0", "id": None, "result": "at last"},
    ]


def test_nothing_answers_a_notification_a_batch_of_them_or_an_answer(client: Peer) -> None:
    note = {"jsonrpc": "2.0", "method": "missing"}
    for message in (note, [note, note], {"jsonrpc": "2.0", "id": 7, "result": 1}):
        client.send(message)
    assert client.ask({**note, "method": "add", "params": [], "id": 5})["id"] == 5


@pytest.mark.parametrize(
    ("params", "is_complete"),
    [
        ([1, 2], True),
        ([1, 2, 3], True),
        ([1], False),
        ([], False),
        ({"low": 1, "high": 2}, True),
        ({"low": 1}, False),
        ({}, False),
    ],
)
def test_parameters_are_needed_by_name_or_in_order(
    client: Peer, params: Any, is_complete: bool
) -> None:
    answer = client.ask({"jsonrpc": "2.0", "method": "between", "params": params, "id": 1})
    assert ("result" in answer) == is_complete


def test_answer_that_is_slow_holds_up_no_other(client: Peer) -> None:
    client.send({"jsonrpc": "2.0", "method": "slower", "id": 1})
    assert client.ask({"jsonrpc": "2.0", "method": "nothing", "id": 2})["id"] == 2


def test_defaults_answer_and_anything_can_have_an_answer() -> None:
    with dialect("json-rpc") as served, served.connect("/rpc") as client:
        assert call(client, "ping").result == "pong"
        assert call(client, "echo", {"a": [1]}).result == {"a": [1]}
        assert call(client, "unsubscribe", ["x"]).result is True
    anything = {"*": {"result": "{{ request.method }}"}}
    with (
        dialect("json-rpc", path="/", methods=anything) as served,
        served.connect("/") as client,
    ):
        assert call(client, "any.method").result == "any.method"
