"""The GraphQL example keeps to the protocol, message by message."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.typing import Subprotocol

from tests.helpers.examples import Example, Peer, example

pytestmark = pytest.mark.integration

INIT = {"type": "connection_init"}


def subscribe(operation: str, query: str, **variables: Any) -> dict[str, Any]:
    payload = {"query": query, "variables": variables}
    return {"type": "subscribe", "id": operation, "payload": payload}


QUERY = subscribe("q", "{ hello }")
TICKS = subscribe("s", "subscription { ticks }")
COUNTDOWN = subscribe(
    "c", "subscription Down($from: Int!) { countdown(from: $from) }", **{"from": 3}
)


def result(operation: str, **data: Any) -> dict[str, Any]:
    return {"type": "next", "id": operation, "payload": {"data": data}}


def complete(operation: str) -> dict[str, Any]:
    return {"type": "complete", "id": operation}


@contextmanager
def connected(graphql: Example, query: str = "") -> Iterator[Peer]:
    offered = [Subprotocol("graphql-ws"), Subprotocol("graphql-transport-ws")]
    with graphql.connect(f"/graphql{query}", subprotocols=offered) as client:
        assert client.connection.subprotocol == "graphql-transport-ws"
        yield client


@pytest.fixture(scope="module")
def graphql() -> Iterator[Example]:
    with example("graphql_transport_ws") as served:
        yield served


@pytest.fixture
def client(graphql: Example) -> Iterator[Peer]:
    """A client whose connection_init was acknowledged."""
    with connected(graphql) as one:
        assert one.ask(INIT) == {"type": "connection_ack"}
        yield one


def test_ping_is_answered_with_its_payload_also_before_connection_init(graphql: Example) -> None:
    with connected(graphql) as client:
        client.send({"type": "pong"})
        assert client.ask({"type": "ping"}) == {"type": "pong"}
        with_payload = {"type": "ping", "payload": {"n": 1}}
        assert client.ask(with_payload) == {**with_payload, "type": "pong"}


def test_server_pings_and_takes_a_pong(graphql: Example) -> None:
    with connected(graphql, "?keep_alive=10ms") as client:
        assert client.ask(INIT) == {"type": "connection_ack"}
        for _ in range(3):
            assert client.receive() == {"type": "ping"}
            client.send({"type": "pong", "payload": None})


def test_query_gets_one_result_and_complete(client: Peer) -> None:
    assert client.ask(QUERY) == result("q", hello="world")
    assert client.receive() == complete("q")


def test_mutation_gets_what_its_variables_say(client: Peer) -> None:
    greet = "mutation Greet($name: String!) {\n  greet(name: $name)\n}"
    assert client.ask(subscribe("m", greet, name="Ada")) == result("m", greet="Hello, Ada!")
    assert client.receive() == complete("m")


def test_subscription_ends_itself_after_its_last_result(client: Peer) -> None:
    client.send(COUNTDOWN)
    messages = [client.receive() for _ in range(4)]
    assert messages == [*(result("c", countdown=n) for n in (3, 2, 1)), complete("c")]


def test_result_with_errors_is_followed_by_complete(client: Peer) -> None:
    failed = client.ask(subscribe("f", "{ fail }"))
    assert (failed["type"], failed["payload"]["data"]) == ("next", {"fail": None})
    assert failed["payload"]["errors"][0]["path"] == ["fail"]
    assert client.receive() == complete("f")


@pytest.mark.parametrize(
    "operation",
    [
        subscribe("e", ""),
        subscribe("e", "{ nothing }"),
        subscribe("e", "subscription { countdown }"),
        subscribe("e", "query { ticks }"),
    ],
)
def test_wrong_operation_gets_an_error_and_nothing_more(
    client: Peer, operation: dict[str, Any]
) -> None:
    error = client.ask(operation)
    assert (error["type"], error["id"], len(error["payload"])) == ("error", "e", 1)
    assert client.ask(QUERY) == result("q", hello="world")


def test_error_in_the_middle_ends_a_subscription_and_frees_its_id(client: Peer) -> None:
    for _ in range(2):
        client.send(subscribe("b", "subscription { broken }"))
        messages = [client.receive() for _ in range(3)]
        assert messages[:2] == [result("b", broken=1), result("b", broken=2)]
        assert messages[2]["type"] == "error"


def test_complete_of_the_client_ends_a_subscription_and_frees_its_id(client: Peer) -> None:
    client.send(TICKS)
    assert [client.receive() for _ in range(3)] == [result("s", ticks=n) for n in (1, 2, 3)]
    client.send(complete("s"))
    client.send(complete("s"))
    client.send(QUERY)
    while (message := client.receive())["id"] == "s":
        pass
    assert message == result("q", hello="world")
    assert client.receive() == complete("q")
    assert client.ask(TICKS) == result("s", ticks=1)


def test_complete_of_the_client_cancels_a_query_that_runs(client: Peer) -> None:
    client.send(subscribe("slow", "{ slow }"))
    client.send(complete("slow"))
    assert client.ask(subscribe("again", "{ slow }")) == result("again", slow="done")


def test_id_can_be_used_again_once_its_operation_is_complete(client: Peer) -> None:
    for _ in range(2):
        client.send(COUNTDOWN)
        while client.receive() != complete("c"):
            pass


def test_operations_run_side_by_side(client: Peer) -> None:
    for operation in (TICKS, {**TICKS, "id": "t"}, QUERY):
        client.send(operation)
    ids: set[str] = set()
    while ids != {"q", "s", "t"}:
        ids.add(client.receive()["id"])


@pytest.mark.parametrize(
    ("messages", "code", "reason"),
    [
        pytest.param([{**INIT, "payload": {"token": "wrong"}}], 4403, "Forbidden", id="token"),
        pytest.param([INIT, INIT], 4429, "Too many initialisation requests", id="second init"),
        pytest.param([QUERY], 4401, "Unauthorized", id="subscribe before connection_init"),
        pytest.param([INIT, TICKS, TICKS], 4409, "Subscriber for s already exists", id="id in use"),
        pytest.param(
            [INIT, subscribe("s", "{ slow }"), QUERY, {**QUERY, "id": "s"}],
            4409,
            "Subscriber for s already exists",
            id="id of a query in use",
        ),
    ],
)
def test_violation_is_closed_with_the_code_of_the_protocol(
    graphql: Example, messages: list[object], code: int, reason: str
) -> None:
    with connected(graphql) as client:
        for message in messages:
            client.send(message)
        assert client.end() == (code, reason)


def test_client_that_does_not_initialise_is_closed(graphql: Example) -> None:
    with connected(graphql, "?init_wait=10ms") as client:
        assert client.end() == (4408, "Connection initialisation timeout")


def test_client_that_has_initialised_is_not_closed(graphql: Example) -> None:
    with connected(graphql, "?init_wait=500ms&keep_alive=550ms") as client:
        assert client.ask(INIT) == {"type": "connection_ack"}
        assert client.receive() == {"type": "ping"}
        assert client.ask(QUERY) == result("q", hello="world")


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "5",
        "{}",
        '{"type": "unknown"}',
        '{"type": "ping", "payload": 5}',
        '{"type": "complete"}',
        '{"type": "next", "id": "q", "payload": {"data": {}}}',
        '{"type": "subscribe", "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": "q"}',
        '{"type": "subscribe", "id": "q", "payload": {"query": "{ hello }", "variables": 5}}',
    ],
)
def test_what_is_no_message_of_the_protocol_is_closed_with_4400(client: Peer, text: str) -> None:
    client.connection.send(text)
    assert client.end() == (4400, "Invalid message")


def test_binary_message_is_closed_with_4400(client: Peer) -> None:
    client.connection.send(json.dumps(QUERY).encode())
    assert client.end() == (4400, "Invalid message")


def test_other_subprotocol_is_closed_with_4406(graphql: Example) -> None:
    for offered in (None, [Subprotocol("graphql-ws")]):
        with graphql.connect("/graphql", subprotocols=offered) as client:
            assert client.end() == (4406, "Subprotocol not acceptable")
