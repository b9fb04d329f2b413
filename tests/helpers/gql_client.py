"""The PyPI package `gql`, a client of both GraphQL protocols; without it, modules are skipped."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.helpers.wait import PATIENCE

gql = pytest.importorskip("gql", reason="gql is not installed")
exceptions = pytest.importorskip("gql.transport.exceptions")
websockets = pytest.importorskip("gql.transport.websockets")

OPERATIONS: dict[str, Any] = {
    "fail": {"data": {"fail": None}, "errors": [{"message": "It failed", "path": ["fail"]}]},
    "countdown": {
        "event": {"data": {"countdown": "{{ variables.from - repeat.index }}"}},
        "count": "{{ variables.from }}",
    },
    "ticks": {"event": {"data": {"ticks": "{{ repeat.index + 1 }}"}}},
    "failing": {"data": {"failing": "{{ variables.missing }}"}},
    "lost": {"events": [{"data": {"lost": 1}}, {"data": {"lost": 2}}]},
}
"""What operations get in both protocols."""

LOSE_THE_FIRST = {
    "name": "lose the first connection",
    "match": {"json": {"$.payload.query": {"contains": "lost"}}},
    "when": "{{ attempt == 1 }}",
    "do": [{"abort": "close"}],
}
"""A rule: the first connection that subscribes to `lost` ends."""


def use_gql(
    url: str, subprotocol: str, work: Callable[[Any], Awaitable[Any]], **options: Any
) -> Any:
    """Do something with a session of a new client; return what it returned.

    Args:
        url: of the server.
        subprotocol: the only one that the client offers.
        work: what to do.
        options: of the transport of the client.
    """

    async def session() -> Any:
        # Made in here, because it asks for the event loop.
        transport = websockets.WebsocketsTransport(
            url, subprotocols=[subprotocol], connect_args={"proxy": None}, **options
        )
        async with asyncio.timeout(PATIENCE), gql.Client(transport=transport) as opened:
            assert transport.subprotocol == subprotocol
            return await work(opened)

    return asyncio.run(session())


def request(text: str, **variables: Any) -> Any:
    return gql.GraphQLRequest(text, variable_values=variables)


async def failure(session: Any, query: str) -> tuple[str, Any]:
    """Do an operation that fails; return the message of its first error, and its data."""
    with pytest.raises(exceptions.TransportQueryError) as failed:
        await session.execute(request(query))
    return failed.value.errors[0]["message"], failed.value.data


async def take(session: Any, field: str, count: int) -> list[Any]:
    """Subscribe to a field, and leave after some results; return them."""
    results = session.subscribe(request(f"subscription {{ {field} }}"))
    taken = []
    async for result in results:
        taken.append(result[field])
        if len(taken) == count:
            break
    await results.aclose()
    return taken
