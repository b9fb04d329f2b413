"""The pytest plugin: a mock WebSocket server for tests.

`websocket_mock` gives each test a mock of its own, on one server for all tests of a process. When a
test ends, the final check runs, and the mock with its clients is removed.

pytest loads this module in every run, so it imports nothing that a run without a mock does not use.
"""

import re
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from websocket_mock.testing.mock import WebSocketMock

MARKER = "websocket_mock"
SECTION = "WebSocket transcript"

THREAD, PROCESS = "thread", "process"

Factory = Callable[..., "WebSocketMock"]

MAX_NAME = 150
"""The most characters of a test's name in the name of a file."""

_MOCKS: pytest.StashKey[list["WebSocketMock"]] = pytest.StashKey()
"""The mocks of a test that are in use."""
_TRANSCRIPTS: pytest.StashKey[list[str]] = pytest.StashKey()
"""The traffic of a failed test, for its report."""
_HAS_FAILED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether the test itself has failed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the keys of the configuration file."""
    group = parser.getgroup("websocket mock")
    group.addoption(
        "--websocket-mock",
        metavar="thread|process|URL",
        help="where the mock server runs: in this process (thread, the default), in a child "
        "process, or at the URL of a control plane such as http://localhost:8004",
    )
    group.addoption(
        "--websocket-mock-artifacts",
        metavar="DIR",
        help="write the traffic of each failing test to this directory, as JSON lines",
    )
    parser.addini(
        "websocket_mock", "where the mock server runs: thread, process or a URL", default=THREAD
    )
    parser.addini(
        "websocket_mock_strict",
        "whether messages and connections that nobody expected fail a test",
        type="bool",
        default=True,
    )
    parser.addini("websocket_mock_artifacts", "as --websocket-mock-artifacts", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(file=None, strict=None, seed=0, faults=()): the mocks file of the test, beside "
        "the test's file; whether what nobody expected fails it; the seed of random choices; "
        "faults on all connections",
    )


@pytest.fixture(scope="session")
def websocket_mock_server(pytestconfig: pytest.Config) -> Iterator["WebSocketMock"]:
    """The server of all tests of this process. Use `websocket_mock` in tests.

    Its endpoints are outside all namespaces and stay until the end of the run.
    """
    from websocket_mock.testing.mock import WebSocketMock  # noqa: PLC0415 - loads the server

    where = pytestconfig.getoption("websocket_mock") or pytestconfig.getini("websocket_mock")
    is_strict = bool(pytestconfig.getini("websocket_mock_strict"))
    if where == THREAD:
        server = WebSocketMock(strict=is_strict).start()
    elif where == PROCESS:
        server = WebSocketMock.start_process(strict=is_strict)
    elif where.startswith(("http://", "https://")):
        server = WebSocketMock.connect(where, strict=is_strict)
    else:
        raise pytest.UsageError(
            f"--websocket-mock: {where!r} is not allowed; give thread, process or a URL"
        )
    yield server
    server.stop()


@pytest.fixture
def websocket_mock(
    request: pytest.FixtureRequest, websocket_mock_server: "WebSocketMock"
) -> Iterator["WebSocketMock"]:
    """A mock server for this test: its own endpoints, traffic and attempts.

    When the test has passed, the final check fails it for what it did not expect.
    """
    wanted = _Wanted(request.node)
    mock = websocket_mock_server.new_namespace(strict=wanted.strict, seed=wanted.seed)
    yield from _watched(request.node, mock, wanted)


@pytest.fixture
def websocket_mock_factory(request: pytest.FixtureRequest) -> Iterator[Factory]:
    """Start servers of one's own: ``websocket_mock_factory(ping_interval=1)``.

    Each call starts a server in this process with these settings; see `WebSocketMock`. When the
    test has passed, the final check runs for each of them.
    """
    from contextlib import ExitStack  # noqa: PLC0415

    from websocket_mock.testing.mock import WebSocketMock  # noqa: PLC0415 - loads the server

    started: list[Iterator[WebSocketMock]] = []

    def make(**settings: Any) -> WebSocketMock:  # noqa: ANN401 - any setting
        wanted = _Wanted(request.node)
        given = {"strict": wanted.strict, "seed": wanted.seed, **settings}
        if given["strict"] is None:
            given["strict"] = bool(request.config.getini("websocket_mock_strict"))
        watched = _watched(request.node, WebSocketMock(**given).start(), wanted)
        started.append(watched)
        return next(watched)

    yield make
    with ExitStack() as stack:
        for watched in started:
            stack.callback(next, watched, None)


class _Wanted:
    """What the marker of a test asks for.

    Args:
        node: the test.
    """

    def __init__(self, node: pytest.Item) -> None:
        given: dict[str, Any] = {}
        for marker in reversed(list(node.iter_markers(MARKER))):
            given |= marker.kwargs
            if marker.args:
                raise pytest.UsageError(f"{MARKER}: give {marker.args[0]!r} a name, as file=…")
        self.file: str | Path | None = given.pop("file", None)
        self.strict: bool | None = given.pop("strict", None)
        self.seed: int | str = given.pop("seed", 0)
        self.faults: tuple[Any, ...] = tuple(given.pop("faults", ()))
        self._directory = node.path.parent
        for name in given:
            raise pytest.UsageError(
                f"{MARKER}: there is no {name!r}; there are: file, strict, seed, faults"
            )

    def apply(self, mock: "WebSocketMock") -> None:
        """Put the mocks of the file and the faults in force."""
        if self.file is not None:
            mock.load(self._directory / self.file)
        for fault in self.faults:
            if isinstance(fault, str):
                mock.fault(fault)
            else:
                mock.fault(**fault)


def _watched(
    node: pytest.Item, mock: "WebSocketMock", wanted: _Wanted
) -> Iterator["WebSocketMock"]:
    """Yield a mock to a test; then check it, unless the test has failed, and stop it."""
    node.stash.setdefault(_MOCKS, []).append(mock)
    try:
        wanted.apply(mock)
        yield mock
        problem = None if node.stash.get(_HAS_FAILED, False) else _problem(mock)
        if problem is not None:
            _keep_traffic(node, mock)
            pytest.fail(problem, pytrace=False)
    finally:
        node.stash[_MOCKS].remove(mock)
        mock.stop()


def _problem(mock: "WebSocketMock") -> str | None:
    """Return what the final check finds; None: nothing."""
    from websocket_mock.testing.errors import UnexpectedTraffic  # noqa: PLC0415 - a mock is there

    try:
        mock.check()
    except UnexpectedTraffic as error:
        return str(error)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the traffic to the report of a test that has failed."""
    has_raised = call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception)
    if call.when == "call" and has_raised:
        item.stash[_HAS_FAILED] = True
        for mock in item.stash.get(_MOCKS, []):
            _keep_traffic(item, mock)
    report = yield
    if report.failed:
        report.sections += [(SECTION, text) for text in item.stash.get(_TRANSCRIPTS, [])]
        item.stash[_TRANSCRIPTS] = []
    return report


