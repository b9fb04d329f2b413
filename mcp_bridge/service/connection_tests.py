"""The verb `test`: sends messages and pings to clients, and sums up their answers."""

import time
from collections.abc import Sequence
from statistics import fmean
from typing import Literal, get_args

from pydantic import BaseModel, Field

from websocket_mock.actors.messages import ProbeClient
from websocket_mock.actors.values.models import ClientId, ProbeResult
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.actors.values.targets import Target
from websocket_mock.mcp_bridge.service.errors import verb
from websocket_mock.mcp_bridge.service.gateway import Gateway, ProgressCallback
from websocket_mock.mcp_bridge.service.messages import encode_message
from websocket_mock.mcp_bridge.service.namespaces import scope_of
from websocket_mock.mcp_bridge.service.sizes import to_ms
from websocket_mock.mcp_bridge.service.targets import why_nobody

TestType = Literal["ping", "echo", "broadcast", "stress"]
TEST_TYPES: tuple[str, ...] = get_args(TestType)

LISTED_CLIENTS = 20
LISTED_IDS = 50
LISTED_REPLIES = 5
"""The most replies of each client in a result. MCP clients refuse long results."""


class ClientProbeModel(BaseModel):
    """The answers of one client in a test."""

    client_id: str
    round_trip_ms: float | None = Field(description="null: no pong came in time")
    replies: list[str] = Field(description="the first data messages that it sent, shortened")
    reply_count: int

    @classmethod
    def of(cls, result: ProbeResult) -> "ClientProbeModel":
        """Return the public form of a probe's result."""
        return cls(
            client_id=result.client_id,
            round_trip_ms=to_ms(result.round_trip),
            replies=list(result.replies[:LISTED_REPLIES]),
            reply_count=result.reply_count,
        )


class TestReport(BaseModel):
    """The measurements of a connection test. A pong proves that all earlier messages were read."""

    __test__ = False  # not a test case, despite its name

    clients_tested: int
    answered: int = Field(description="the number of clients whose pong came in time")
    not_answered: list[str] = Field(description="ids of clients without a pong, at most 50")
    messages_sent: int
    bytes_sent: int
    delivered: int = Field(description="messages that a later pong proves read")
    failed: int = Field(description="messages that no pong proved read in time")
    replies_seen: int
    duration_seconds: float
    messages_per_second: float | None = Field(description="stress: delivered messages per second")
    round_trip_ms: dict[str, float] | None = Field(description="min, mean and max over all clients")
    clients: list[ClientProbeModel] = Field(description="the first clients, at most 20")
    truncated: bool = Field(description="whether some clients are not listed")


class TestResult(BaseModel):
    """The result of a connection test."""

    __test__ = False

    status: Literal["test_completed", "stress_test_completed", "no_clients", "error"]
    test_type: str
    result: TestReport | None
    error: str | None = Field(default=None, description="what is wrong, with the next step")
    timestamp: float = Field(description="Unix seconds")


@verb
def check_connections(
    gateway: Gateway,
    test_type: str,
    target: Target,
    window: float = 2.0,
    burst: int = 100,
    namespace: str | None = None,
    on_progress: ProgressCallback = lambda _done, _total: None,
) -> TestResult:
    """Test live connections. Blocks for little more than the window.

    Args:
        gateway: gives access to the actors.
        test_type: one of `TEST_TYPES`.
        target: which clients.
        window: seconds to wait for pongs and replies.
        burst: stress: the number of messages to each client.
        namespace: of the clients; None: outside namespaces, "*": all.
        on_progress: called on this thread after each answer or missing answer.

    Raises:
        ServiceError: an argument cannot be used, or nothing answers.
    """
    scope = scope_of(gateway, namespace)
    if test_type not in TEST_TYPES:
        choices = ", ".join(TEST_TYPES)
        return _failed(test_type, f"Unknown test_type {test_type!r}. Use one of: {choices}.")
    status = gateway.status()
    if not status.is_running:
        return _failed(test_type, f"WebSocket server: {status.reason}")
    kind: TestType = test_type  # type: ignore[assignment] # checked above
    report = run_test(gateway, kind, target, scope, window, burst, on_progress)
    if report is not None:
        done = "stress_test_completed" if kind == "stress" else "test_completed"
        return TestResult(status=done, test_type=kind, result=report, timestamp=time.time())
    absence = why_nobody(target, scope)
    if absence:
        return _failed(test_type, absence[0])
    return TestResult(status="no_clients", test_type=kind, result=None, timestamp=time.time())


