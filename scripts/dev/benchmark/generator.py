"""The compiled load generator: built on demand, and run as a process of its own."""

import hashlib
import os
import shutil
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

import orjson

from websocket_mock.scripts.dev.benchmark.results import Failure, Measured, Outcome

SOURCES = Path(__file__).parent / "wsload"
COMPILE_TIMEOUT = 120.0
LOAD_TIMEOUT = 150.0
"""Above the sum of the generator's own limits, so that it normally gets to say what went wrong."""

_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra")
_SYNC_TAIL = b"\x00\x00\xff\xff"


class CompilerMissing(Exception):
    """Raised when the generator cannot be compiled here; the text says what to do."""


def cache_folder() -> Path:
    """Return the folder for what the benchmark builds and installs; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "websocket-mock-server" / "benchmark"


def build(folder: Path) -> Path:
    """Return the generator, compiled if no one with the same sources is there.

    Blocks for a few seconds where it has to compile.

    Args:
        folder: Where it is kept; made if it does not exist.

    Raises:
        CompilerMissing: There is no C compiler, or it refused the sources.
    """
    sources = sorted(SOURCES.glob("*.[ch]"))
    content = b"".join(source.read_bytes() for source in sources)
    program = folder / f"wsload-{hashlib.sha256(content).hexdigest()[:16]}"
    if program.exists():
        return program
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise CompilerMissing(
            "the load generator is written in C, and there is no C compiler; "
            "install one (Debian: apt-get install gcc libc6-dev) or name it in CC"
        )
    folder.mkdir(parents=True, exist_ok=True)
    draft = program.with_suffix(f".{os.getpid()}")
    files = [str(source) for source in sources if source.suffix == ".c"]
    done = subprocess.run(  # noqa: S603  # our own sources
        [compiler, *_FLAGS, *files, "-o", str(draft), "-lm"],
        capture_output=True,
        text=True,
        check=False,
        timeout=COMPILE_TIMEOUT,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it wrote nothing"]
        raise CompilerMissing(f"{compiler} cannot compile the load generator: {lines[0]}")
    draft.replace(program)
    return program


@dataclass(frozen=True, slots=True)
class Load:
    """What the generator does to a server.

    Attributes:
        mode: A mode of the generator: closed-loop, flood, connect, crowd, broadcast or stream.
        path: Where its clients connect to.
        clients: How many; with `connect`, see `window`.
        in_flight: Messages that each of them has under way.
        message: The text that they send.
        expect: What the first answer to each client must contain.
        skip: Messages that the server sends on its own first, such as a welcome.
        window: Handshakes that are under way at once.
        period: Seconds between two messages of a stream.
        header: One more header of its handshake, or empty.
        is_compressed: Whether permessage-deflate is negotiated and the message compressed.
        warm_up: Least seconds before the measurement begins.
        least_seconds: Least length of the measurement.
    """

    mode: str
    path: str = "/"
    clients: int = 1
    in_flight: int = 1
    message: bytes = b""
    expect: str = ""
    skip: int = 0
    window: int = 64
    period: float = 1.0
    header: str = ""
    is_compressed: bool = False
    warm_up: float = 0.0
    least_seconds: float = 0.0


def compress(message: bytes) -> bytes:
    """Return the payload of a message of permessage-deflate that needs no earlier message."""
    compressor = zlib.compressobj(wbits=-15)
    payload = compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return payload.removesuffix(_SYNC_TAIL)


class Generator:
    """The compiled program, and a folder for the messages that it sends.

    Args:
        program: As `build` returns it.
        folder: An existing folder.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._message = folder / "message"

    def run(self, load: Load, *, port: int, pid: int, seconds: float, warm_up: float) -> Outcome:
        """Load a server on a port of this machine; blocks for a little more than both times.

        Args:
            load: What to do.
            port: Where the server listens.
            pid: Its process, whose processor time is counted.
            seconds: Least length of the measurement.
            warm_up: Least length of what comes before.
        """
        seconds = max(seconds, load.least_seconds)
        message = compress(load.message) if load.is_compressed else load.message
        self._message.write_bytes(message)
        timeout = LOAD_TIMEOUT + 2 * seconds
        try:
            done = subprocess.run(  # noqa: S603  # our own program, options made below
                [
                    *(str(self._program), load.mode, "--path", load.path),
                    *("--port", str(port), "--pid", str(pid)),
                    *("--clients", str(load.clients), "--in-flight", str(load.in_flight)),
                    *("--skip", str(load.skip), "--window", str(load.window)),
                    *("--seconds", str(seconds), "--warm-up", str(max(warm_up, load.warm_up))),
                    *("--period", str(load.period), "--message-file", str(self._message)),
                    *(("--expect", load.expect) if load.expect else ()),
                    *(("--header", load.header) if load.header else ()),
                    *(("--deflate",) if load.is_compressed else ()),
                ],
                capture_output=True,
                check=False,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            return Failure(f"the load did not end within {timeout:g} s")
        if done.returncode != 0:
            return Failure(last_line(done.stderr))
        return Measured(orjson.loads(done.stdout))


def last_line(output: bytes) -> str:
    """Return the last line of what a process wrote."""
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing"
