"""The dialect graphql-ws, with the npm package `subscriptions-transport-ws` and `gql` of PyPI."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.typing import Subprotocol

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example, Peer
from tests.helpers.gql_client import (
    LOSE_THE_FIRST,
    exceptions,
    failure,
    request,
    take,
    use_gql,
)
from tests.helpers.gql_client import OPERATIONS as SHARED_OPERATIONS
from tests.helpers.node import node_report, require_package

pytestmark = pytest.mark.integration

INIT = {"type": "connection_init"}

OPERATIONS: dict[str, Any] = {
    **SHARED_OPERATIONS,
    "hello": {"data": {"hello": "{{ variables.name | default('world') }}"}},
    "broken": {
        "events": [{"data": {"broken": 1}}, {"data": {"broken": 2}}],
        "error": {"message": "The source of the events is gone"},
    },
    "denied": {"error": {"message": "Not for you"}},
}


@pytest.fixture(scope="module")
def graphql() -> Iterator[Example]:
    own = {"extends": "graphql-ws", "client_key": {"query": "client"}, "rules": [LOSE_THE_FIRST]}
    with dialect(
        "graphql-ws",
        own,
        operations=OPERATIONS,
        interval="5ms",
        connection_params={"not": {"includes": {"token": "wrong"}}},
        refusal={"message": "Wrong token"},
    ) as served:
        yield served


# --- the npm package subscriptions-transport-ws -------------------------------------------------


@pytest.fixture(scope="module")
def report(graphql: Example) -> dict[str, Any]:
    """What one run of the npm package saw."""
    require_package("subscriptions-transport-ws")
    return node_report("dialect_graphql_ws.js", graphql.url(""))


def test_operations_run_side_by_side_and_end(report: dict[str, Any]) -> None:
    assert report["operations"] == {
        "hello": [{"hello": "world"}],
        "countdown": [3, 2, 1],
        "ticks": [1, 2],
        "failed": [[{"fail": None}, ["It failed"]]],
        "wrong": [["The schema has no such operation"]],
        "denied": "Not for you",
    }


def test_client_with_the_wrong_token_is_told_so(report: dict[str, Any]) -> None:
    assert report["refused"] == {"message": "Wrong token"}


def test_client_starts_again_after_it_has_lost_its_connection(report: dict[str, Any]) -> None:
    assert report["reconnected"] == [["connected", "reconnected"], [1, 2]]


# --- the PyPI package gql -----------------------------------------------------------------------


def use(graphql: Example, work: Callable[[Any], Awaitable[Any]], **options: Any) -> Any:
    return use_gql(graphql.url("/graphql"), "graphql-ws", work, **options)


def test_subscriptions_and_queries_run_side_by_side(graphql: Example) -> None:
    async def work(session: Any) -> Any:
        both = asyncio.gather(take(session, "ticks", 2), take(session, "ticks", 4))
        countdown = request(
            "subscription Down($from: Int!) { countdown(from: $from) }", **{"from": 2}
        )
        down = [result["countdown"] async for result in session.subscribe(countdown)]
        return await both, down, await session.execute(request("{ hello }"))

    assert use(graphql, work) == ([[1, 2], [1, 2, 3, 4]], [2, 1], {"hello": "world"})


def test_errors_of_an_operation_leave_the_connection_open(graphql: Example) -> None:
    async def work(session: Any) -> Any:
        failures = [
            await failure(session, query) for query in ("{ fail }", "{ denied }", "{ failing }")
        ]
        return failures, await session.execute(request("{ hello }"))

    failures, last = use(graphql, work)
    assert failures == [
        ("It failed", {"fail": None}),
        ("Not for you", None),
        ("Internal server error", None),
    ]
    assert last == {"hello": "world"}


def test_client_of_python_with_the_wrong_token_is_told_so(graphql: Example) -> None:
    async def work(session: Any) -> None:
        raise AssertionError("it was let in")

    with pytest.raises(exceptions.TransportServerError, match="Wrong token"):
        use(graphql, work, init_payload={"token": "wrong"})


# --- message by message -------------------------------------------------------------------------


@contextmanager
def connected(served: Example) -> Iterator[Peer]:
    offered = [Subprotocol("graphql-transport-ws"), Subprotocol("graphql-ws")]
    with served.connect("/graphql", subprotocols=offered) as client:
        yield client


def start(operation: str, query: str, **variables: Any) -> dict[str, Any]:
    return {
        "type": "start",
        "id": operation,
        "payload": {"query": query, "variables": variables},
    }


def data(operation: str, **values: Any) -> dict[str, Any]:
    return {"type": "data", "id": operation, "payload": {"data": values}}


def test_connection_is_acknowledged_and_kept_alive() -> None:
    with dialect("graphql-ws", keep_alive="5ms") as served, connected(served) as client:
        assert client.ask(INIT) == {"type": "connection_ack"}
        assert [client.receive() for _ in range(3)] == [{"type": "ka"}] * 3


def test_stop_ends_a_subscription_and_frees_its_id(graphql: Example) -> None:
    with connected(graphql) as client:
        assert client.ask(start("s", "subscription { ticks }")) == data("s", ticks=1)
        client.send({"type": "stop", "id": "s"})
        client.send({"type": "stop", "id": "s"})
        while (last := client.receive())["type"] == "data":
            pass
        assert last == {"type": "complete", "id": "s"}
        assert client.ask(start("s", "subscription { ticks }")) == data("s", ticks=1)


def test_id_that_is_started_again_ends_the_operation_before(graphql: Example) -> None:
    with connected(graphql) as client:
        client.send(start("s", "subscription { ticks }"))
        client.send(start("s", "{ hello }", name="Ada"))
        while "ticks" in (answer := client.receive())["payload"]["data"]:
            pass
        assert answer == data("s", hello="Ada")
        assert client.receive() == {"type": "complete", "id": "s"}
        assert client.ask(start("t", "subscription { ticks }")) == data("t", ticks=1)
        assert client.receive() == data("t", ticks=2)


def test_stream_can_end_with_an_error(graphql: Example) -> None:
    with connected(graphql) as client:
        client.send(start("b", "subscription { broken }"))
        assert [client.receive() for _ in range(2)] == [data("b", broken=1), data("b", broken=2)]
        failed = {"message": "The source of the events is gone"}
        assert client.receive() == {"type": "error", "id": "b", "payload": failed}


@pytest.mark.parametrize(
    ("text", "kind", "operation"),
    [
        ("no JSON", "connection_error", None),
        ("5", "connection_error", None),
        ('{"type": "unknown", "id": "u"}', "error", "u"),
        ('{"type": "unknown"}', "error", None),
        ('{"type": "start", "id": "s", "payload": {"query": ""}}', "error", "s"),
        ('{"type": "start", "id": "s"}', "error", "s"),
    ],
)
def test_what_is_no_message_of_the_protocol_is_answered_with_an_error(
    graphql: Example, text: str, kind: str, operation: str | None
) -> None:
    with connected(graphql) as client:
        client.connection.send(text)
        answer = client.receive()
        assert (answer["type"], answer.get("id")) == (kind, operation)
        assert answer["payload"]["message"]
        assert client.ask(start("q", "{ hello }")) == data("q", hello="world")


def test_connection_ends_as_the_protocol_says(graphql: Example) -> None:
    with connected(graphql) as client:
        client.send({"type": "connection_terminate"})
        assert client.close_code() == 1000
    with connected(graphql) as client:
        client.send({**INIT, "payload": {"token": "wrong"}})
        assert client.close_code() == 1011
    with graphql.connect("/graphql") as client:
        assert client.close_code() == 1002
