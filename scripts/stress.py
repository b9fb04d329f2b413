"""A multithreaded load on the built-in JSON protocol that counts every message.

It looks for lost, duplicated and wrong messages. It is not a benchmark: Python runs one thread at a
time, so more threads make the load more irregular, not larger.

Run it as ``websocket-mock-server stress --clients 200 --threads 8 --duration 10 --scenario mixed``.
"""

import argparse
import resource
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from websockets.exceptions import ConnectionClosed

from websocket_mock.scripts.arguments import EXIT_USAGE, OneLineParser
from websocket_mock.scripts.endpoint import (
    DEFAULT_URL,
    EXIT_FAILED,
    EXIT_OK,
    UnreachableError,
    excerpt,
    is_welcome,
    print_anything,
    reach,
    seconds,
    websocket_url,
)
from websocket_mock.scripts.load.ledger import SCENARIOS, Rules
from websocket_mock.scripts.load.report import (
    Errors,
    Report,
    ReportFileError,
    check_report_path,
    write_report,
)
from websocket_mock.scripts.load.run import Interrupts, LoadRun
from websocket_mock.scripts.load.view import WIDTH_WITHOUT_TERMINAL, ProgressView, print_report
from websocket_mock.scripts.load.workers import CLOSE_TIMEOUT, OPEN_TIMEOUT, LoadPlan
from websocket_mock.scripts.operating_system import raise_file_limit

MOST_CLIENTS = 10_000
MOST_THREADS = 64
_FILES_BESIDE_CLIENTS = 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Main thread only, because it handles Ctrl-C.

    Args:
        arguments: the arguments after the command; None: those of the process.

    Returns:
        The exit code: 1 if anything was lost, duplicated or wrong, 2 if the load could not start.

    Raises:
        SystemExit: wrong usage (code 2), or help was asked for (0).
    """
    print_anything()
    options = _parser().parse_args(arguments)
    try:
        if options.json is not None:
            check_report_path(options.json)
        allow_open_files(options.clients + options.threads + _FILES_BESIDE_CLIENTS)
        address = _find_server(options.url)
    except UnreachableError as error:
        _write_failure(options, str(error))
        return _give_up(str(error))
    except (ReportFileError, TooManyFilesError) as error:
        return _give_up(str(error))
    report = _run(_plan(options, address))
    try:
        if options.json is not None:
            write_report(options.json, report)
    except ReportFileError as error:
        return _give_up(str(error))
    return EXIT_OK if report.passed else EXIT_FAILED


class TooManyFilesError(Exception):
    """Raised when the system does not allow so many connections; the text says what to do."""


def allow_open_files(needed: int) -> None:
    """Allow this process to open `needed` files: each connection needs one.

    Raises:
        TooManyFilesError: the system does not allow it.
    """
    raise_file_limit()
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != allowed < needed:
        raise TooManyFilesError(
            f"{needed} open files are needed, but {allowed} are allowed; "
            "use fewer --clients or raise the limit (ulimit -Hn)"
        )


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="websocket-mock-server stress",
        description="Load a WebSocket mock server; exit 1 if it fails.",
    )
    add = parser.add_argument
    add("--url", type=websocket_url, default=DEFAULT_URL, help="the server (%(default)s)")
    add(
        "--clients",
        type=_whole_number(MOST_CLIENTS),
        default=200,
        help="connections (%(default)s); broadcasts take 4 bytes of memory per pair of them",
    )
    add("--threads", type=_whole_number(MOST_THREADS), default=8, help="threads (%(default)s)")
    add("--duration", type=seconds, default=10.0, help="seconds of load (%(default)s)")
    add("--scenario", choices=SCENARIOS, default="mixed", help="what is sent (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the report to this file, too")
    add(
        "--grace",
        type=seconds,
        default=5.0,
        help="seconds to wait for answers after the load (%(default)s)",
    )
    add(
        "--connect-rate",
        type=_whole_number(100_000),
        default=500,
        metavar="N",
        help="connections opened per second (%(default)s)",
    )
    return parser


def _whole_number(largest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= largest):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {largest}")
        return int(text)

    return number


def _find_server(url: str) -> tuple[str, int]:
    """Return the address of the server, after checking that it speaks the right protocol.

    Raises:
        UnreachableError: it cannot be reached, or does not speak the protocol.
    """
    with reach(url, timeout=OPEN_TIMEOUT, close_timeout=CLOSE_TIMEOUT) as connection:
        try:
            data = connection.recv(OPEN_TIMEOUT)
        except (TimeoutError, ConnectionClosed) as error:
            raise UnreachableError(f"no welcome from {url}: {error}; is the path right?") from error
        if not is_welcome(data):
            raise UnreachableError(f"no welcome from {url}, but {excerpt(data)}")
        host, port = connection.remote_address[:2]
        return host, port


def _plan(options: argparse.Namespace, address: tuple[str, int]) -> LoadPlan:
    return LoadPlan(
        url=options.url,
        address=address,
        rules=Rules(secrets.token_hex(4), options.clients, options.scenario),
        threads=min(options.threads, options.clients),
        duration=options.duration,
        grace=options.grace,
        connect_rate=options.connect_rate,
    )


def _run(plan: LoadPlan) -> Report:
    console = Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)
    interrupts = Interrupts()
    with interrupts.from_signals(), ProgressView(console, plan.rules.clients) as view:
        report = LoadRun(plan, interrupts, view.show).execute()
    print_report(console, report)
    return report


def _give_up(problem: str) -> int:
    print(problem, file=sys.stderr)
    return EXIT_USAGE


def _write_failure(options: argparse.Namespace, problem: str) -> None:
    """Write a report of a load that could not begin, for those who wait for the file."""
    if options.json is None:
        return
    report = Report(
        url=options.url,
        scenario=options.scenario,
        clients=options.clients,
        threads=options.threads,
        duration_seconds=0.0,
        errors=Errors(1, {"cannot connect": 1}, [problem]),
    )
    write_report(options.json, report)


if __name__ == "__main__":
    sys.exit(main())
