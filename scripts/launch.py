"""The command line of the server; also the `mcp` object for the fastmcp command line.

``websocket-mock-server``, ``python -m websocket_mock`` and, in the root of a checkout,
``python -m scripts.launch`` all run `main`. Importing this module starts nothing; the lifespan of
`mcp` does. Each command imports what it needs when it runs, so ``--version``, a check of a file or
an error takes a moment, not seconds.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websocket_mock import __version__
from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.arguments import EXIT_USAGE, OneLineParser, printable
from websocket_mock.scripts.commands import HOMES, MODULES
from websocket_mock.scripts.control.verbs import summaries
from websocket_mock.scripts.errors import BadFile, ConfigurationError

if TYPE_CHECKING:
    from fastmcp import FastMCP

PROGRAM = "websocket-mock-server"

INTERRUPTED = 130
OUTPUT_CLOSED = 141
"""As a shell says it of a program that SIGPIPE ended."""

COMMANDS: Mapping[str, str] = {**MODULES, **summaries()}
"""Each command with its line in the help: those of modules, and the verbs of `control`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. The main thread; blocks until the command is done.

    Args:
        arguments: the arguments after the program's name; None: those of the process.

    Returns:
        The exit code.

    Raises:
        SystemExit: wrong usage (code 2), or help or the version was asked for (0).
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = given[0] if given and not given[0].startswith("-") else "serve"
    if command not in COMMANDS:
        hint = nearest(command, COMMANDS, f"there are: {', '.join(COMMANDS)}", cutoff=0.6)
        _parser().error(f"there is no command {command!r}; {hint}")
    rest = given[1:] if given[:1] == [command] else given
    if command == "serve":
        return _serve(rest)
    try:
        if command in MODULES:
            home = HOMES.get(command, command)
            run = importlib.import_module(f"websocket_mock.scripts.{home}").main
        else:
            run = importlib.import_module("websocket_mock.scripts.control.command").main
            rest = given
        exit_code: int = run(rest)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of the output has left, as `head` does. What is still buffered must not fail
        # once more when Python ends (https://docs.python.org/3/library/signal.html).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OUTPUT_CLOSED
    return exit_code


def _serve(arguments: Sequence[str]) -> int:
    flags = vars(_parser().parse_args(arguments))
    config_file, server = flags.pop("config"), flags.pop("server")
    try:
        from websocket_mock.scripts.mocks_file import load_all  # noqa: PLC0415
        from websocket_mock.scripts.settings import load_settings  # noqa: PLC0415

        settings = load_settings(flags, environ=os.environ, config_file=config_file, server=server)
        mocks = load_all(settings.mocks, allow_code=settings.allow_code)
        # FastMCP takes seconds to import, so errors in the files are reported first.
        from websocket_mock.scripts.serving import serve  # noqa: PLC0415

        return serve(settings, mocks)
    except ConfigurationError as error:
        print(f"{PROGRAM}: {printable(str(error))}", file=sys.stderr)
        return EXIT_USAGE
    except BadFile as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def __getattr__(name: str) -> "FastMCP":
    """Make `mcp`, which `fastmcp run`, `list`, `call` and `inspect` look for.

    Raises:
        AttributeError: something else was looked for.
    """
    if name != "mcp":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _mcp()


@cache
def _mcp() -> "FastMCP":
    from websocket_mock.scripts.serving import mcp_for_cli  # noqa: PLC0415 - see above

    return mcp_for_cli()


def _parser() -> argparse.ArgumentParser:
    commands = "\n".join(f"  {name:<12} {summary}" for name, summary in COMMANDS.items())
    parser = OneLineParser(
        prog=PROGRAM,
        usage="%(prog)s [serve] [FLAGS] | %(prog)s COMMAND …",
        description="Serve WebSocket clients, and MCP clients that drive them.",
        epilog=f"commands (COMMAND --help shows more):\n{commands}\n\n"
        "Flags override environment variables, variables override the file, and the file\n"
        "overrides the defaults.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--transport", help="how MCP clients reach it: http (default) or stdio")
    add("--host", help="address MCP listens on (default: localhost)")
    add("--port", help="port MCP listens on; 0 takes any free one (default: 8004)")
    add(
        "--control-port",
        metavar="PORT",
        help="with stdio: also offer REST and the page on this port; 0 takes any free one",
    )
    add("--token", help="bearer token MCP clients must show; needed beyond localhost")
    add("--websocket-host", help="address WebSocket clients connect to (default: localhost)")
    add("--websocket-port", help="port they connect to; 0 takes any free one (default: 9004)")
    add(
        "--io-threads",
        help="threads that serve WebSocket clients (default: 1; more are not faster under the GIL)",
    )
    add("--mocks", action="append", metavar="FILE", help="programmed endpoints; may be repeated")
    add(
        "--allow-code",
        action="store_true",
        default=None,
        help="let mocks files run the Python files that they `use`",
    )
    add(
        "--namespace-idle-seconds",
        metavar="SECONDS",
        help="remove a namespace that has not been used for this time (default: 1800)",
    )
    add_tls_flags(parser)
    add("--config", type=Path, metavar="FILE", help="YAML file with the settings")
    add("--server", metavar="NAME", help="which server of that file")
    add("--log-level", help="TRACE, DEBUG, INFO (default), WARNING, ERROR or CRITICAL")
    add("--ready-file", metavar="FILE", help="JSON file, written when both sides accept clients")
    add("--version", action="version", version=__version__)
    return parser


def add_tls_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of TLS to a parser."""
    add = parser.add_argument_group("TLS (wss://)").add_argument
    switch: Mapping[str, Any] = {"action": "store_true", "default": None}
    add("--tls-self-signed", help="issue certificates for any host name", **switch)
    add("--tls-ca-file", metavar="FILE", help="where to write the authority clients must trust")
    add("--tls-cert", metavar="FILE", help="certificate of the server with its chain, as PEM")
    add("--tls-key", metavar="FILE", help="its private key (default: in the same file)")
    add("--tls-client-ca", metavar="FILE", help="ask clients for a certificate of this authority")
    add("--tls-client-cert", help="whether they must have one: required (default) or optional")
    add("--tls-only", help="refuse clients without TLS", **switch)
    add("--tls-control", help="serve MCP, REST and the page with TLS too", **switch)


if __name__ == "__main__":
    sys.exit(main())
