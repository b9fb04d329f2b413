"""Long waits on threads of their own."""

import threading
from collections.abc import Callable

import anyio
import pytest

from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge import calls
from websocket_mock.mcp_bridge.calls import MAX_WAITS, run_wait


def test_wait_has_its_answer() -> None:
    async def main() -> str:
        gone = threading.Event()
        return await run_wait(lambda: f"gone: {gone.is_set()}", gone)

    assert anyio.run(main) == "gone: False"


def test_error_of_a_wait_reaches_the_asker() -> None:
    def fail() -> None:
        raise LookupError("no such thing")

    async def main() -> None:
        await run_wait(fail, threading.Event())

    with pytest.raises(LookupError, match="no such thing"):
        anyio.run(main)


def test_thread_is_told_when_its_asker_has_gone() -> None:
    has_begun, was_told, gone = threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        has_begun.set()
        if gone.wait(PATIENCE):
            was_told.set()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(run_wait, wait, gone)
            await anyio.to_thread.run_sync(has_begun.wait, PATIENCE)
            group.cancel_scope.cancel()

    anyio.run(main)
    assert was_told.wait(PATIENCE)


def meet(number: int) -> Callable[[], None]:
    """A wait that ends only when `number` of them run at once."""
    barrier = threading.Barrier(number, timeout=PATIENCE)

    def wait() -> None:
        barrier.wait()

    return wait


def test_very_many_wait_at_once_and_quick_work_still_finds_a_thread() -> None:
    wait = meet(MAX_WAITS)

    async def main() -> str:
        async with anyio.create_task_group() as group:
            for _ in range(MAX_WAITS - 1):
                group.start_soon(run_wait, wait, threading.Event())
            quick = await anyio.to_thread.run_sync(lambda: "quick")
            group.start_soon(run_wait, wait, threading.Event())
        return quick

    assert anyio.run(main) == "quick"


def test_one_wait_too_many_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MAX_WAITS", 1)
    order: list[str] = []
    first_runs, go_on = threading.Event(), threading.Event()

    def first() -> None:
        first_runs.set()
        assert go_on.wait(PATIENCE)
        order.append("first")

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(run_wait, first, threading.Event())
            await anyio.to_thread.run_sync(first_runs.wait, PATIENCE)
            group.start_soon(run_wait, lambda: order.append("second"), threading.Event())
            await anyio.lowlevel.checkpoint()
            go_on.set()

    anyio.run(main)
    assert order == ["first", "second"]


def test_each_event_loop_has_its_own_waits() -> None:
    for _ in range(2):

        async def main() -> int:
            return await run_wait(lambda: 1, threading.Event())

        assert anyio.run(main) == 1
