"""The composition root: builds the server, runs it, and ends the process in order.

Importing it takes a second or two, because of FastMCP. `scripts.launch` imports it only to serve.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pykka.debug
from fastmcp import FastMCP
from loguru import logger

from websocket_mock import __version__
from websocket_mock.actors.system import JournalLimits
from websocket_mock.mcp_bridge.server import PublicWithoutToken, check_exposure, create_server
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.status import Identity
from websocket_mock.scripts.lifecycle import Exit, exit_on
from websocket_mock.scripts.logs import configure_logs
from websocket_mock.scripts.mocks_file import LoadedFile, load_all
from websocket_mock.scripts.operating_system import bind_http, raise_file_limit, write_atomically
from websocket_mock.scripts.runtime import Runtime
from websocket_mock.scripts.settings import ConfigurationError, Settings, load_settings

CRASHED = 1

Plan = tuple[Settings, Sequence[LoadedFile]]
"""The settings, and the mocks files that they name."""


def serve(settings: Settings, mocks: Sequence[LoadedFile]) -> int:
    """Serve until the end; return the exit code. Blocks; only on the main thread.

    Args:
        settings: how to serve.
        mocks: the mocks files that the settings name.

    Raises:
        ConfigurationError: the settings cannot be used; the text says what to do, in one line.
    """
    plan = (settings, mocks)
    configure_logs(settings.log_level)
    raise_file_limit()
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, pykka.debug.log_thread_tracebacks)
    if settings.transport == "stdio":
        _create_mcp(plan, mcp_url=None).run(transport="stdio", show_banner=False)
        return 0
    _check_exposure(settings)
    sockets = bind_http(settings.host, settings.port)
    port = sockets[0].getsockname()[1]
    url = f"http://{in_url(settings.host)}:{port}/mcp"
    logger.info("MCP clients connect to {}", url)
    _create_mcp(plan, url).run(
        transport="http",
        show_banner=False,
        host=settings.host,
        port=port,
        sockets=sockets,
        uvicorn_config={"log_config": None, "access_log": False},
    )
    return 0


def _create_mcp(plan: Plan, mcp_url: str | None) -> FastMCP:
    settings, _ = plan
    identity = Identity(settings.name, settings.type, __version__, settings.description)
    token = None if settings.token is None else settings.token.get_secret_value()
    return create_server(identity, partial(host, lambda: plan, mcp_url), token)


@contextmanager
def host(load: Callable[[], Plan], mcp_url: str | None) -> Iterator[Gateway]:
    """Run everything behind the bridge, and end the process on signals."""
    settings, mocks = load()
    signals = [signal.SIGTERM]
    if mcp_url is None:
        # Over http uvicorn handles SIGINT well. Over stdio FastMCP would not handle it.
        signals.append(signal.SIGINT)
    with _runtime(settings, mocks) as (runtime, ending), exit_on(signals, ending):
        status = runtime.gateway.status()
        if settings.ready_file is not None and status.is_running:
            _announce(settings.ready_file, status.url, mcp_url)
        yield runtime.gateway


@contextmanager
def _runtime(settings: Settings, mocks: Sequence[LoadedFile]) -> Iterator[tuple[Runtime, Exit]]:
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
        __version__,
        on_crash,
        mocks,
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
        ending.close()


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


def in_url(host: str) -> str:
    """Return a host in the form that a URL needs."""
    return f"[{host}]" if ":" in host else host


def _check_exposure(settings: Settings) -> None:
    try:
        check_exposure(settings.host, has_token=settings.token is not None)
    except PublicWithoutToken as error:
        raise ConfigurationError(str(error)) from None


def _from_environment() -> Plan:
    settings = load_settings({}, environ=os.environ, config_file=None, server=None)
    return settings, load_all(settings.mocks, allow_code=settings.allow_code)


def mcp_for_cli() -> FastMCP:
    """Return the server of the fastmcp command line; it reads its settings when it starts."""
    identity = Identity(
        "WebSocketMockMCP", "websocket_mock", __version__, "WebSocket Mock MCP Server"
    )
    token = os.getenv("MCP_TOKEN") or None
    return create_server(identity, partial(host, _from_environment, None), token)
