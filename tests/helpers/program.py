"""The real program as a child process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.testing.child import OURS

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class RunningServer:
    websocket_url: str
    mcp_url: str
    control_url: str
    pid: int
    process: "subprocess.Popen[str]"
    secure_url: str = ""
    ca_file: str = ""

    @property
    def http_url(self) -> str:
        return self.mcp_url.removesuffix("/mcp")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without the settings of whoever runs the tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    return {**kept, **(extra or {})}


PROGRAM = (sys.executable, "-m", "websocket_mock")


def run_python(code: str, *arguments: str) -> str:
    """Run code in an interpreter of its own, which must end well; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def launch(
    *flags: str,
    env: Mapping[str, str] | None = None,
    stderr: int | IO[str] = subprocess.PIPE,
    program: Sequence[str] = PROGRAM,
    cwd: Path = ROOT,
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*program, *flags],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def run_to_end(*flags: str, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Run the program until it ends by itself; return its exit code, stdout and stderr."""
    with launch(*flags, env=env) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    return process.returncode, out, err


def read_ready(ready_file: Path, process: "subprocess.Popen[str]", log: Path) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}: {log.read_text()}")
        return json.loads(ready_file.read_text()) if ready_file.exists() else None

    return eventually(look, 3 * PATIENCE) or {}


@contextmanager
def serving(
    directory: Path,
    *flags: str,
    env: Mapping[str, str] | None = None,
    program: Sequence[str] = PROGRAM,
    cwd: Path = ROOT,
) -> Iterator[RunningServer]:
    """Run the program on free ports until the context ends; its log is `server.log`."""
    ready_file, log = directory / "ready.json", directory / "server.log"
    ports = ("--port=0", "--websocket-port=0", f"--ready-file={ready_file}")
    # A file, because nobody would read a pipe, and a full one stops the server.
    with log.open("w") as stderr:
        process = launch(*ports, *flags, env=env, stderr=stderr, program=program, cwd=cwd)
    try:
        ready = read_ready(ready_file, process, log)
        yield RunningServer(
            ready["websocket_url"],
            ready["mcp_url"],
            ready["control_url"],
            ready["pid"],
            process,
            ready.get("secure_url", ""),
            ready.get("ca_file", ""),
        )
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
