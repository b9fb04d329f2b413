"""The check of `get_stats`: compares the server's counters with what this client sent."""

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
"""Seconds. Counts of other connections, and of sent messages, may be up to 100 ms late."""


def check_get_stats(lab: Lab) -> str:
    """Counters grow by exactly what was sent, or by more if other clients are connected."""
    # Uncompressed, so that the wire carries at least the bytes of the messages.
    with lab.client(compressed=False) as client:
        settled = Deadline(min(_SETTLE_TIME, lab.timeout / 2))
        while True:
            before = _stats(client)
            expected = _send_known_traffic(client)
            after = _stats(client)
            problem = compare_stats(before, after, expected)
            if not problem:
                return _describe(before, after)
            # A count may be late, or may still include a connection that was just closed.
            if settled.remaining() == 0:
                raise CheckFailedError(problem)


def compare_stats(before: Json, after: Json, expected: dict[str, int]) -> str:
    """Return what is wrong with the growth of the counters; empty if nothing is.

    Args:
        before: the earlier statistics.
        after: the later statistics.
        expected: the growth of each counter. Bytes and sent messages may grow by more; other
            counters only if other clients are connected.
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
    """Return whether the same one client was connected at both times."""
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
    """Send five messages, wait for their answers, and return the growth of the counters."""
    sent = [client.request("ping") for _ in range(2)]
    sent.append(client.request("echo", text="counted"))
    sent.append(client.request("broadcast", message="counted"))
    sent.append("not JSON")
    client.send(sent[-1])
    answers = [client.expect("pong"), client.expect("pong"), client.expect("echo_response")]
    # The error may come before the receipt, because a broadcast goes through another actor.
    answers += _expect_both(client, "broadcast_sent", "error")
    return {
        # One of the two get_stats counts as well: the first or the second, depending on the server.
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
