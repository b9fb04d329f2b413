"""A WebSocket client for people: `interactive` sends typed commands, `test` runs all checks.

Run it as ``websocket-mock-server client test --url ws://localhost:9004``.
"""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from websocket_mock.scripts.arguments import EXIT_USAGE, OneLineParser
from websocket_mock.scripts.clients.checks import CHECKS, CheckResult, run_checks
from websocket_mock.scripts.clients.ctrl_c import CtrlC
from websocket_mock.scripts.clients.interactive import run_interactive
from websocket_mock.scripts.endpoint import (
    DEFAULT_URL,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OK,
    UnreachableError,
    print_anything,
    reach,
    seconds,
    websocket_url,
)

_WIDTH_WITHOUT_TERMINAL = 120
_DEFAULT_TIMEOUT = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the arguments after the command; None: those of the process.

    Returns:
        The exit code: 1 if a check failed or the server closed early, 2 if it is unreachable, 130
        after Ctrl-C.

    Raises:
        SystemExit: wrong usage (code 2), or help was asked for (0).
    """
    print_anything()
    options = _parser().parse_args(arguments)
    try:
        if options.command == "test":
            return _test(options.url, options.timeout)
        return run_interactive(options.url, options.timeout)
    except UnreachableError as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return EXIT_INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="websocket-mock-server client", description="Talk to a WebSocket mock server."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="interactive|test")
    for name, summary in (
        ("interactive", "send typed commands and show what comes in"),
        ("test", "try every message type; exit 1 if one fails"),
    ):
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument(
            "--url", type=websocket_url, default=DEFAULT_URL, help="the server (%(default)s)"
        )
        command.add_argument(
            "--timeout",
            type=seconds,
            default=_DEFAULT_TIMEOUT,
            help="seconds for connecting and for each check (%(default)s)",
        )
    return parser


def _test(url: str, timeout: float) -> int:
    # Before any check: a missing server gives one clear line, not a table of failures.
    with reach(url, timeout=timeout, close_timeout=1.0):
        pass
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)
    results = []
    ctrl_c = CtrlC()
    with ctrl_c.watched(), console.status("Connecting …") as status:
        for result in run_checks(url, timeout, ctrl_c):
            results.append(result)
            status.update(f"{len(results)} of {len(CHECKS)} checks done …")
    _show(console, url, results)
    return EXIT_OK if all(result.passed for result in results) else EXIT_FAILED


def _show(console: Console, url: str, results: Sequence[CheckResult]) -> None:
    table = Table("check", "result", Column("ms", justify="right"), "detail", title=Text(url))
    for result in results:
        outcome = Text("ok", "green") if result.passed else Text("FAILED", "bold red")
        # Text, not str: text from a server must not be read as markup.
        milliseconds = f"{result.milliseconds:.1f}"
        table.add_row(Text(result.name), outcome, milliseconds, Text(result.detail))
    console.print(table)
    failed = sum(not result.passed for result in results)
    console.print(f"{len(results)} checks: {len(results) - failed} passed, {failed} failed")


if __name__ == "__main__":
    sys.exit(main())
