"""Calls of tools as a load: over MCP, with the client of FastMCP, and over REST.

One caller, one call after the other, as an agent does it. What is counted is the rate.
"""

import asyncio
import http.client
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastmcp import Client

from websocket_mock.scripts.dev.benchmark.results import Failure, Measured, Outcome
from websocket_mock.scripts.dev.benchmark.system import cpu_seconds

WARM_UP_CALLS = 20
CALL_TIMEOUT = 10.0


def call_mcp(url: str, tool: str, pid: int, seconds: float) -> Outcome:
    """Call a tool without arguments again and again; blocks for a little more than `seconds`.

    Args:
        url: Where the server accepts MCP over http.
        tool: The name of the tool.
        pid: Process of the server, whose processor time is counted.
        seconds: Length of the measurement.
    """

    async def measure() -> Measured:
        async with Client(url, timeout=CALL_TIMEOUT) as client:
            return await _repeat(lambda: client.call_tool(tool, {}), pid, seconds)

    try:
        return asyncio.run(measure())
    except Exception as error:  # noqa: BLE001  # whatever the client library raises is the reason
        return Failure(f"the MCP call failed: {error}")


async def _repeat(call: Callable[[], Awaitable[object]], pid: int, seconds: float) -> Measured:
    for _ in range(WARM_UP_CALLS):
        await call()
    calls = 0
    cpu, begin = cpu_seconds(pid), time.perf_counter()
    while time.perf_counter() - begin < seconds:
        await call()
        calls += 1
    return _measured(calls, time.perf_counter() - begin, cpu_seconds(pid) - cpu)


def call_rest(url: str, tool: str, pid: int, seconds: float) -> Outcome:
    """Do the same over REST, on one connection that is kept open.

    Args:
        url: Where the same server accepts MCP; REST is beside it.
        tool: The name of the tool.
        pid: Process of the server, whose processor time is counted.
        seconds: Length of the measurement.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=CALL_TIMEOUT)
    try:
        for _ in range(WARM_UP_CALLS):
            _post(connection, tool)
        calls = 0
        cpu, begin = cpu_seconds(pid), time.perf_counter()
        while time.perf_counter() - begin < seconds:
            _post(connection, tool)
            calls += 1
        return _measured(calls, time.perf_counter() - begin, cpu_seconds(pid) - cpu)
    except (OSError, http.client.HTTPException) as error:
        return Failure(f"the REST call failed: {error}")
    finally:
        connection.close()


def _post(connection: http.client.HTTPConnection, tool: str) -> None:
    connection.request(
        "POST", f"/api/{tool}", body=b"{}", headers={"Content-Type": "application/json"}
    )
    response = connection.getresponse()
    body = response.read()
    if response.status != http.HTTPStatus.OK:
        raise http.client.HTTPException(f"{response.status} {body[:100]!r}")


def _measured(calls: int, seconds: float, cpu: float) -> Measured:
    return Measured({"rate": calls / seconds, "count": calls, "cpu_us": cpu / calls * 1e6})
