"""The pytest plugin: a mock WebSocket server for tests.

`websocket_mock` gives each test a mock of its own, on one server for all tests of a process. When a
test has passed, the final check runs. Then the mock with its clients is removed.

pytest loads this module in every run, so it imports nothing that a run without a mock does not use.
"""

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from websocket_mock.testing.mock import WebSocketMock

MARKER = "websocket_mock"
FIXTURE = "websocket_mock"
SECTION = "WebSocket transcript"
NO_CLIENT = "No client has connected."
NOTHING = "Nothing has happened"
"""What failures of the API say if there is no traffic."""

THREAD, PROCESS = "thread", "process"
URLS = ("http://", "https://")

OURS = "websocket_mock."
"""How the names of our modules begin."""

Factory = Callable[..., "WebSocketMock"]


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
    parser.addini(
        "websocket_mock_tls",
        "whether the server of `websocket_mock` takes TLS, too (wss://); with a URL it has "
        "settings of its own",
        type="bool",
        default=False,
    )
    parser.addini("websocket_mock_artifacts", "as --websocket-mock-artifacts", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker and check the options.

    Raises:
        UsageError: an option has a value that is not allowed.
    """
    config.addinivalue_line(
        "markers",
        f"{MARKER}(file=None, dialect=None, parameters={{}}, strict=None, seed=0, faults=()): the "
        "mocks file of the test, beside the test's file; a dialect, and values of its parameters; "
        "whether what nobody expected fails it; the seed of random choices in mocks that the test "
        "makes; faults on all connections",
    )
    where = _where(config)
    if where not in (THREAD, PROCESS) and not where.startswith(URLS):
        given = "--websocket-mock" if config.getoption("websocket_mock") else "websocket_mock"
        raise pytest.UsageError(
            f"{given}: {where!r} is not allowed; give thread, process or a URL such as "
            "http://localhost:8004"
        )


@pytest.fixture(scope="session")
def websocket_mock_server(pytestconfig: pytest.Config) -> Iterator["WebSocketMock"]:
    """The server of all tests of this process. Use `websocket_mock` in tests.

    Its endpoints are outside all namespaces and stay until the end of the run.
    """
    from websocket_mock.testing.errors import MockError  # noqa: PLC0415 - only if it is used

    problem = None
    where = _where(pytestconfig)
    has_tls = pytestconfig.getini("websocket_mock_tls") and not where.startswith(URLS)
    settings = {"tls_self_signed": True} if has_tls else {}
    try:
        server = _start(where, _is_strict(pytestconfig), **settings)
    except MockError as error:
        problem = f"The mock server cannot be used. {error}"
    if problem is not None:  # not above, where the failure would tell of both exceptions
        pytest.fail(problem, pytrace=False)
    yield server
    server.stop()


@pytest.fixture
def _websocket_mocks(request: pytest.FixtureRequest) -> Iterator["_Mocks"]:
    """The mocks of a test. What uses them ends before this fixture does."""
    mocks = request.node.stash[_MOCKS] = _Mocks(request.node)
    yield mocks
    mocks.finish()


@pytest.fixture
def websocket_mock(
    request: pytest.FixtureRequest,
    websocket_mock_server: "WebSocketMock",
    _websocket_mocks: "_Mocks",
) -> "WebSocketMock":
    """A mock server for this test: its own endpoints, traffic and attempts.

    When the test has passed, the final check fails it for what it did not expect.
    """
    wanted = _Wanted(request.node)
    mock = websocket_mock_server.new_namespace(strict=wanted.strict, seed=wanted.seed)
    _websocket_mocks.add(mock, FIXTURE)
    problem = wanted.apply(mock)
    if problem is not None:
        mock.stop()
        _refuse(problem)
    return mock


@pytest.fixture
def websocket_mock_factory(request: pytest.FixtureRequest, _websocket_mocks: "_Mocks") -> Factory:
    """Start more servers: ``websocket_mock_factory("exchange", ping_interval=1)``.

    The name is what failures call the server. The settings are those of `WebSocketMock`. Each
    server is checked and stopped at the end of the test, as `websocket_mock` is. With a URL as
    --websocket-mock each call gives one more namespace there, without settings.
    """
    from websocket_mock.testing.errors import MockError  # noqa: PLC0415 - only if it is used

    wanted = _Wanted(request.node)
    where, is_strict = _where(request.config), _is_strict(request.config)

    def make(name: str | None = None, /, **settings: Any) -> "WebSocketMock":  # noqa: ANN401
        strict = settings.pop("strict", is_strict if wanted.strict is None else wanted.strict)
        seed = settings.pop("seed", wanted.seed)
        if where.startswith(URLS):
            if settings:
                raise MockError(
                    f"{', '.join(settings)}: the server at {where} has settings of its own. "
                    "Give settings where it is started, or run without --websocket-mock."
                )
            shared: WebSocketMock = request.getfixturevalue("websocket_mock_server")
            mock = shared.new_namespace(strict=strict, seed=seed)
        else:
            mock = _start(where, strict, seed=seed, **settings)
        _websocket_mocks.add(mock, name)
        return mock

    return make


def _where(config: pytest.Config) -> str:
    """Return where the server runs: thread, process or a URL."""
    return str(config.getoption("websocket_mock") or config.getini("websocket_mock"))


def _is_strict(config: pytest.Config) -> bool:
    return bool(config.getini("websocket_mock_strict"))


def _start(where: str, strict: bool, **settings: Any) -> "WebSocketMock":  # noqa: ANN401, FBT001
    from websocket_mock.testing.mock import WebSocketMock  # noqa: PLC0415 - only if it is used

    if where == THREAD:
        return WebSocketMock(strict=strict, **settings).start()
    if where == PROCESS:
        return WebSocketMock.start_process(strict=strict, **settings)
    return WebSocketMock.connect(where, strict=strict)


class _Wanted:
    """What the marker of a test asks for.

    Args:
        node: the test. Its own marker wins over those of its class and module.
    """

    NAMES = ("file", "dialect", "parameters", "strict", "seed", "faults")

    def __init__(self, node: pytest.Item) -> None:
        given: dict[str, Any] = {}
        for marker in reversed(list(node.iter_markers(MARKER))):
            given |= marker.kwargs
            if marker.args:
                _refuse(f"{marker.args[0]!r} needs a name, such as file=…")
        for name in given:
            if name not in self.NAMES:
                from websocket_mock.actors.values.suggestions import nearest  # noqa: PLC0415

                _refuse(f"there is no {name!r}; {nearest(name, self.NAMES)}")
        self.file: str | Path | None = given.get("file")
        self.dialect: str | None = given.get("dialect")
        self.parameters: Mapping[str, Any] = given.get("parameters", {})
        self.strict: bool | None = given.get("strict")
        self.seed: int | str = given.get("seed", 0)
        faults = given.get("faults", ())
        self.faults = (faults,) if isinstance(faults, str | Mapping) else tuple(faults)
        self._directory = node.path.parent
        if self.parameters and self.dialect is None:
            _refuse("parameters are those of a dialect; give dialect=…, too")
        if self.strict not in (None, True, False):
            _refuse(f"strict is True or False, not {self.strict!r}")

    def apply(self, mock: "WebSocketMock") -> str | None:
        """Put the file, the dialect and the faults in force; return what is wrong with them."""
        from websocket_mock.testing.errors import MockError  # noqa: PLC0415 - a mock is there

        try:
            if self.file is not None:
                mock.load(self._directory / self.file)
            if self.dialect is not None:
                mock.dialect(self.dialect, **self.parameters)
            for fault in self.faults:
                if isinstance(fault, str):
                    mock.fault(fault)
                else:
                    mock.fault(**fault)
        except MockError as error:
            return str(error)
        return None


def _refuse(problem: str) -> None:
    """Fail the set-up of a test for its marker."""
    pytest.fail(f"@pytest.mark.{MARKER}: {problem}", pytrace=False)


class _Mocks:
    """The mocks of one test. They are checked together, so that one failure tells everything.

    Args:
        item: the test.
    """

    def __init__(self, item: pytest.Item) -> None:
        self.has_passed = False
        """Whether the test itself has passed."""
        self._has_failed = False
        self._item = item
        self._mocks: dict[str, WebSocketMock] = {}
        self._transcripts: list[tuple[str, str]] = []
        """The titles and texts that the next report of a failure gets."""
        self._shown: set[str] = set()

    def add(self, mock: "WebSocketMock", name: str | None) -> None:
        """Add a mock that runs; without a name it gets a number."""
        unique = name or f"server {len(self._mocks)}"
        while unique in self._mocks:
            unique = f"{unique}, server {len(self._mocks)}"
        self._mocks[unique] = mock

    def note(self, report: pytest.TestReport) -> None:
        """Note how the test, or a subtest, has ended."""
        self._has_failed |= report.failed
        self.has_passed = report.when == "call" and report.passed and not self._has_failed

    def finish(self) -> None:
        """Check the mocks, unless the test has failed, and stop them."""
        try:
            problems = self._problems_of("check") if self.has_passed else []
            if problems:
                self.keep_traffic("")
        finally:
            unstopped = self._problems_of("stop")
        problems += [one for one in unstopped if one not in problems]
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)

    def _problems_of(self, step: Literal["check", "stop"]) -> list[str]:
        """Do a step with each mock; return what is wrong."""
        from websocket_mock.testing.errors import (  # noqa: PLC0415 - a mock is there
            MockError,
            UnexpectedTraffic,
        )

        found = []
        for name, mock in list(self._running()):
            try:
                mock.check() if step == "check" else mock.stop()
            except (MockError, UnexpectedTraffic) as error:
                found.append(f"{name}: {error}" if len(self._mocks) > 1 else str(error))
        return found

    def _running(self) -> Iterator[tuple[str, "WebSocketMock"]]:
        """Yield the mocks that the test has not stopped, with their names."""
        return (one for one in self._mocks.items() if one[1].is_running)

    def keep_traffic(self, told: str, *, is_silence_told: bool = False) -> None:
        """Keep the traffic for the next report and, if it is asked for, in files.

        Args:
            told: the text of the failure. A table that it has is not shown again.
            is_silence_told: whether to say that there was no traffic.
        """
        from websocket_mock.testing.errors import MockError  # noqa: PLC0415 - a mock is there
        from websocket_mock.testing.transcripts import (  # noqa: PLC0415 - as above
            file_name,
            is_told,
            transcript,
            write,
        )

        folder = _artifacts(self._item.config)
        for name, mock in self._running():
            of = f" of {name}" if len(self._mocks) > 1 else ""
            try:
                entries = mock.traffic()
            except MockError as error:
                self._transcripts.append((SECTION + of, f"It cannot be read. {error}"))
                continue
            if entries:
                shown = [] if is_told(entries, told) else [transcript(entries)]
            else:
                shown = [NO_CLIENT] if is_silence_told else []
            if folder is not None:
                shown.append(write(folder / file_name(self._item.nodeid, of), entries))
            text = "\n".join(shown)
            if text and text not in self._shown:
                self._shown.add(text)
                self._transcripts.append((SECTION + of, text))

    def take_transcripts(self) -> list[tuple[str, str]]:
        """Return the titles and texts that were kept, once."""
        taken, self._transcripts = self._transcripts, []
        return taken


_MOCKS: pytest.StashKey[_Mocks] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the traffic to the report of a test that has failed."""
    if call.excinfo is not None and not item.config.getoption("fulltrace"):
        call.excinfo = _without_our_lines(call.excinfo)
    report = yield
    mocks = item.stash.get(_MOCKS, None)
    if mocks is not None:
        mocks.note(report)
        if report.failed:
            if call.when != "teardown":  # by then they are stopped
                told = "" if call.excinfo is None else str(call.excinfo.value)
                is_silence_told = call.when == "call" and NOTHING not in told
                mocks.keep_traffic(told, is_silence_told=is_silence_told)
            report.sections += mocks.take_transcripts()
    return report


def _without_our_lines(
    raised: pytest.ExceptionInfo[BaseException],
) -> pytest.ExceptionInfo[BaseException]:
    """Let the traceback of our errors end at the line of the test: their texts say all."""
    errors, error = sys.modules.get("websocket_mock.testing.errors"), raised.value
    if errors is None or not isinstance(error, errors.MockError | errors.MockAssertionError):
        return raised
    lines, line = [], error.__traceback__
    while line is not None:
        if not line.tb_frame.f_globals.get("__name__", "").startswith(OURS):
            lines.append(line)
        line = line.tb_next
    kept = None
    for line in reversed(lines):
        kept = TracebackType(kept, line.tb_frame, line.tb_lasti, line.tb_lineno)
    return pytest.ExceptionInfo.from_exception(error.with_traceback(kept))


def _artifacts(config: pytest.Config) -> Path | None:
    """Return the directory for the traffic of failing tests; None: nobody wants it."""
    given = config.getoption("websocket_mock_artifacts")
    if given:
        return config.invocation_params.dir / str(given)
    kept = config.getini("websocket_mock_artifacts")
    return config.rootpath / kept if kept else None
