"""The server of a soak: a process of its own, and what it takes of the machine."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from websocket_mock.scripts.dev.footprint import Footprint

START_TIMEOUT = 60.0
STOP_TIMEOUT = 20.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment."""

    at: float
    """Seconds since the first sample."""
    answered: int
    """Right answers so far."""
    memory: int
    """Resident bytes."""
    threads: int
    descriptors: int


@dataclass(frozen=True, slots=True)
class Soaked:
    """A server that runs."""

    websocket_url: str
    secure_url: str
    control_url: str
    ca_file: str
    pid: int

    def sample(self, at: float, answered: int) -> Sample:
        """Return what the process takes now."""
        now = Footprint.of(self.pid)
        return Sample(at, answered, now.memory, now.threads, now.descriptors)


@contextmanager
def soaked(folder: Path) -> Iterator[Soaked]:
    """Run a server with TLS and the limits of a soak in a `with` block; its log is in the folder.

    Raises:
        RuntimeError: it ended by itself, or did not start or stop in time.
    """
    ready, log = folder / "ready.json", folder / "server.log"
    flags = ("--port=0", "--websocket-port=0", f"--ready-file={ready}", "--tls-self-signed")
    settings = {
        "WEBSOCKET_PING_INTERVAL": "5",
        "WEBSOCKET_CLOSE_TIMEOUT": "1",
        "WEBSOCKET_HANDSHAKE_TIMEOUT": "2",
        "WEBSOCKET_MAX_OUTBOX_BYTES": str(1024 * 1024),
        # So that a full journal is what the memory is compared with.
        "JOURNAL_BYTES": str(8 * 1024 * 1024),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own module, fixed flags
            [sys.executable, "-m", "websocket_mock", *flags],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        facts = _wait_until_ready(process, ready, log)
        yield Soaked(
            websocket_url=str(facts["websocket_url"]),
            secure_url=str(facts["secure_url"]),
            control_url=str(facts["control_url"]),
            ca_file=str(facts["ca_file"]),
            pid=process.pid,
        )
        if process.poll() is not None:
            raise RuntimeError(f"the server has ended: {_end_of(log)}")
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RuntimeError("the server did not stop in time") from None


def _wait_until_ready(
    process: "subprocess.Popen[bytes]", ready: Path, log: Path
) -> dict[str, object]:
    end = time.monotonic() + START_TIMEOUT
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the server did not start: {_end_of(log)}")
        time.sleep(0.05)
    facts: dict[str, object] = json.loads(ready.read_text(encoding="utf-8"))
    return facts


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2_000:]
