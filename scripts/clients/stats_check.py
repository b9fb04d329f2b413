"""The check of `get_stats`: the server's counters against what this client has sent."""

import json

from websocket_mock.scripts.clients.session import (
    CheckFailedError,
    Deadline,
    Json,
    Lab,
    Session,
    field,
    require,
)

STATS_FIELDS = (
    "total_connections",
    "current_clients",
    "total_messages",
    "messages_sent",
    "bytes_received",
    "bytes_sent",
    "broadcasts",
    "errors",
)

_SETTLE_TIME = 0.5
"""Seconds. Counters may be 100 ms behind for what other connections did, and for what was sent."""


def check_get_stats(lab: Lab) -> str:
    """Counters grow by exactly what was sent, or by more if other clients are connected."""
    # Uncompressed, so that bytes on the wire are no fewer than those of the messages.
    with lab.client(compressed=False) as client:
        settled = Deadline(min(_SETTLE_TIME, lab.timeout / 2))
        while True:
            before = _stats(client)
            expected = _send_known_traffic(client)
            after = _stats(client)
            problem = compare_stats(before, after, expected)
            if not problem:
                return _describe(before, after)
            # A count may be late, or a connection closed before is still being counted.
            if settled.remaining() == 0:
                raise CheckFailedError(problem)


def compare_stats(before: Json, after: Json, expected: dict[str, int]) -> str:
    """Return what is wrong with how the counters grew, or nothing.

    Args:
        before: the statistics as they were.
        after: the statistics as they are.
        expected: by how much each counter must have grown; bytes and messages of the server may
            grow by more, all others only if other clients were there.
    """
    alone = is_alone(before, after)
    for name, wanted in expected.items():
        grown = after[name] - before[name]
        exact = alone and name not in ("bytes_received", "bytes_sent", "messages_sent")
        if grown < wanted or (exact and grown != wanted):
            least = "" if exact else "at least "
            return f"{name} grew by {grown}, expected {least}{wanted}"
    return ""


def is_alone(before: Json, after: Json) -> bool:
    """Tell whether one client was connected, the same one, at both times."""
    stayed = bool(before["total_connections"] == after["total_connections"])
    return stayed and before["current_clients"] == after["current_clients"] == 1


def _stats(client: Session) -> Json:
    client.request("get_stats")
    stats: Json = field(client.expect("server_stats", client_id=client.client_id), "stats", dict)
    for name in STATS_FIELDS:
        field(stats, name, int)
    for name in ("start_time", "uptime_seconds"):
        require(name in stats, f"stats has no field {name!r}")
    info: Json = field(stats, "server_info", dict)
    field(info, "host", str)
    field(info, "port", int)
    require(field(info, "is_running", bool), "server_info.is_running is false, yet it answers")
    return stats


def _send_known_traffic(client: Session) -> dict[str, int]:
    """Send five messages, wait for their answers, and return what that adds to the counters."""
    sent = [client.request("ping") for _ in range(2)]
    sent.append(client.request("echo", text="counted"))
    sent.append(client.request("broadcast", message="counted"))
    sent.append("not JSON")
    client.send(sent[-1])
    answers = [client.expect("pong"), client.expect("pong"), client.expect("echo_response")]
    # The refusal may overtake the receipt: a broadcast goes through another actor.
    answers += _expect_both(client, "broadcast_sent", "error")
    return {
        # The first get_stats or the second, whichever way the server counts them.
        "total_messages": len(sent) + 1,
        "bytes_received": sum(len(text.encode()) for text in sent),
        "messages_sent": len(answers),
        "bytes_sent": sum(_size(answer) for answer in answers),
        "broadcasts": 1,
        "errors": 1,
    }


def _expect_both(client: Session, one: str, other: str) -> list[Json]:
    answers: list[Json] = []
    awaited = {one, other}
    while awaited:
        message = client.expect_any(awaited)
        awaited.discard(message["type"])
        answers.append(message)
    return answers


def _size(message: Json) -> int:
    return len(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())


def _describe(before: Json, after: Json) -> str:
    how = "exactly" if is_alone(before, after) else "at least (other clients are connected)"
    return f"counters grew {how} by what was sent; {after['total_messages']} messages in all"