def _keep_traffic(item: pytest.Item, mock: "WebSocketMock") -> None:
    """Keep the traffic of a mock for the report and, if it is asked for, in a file."""
    from websocket_mock.testing.errors import MockError  # noqa: PLC0415 - a mock is there
    from websocket_mock.testing.tables import MAX_ROWS, table  # noqa: PLC0415

    try:
        entries = mock.traffic()
    except MockError as error:
        item.stash.setdefault(_TRANSCRIPTS, []).append(f"It cannot be read: {error}")
        return
    left_out = len(entries) - MAX_ROWS
    lines = [f"({left_out:,} earlier entries)"] if left_out > 0 else []
    text = "\n".join([*lines, table(entries[-MAX_ROWS:], indent="")])
    config = item.config
    folder = config.getoption("websocket_mock_artifacts") or config.getini(
        "websocket_mock_artifacts"
    )
    if folder:
        file = _artifact(config.rootpath / folder, item.nodeid, mock.namespace)
        file.write_text("".join(f"{entry.to_json()}\n" for entry in entries), encoding="utf-8")
        text = f"{text}\nIt is in {file}"
    item.stash.setdefault(_TRANSCRIPTS, []).append(text)


def _artifact(folder: Path, nodeid: str, namespace: str | None) -> Path:
    """Return the file for the traffic of a test."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", nodeid).strip("-")[-MAX_NAME:]
    file = folder / f"{name}.jsonl"
    return file if not file.exists() else folder / f"{name}-{namespace or time.time_ns()}.jsonl"
