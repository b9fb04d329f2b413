"""Runs of pytest in processes of their own: xdist, event loops, other servers, what is left."""

import json
import sys
from textwrap import dedent

import pytest

from tests.helpers.plugin_runs import CLIENT, errors, output
from tests.helpers.wait import PATIENCE
from websocket_mock import WebSocketMock

pytest_plugins = "pytester"

TALK = """
def talk(mock):
    chat = mock.endpoint("/chat")
    chat.on(text="hi").send(text="hello")
    with connect(chat.url()) as client:
        client.send("hi")
        assert client.recv() == "hello"
"""


def run_apart(pytester: pytest.Pytester, module: str, *arguments: str) -> pytest.RunResult:
    """Run one test module in a new process, with warnings as errors."""
    pytester.makepyfile(CLIENT + TALK + dedent(module))
    command = (sys.executable, "-W", "error", "-m", "pytest", "-W", "error", *arguments)
    return pytester.run(*command, timeout=3 * PATIENCE)


def test_each_worker_of_xdist_has_one_server(pytester: pytest.Pytester) -> None:
    result = run_apart(
        pytester,
        """
        import os

        @pytest.mark.parametrize("number", range(8))
        def test_one(websocket_mock, websocket_mock_server, number):
            talk(websocket_mock)
            with open(os.environ["PYTEST_XDIST_WORKER"], "a") as file:
                print(websocket_mock_server.url(), file=file)

        def test_surplus(websocket_mock):
            with connect(websocket_mock.endpoint("/a").url()) as client:
                client.send("surplus")
        """,
        *("-p", "xdist", "-n", "2", "--websocket-mock-artifacts=traffic"),
    )
    result.assert_outcomes(passed=9, errors=1)
    (text,) = errors(result)
    assert "WebSocket transcript" in text
    assert "received text  surplus" in text
    assert len(list((pytester.path / "traffic").iterdir())) == 1
    used = [set(file.read_text().split()) for file in pytester.path.glob("gw*")]
    assert [len(urls) for urls in used] == [1, 1]
    assert used[0] != used[1]


def test_event_loops_are_not_disturbed(pytester: pytest.Pytester) -> None:
    result = run_apart(
        pytester,
        """
        import anyio
        from websockets.asyncio.client import connect as connect_async

        async def tick(ticks):
            while True:
                await anyio.sleep(0.001)
                ticks.append(1)

        @pytest.mark.asyncio
        async def test_asyncio(websocket_mock):
            chat = websocket_mock.endpoint("/chat")
            chat.on(text="hi").send(text="hello")
            async with connect_async(chat.url()) as client:
                await client.send("hi")
                assert await client.recv() == "hello"
                await websocket_mock.aio.verify(text="hi", count=1)

        @pytest.mark.asyncio
        async def test_asyncio_surplus(websocket_mock):
            async with connect_async(websocket_mock.endpoint("/chat").url()) as client:
                await client.send("surplus")

        @pytest.mark.anyio
        async def test_anyio(websocket_mock):
            ticks = []
            async with anyio.create_task_group() as group:
                group.start_soon(tick, ticks)
                with pytest.raises(AssertionError, match="within 0.2 s"):
                    await websocket_mock.aio.wait_for(kind="open", timeout=0.2)
                group.cancel_scope.cancel()
            assert len(ticks) >= 3, "the loop was blocked"
        """,
        *("-p", "pytest_asyncio.plugin", "-p", "anyio.pytest_plugin"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    )
    result.assert_outcomes(passed=4, errors=1)
    (text,) = errors(result)
    assert "ERROR at teardown of test_asyncio_surplus" in text
    assert "1 message nobody expected" in text


def test_nothing_is_left_after_the_run(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import json, os, threading

        def pytest_unconfigure():
            sockets = [one for one in os.listdir("/proc/self/fd") if is_socket(one)]
            threads = [one.name for one in threading.enumerate()]
            with open("left.json", "w") as file:
                json.dump({"sockets": sockets, "threads": threads}, file)

        def is_socket(number):
            try:
                return os.readlink(f"/proc/self/fd/{number}").startswith("socket:")
            except OSError:
                return False
    """)
    result = run_apart(
        pytester,
        """
        def test_passes(websocket_mock, websocket_mock_factory):
            talk(websocket_mock)
            talk(websocket_mock_factory())

        def test_fails(websocket_mock):
            talk(websocket_mock)
            assert False

        def test_callback(websocket_mock):
            sums = websocket_mock.endpoint("/sums")
            sums.on_message()(lambda message: message.text)
            with connect(sums.url()) as client:
                client.send("hi")
                assert client.recv() == "hi"
        """,
    )
    result.assert_outcomes(passed=2, failed=1)
    left = json.loads((pytester.path / "left.json").read_text())
    assert left == {"sockets": [], "threads": ["MainThread"]}


def test_run_without_a_mock_loads_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_modules():
            assert "websocket_mock.pytest_plugin" in sys.modules
            ours = {name for name in sys.modules if name.startswith("websocket_mock")}
            assert ours == {"websocket_mock", "websocket_mock.pytest_plugin"}
            assert not {"pydantic", "jinja2", "anyio", "asyncio", "websockets"} & set(sys.modules)
    """)
    result = pytester.run(sys.executable, "-m", "pytest", timeout=PATIENCE)
    result.assert_outcomes(passed=1)


ANYWHERE = """
    def test_talk(websocket_mock):
        talk(websocket_mock)
        websocket_mock.verify(text="hi", count=1)

    def test_own_namespace(websocket_mock):
        assert websocket_mock.traffic() == []
        with connect(websocket_mock.endpoint("/a").url()) as client:
            client.send("surplus")

    def test_factory(websocket_mock, websocket_mock_factory):
        for mock in (websocket_mock, websocket_mock_factory()):
            talk(mock)

    def test_setting(websocket_mock_factory):
        mock = websocket_mock_factory(max_message_bytes=2)
        with connect(mock.endpoint("/a").url()) as client:
            client.send("three")
            with pytest.raises(ConnectionClosed):
                client.recv()
            assert client.close_code == 1009

    def test_place(websocket_mock_server):
        print("served by", websocket_mock_server.url())
"""


def test_server_in_a_child_process(pytester: pytest.Pytester) -> None:
    killed = """
    def test_server_that_is_killed(websocket_mock):
        process = websocket_mock._control._process
        process.kill()
        process.wait()
    """
    result = run_apart(pytester, ANYWHERE + killed, "--websocket-mock=process", "-k", "not factory")
    result.assert_outcomes(passed=5, errors=2, deselected=1)
    surplus, gone = errors(result)
    assert "1 message nobody expected" in surplus
    assert "ERROR at teardown of test_server_that_is_killed" in gone
    assert len(gone.splitlines()) < 8, gone


def test_server_at_a_url(pytester: pytest.Pytester) -> None:
    with WebSocketMock.start_process() as mock:
        control = mock._control
        assert control is not None
        url = control.address
        result = run_apart(pytester, ANYWHERE, f"--websocket-mock={url}", "-rP")
        assert control.call("list_websocket_mocks", {})["namespaces"] == []
        assert f"served by {mock.url()}" in output(result)
    result.assert_outcomes(passed=4, errors=1, failed=1)
    assert "1 message nobody expected" in errors(result)[0]
    assert f"max_message_bytes: the server at {url} has settings of its own" in output(result)
