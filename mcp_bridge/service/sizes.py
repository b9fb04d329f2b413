"""How much a result may hold. MCP clients refuse long results."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

MAX_CHARACTERS = 18_000
"""The most characters of the items of a result, as JSON."""

CONCISE_CHARACTERS = 200
CONCISE_ITEMS = 30
_SHORT = 120

M = TypeVar("M", bound=BaseModel)


def take_fitting(models: Iterable[M], spent: int = 0) -> list[M]:
    """Return the first models that fit into a result together, and at least the first one.

    Args:
        models: the items of the result.
        spent: characters that other parts of the result take.
    """
    taken: list[M] = []
    room = MAX_CHARACTERS - spent
    for model in models:
        room -= len(model.model_dump_json())
        if room < 0 and taken:
            break
        taken.append(model)
    return taken


def shorten(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value with its long texts and collections cut, and bytes as text (hex:…)."""
    if isinstance(value, bytes):
        value = f"hex:{value[:_SHORT].hex()}"
    if isinstance(value, str):
        return value if len(value) <= _SHORT else f"{value[:_SHORT]}…"
    if isinstance(value, Mapping):
        kept = list(value.items())[:CONCISE_ITEMS]
        return {shorten(key): shorten(item) for key, item in kept}
    return [shorten(item) for item in value[:CONCISE_ITEMS]] if isinstance(value, list) else value


def to_ms(seconds: float | None) -> float | None:
    """Return milliseconds, rounded to microseconds."""
    return None if seconds is None else round(seconds * 1000, 3)
