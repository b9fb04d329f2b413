"""The mocks files of the benchmark."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

RULE_PATH = "/rule"
TEN_RULES_PATH = "/ten-rules"
LATENCY_PATH = "/latency"
STREAM_PATH = "/stream"
FIRST_PATH = "/0/device-7"
"""The first of many endpoints, which has a capture."""

STREAM_PER_SECOND = 20
"""Messages a second that a client of `STREAM_PATH` is sent from the moment it connects."""

Document = dict[str, Any]

_CAPTURED_EVERY = 10
_REPLY = {"type": "pong", "id": "{{ message.json.id }}"}
# What every server of the benchmark answers. No template: rendering one would hide the dispatch.
_PONG = (
    '{"type":"pong","client_id":"01234567","timestamp":1767225600.0,'
    '"server_time":"2026-01-01T00:00:00.000000Z"}'
)


def programmed() -> Document:
    """Return a document with the endpoints that show what programmed behaviour costs."""
    reply = {"match": {"json": {"$.type": "ping"}}, "do": [{"send": {"json": _REPLY}}]}
    latency = {"latency": {"mean": "1ms"}}
    stream = {"interval": f"{1000 // STREAM_PER_SECOND}ms", "do": [{"send": {"json": {"n": 1}}}]}
    return {
        "endpoints": [
            {"path": RULE_PATH, "rules": [reply]},
            {"path": TEN_RULES_PATH, "initial_state": "live", "rules": _ten_rules()},
            {"path": LATENCY_PATH, "rules": [reply], "faults": [latency]},
            {"path": STREAM_PATH, "rules": [{"trigger": "connect", "do": [{"every": stream}]}]},
        ]
    }


def _ten_rules() -> list[Document]:
    """Return rules with two JSONPaths, a state and a limit each, of which a ping fires the last."""
    words = [f"word {number}" for number in range(9)] + ["ping"]
    return [
        {
            "match": {"json": {"$.type": word, "$.id": {"present": True}}},
            "state": "live",
            "times": 1_000_000_000,
            "do": [{"send": {"json": _REPLY}}],
        }
        for word in words
    ]


def plain(endpoints: int, rules: int) -> Document:
    """Return a document in which a ping matches the last rule of its endpoint, and no other.

    One path in ten has a capture.
    """
    words = [f"word {number}" for number in range(rules - 1)] + ["ping"]
    plain_rules = [_plain_rule(word) for word in words]
    paths = [
        f"/{number}/{{device}}" if number % _CAPTURED_EVERY == 0 else f"/{number}/plain"
        for number in range(endpoints)
    ]
    return {"endpoints": [{"path": path, "rules": plain_rules} for path in paths]}


def _plain_rule(word: str) -> Document:
    return {
        "match": {"json": {"$.type": word}},
        "do": [{"send": {"text": _PONG, "template": False}}],
    }


MOCKS: dict[str, Callable[[], Document]] = {
    "programmed": programmed,
    "1 rule": lambda: plain(endpoints=1, rules=1),
    "10,000 rules": lambda: plain(endpoints=1, rules=10_000),
    "1,000 endpoints x 10 rules": lambda: plain(endpoints=1000, rules=10),
}
"""The documents by their names."""


def write_mocks(folder: Path, name: str) -> Path:
    """Write a document into a folder and return its file."""
    file = folder / "mocks.json"
    file.write_bytes(orjson.dumps(MOCKS[name]()))
    return file
