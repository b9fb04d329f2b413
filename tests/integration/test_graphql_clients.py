"""The GraphQL example, used through the PyPI package `gql`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError

from tests.helpers.examples import example
from tests.helpers.wait import PATIENCE

gql = pytest.importorskip("gql", reason="gql is not installed")
exceptions = pytest.importorskip("gql.transport.exceptions")
websockets = pytest.importorskip("gql.transport.websockets")

pytestmark = pytest.mark.integration

COUNTDOWN = "subscription Down($from: Int!) { countdown(from: $from) }"


def use(work: Callable[[Any], Awaitable[Any]], query: str = "", **options: Any) -> Any:
    """Do something with a session of a new client; return what it returned."""
    with example("graphql_transport_ws") as graphql:

        async def session() -> Any:
            # Made in here, because it asks for the event loop.
            transport = websockets.WebsocketsTransport(
                graphql.url(f"/graphql{query}"), connect_args={"proxy": None}, **options
            )
            async with asyncio.timeout(PATIENCE), gql.Client(transport=transport) as opened:
                assert transport.subprotocol == "graphql-transport-ws"
                return await work(opened)

        return asyncio.run(session())


def request(text: str, **variables: Any) -> Any:
    return gql.GraphQLRequest(text, variable_values=variables)


def test_queries_and_a_mutation_are_answered_side_by_side() -> None:
    async def work(session: Any) -> Any:
        greet = "mutation Greet($name: String!) { greet(name: $name) }"
        return await asyncio.gather(
            session.execute(request("{ slow }")),
            session.execute(request(greet, name="Ada")),
            session.execute(request("query { hello }")),
        )

    assert use(work) == [{"slow": "done"}, {"greet": "Hello, Ada!"}, {"hello": "world"}]


def test_subscription_ends_when_the_server_completes_it() -> None:
    async def work(session: Any) -> Any:
        countdown = request(COUNTDOWN, **{"from": 3})
        return [result["countdown"] async for result in session.subscribe(countdown)]

    assert use(work) == [3, 2, 1]


def test_client_leaves_one_subscription_while_another_goes_on() -> None:
    async def take(session: Any, count: int) -> list[int]:
        results = session.subscribe(request("subscription { ticks }"))
        taken = []
        async for result in results:
            taken.append(result["ticks"])
            if len(taken) == count:
                break
        await results.aclose()
        return taken

    async def work(session: Any) -> Any:
        both = await asyncio.gather(take(session, 2), take(session, 4))
        return both, await session.execute(request("{ hello }"))

    assert use(work) == ([[1, 2], [1, 2, 3, 4]], {"hello": "world"})


def test_errors_of_an_operation_leave_the_connection_open() -> None:
    async def failure(session: Any, query: str) -> Any:
        with pytest.raises(exceptions.TransportQueryError) as failed:
            await session.execute(request(query))
        return failed.value.errors[0]["message"], failed.value.data

    async def work(session: Any) -> Any:
        failures = [await failure(session, query) for query in ("{ fail }", "{ nothing }")]
        return failures, await session.execute(request("{ hello }"))

    failures, last = use(work)
    assert failures == [("It failed", {"fail": None}), ("The schema has no such operation", None)]
    assert last == {"hello": "world"}


def test_subscription_breaks_in_the_middle() -> None:
    async def work(session: Any) -> Any:
        results = session.subscribe(request("subscription { broken }"))
        taken = [await anext(results) for _ in range(2)]
        with pytest.raises(exceptions.TransportQueryError, match="source of the events is gone"):
            await anext(results)
        return taken

    assert use(work) == [{"broken": 1}, {"broken": 2}]


def test_both_sides_ping() -> None:
    async def work(session: Any) -> None:
        await session.transport.ping_received.wait()
        await session.transport.pong_received.wait()
        # The pong of the client did not disturb anything.
        assert await session.execute(request("{ hello }")) == {"hello": "world"}

    use(work, "?keep_alive=20ms", ping_interval=0.02, pong_timeout=PATIENCE)


def test_client_with_the_wrong_token_learns_the_close_code() -> None:
    async def work(session: Any) -> None:
        raise AssertionError("it was let in")

    with pytest.raises(exceptions.TransportError) as refused:
        use(work, init_payload={"token": "wrong"})
    cause = refused.value.__cause__
    assert isinstance(cause, ConnectionClosedError)
    assert cause.rcvd is not None
    assert cause.rcvd.code == 4403
