"""Long waits on threads of their own."""

import threading
from collections.abc import Callable

import anyio
import pytest

from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge import waits as waits_module
from websocket_mock.mcp_bridge.waits import MAX_WAITS, Waits


def test_wait_has_its_answer() -> None:
    async def main() -> str:
        return await Waits().run(lambda gone: f"gone: {gone.is_set()}")

    assert anyio.run(main) == "gone: False"


def test_error_of_a_wait_reaches_the_asker() -> None:
    def fail(_: threading.Event) -> None:
        raise LookupError("no such thing")

    async def main() -> None:
        await Waits().run(fail)

    with pytest.raises(LookupError, match="no such thing"):
        anyio.run(main)


def test_thread_is_told_when_its_asker_has_gone() -> None:
    has_begun, was_told = threading.Event(), threading.Event()

    def wait(gone: threading.Event) -> None:
        has_begun.set()
        if gone.wait(PATIENCE):
            was_told.set()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(Waits().run, wait)
            await anyio.to_thread.run_sync(has_begun.wait, PATIENCE)
            group.cancel_scope.cancel()

    anyio.run(main)
    assert was_told.wait(PATIENCE)


def meet(number: int) -> Callable[[threading.Event], None]:
    """A wait that ends only when `number` of them run at once."""
    barrier = threading.Barrier(number, timeout=PATIENCE)

    def wait(_: threading.Event) -> None:
        barrier.wait()

    return wait


def test_very_many_wait_at_once_and_quick_work_still_finds_a_thread() -> None:
    wait = meet(MAX_WAITS)

    async def main() -> str:
        waits = Waits()
        async with anyio.create_task_group() as group:
            for _ in range(MAX_WAITS - 1):
                group.start_soon(waits.run, wait)
            quick = await anyio.to_thread.run_sync(lambda: "quick")
            group.start_soon(waits.run, wait)
        return quick

    assert anyio.run(main) == "quick"


def test_one_wait_too_many_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits_module, "MAX_WAITS", 1)
    order: list[str] = []
    first_runs, go_on = threading.Event(), threading.Event()

    def first(_: threading.Event) -> None:
        first_runs.set()
        assert go_on.wait(PATIENCE)
        order.append("first")

    async def main() -> None:
        waits = Waits()
        async with anyio.create_task_group() as group:
            group.start_soon(waits.run, first)
            await anyio.to_thread.run_sync(first_runs.wait, PATIENCE)
            group.start_soon(waits.run, lambda _: order.append("second"))
            await anyio.lowlevel.checkpoint()
            go_on.set()

    anyio.run(main)
    assert order == ["first", "second"]


def test_waits_serve_one_event_loop_each() -> None:
    for _ in range(2):
        waits = Waits()

        async def main(waits: Waits = waits) -> int:
            return await waits.run(lambda _: 1)

        assert anyio.run(main) == 1
