"""Connection tests: what is sent to clients, and what the answers amount to."""

import time
from collections.abc import Sequence
from statistics import fmean
from typing import Literal, get_args

from websocket_mock.actors.messages import ProbeClient
from websocket_mock.actors.values.models import ClientId, ProbeResult
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.actors.values.targets import Target
from websocket_mock.mcp_bridge.gateway import Gateway, ProgressCallback
from websocket_mock.mcp_bridge.messages import encode_message
from websocket_mock.mcp_bridge.schemas import ClientProbeModel, TestReport, to_ms

TestType = Literal["ping", "echo", "broadcast", "stress"]
TEST_TYPES: tuple[str, ...] = get_args(TestType)

LISTED_CLIENTS = 20
LISTED_IDS = 50


def run_test(
    gateway: Gateway,
    test_type: TestType,
    target: Target,
    scope: Scope,
    window: float,
    burst: int,
    on_progress: ProgressCallback,
) -> TestReport | None:
    """Probe the clients and sum up. Blocks for the window at most, and a little.

    Args:
        gateway: the way to the clients.
        test_type: ping: no message; echo, broadcast: one; stress: a burst.
        target: which clients,
        scope: and of which namespaces.
        window: seconds to wait for pongs, and to watch for replies.
        burst: messages to each client in a stress test.
        on_progress: told of each client that has answered.

    Returns:
        The report; None when there is nobody to test.

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
    """Return what the results amount to; a client without a result has not answered."""
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
