"""Fixtures for all tests, and the check that none leaves anything behind."""

import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack, nullcontext
from typing import Any

import pykka
import pytest
from hypothesis import is_hypothesis_test, settings
from loguru import logger

from tests.helpers.measuring import measure_no_processes, measured, unmeasured
from tests.helpers.program import RunningServer, serving
from tests.helpers.wait import eventually

# An example that takes long on a busy machine is no failure; pytest-timeout ends what hangs.
# `make check` asks for the thorough profile. How many examples a test gets is said here alone.
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile("quick")

# Servers say in a file of the user where they are: those of the tests, out of the user's sight.
_run_directory = tempfile.TemporaryDirectory(prefix="websocket-mock-tests-")
os.environ.update(dict.fromkeys(("XDG_RUNTIME_DIR", "XDG_STATE_HOME"), _run_directory.name))

# A shell that runs the tests in the background has them ignore SIGINT, and so all they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

logging.getLogger().handlers.clear()  # websocket_server installs one when it is imported


def pytest_configure(config: pytest.Config) -> None:
    # The first process only starts the workers of pytest-xdist, which are to be measured.
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", default=0):
        measure_no_processes()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    # To measure a hundred examples at random doubled their time. Other tests cover what they run.
    with unmeasured() if is_hypothesis_test(pyfuncitem.obj) else nullcontext():
        return (yield)


@pytest.fixture(scope="module")
def measured_processes() -> Iterator[None]:
    """All that a module starts has its coverage measured; that doubles its time."""
    with measured():
        yield


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Every actor and every thread that a test starts must be gone after it.

    Those of a server that tests share were there before.
    """
    before, actors = set(threading.enumerate()), set(pykka.ActorRegistry.get_all())

    def left() -> set[Any]:
        return set(pykka.ActorRegistry.get_all()) - actors

    yield
    try:
        eventually(lambda: not left())
    finally:
        # So that one leak fails one test.
        for ref in left():
            ref.stop(block=False)
    eventually(lambda: not [one for one in set(threading.enumerate()) - before if is_ours(one)])


def is_ours(thread: threading.Thread) -> bool:
    # AnyIO and trio keep their worker threads for a while; they belong to an event loop.
    return not thread.name.startswith(("AnyIO", "Trio", "asyncio"))


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """What is logged during the test, one `LEVEL message` each."""
    lines: list[str] = []
    logger.enable("websocket_mock")  # the Python API, once it is loaded, has switched it off
    sink = logger.add(lambda line: lines.append(str(line)), format="{level} {message}", level=0)
    yield lines
    logger.remove(sink)
    if "websocket_mock.testing.local" in sys.modules:
        logger.disable("websocket_mock")


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The real program, one for all modules that this process runs."""
    with ExitStack() as stack:
        with measured():
            server = stack.enter_context(serving(tmp_path_factory.mktemp("server")))
        yield server


@pytest.fixture(scope="module")
def running_server(shared_server: RunningServer) -> RunningServer:
    """The real program, as it was at its start but for its counters; a module shares it."""
    # Late, because it loads FastMCP, which most tests do without.
    from tests.helpers.mcp_session import mcp_session  # noqa: PLC0415

    with mcp_session(shared_server.mcp_url) as session:
        for name in session.call("list_websocket_mocks")["namespaces"]:
            session.call("reset_websocket_server", what=["namespace"], namespace=name)
        session.call("reset_websocket_server", what=["faults", "mocks", "attempts"])
        # Clients of an earlier module may still be on their way out.
        eventually(lambda: not session.call("get_websocket_clients")["total_clients"])
        session.call("reset_websocket_server", what=["traffic"], namespace="*")
    return shared_server
