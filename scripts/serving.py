"""The composition root: builds the server, runs it, and ends the process in order.

MCP needs FastMCP, which takes a second or two to import. Without FastMCP the server still offers
REST.
"""

import gc
import importlib.util
import json
import os
import signal
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pykka.debug
from loguru import logger
from starlette.types import ASGIApp

from websocket_mock import __version__
from websocket_mock.actors.system import JournalLimits
from websocket_mock.actors.values.models import TransportStatus
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.status import Identity
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.web.app import control_app
from websocket_mock.mcp_bridge.web.exposure import PublicWithoutToken, check_exposure
from websocket_mock.mcp_bridge.web.guard import Access, guarded
from websocket_mock.mcp_bridge.web.serving import make_server, serving_on_thread, tls_options
from websocket_mock.scripts.control.run_files import RunFile, RunningServer, local_url
from websocket_mock.scripts.https import https_context
from websocket_mock.scripts.lifecycle import Exit, exit_on
from websocket_mock.scripts.logs import configure_logs, quieten_libraries
from websocket_mock.scripts.memory import giving_memory_back
from websocket_mock.scripts.mocks_file import LoadedFile, load_all
from websocket_mock.scripts.operating_system import (
    Purpose,
    bind_http,
    raise_file_limit,
    write_atomically,
)
from websocket_mock.scripts.runtime import Options, Runtime
from websocket_mock.scripts.settings import ConfigurationError, Settings, load_settings
from websocket_mock.transport.errors import BadTls
from websocket_mock.transport.tls.config import TlsConfig

if TYPE_CHECKING:
    from fastmcp import FastMCP

    from websocket_mock.transport.tls.serving import ServedTls

CRASHED = 1

