"""The MCP side over a gateway of the test's choice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fastmcp import FastMCP

from tests.helpers.fakes import RecordingRef
from websocket_mock.actors.kernel.refs import Ref
from websocket_mock.actors.library.library import MockLibrary
from websocket_mock.actors.messages import ProbeClient
from websocket_mock.actors.values.models import (
    ClientId,
    ClientPage,
    DeliveryReport,
    JournalSize,
    OutboxTotals,
    ProbeResult,
    ServerStats,
    TransportStatus,
)
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.actors.values.targets import Everyone, Target
from websocket_mock.mcp_bridge.server import create_server
from websocket_mock.mcp_bridge.service.gateway import Gateway, Overview, ProgressCallback
from websocket_mock.mcp_bridge.service.health import Check, Health
from websocket_mock.mcp_bridge.service.status import Identity

IDENTITY = Identity("BridgeUnderTest", "websocket_mock", "1.2.3", "A server under test")

UNBINDABLE_HOST = "198.51.100.1"
"""An address of a network for documentation (RFC 5737): no machine has it."""


_idle_bridges: list["_Bridge"] = []


class _Bridge:
    """An MCP server that can be used again: to describe its tools takes most of a test's time."""

    def __init__(self) -> None:
        self.gateway: Gateway
        self.server = create_server(IDENTITY, self._host)

    @contextmanager
    def _host(self) -> Iterator[Gateway]:
        yield self.gateway
        _idle_bridges.append(self)


def bridge_over(gateway: Gateway) -> FastMCP:
    """Return an MCP server over a gateway that runs already, for one session."""
    bridge = _idle_bridges.pop() if _idle_bridges else _Bridge()
    bridge.gateway = gateway
    return bridge.server


class FakeGateway(Gateway):
    """A gateway without anything behind it: it gives what it was given, or raises."""

    def __init__(self) -> None:
        self.library = MockLibrary()
        self.error: Exception | None = None
        """Raised by everything that waits for an actor."""
        self.transport_status = TransportStatus("localhost", 9004, is_running=True)
        self.checks: tuple[Check, ...] = ()
        self.page = ClientPage((), 0, None)
        self.delivery = DeliveryReport(0, 0)
        self.results: list[ProbeResult] = []
        """One for each client that is found and answers."""
        self.absent: list[ClientId] = []
        """Clients that are found and leave before they answer."""
        self.queries: list[ProbeClient] = []

    def status(self) -> TransportStatus:
        return self.transport_status

    def outbox_totals(self) -> OutboxTotals:
        return OutboxTotals(0, 1, 0, 0)

    def stats(self) -> ServerStats:
        self._fail()
        return ServerStats(0, 0, 0, 0, 0, 0, 0, 0, 0.0, 0.0)

    def overview(self, scope: Scope) -> Overview:
        self._fail()
        return Overview(self.stats(), self.page.total, JournalSize(0, 0, 0, 0, 0), self.health())

    def list_clients(self, limit: int, after: int = 0, scope: Scope = None) -> ClientPage:
        self._fail()
        return self.page

    def push(
        self,
        payload: bytes,
        target: Target = Everyone(),  # noqa: B008 - immutable
        scope: Scope = None,
        *,
        is_text: bool = True,
    ) -> DeliveryReport:
        self._fail()
        return self.delivery

    def find_clients(
        self,
        target: Target = Everyone(),  # noqa: B008 - immutable
        scope: Scope = None,
    ) -> tuple[tuple[ClientId, Ref], ...]:
        self._fail()
        ids = [result.client_id for result in self.results] + self.absent
        return tuple((one, RecordingRef(one)) for one in ids)

    def probe(
        self,
        clients: Sequence[tuple[ClientId, Ref]],
        query: ProbeClient,
        on_progress: ProgressCallback,
    ) -> list[ProbeResult]:
        self._fail()
        self.queries.append(query)
        for number in range(1, len(clients) + 1):
            on_progress(number, len(clients))
        return self.results

    def health(self) -> Health:
        self._fail()
        return Health(self.checks)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
