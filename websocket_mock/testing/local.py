"""A server in this process: on threads, without an event loop, and without FastMCP."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger

from websocket_mock import __version__
from websocket_mock.actors.conversation.own_code import Function
from websocket_mock.actors.kernel.errors import ActorError
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE
from websocket_mock.mcp_bridge.service.errors import ServiceError
from websocket_mock.mcp_bridge.service.mocks import set_mock
from websocket_mock.mcp_bridge.service.namespaces import one_namespace
from websocket_mock.mcp_bridge.service.status import Identity
from websocket_mock.mcp_bridge.service.traffic import read_everything
from websocket_mock.mcp_bridge.tools.catalogue import find_tool
from websocket_mock.mcp_bridge.tools.tool import Call
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.mocks_file import load
from websocket_mock.scripts.runtime import Options, Runtime
from websocket_mock.testing.control import Result, named, refused
from websocket_mock.testing.errors import MockError
from websocket_mock.testing.server_settings import as_settings, server_settings
from websocket_mock.transport.errors import BadTls
from websocket_mock.transport.tls.config import TlsConfig

if TYPE_CHECKING:
    from websocket_mock.transport.tls.serving import ServedTls

IDENTITY = Identity("websocket-mock", "websocket_mock", __version__, "a server of a test")

# As loguru asks of libraries. `loguru.logger.enable("websocket_mock")` shows the log again.
logger.disable("websocket_mock")


class LocalControl:
    """Starts a server in this process and calls its tools. Any thread except an actor's.

    Args:
        settings: settings of the server, by the names of the YAML file.

    Raises:
        MockError: a setting is not valid, or the server cannot listen.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        given = server_settings(settings)
        options = Options(tls=_load_tls(given.tls))
        self._crashes: list[str] = []
        self._runtime = Runtime(given.transport, __version__, self._note_crash, options)
        self._runtime.start()
        self.gateway = self._runtime.gateway
        status = self.gateway.status()
        self.address = "in this process"
        if not status.is_running:
            self.stop()
            raise MockError(f"The mock server cannot listen: {status.reason}")

    def _note_crash(self, name: str, error: BaseException) -> None:
        self._crashes.append(f"{name}: {type(error).__name__}: {error}")

    runs_code = True

    def call(
        self, tool: str, arguments: Mapping[str, Any], gone: threading.Event | None = None
    ) -> Result:
        """Call a tool; see `Control`."""
        context = Call(self.gateway, IDENTITY, gone or threading.Event())
        with self._serving():
            return find_tool(tool).run(context, arguments).model_dump(mode="json")

    def read(self, match: Mapping[str, Any], after: int, namespace: str | None) -> Iterator[Result]:
        """Yield entries; see `Control`."""
        with self._serving():
            given = named({"match": match, "after": after, "namespace": namespace})
            wanted = find_tool("get_websocket_traffic").read_arguments(given)
            found = read_everything(self.gateway, **wanted)
        for entry in found:
            yield entry.model_dump(mode="json")

    def set_mock(self, arguments: Mapping[str, Any], functions: Mapping[str, Function]) -> Result:
        """Call the tool that sets a mock; see `Control`."""
        if not functions:
            return self.call("set_websocket_mock", arguments)
        given = dict(arguments)
        definition = given.pop("endpoint")
        with self._serving():
            result = set_mock(self.gateway, definition, **given, functions=functions)
            return result.model_dump(mode="json")

    def load(self, path: Path, namespace: str | None) -> list[str]:
        """Put the mocks of a file in force; see `Control`. Its Python code may run."""
        with self._serving():
            mocks = load(path, allow_code=True).mocks
            space = one_namespace(self.gateway, namespace)
            self.gateway.put_mocks(space, mocks.endpoints)
            self.gateway.set_faults(space, mocks.faults, ())
        return [endpoint.name for endpoint in mocks.endpoints]

    def authority(self) -> str | None:
        """Return the certificate of the authority; see `Control`."""
        pem = self.gateway.status().ca_pem
        return None if pem is None else pem.decode()

    @contextmanager
    def _serving(self) -> Iterator[None]:
        if self._crashes:
            raise MockError(f"A part of the mock server broke: {self._crashes[0]}")
        try:
            yield
        except (ServiceError, BadFile) as error:
            raise refused(str(error)) from None

    def stop(self) -> None:
        """Stop the server. Blocks for a few seconds at most. Idempotent."""
        if self.gateway.status().is_running:
            # Clients that a test has left open do not answer; a stop would wait for them.
            with suppress(ActorError):
                self.gateway.dismiss_clients(EVERY_NAMESPACE, "the server was stopped")
        self._runtime.stop()


def _load_tls(config: TlsConfig) -> "ServedTls | None":
    if config == TlsConfig():
        return None
    if config.control:
        raise MockError(
            "tls_control: a mock in this process has no control plane; leave it out, or use "
            "start_process"
        )
    # Only a test that uses TLS waits for the library that makes certificates.
    from websocket_mock.transport.tls.certificates import load_tls  # noqa: PLC0415

    try:
        return load_tls(config)
    except BadTls as error:
        raise MockError(as_settings(str(error))) from None
