"""The asynchronous methods, in asyncio and trio."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.to_thread
import pytest

from tests.helpers.json_client import websocket
from tests.helpers.wait import PATIENCE
from websocket_mock import UnexpectedTraffic, WaitTimedOut, WebSocketMock

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def say(url: str, *messages: str) -> list[str | bytes]:
    """Send messages one by one; return the answers."""
    with websocket(url) as client:
        answers = []
        for message in messages:
            client.send(message)
            answers.append(client.recv(PATIENCE))
        return answers


@BACKENDS
def test_everything_that_blocks_can_be_awaited(backend: str) -> None:
    async def run() -> None:
        async with WebSocketMock(close_timeout=1).aio as mock:
            chat = await mock.aio.endpoint("/chat")
            await mock.aio.run(chat.on(text="hi").send, text="hello")
            assert await anyio.to_thread.run_sync(say, chat.url(), "hi") == ["hello"]
            assert (await mock.aio.wait_for(text="hi", timeout=PATIENCE)).text == "hi"
            assert await chat.aio.verify(text="hi", count=1) == 1
            await mock.aio.verify_order({"kind": "open"}, {"text": "hi"})
            await mock.aio.wait_until_quiet("1ms", kind="error", timeout=PATIENCE)
            assert await chat.aio.fired() == {"rules[0]": 1}
            assert "hi" in await mock.aio.transcript()
            assert "acts: rules[0]" in await chat.aio.explain(text="hi")
            async with await mock.aio.fault("drop") as fault:
                assert fault.name
            await mock.aio.check()
            await mock.aio.reset("traffic")
            assert await mock.aio.traffic() == []
            other = await mock.aio.new_namespace("other")
            assert await other.aio.clients() == []
            await other.aio.stop()
            await chat.aio.remove()

    anyio.run(run, backend=backend)


@BACKENDS
def test_a_conversation_is_driven_in_an_event_loop(backend: str) -> None:
    async def drive(mock: WebSocketMock) -> None:
        conversation = await mock.endpoint("/chat").aio.accept(timeout=PATIENCE)
        assert (await conversation.aio.receive(timeout=PATIENCE)).text == "hi"
        await conversation.aio.send(text="hello")
        await conversation.aio.expect_close(1000, timeout=PATIENCE)

    async def run() -> None:
        async with WebSocketMock(close_timeout=1).aio as mock, anyio.create_task_group() as tasks:
            tasks.start_soon(drive, mock)
            url = mock.endpoint("/chat").url()
            assert await anyio.to_thread.run_sync(say, url, "hi") == ["hello"]

    anyio.run(run, backend=backend)


@BACKENDS
def test_the_event_loop_goes_on_while_something_waits(backend: str) -> None:
    async def tick(enough: anyio.Event) -> None:
        for _ in range(50):
            await anyio.sleep(0.001)
        enough.set()

    async def run() -> None:
        async with WebSocketMock(close_timeout=1).aio as mock:
            enough = anyio.Event()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(tick, enough)
                tasks.start_soon(awaited, mock)
                await enough.wait()
                # The wait is still running, so the ticks came in the meantime.
                assert not mock.traffic()
                mock.endpoint("/chat")
                await anyio.to_thread.run_sync(connect_once, mock.url("/chat"))

    async def awaited(mock: WebSocketMock) -> None:
        await mock.aio.wait_for(kind="open", timeout=PATIENCE)

    def connect_once(url: str) -> None:
        with websocket(url):
            pass

    anyio.run(run, backend=backend)


Wait = Callable[[WebSocketMock], Awaitable[Any]]


@BACKENDS
@pytest.mark.parametrize(
    "wait",
    [
        lambda mock: mock.aio.wait_for(text="never", timeout=250),
        lambda mock: mock.aio.verify(text="never", within=250),
        lambda mock: mock.endpoint("/chat").aio.accept(timeout=250),
    ],
    ids=["wait_for", "verify", "accept"],
)
def test_a_wait_ends_when_it_is_cancelled(backend: str, wait: Wait) -> None:
    async def run() -> None:
        async with WebSocketMock(close_timeout=1).aio as mock:
            traffic = mock._seen()[0]
            with anyio.move_on_after(0.05) as scope:
                await wait(mock)
            assert scope.cancelled_caught
            checks = {"running": [None]}
            with anyio.fail_after(PATIENCE):
                while checks["running"]:
                    checks = await anyio.to_thread.run_sync(traffic.call, "list_websocket_checks")

    anyio.run(run, backend=backend)


@BACKENDS
def test_the_end_comes_even_if_the_block_is_cancelled(backend: str) -> None:
    started: list[WebSocketMock] = []

    async def run() -> None:
        with anyio.move_on_after(0.01):
            async with WebSocketMock(close_timeout=1).aio as mock:
                started.append(mock)
                await anyio.sleep_forever()
        with pytest.raises(Exception, match="does not run"):
            started[0].url()

    anyio.run(run, backend=backend)


@BACKENDS
def test_failures_come_out_of_the_block_as_they_are(backend: str) -> None:
    async def run() -> None:
        async with WebSocketMock(close_timeout=1).aio as mock:
            with pytest.raises(WaitTimedOut, match="Expected a message from the client"):
                await mock.aio.wait_for(text="a", timeout=0)
            mock.endpoint("/chat").on(text="hi").expect()

    with pytest.raises(UnexpectedTraffic, match="never fired"):
        anyio.run(run, backend=backend)


def test_a_mock_is_used_from_several_event_loops() -> None:
    with WebSocketMock(close_timeout=1) as mock:

        async def look() -> int:
            return len(await mock.aio.traffic())

        assert [anyio.run(look), anyio.run(look, backend="trio"), anyio.run(look)] == [0, 0, 0]
