"""What the pytest fixture costs a test: `measure_fixture` runs this module in a process of its own.

The process imports the server, starts and stops it, and runs pytest on small tests. Of each test it
counts the set-up and the teardown, in which the final check runs.
"""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import pytest

STARTS = 20
TIMEOUT = 120.0
"""Seconds for the whole process."""

MODULE = '''
import pytest
from websockets.sync.client import connect

@pytest.mark.parametrize("number", range({tests}))
def test_client(websocket_mock, number):
    greeter = websocket_mock.endpoint("/greeter")
    greeter.on(text="hi").send(text="hello").expect()
    with connect(greeter.url()) as client:
        client.send("hi")
        assert client.recv() == "hello"
'''


class FixtureFailed(Exception):
    """Raised when the tests of the measurement fail; the text has what pytest says."""


@dataclass(frozen=True, slots=True)
class FixtureCost:
    """Medians, in seconds.

    Attributes:
        import_seconds: To import the server, once in a process.
        start_seconds: To start a server in this process.
        stop_seconds: To stop it.
        test_seconds: Set-up and teardown of a test that uses the fixture, together.
    """

    import_seconds: float
    start_seconds: float
    stop_seconds: float
    test_seconds: float

    def __str__(self) -> str:
        start, stop = self.start_seconds * 1000, self.stop_seconds * 1000
        return (
            f"Python API: import {self.import_seconds:.2f} s, "
            f"start {start:.1f} ms, stop {stop:.1f} ms in this process."
        )


def measure_fixture(folder: Path, tests: int) -> FixtureCost:
    """Measure in a process of its own; blocks for a few seconds.

    Args:
        folder: An existing empty folder for the tests.
        tests: How many tests; at least 2, because the first one starts the server.

    Raises:
        FixtureFailed: A test failed, or the process did not end in time.
    """
    (folder / "test_fixture.py").write_text(MODULE.format(tests=tests))
    command = [sys.executable, "-m", __spec__.name, str(folder)]
    try:
        done = subprocess.run(  # noqa: S603  # this module
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )
    except subprocess.TimeoutExpired:
        raise FixtureFailed(f"the tests did not end within {TIMEOUT:g} s") from None
    if done.returncode != 0:
        written = (done.stdout + done.stderr).strip().splitlines() or ["nothing was written"]
        raise FixtureFailed(f"the tests of the pytest fixture failed: {written[-1]}")
    return FixtureCost(**json.loads(done.stdout.splitlines()[-1]))


class _Durations:
    """A pytest plugin that adds up set-up and teardown of each test, in seconds."""

    def __init__(self) -> None:
        self.of_tests: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a phase of a test."""
        if report.when != "call":
            self.of_tests[report.nodeid] += report.duration


def _measure(folder: str) -> FixtureCost | None:
    begin = time.perf_counter()
    from websocket_mock.testing.local import LocalControl  # noqa: PLC0415 - this is measured

    imported = time.perf_counter() - begin
    starts, stops = [], []
    for _ in range(STARTS):
        begin = time.perf_counter()
        server = LocalControl({})
        running = time.perf_counter()
        server.stop()
        starts.append(running - begin)
        stops.append(time.perf_counter() - running)
    durations = _Durations()
    plugins = ["-p", "no:cacheprovider", "-p", "websocket_mock.pytest_plugin"]
    code = pytest.main(["-q", "--rootdir", folder, *plugins, folder], plugins=[durations])
    if code != pytest.ExitCode.OK:
        return None
    # The first one starts the server of all.
    _, *tests = durations.of_tests.values()
    return FixtureCost(imported, median(starts), median(stops), median(tests))


def main() -> int:
    """Print what is measured as one line of JSON; return 1 if a test has failed."""
    cost = _measure(sys.argv[1])
    if cost is None:
        return 1
    print(json.dumps(asdict(cost)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