MCP_PORT = Purpose("MCP", "--port")
CONTROL_PORT = Purpose("control", "--control-port")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to serve, and where."""

    settings: Settings
    mocks: Sequence[LoadedFile]
    """The mocks files that the settings name."""
    control_url: str | None = None
    """Where the control plane is over http, if MCP is there too."""
    tls: "ServedTls | None" = None
    """How clients connect with TLS; None: they cannot."""

    @property
    def identity(self) -> Identity:
        """How the server introduces itself."""
        settings = self.settings
        return Identity(settings.name, settings.type, __version__, settings.description)

    @property
    def https(self) -> ssl.SSLContext | None:
        """How the control plane is served over https; None: over http."""
        if self.tls is None or not self.settings.tls.control:
            return None
        return https_context(self.tls.certificates, self.settings.host)

    def url_of(self, port: int) -> str:
        """Return the address of the control plane on a port."""
        scheme = "https" if self.settings.tls.control else "http"
        return f"{scheme}://{in_url(self.settings.host)}:{port}"


def serve(settings: Settings, mocks: Sequence[LoadedFile]) -> int:
    """Serve until the end; return the exit code. Blocks; only on the main thread.

    Args:
        settings: how to serve.
        mocks: the mocks files that the settings name.

    Raises:
        ConfigurationError: the settings cannot be used; the text says what to do, in one line.
    """
    configure_logs(settings.log_level)
    raise_file_limit()
    tls = load_served_tls(settings.tls)
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, pykka.debug.log_thread_tracebacks)
    if settings.transport == "stdio":
        _serve_stdio(Plan(settings, mocks, tls=tls))
    else:
        _serve_http(Plan(settings, mocks, tls=tls))
    return 0


def load_served_tls(config: TlsConfig) -> "ServedTls | None":
    """Return how clients connect with TLS; None: they cannot. Reads and writes files.

    Raises:
        ConfigurationError: the settings cannot be used; the text says what to do.
    """
    # Only who uses TLS waits for the library that makes certificates.
    if config == TlsConfig():
        return None
    from websocket_mock.transport.tls.certificates import load_tls  # noqa: PLC0415 - see above

    try:
        return load_tls(config)
    except BadTls as error:
        raise ConfigurationError(str(error)) from None


def _serve_stdio(plan: Plan) -> None:
    if not has_mcp():
        raise ConfigurationError(
            "MCP over stdio needs FastMCP: install fastmcp, or use --transport http for REST alone"
        )
    _create_mcp(plan).run(transport="stdio", show_banner=False)


def _serve_http(plan: Plan) -> None:
    settings = plan.settings
    if settings.control_port is not None:
        raise ConfigurationError("--control-port is for --transport stdio; over http use --port")
    _check_exposure(settings)
    sockets = bind_http(settings.host, settings.port, MCP_PORT)
    port = sockets[0].getsockname()[1]
    plan = replace(plan, control_url=plan.url_of(port))
    if not has_mcp():
        logger.warning("FastMCP is not installed, so there is no MCP: only REST")
        state = BridgeState(plan.identity, partial(host, lambda: plan))
        with state.running():
            app = _control_app(state, settings, plan.control_url)
            make_server(app, plan.https).run(sockets)
        return
    logger.info("MCP clients connect to {}/mcp", plan.control_url)
    logger.info("the live page is {}/", plan.control_url)
    _create_mcp(plan).run(
        transport="http",
        show_banner=False,
        host=settings.host,
        port=port,
        sockets=sockets,
        uvicorn_config={"log_config": None, "access_log": False, **tls_options(plan.https)},
    )


def has_mcp() -> bool:
    """Tell whether FastMCP is installed. Does not import it."""
    return importlib.util.find_spec("fastmcp") is not None


def _create_mcp(plan: Plan) -> "FastMCP":
    from websocket_mock.mcp_bridge.server import create_server  # noqa: PLC0415 - it may be missing

    # With its import FastMCP gives itself a handler, which writes lines of another form.
    quieten_libraries(plan.settings.log_level)
    return create_server(plan.identity, partial(host, lambda: plan), _token(plan.settings))


def _token(settings: Settings) -> str | None:
    return None if settings.token is None else settings.token.get_secret_value()


COLLECT_AFTER = (20_000, 20, 20)
"""The thresholds of the garbage collector. Hardly anything here is in cycles, and with Python's own
a thousand streams stood still for 60 ms in each full collection."""


@contextmanager
def host(load: Callable[[], Plan]) -> Iterator[Gateway]:
    """Run everything behind the bridge, and end the process on signals."""
    plan = load()
    # Once uvicorn serves, it handles SIGINT. Before, and over stdio, nothing else handles it well.
    signals = (signal.SIGTERM, signal.SIGINT)
    run_file = RunFile()
    with (
        giving_memory_back(),
        _runtime(plan, run_file) as (runtime, ending),
        exit_on(signals, ending),
        _beside_stdio(plan, runtime.gateway) as control_url,
    ):
        status = runtime.gateway.status()
        if plan.settings.ready_file is not None and status.is_running:
            _announce(plan, status, control_url)
        if control_url is not None:
            _register(run_file, plan, status, control_url)
        # The modules and schemas live as long as the process. Without this, each full collection
        # looks at them again: a third of the time of a server that many clients connect to.
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        yield runtime.gateway


@contextmanager
def _runtime(plan: Plan, run_file: RunFile) -> Iterator[tuple[Runtime, Exit]]:
    """Run everything behind the bridge; a part that breaks ends the process."""
    settings = plan.settings
    ending: Exit

    def on_crash(name: str, error: BaseException) -> None:
        logger.critical("{} broke, stopping: {}", name, error)
        ending.begin(CRASHED)

    def stop() -> None:
        run_file.remove()
        if settings.ready_file is not None:
            with suppress(OSError):
                settings.ready_file.unlink(missing_ok=True)
        runtime.stop()

    runtime = Runtime(
        settings.websocket,
        __version__,
        on_crash,
        Options(
            plan.mocks,
            JournalLimits(settings.journal_entries, settings.journal_bytes),
            settings.redact,
            settings.namespace_idle_seconds,
            plan.tls,
        ),
    )
    ending = Exit(stop)
    try:
        runtime.start()
        yield runtime, ending
    finally:
        stop()
        ending.close()


def _beside_stdio(plan: Plan, gateway: Gateway) -> AbstractContextManager[str | None]:
    """Serve the control plane over http too, if the settings ask for it; yield its URL."""
    settings = plan.settings
    if settings.control_port is None or plan.control_url is not None:
        if plan.control_url is None and settings.tls.control:
            logger.warning("--tls-control has no effect without --control-port")
        return nullcontext(plan.control_url)
    try:
        _check_exposure(settings)
        sockets = bind_http(settings.host, settings.control_port, CONTROL_PORT)
    except ConfigurationError as error:
        # An exception here would close the connection of the MCP client without a word.
        logger.warning("{}", error)
        return nullcontext(None)
    url = plan.url_of(sockets[0].getsockname()[1])
    state = BridgeState(plan.identity, lambda: nullcontext(gateway))
    return serving_on_thread(_control_app(state, settings, url), sockets, url, plan.https)


def _control_app(state: BridgeState, settings: Settings, url: str | None) -> ASGIApp:
    """Return the control plane without MCP, behind its guard, and log where it will be."""
    logger.info("the live page is {}/, REST is {}/api/", url, url)
    return guarded(control_app(state), Access(settings.host, _token(settings)))


def _announce(plan: Plan, status: TransportStatus, control_url: str | None) -> None:
    ready_file = plan.settings.ready_file
    assert ready_file is not None
    facts: Mapping[str, object] = {
        "websocket_url": status.url,
        "mcp_url": _mcp_url(plan),
        "control_url": control_url,
        "pid": os.getpid(),
    }
    if plan.tls is not None:
        facts = {**facts, "secure_url": status.secure_url, "ca_file": status.ca_file}
    try:
        write_atomically(ready_file, json.dumps(facts))
    except OSError as error:
        raise ConfigurationError(
            f"{ready_file}: the ready file cannot be written: {error.strerror or error}"
        ) from None


def _mcp_url(plan: Plan) -> str | None:
    return f"{plan.control_url}/mcp" if plan.control_url is not None and has_mcp() else None


def _register(run_file: RunFile, plan: Plan, status: TransportStatus, control_url: str) -> None:
    """Say in a file of the user where the server is, for the verbs of the command line."""
    server = RunningServer(
        local_url(control_url),
        status.url,
        _mcp_url(plan),
        os.getpid(),
        plan.settings.name,
        __version__,
        time.time(),
        status.secure_url,
        status.ca_file,
    )
    try:
        run_file.write(server)
    except OSError as error:
        logger.info("Command lines need --url to find this server: {}", error)


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
    mocks = load_all(settings.mocks, allow_code=settings.allow_code)
    return Plan(settings, mocks, tls=load_served_tls(settings.tls))


def mcp_for_cli() -> "FastMCP":
    """Return the server of the fastmcp command line; it reads its settings when it starts."""
    from websocket_mock.mcp_bridge.server import create_server  # noqa: PLC0415 - see above

    identity = Identity(
        "WebSocketMockMCP", "websocket_mock", __version__, "WebSocket Mock MCP Server"
    )
    token = os.getenv("MCP_TOKEN") or None
    return create_server(identity, partial(host, _from_environment), token)
