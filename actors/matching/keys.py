"""Keys of plain values: two values are equal as JSON exactly if they have the same key. Pure.

With keys, a value is looked up among many constants instead of being compared with each of them.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final

Key = Hashable

NO_KEY: Final = object()
"""The key of all that is no plain value, such as lists. No constant has it."""

_PLAIN = frozenset({str, int, float, bytes, type(None)})
_OF_TRUE_AND_FALSE: Final = (object(), object())


ReadKey = Callable[[Any], Key]
"""Returns the key of a part of a message. It never fails."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A part of a message that must be one of some constants."""

    part: tuple[str, ...]
    """Identifies the part."""
    read: ReadKey
    keys: frozenset[Key]
    """The keys of the constants."""


def key_of(value: Any) -> Key:  # noqa: ANN401 - any value
    """Return the key of a value; `NO_KEY` if it has none."""
    kind = type(value)
    if kind in _PLAIN:
        return value  # type: ignore[no-any-return] # it is hashable
    if kind is bool:
        # For Python true is 1. In JSON it is not.
        return _OF_TRUE_AND_FALSE[not value]
    return NO_KEY


def keys_of(values: Iterable[Any]) -> frozenset[Key] | None:
    """Return the keys of values; None: one of them has none, or equals nothing, as NaN does."""
    known = list(values)
    keys = frozenset(map(key_of, known))
    has_all = NO_KEY not in keys and all(key == key for key in keys)  # noqa: PLR0124 - NaN
    return keys if has_all else None


def deep_key(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a text that is equal for JSON values that are equal, also lists and objects.

    A text, because a peer can choose numbers whose hashes are equal, but not texts.
    """
    match value:
        case bool() | str() | None:
            return repr(value)
        case int():
            return hex(value)  # without the limit of `str`
        case float():
            return hex(int(value)) if value.is_integer() else repr(value)
        case list():
            return f"[{','.join(map(deep_key, value))}]"
        case _:
            pairs = sorted((repr(key), deep_key(item)) for key, item in value.items())
            return f"{{{','.join(f'{key}:{item}' for key, item in pairs)}}}"
