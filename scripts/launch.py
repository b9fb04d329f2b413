"""The server's command line; also the `mcp` object for the fastmcp CLI.

`python -m scripts.launch`, `websocket-mock-server` and `fastmcp run scripts/launch.py` all come
here. Importing this module starts nothing: the lifespan of `mcp` does. What only serving needs is
imported when it serves, so that a check of a file or a refusal takes a moment, not seconds.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from websocket_mock import __version__
from websocket_mock.scripts import mocks_commands
from websocket_mock.scripts.mocks_file import BadFile
from websocket_mock.scripts.settings import ConfigurationError, load_settings

if TYPE_CHECKING:
    from fastmcp import FastMCP

BAD_USAGE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = _parser().parse_args(arguments)
    if "run" in options:
        exit_code: int = options.run(options)
        return exit_code
    flags = vars(options)
    config_file, server = flags.pop("config"), flags.pop("server")
    try:
        settings = load_settings(flags, environ=os.environ, config_file=config_file, server=server)
        mocks_commands.check(settings.mocks)
        from websocket_mock.scripts.serving import serve  # noqa: PLC0415 - see above

        return serve(settings)
    except ConfigurationError as error:
        print(f"websocket-mock-server: {error}", file=sys.stderr)
        return BAD_USAGE
    except BadFile as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
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


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_USAGE, f"{self.prog}: {message}; see --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="websocket-mock-server",
        description="Serve WebSocket clients, and MCP clients that drive them.",
        epilog="Flags override environment variables, those the file, and that the defaults.",
    )
    add = parser.add_argument
    add("--transport", help="how MCP clients reach it: http (default) or stdio")
    add("--host", help="address MCP listens on (default: localhost)")
    add("--port", help="port MCP listens on; 0 takes any free one (default: 8004)")
    add("--token", help="bearer token MCP clients must show; needed beyond localhost")
    add("--websocket-host", help="address WebSocket clients connect to (default: localhost)")
    add("--websocket-port", help="port they connect to; 0 takes any free one (default: 9004)")
    add("--io-threads", help="threads that serve WebSocket clients (default: 1)")
    add("--mocks", action="append", metavar="FILE", help="programmed endpoints; may be repeated")
    add(
        "--namespace-idle-seconds",
        metavar="SECONDS",
        help="after which an unused namespace is forgotten (default: 1800)",
    )
    add("--config", type=Path, metavar="FILE", help="YAML file with the settings")
    add("--server", metavar="NAME", help="which server of that file")
    add("--log-level", help="TRACE, DEBUG, INFO (default), WARNING, ERROR or CRITICAL")
    add("--ready-file", metavar="FILE", help="JSON file written once both sides accept")
    add("--version", action="version", version=__version__)
    mocks_commands.add_commands(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
