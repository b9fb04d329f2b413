"""The server's command line and composition root; also the `mcp` object for the fastmcp CLI.

`python -m scripts.launch`, `websocket-mock-server` and `fastmcp run scripts/launch.py` all come
here. Importing this module starts nothing: the lifespan of `mcp` does.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import pykka.debug
from fastmcp import FastMCP
from loguru import logger

from actors.system import JournalLimits
from mcp_bridge.gateway import Gateway
from mcp_bridge.server import PublicWithoutToken, check_exposure, create_server
from mcp_bridge.state import Identity
from scripts import mocks_commands
from scripts.files import write_atomically
from scripts.lifecycle import Exit, exit_on
from scripts.limits import raise_file_limit
from scripts.logs import configure_logs
from scripts.mocks_file import BadFile
from scripts.runtime import Runtime
from scripts.settings import ConfigurationError, Settings, load_settings
from scripts.sockets import bind_http

VERSION = version("websocket-mock-server")

CRASHED = 1
BAD_USAGE = 2
INTERRUPTED = 130

LoadSettings = Callable[[], Settings]


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
        return _serve(settings)
    except (ConfigurationError, PublicWithoutToken) as error:
        print(f"websocket-mock-server: {error}", file=sys.stderr)
        return BAD_USAGE
    except BadFile as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def _serve(settings: Settings) -> int:
    mocks_commands.check(settings.mocks)
    configure_logs(settings.log_level)
    raise_file_limit()
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, pykka.debug.log_thread_tracebacks)
    if settings.transport == "stdio":
        _create_mcp(settings, mcp_url=None).run(transport="stdio", show_banner=False)
        return 0
    check_exposure(settings.host, has_token=settings.token is not None)
    sockets = bind_http(settings.host, settings.port)
    port = sockets[0].getsockname()[1]
    url = f"http://{_in_url(settings.host)}:{port}/mcp"
    logger.info("MCP clients connect to {}", url)
    _create_mcp(settings, url).run(
        transport="http",
        show_banner=False,
        host=settings.host,
        port=port,
        sockets=sockets,
        uvicorn_config={"log_config": None, "access_log": False},
    )
    return 0


def _create_mcp(settings: Settings, mcp_url: str | None) -> FastMCP:
    identity = Identity(settings.name, settings.type, VERSION, settings.description)
    token = None if settings.token is None else settings.token.get_secret_value()
    return create_server(identity, partial(_host, lambda: settings, mcp_url), token)


@contextmanager
def _host(load: LoadSettings, mcp_url: str | None) -> Iterator[Gateway]:
    """Run everything behind the bridge, and end the process when it has to."""
    settings = load()
    signals = [signal.SIGTERM]
    if mcp_url is None:
        # Over http uvicorn handles SIGINT well; over stdio nobody would.
        signals.append(signal.SIGINT)
    with _runtime(settings) as (runtime, ending), exit_on(signals, ending):
        status = runtime.gateway.status()
        if settings.ready_file is not None and status.is_running:
            _announce(settings.ready_file, status.url, mcp_url)
        yield runtime.gateway


@contextmanager
def _runtime(settings: Settings) -> Iterator[tuple[Runtime, Exit]]:
    """Run everything behind the bridge; a part that breaks ends the process."""
    ending: Exit

    def on_crash(name: str, error: BaseException) -> None:
        logger.critical("{} broke, stopping: {}", name, error)
        ending.begin(CRASHED)

    def stop() -> None:
        if settings.ready_file is not None:
            with suppress(OSError):
                settings.ready_file.unlink(missing_ok=True)
        runtime.stop()

    runtime = Runtime(
        settings.websocket,
        VERSION,
        on_crash,
        settings.mocks,
        JournalLimits(settings.journal_entries, settings.journal_bytes),
        settings.redact,
        settings.namespace_idle_seconds,
    )
    ending = Exit(stop)
    try:
        runtime.start()
        yield runtime, ending
    finally:
        stop()


def _announce(ready_file: Path, websocket_url: str, mcp_url: str | None) -> None:
    facts: Mapping[str, object] = {
        "websocket_url": websocket_url,
        "mcp_url": mcp_url,
        "pid": os.getpid(),
    }
    try:
        write_atomically(ready_file, json.dumps(facts))
    except OSError as error:
        raise ConfigurationError(
            f"{ready_file}: the ready file cannot be written: {error.strerror or error}"
        ) from None


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


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
    add("--version", action="version", version=VERSION)
    mocks_commands.add_commands(parser)
    return parser


def _from_environment() -> Settings:
    return load_settings({}, environ=os.environ, config_file=None, server=None)


def _mcp_for_cli() -> FastMCP:
    identity = Identity("WebSocketMockMCP", "websocket_mock", VERSION, "WebSocket Mock MCP Server")
    token = os.getenv("MCP_TOKEN") or None
    return create_server(identity, partial(_host, _from_environment, None), token)


mcp = _mcp_for_cli()
"""What `fastmcp run`, `list`, `call` and `inspect` look for."""


if __name__ == "__main__":
    sys.exit(main())
