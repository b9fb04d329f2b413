"""What the Python API and its pytest fixture cost, by a run of pytest on a small project.

The project is one of a user: it imports the server, starts and stops it, and has tests that use the
fixture. Of each test it counts the set-up and the teardown, in which the final check runs.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 120.0
"""Seconds for the whole run of pytest."""

CONFTEST = """
import json, statistics, time
from collections import defaultdict
from pathlib import Path

begin = time.perf_counter()
import websocket_mock.testing.local
imported = time.perf_counter() - begin

from websocket_mock import WebSocketMock

starts, stops, durations = [], [], defaultdict(float)
for _ in range(20):
    begin = time.perf_counter()
    server = WebSocketMock().start()
    running = time.perf_counter()
    server.stop()
    starts.append(running - begin)
    stops.append(time.perf_counter() - running)

def pytest_runtest_logreport(report):
    if report.when != "call":
        durations[report.nodeid] += report.duration

def pytest_sessionfinish():
    _, *tests = durations.values()  # the first one starts the server of all
    Path("cost.json").write_text(json.dumps({
        "import_seconds": imported,
        "start_seconds": statistics.median(starts),
        "stop_seconds": statistics.median(stops),
        "test_seconds": statistics.median(tests),
    }))
"""

MODULE = """
import pytest
from websockets.sync.client import connect

@pytest.mark.parametrize("number", range({tests}))
def test_client(websocket_mock, number):
    greeter = websocket_mock.endpoint("/greeter")
    greeter.on(text="hi").send(text="hello").expect()
    with connect(greeter.url()) as client:
        client.send("hi")
        assert client.recv() == "hello"
"""


class FixtureFailed(Exception):
    """Raised when the tests of the measurement fail; the text has what pytest says."""


@dataclass(frozen=True, slots=True)
class FixtureCost:
    """Seconds; all but the first are medians.

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
    """Run the tests in a process of their own; blocks for a few seconds.

    Args:
        folder: An existing empty folder for the project.
        tests: How many tests; at least 2, because the first one starts the server.

    Raises:
        FixtureFailed: A test failed, or the process did not end in time.
    """
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_fixture.py").write_text(MODULE.format(tests=tests))
    options = ("-q", "--rootdir=.", "-p", "no:cacheprovider", "-p", "websocket_mock.pytest_plugin")
    path = os.pathsep.join(filter(None, (str(Path.cwd()), os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(  # noqa: S603  # fixed arguments
            [sys.executable, "-m", "pytest", *options],
            cwd=folder,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise FixtureFailed(f"the tests did not end within {TIMEOUT:g} s") from None
    if done.returncode != 0:
        written = (done.stdout + done.stderr).strip().splitlines() or ["nothing was written"]
        raise FixtureFailed(f"the tests of the pytest fixture failed: {written[-1]}")
    return FixtureCost(**json.loads((folder / "cost.json").read_text()))