def _failed(test_type: str, error: str) -> TestResult:
    return TestResult(
        status="error", test_type=test_type, result=None, error=error, timestamp=time.time()
    )


def run_test(
    gateway: Gateway,
    test_type: TestType,
    target: Target,
    scope: Scope,
    window: float,
    burst: int,
    on_progress: ProgressCallback,
) -> TestReport | None:
    """Probe the clients and sum up. Blocks for little more than the window.

    Args:
        gateway: gives access to the actors.
        test_type: ping: no message; echo, broadcast: one; stress: a burst.
        target: which clients.
        scope: of which namespaces.
        window: seconds to wait for pongs and replies.
        burst: stress: the number of messages to each client.
        on_progress: called on this thread after each answer or missing answer.

    Returns:
        The report; None if there are no clients to test.

    Raises:
        ActorError: the server does not answer.
    """
    clients = gateway.find_clients(target, scope)
    if not clients:
        return None
    query = ProbeClient(
        texts=_texts(test_type, burst),
        window=window,
        wants_replies=test_type in ("echo", "broadcast"),
    )
    begin = time.monotonic()
    results = gateway.probe(clients, query, on_progress)
    duration = time.monotonic() - begin
    return summarise(test_type, [client_id for client_id, _ in clients], results, duration)


def summarise(
    test_type: TestType,
    client_ids: Sequence[ClientId],
    results: Sequence[ProbeResult],
    duration: float,
) -> TestReport:
    """Sum up the results. A client without a result has not answered."""
    answered = [result for result in results if result.round_trip is not None]
    proven = {result.client_id for result in answered}
    missing = [client_id for client_id in client_ids if client_id not in proven]
    sent = sum(result.messages_sent for result in results)
    delivered = sum(result.messages_sent for result in answered)
    slowest = max((result.round_trip or 0.0 for result in answered), default=0.0)
    is_stress = test_type == "stress"
    return TestReport(
        clients_tested=len(client_ids),
        answered=len(answered),
        not_answered=list(missing[:LISTED_IDS]),
        messages_sent=sent,
        bytes_sent=sum(result.bytes_sent for result in results),
        delivered=delivered,
        failed=sent - delivered,
        replies_seen=sum(result.reply_count for result in results),
        duration_seconds=round(duration, 6),
        messages_per_second=round(delivered / slowest, 1) if is_stress and slowest else None,
        round_trip_ms=_spread([result.round_trip or 0.0 for result in answered]),
        clients=[ClientProbeModel.of(result) for result in results[:LISTED_CLIENTS]],
        truncated=len(client_ids) > LISTED_CLIENTS,
    )


def _texts(test_type: TestType, burst: int) -> tuple[bytes, ...]:
    match test_type:
        case "ping":
            return ()
        case "stress":
            return tuple(
                encode_message("stress_test", {"sequence": number, "of": burst})
                for number in range(1, burst + 1)
            )
        case kind:
            text = "Answer with anything you like; replies are counted."
            return (encode_message(f"{kind}_test", {"message": text}),)


def _spread(seconds: Sequence[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    figures = {"min": min(seconds), "mean": fmean(seconds), "max": max(seconds)}
    return {name: to_ms(value) or 0.0 for name, value in figures.items()}
