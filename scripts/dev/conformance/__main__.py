"""Run the fuzzing client of the Autobahn test suite against the server's `/echo`.

The suite is the field's measure for RFC 6455 and RFC 7692, and runs on Python 2.7 only. This
command finds such a Python, keeps a virtual environment with the suite, starts the server, and
judges the suite's report. All it writes stands under `reports/`, which git ignores.
"""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from websocket_mock.scripts.arguments import EXIT_USAGE, OneLineParser
from websocket_mock.scripts.dev.benchmark.servers import (
    OURS,
    OURS_TLS,
    ServerStartError,
    running,
)
from websocket_mock.scripts.dev.conformance.installing import find_python27, install_suite
from websocket_mock.scripts.dev.conformance.results import (
    CaseResult,
    ConformanceError,
    describe,
    select_cases,
    summarise,
)
from websocket_mock.scripts.dev.conformance.suite import PROBE_TIMEOUT
from websocket_mock.scripts.endpoint import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OK,
    UnreachableError,
    reach,
    websocket_url,
)

REPORTS = Path("reports/autobahn")
DEFAULT_CASES = tuple(f"{group}.*" for group in (1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13))

# Group 9 has messages of 16 MiB, and some of 4 MiB in 65,537 frames. The limits are below that.
_LIMITS = (
    ("WEBSOCKET_MAX_MESSAGE_BYTES", str(16 * 1024 * 1024)),
    ("WEBSOCKET_MAX_MESSAGE_FRAMES", "70000"),
    ("WEBSOCKET_MAX_OUTBOX_BYTES", str(64 * 1024 * 1024)),
)


@contextmanager
def _target(url: str | None, folder: Path, *, has_tls: bool) -> Iterator[str]:
    """Give the server to test: the one that is named, or one of our own for that long."""
    if url is not None:
        with reach(url, timeout=PROBE_TIMEOUT, close_timeout=PROBE_TIMEOUT):
            pass
        yield url
        return
    folder.mkdir(exist_ok=True)
    (folder / "ready.json").unlink(missing_ok=True)
    ours = OURS_TLS if has_tls else OURS
    with running(replace(ours, environment=ours.environment + _LIMITS), folder) as server:
        yield f"{'wss' if has_tls else 'ws'}://localhost:{server.port}/echo"


def run(options: argparse.Namespace, root: Path) -> tuple[CaseResult, ...]:
    """Do what the command line says, below a root folder; blocks for ten minutes or more.

    Raises:
        ConformanceError: it cannot be done.
        ServerStartError: the server does not start.
        UnreachableError: there is none where it should be.
    """
    python27 = find_python27(options.python27)
    suite = install_suite(python27, root / "reports/autobahn-venv", root / REPORTS)
    cases = select_cases(suite.list_cases(), options.cases)
    with _target(options.url, suite.reports / "server", has_tls=options.tls) as url:
        return suite.run(url, cases)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="conformance",
        description="Run the fuzzing client of the Autobahn test suite against /echo.",
        epilog="Exit code: 0 if all cases are OK or INFORMATIONAL, 1 if not, 2 if it cannot run.",
    )
    add = parser.add_argument
    add("--url", type=websocket_url, help="an echo endpoint that runs (default: start the server)")
    add("--tls", action="store_true", help="connect to our own server with TLS (wss)")
    add(
        "--cases",
        nargs="+",
        default=DEFAULT_CASES,
        metavar="CASE",
        help=f"ids or patterns (default: {' '.join(DEFAULT_CASES)})",
    )
    add("--python27", metavar="FILE", help="a Python 2.7 (default: from the PATH or from pyenv)")
    return parser


def main(arguments: Sequence[str] | None = None, root: Path | None = None) -> int:
    """Run the command line; return the exit code. Main thread only; leaves no process behind."""
    options = _parser().parse_args(arguments)
    root = Path(__file__).resolve().parents[3] if root is None else root
    try:
        results = run(options, root)
    except (ConformanceError, ServerStartError, UnreachableError, OSError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("conformance: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    Console().print(summarise(results))
    for result in results:
        if not result.has_passed:
            print(describe(result, root / REPORTS))
    print(f"more in {root / REPORTS / 'index.html'}")
    return EXIT_OK if all(result.has_passed for result in results) else EXIT_FAILED


if __name__ == "__main__":
    # Like Ctrl-C, so that the children are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
