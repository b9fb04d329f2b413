"""The example of graphql-transport-ws keeps to the protocol, with a real client."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.typing import Subprotocol

from tests.helpers.examples import Example, Peer, example

pytestmark = pytest.mark.integration

INIT = {"type": "connection_init"}
QUERY = {"type": "subscribe", "id": "q", "payload": {"query": "{ hello }"}}
SUBSCRIPTION = {"type": "subscribe", "id": "s", "payload": {"query": "subscription { n }"}}


@contextmanager
def connected(graphql: Example) -> Iterator[Peer]:
    offered = [Subprotocol("graphql-ws"), Subprotocol("graphql-transport-ws")]
    with graphql.connect("/graphql", subprotocols=offered) as client:
        assert client.connection.subprotocol == "graphql-transport-ws"
        yield client


@pytest.fixture
def client() -> Iterator[Peer]:
    """A client whose connection_init was acknowledged."""
    with example("graphql_transport_ws") as graphql, connected(graphql) as one:
        assert one.ask(INIT) == {"type": "connection_ack"}
        yield one


def test_other_subprotocols_are_refused() -> None:
    with example("graphql_transport_ws") as graphql:
        assert graphql.refusal("/graphql").status_code == 400
        offered = [Subprotocol("graphql-ws")]
        assert graphql.refusal("/graphql", subprotocols=offered).status_code == 400


def test_ping_is_answered_with_its_payload(client: Peer) -> None:
    client.send({"type": "pong"})
    assert client.ask({"type": "ping"}) == {"type": "pong"}
    assert client.ask({"type": "ping", "payload": {"n": 1}}) == {
        "type": "pong",
        "payload": {"n": 1},
    }


def test_query_gets_one_result_and_complete(client: Peer) -> None:
    result = client.ask(QUERY)
    assert result == {"type": "next", "id": "q", "payload": {"data": {"hello": "world"}}}
    assert client.receive() == {"type": "complete", "id": "q"}


def test_countdown_gets_three_results_and_complete(client: Peer) -> None:
    client.send({"type": "subscribe", "id": "c", "payload": {"query": "{ countdown }"}})
    results = [client.receive()["payload"]["data"]["countdown"] for _ in range(3)]
    assert results == [3, 2, 1]
    assert client.receive() == {"type": "complete", "id": "c"}


def test_empty_query_is_an_error_of_its_operation(client: Peer) -> None:
    error = client.ask({"type": "subscribe", "id": "e", "payload": {"query": ""}})
    assert (error["type"], error["id"]) == ("error", "e")


def test_subscription_goes_on_until_the_client_completes_it(client: Peer) -> None:
    client.send(SUBSCRIPTION)
    results = [client.receive() for _ in range(3)]
    assert [result["payload"]["data"]["n"] for result in results] == [1, 2, 3]
    client.send({"type": "complete", "id": "s"})
    client.send({"type": "complete", "id": "s"})
    client.send({**SUBSCRIPTION, "id": "s2"})
    while (result := client.receive())["id"] == "s":
        pass
    assert result == {"type": "next", "id": "s2", "payload": {"data": {"n": 1}}}


def test_operations_run_side_by_side(client: Peer) -> None:
    client.send(SUBSCRIPTION)
    client.send(QUERY)
    ids: set[str] = set()
    while ids != {"q", "s"}:
        ids.add(client.receive()["id"])


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        pytest.param([], 4408, id="no connection_init"),
        pytest.param([{**INIT, "payload": {"token": "wrong"}}], 4403, id="wrong token"),
        pytest.param([INIT, INIT], 4429, id="second connection_init"),
        pytest.param([QUERY], 4401, id="subscribe before connection_init"),
        pytest.param([INIT, SUBSCRIPTION, {**SUBSCRIPTION, "id": "t"}], 4409, id="second one"),
        pytest.param([INIT, {"type": "unknown"}], 4400, id="unknown type"),
        pytest.param([INIT, {"type": "subscribe", "id": "q"}], 4400, id="no query"),
        pytest.param([INIT, 5], 4400, id="no object"),
    ],
)
def test_violation_is_closed_with_the_code_of_the_protocol(
    messages: list[object], code: int
) -> None:
    with example("graphql_transport_ws") as graphql, connected(graphql) as client:
        for message in messages:
            client.send(message)
        assert client.close_code() == code
