"""Calls tools from an event loop, for every skin. A wait ends soon after its caller has left."""

import threading
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from pydantic import BaseModel

from websocket_mock.mcp_bridge.per_loop import PerLoop
from websocket_mock.mcp_bridge.service.gateway import ProgressCallback
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.tools.tool import Call, Tool, say_nothing

T = TypeVar("T")

MAX_WAITS = 200
"""The most long calls at a time; more of them queue. Other workers stay free for quick tools."""

POLL = 0.25
"""Seconds between two checks whether a caller is still there."""

HasLeft = Callable[[], Awaitable[bool]]
"""Tells whether the caller has closed its connection."""

_limiter = PerLoop("limiter of the waits", lambda: anyio.CapacityLimiter(MAX_WAITS))


async def call_tool(
    state: BridgeState,
    tool: Tool,
    arguments: Mapping[str, Any],
    has_left: HasLeft | None = None,
    report: ProgressCallback = say_nothing,
) -> BaseModel:
    """Call a tool on a thread.

    Args:
        state: what the tools work with.
        tool: the tool.
        arguments: its arguments, unchecked.
        has_left: asked now and then during a long call; None: the caller leaves by cancelling.
        report: called on the tool's thread with what is done and what there is to do.

    Raises:
        ServiceError: the tool refused the call, or could not answer.
    """
    gone = threading.Event()
    context = Call(state.gateway, state.identity, gone, report)
    run = partial(tool.run, context, arguments)
    if not tool.is_long:
        return await anyio.to_thread.run_sync(run)
    return await run_wait(run, gone, has_left)


async def run_wait(
    wait: Callable[[], T], gone: threading.Event, has_left: HasLeft | None = None
) -> T:
    """Run a long wait on a thread, and set `gone` when the caller has left or it has ended."""
    failures = list[Exception]()
    async with anyio.create_task_group() as group:
        if has_left is not None:
            group.start_soon(_watch, has_left, gone)
        try:
            result = await anyio.to_thread.run_sync(
                wait, limiter=_limiter.get(), abandon_on_cancel=True
            )
        except Exception as error:  # noqa: BLE001 - the task group would wrap it
            failures.append(error)
        finally:
            gone.set()
            group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    return result


async def _watch(has_left: HasLeft, gone: threading.Event) -> None:
    while not gone.is_set():
        if await has_left():
            gone.set()
        await anyio.sleep(POLL)
