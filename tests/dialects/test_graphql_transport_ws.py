"""The dialect graphql-transport-ws, with the npm package `graphql-ws` and the PyPI package `gql`.

What it does message by message is in the tests of the example that includes it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
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
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

COUNTDOWN = "subscription Down($from: Int!) { countdown(from: $from) }"

OPERATIONS: dict[str, Any] = {
    **SHARED_OPERATIONS,
    "hello": {"data": {"hello": "world"}},
    "Named": {"data": {"hello": "by its name"}},
    "slow": {"events": [{"data": {"slow": "done"}}]},
    "greet": {"data": {"greet": "Hello, {{ variables.name }}!"}},
    "broken": {
        "events": [{"data": {"broken": 1}}, {"data": {"broken": 2}}],
        "error": [{"message": "The source of the events is gone"}],
    },
    "denied": {"error": [{"message": "Not for you"}]},
}


@pytest.fixture(scope="module")
def graphql() -> Iterator[Example]:
    own = {
        "extends": "graphql-transport-ws",
        "client_key": {"query": "client"},
        "rules": [LOSE_THE_FIRST],
    }
    with dialect(
        "graphql-transport-ws",
        own,
        operations=OPERATIONS,
        interval="5ms",
        keep_alive="20ms",
        connection_params={"not": {"includes": {"token": "wrong"}}},
        ack={"type": "connection_ack", "payload": {"session": 7}},
    ) as served:
        yield served


# --- the npm package graphql-ws -----------------------------------------------------------------


@pytest.fixture(scope="module")
def report(graphql: Example) -> dict[str, Any]:
    """What one run of the npm package saw."""
    require_package("graphql-ws")
    return node_report("dialect_graphql_transport_ws.js", graphql.url(""))


def test_operations_run_side_by_side_and_end(report: dict[str, Any]) -> None:
    assert report["operations"] == {
        "hello": [{"hello": "world"}],
        "countdown": [3, 2, 1],
        "ticks": [1, 2],
        "failed": [[{"fail": None}, ["It failed"]]],
        "wrong": ["The schema has no such operation"],
    }


def test_both_sides_ping(report: dict[str, Any]) -> None:
    assert report["pings"] == [True, True]


def test_client_with_the_wrong_token_is_told_so(report: dict[str, Any]) -> None:
    assert report["refused"] == [4403, "Forbidden"]


def test_client_subscribes_again_after_it_has_lost_its_connection(report: dict[str, Any]) -> None:
    assert report["reconnected"] == [2, [1, 2]]


# --- the PyPI package gql -----------------------------------------------------------------------


def use(graphql: Example, work: Callable[[Any], Awaitable[Any]], **options: Any) -> Any:
    return use_gql(graphql.url("/graphql"), "graphql-transport-ws", work, **options)


def test_queries_and_a_mutation_are_answered_side_by_side(graphql: Example) -> None:
    async def work(session: Any) -> Any:
        greet = "mutation Greet($name: String!) { greet(name: $name) }"
        return await asyncio.gather(
            session.execute(request("{ slow }")),
            session.execute(request(greet, name="Ada")),
            session.execute(request("query { hello }")),
        )

    assert use(graphql, work) == [{"slow": "done"}, {"greet": "Hello, Ada!"}, {"hello": "world"}]


def test_subscription_ends_when_the_server_completes_it(graphql: Example) -> None:
    async def work(session: Any) -> Any:
        countdown = request(COUNTDOWN, **{"from": 3})
        return [result["countdown"] async for result in session.subscribe(countdown)]

    assert use(graphql, work) == [3, 2, 1]


def test_client_leaves_one_subscription_while_another_goes_on(graphql: Example) -> None:
    async def work(session: Any) -> Any:
        both = await asyncio.gather(take(session, "ticks", 2), take(session, "ticks", 4))
        return both, await session.execute(request("{ hello }"))

    assert use(graphql, work) == ([[1, 2], [1, 2, 3, 4]], {"hello": "world"})


def test_errors_of_an_operation_leave_the_connection_open(graphql: Example) -> None:
    async def work(session: Any) -> Any:
        queries = ("{ fail }", "{ nothing }", "{ denied }", "{ failing }")
        failures = [await failure(session, query) for query in queries]
        return failures, await session.execute(request("{ hello }"))

    failures, last = use(graphql, work)
    assert failures == [
        ("It failed", {"fail": None}),
        ("The schema has no such operation", None),
        ("Not for you", None),
        ("Internal server error", None),
    ]
    assert last == {"hello": "world"}


def test_subscription_breaks_in_the_middle(graphql: Example) -> None:
    async def work(session: Any) -> Any:
        results = session.subscribe(request("subscription { broken }"))
        taken = [await anext(results) for _ in range(2)]
        with pytest.raises(exceptions.TransportQueryError, match="source of the events is gone"):
            await anext(results)
        return taken

    assert use(graphql, work) == [{"broken": 1}, {"broken": 2}]


def test_client_of_python_pings_and_is_pinged(graphql: Example) -> None:
    async def work(session: Any) -> None:
        await session.transport.ping_received.wait()
        await session.transport.pong_received.wait()
        # The pong of the client did not disturb anything.
        assert await session.execute(request("{ hello }")) == {"hello": "world"}

    use(graphql, work, ping_interval=0.02, pong_timeout=PATIENCE)


def test_client_with_the_wrong_token_learns_the_close_code(graphql: Example) -> None:
    async def work(session: Any) -> None:
        raise AssertionError("it was let in")

    with pytest.raises(exceptions.TransportError) as refused:
        use(graphql, work, init_payload={"token": "wrong"})
    cause = refused.value.__cause__
    assert isinstance(cause, ConnectionClosedError)
    assert cause.rcvd is not None
    assert cause.rcvd.code == 4403


# --- the parameters -----------------------------------------------------------------------------


OFFERED = [Subprotocol("graphql-transport-ws")]


def ask(client: Peer, query: str, **payload: Any) -> Any:
    """Subscribe; return the first answer that is no ping."""
    client.send({"type": "subscribe", "id": "1", "payload": {"query": query, **payload}})
    while (answer := client.receive())["type"] == "ping":
        pass
    return answer


def test_operation_is_found_by_its_name_and_else_by_its_first_field(graphql: Example) -> None:
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("query Other { hello }", {}, "world"),
        ("# a comment\nquery Named { hello }", {}, "by its name"),
        ("query A { fail } query Named { hello }", {"operationName": "Named"}, "by its name"),
        ("query { # a comment\n  alias: hello }", {"operationName": None}, "world"),
        ("fragment Part on Query { hello } query { ...Part }", {"variables": None}, "world"),
    ]
    for query, payload, found in cases:
        with graphql.connect("/graphql", subprotocols=OFFERED) as client:
            acknowledged = client.ask({"type": "connection_init"})
            assert acknowledged == {"type": "connection_ack", "payload": {"session": 7}}
            assert ask(client, query, **payload)["payload"] == {"data": {"hello": found}}, query


def test_defaults_answer_hello_and_ticks_and_anything_can_have_an_answer() -> None:
    with dialect("graphql-transport-ws") as served:
        for _ in range(2):
            with served.connect("/graphql", subprotocols=OFFERED) as client:
                client.ask({"type": "connection_init"})
                greeted = ask(client, "{ hello }", variables={"name": "Ada"})
                assert greeted["payload"] == {"data": {"hello": "Hello, Ada!"}}
    anything = {"*": {"data": {"kind": "{{ message.json.payload.query }}"}}}
    with (
        dialect("graphql-transport-ws", path="/api", operations=anything) as served,
        served.connect("/api", subprotocols=OFFERED) as client,
    ):
        client.ask({"type": "connection_init"})
        assert ask(client, "{ a }")["payload"] == {"data": {"kind": "{ a }"}}


def test_payload_of_connection_init_can_be_demanded() -> None:
    demanded = {"includes": {"token": "secret"}}
    with dialect("graphql-transport-ws", connection_params=demanded) as served:
        for payload in ({}, {"payload": {"token": "other"}}):
            with served.connect("/graphql", subprotocols=OFFERED) as client:
                client.send({"type": "connection_init", **payload})
                assert client.end() == (4403, "Forbidden")
        with served.connect("/graphql", subprotocols=OFFERED) as client:
            init = {"type": "connection_init", "payload": {"token": "secret", "more": 1}}
            assert client.ask(init) == {"type": "connection_ack"}
