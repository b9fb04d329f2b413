"""The mocks files of the benchmark: few or many endpoints, of which the load uses one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

CLIENT_PATH = "/0/device-7"
"""Where the load connects to: the first endpoint, which has a capture."""

_CAPTURED_EVERY = 10
# What every server of the benchmark answers. No template: rendering one would hide the dispatch.
_PONG = (
    '{"type":"pong","client_id":"01234567","timestamp":1767225600.0,'
    '"server_time":"2026-01-01T00:00:00.000000Z"}'
)


@dataclass(frozen=True, slots=True)
class MocksShape:
    """How many endpoints a mocks file has, and how many rules each of them."""

    endpoints: int
    rules: int


def make_mocks(shape: MocksShape) -> dict[str, Any]:
    """Return a document in which a ping matches the last rule of its endpoint, and no other.

    One path in ten has a capture.
    """
    words = [f"word {number}" for number in range(shape.rules - 1)] + ["ping"]
    rules = [_rule(word) for word in words]
    paths = [
        f"/{number}/{{device}}" if number % _CAPTURED_EVERY == 0 else f"/{number}/plain"
        for number in range(shape.endpoints)
    ]
    return {"endpoints": [{"path": path, "rules": rules} for path in paths]}


def write_mocks(folder: Path, shape: MocksShape) -> Path:
    """Write such a document into a folder and return its file."""
    file = folder / "mocks.json"
    file.write_bytes(orjson.dumps(make_mocks(shape)))
    return file


def _rule(word: str) -> dict[str, Any]:
    return {
        "match": {"json": {"$.type": word}},
        "do": [{"send": {"text": _PONG, "template": False}}],
    }
