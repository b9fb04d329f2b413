"""The values that a test passes: checked, copied, and written as people read them."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from websocket_mock.testing.errors import MockError

JSON_KEYS = frozenset({"json", "set", "in", "includes"})
"""The keys of documents under which any JSON value may stand, so that bytes cannot."""

Place = tuple[str, ...]


def plain_value(value: Any) -> Any:  # noqa: ANN401 - any value of a document
    """Return a copy of a value as documents have it: JSON, with bytes as ``hex:…``.

    Raises:
        MockError: something in it cannot be a part of a document; the text has its place.
    """
    try:
        return _plain(value, (), may_be_bytes=True)
    except RecursionError:
        raise MockError("A value is nested too deep, or contains itself.") from None


def json_value(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a copy of a JSON value.

    Raises:
        MockError: it is not JSON; the text has the place.
    """
    return plain_value({"json": value})["json"]


def json_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a JSON value in one line, as people write it."""
    return json.dumps(value, ensure_ascii=False)


def binary_text(data: bytes) -> str:
    """Return bytes in the form that documents have."""
    return f"hex:{data.hex()}"


def _plain(value: Any, place: Place, *, may_be_bytes: bool) -> Any:  # noqa: ANN401
    match value:
        case None | bool():
            return value
        case str():
            return _text(value, place)
        case int():
            return int(value)
        case float():
            return _number(value, place)
        case bytes() | bytearray() | memoryview():
            if not may_be_bytes:
                raise MockError(f"{_at(place)}bytes are not JSON. Use `binary` for bytes.")
            return binary_text(bytes(value))
        case Mapping():
            return {
                _key(key, place): _plain(
                    one, (*place, str(key)), may_be_bytes=may_be_bytes and key not in JSON_KEYS
                )
                for key, one in value.items()
            }
        case list() | tuple():
            return _items(value, place, may_be_bytes=may_be_bytes)
        case _:
            kind = type(value).__name__
            raise MockError(
                f"{_at(place)}a value of the type {kind} is not JSON. Convert it first."
            )


def _items(value: Sequence[Any], place: Place, *, may_be_bytes: bool) -> list[Any]:
    return [
        _plain(one, (*place, str(number)), may_be_bytes=may_be_bytes)
        for number, one in enumerate(value)
    ]


def _key(key: Any, place: Place) -> str:  # noqa: ANN401 - whatever the test has as a key
    if not isinstance(key, str):
        raise MockError(f"{_at(place)}the key {key!r} is not JSON. Use a string as the key.")
    return _text(key, place)


def _text(value: str, place: Place) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise MockError(
            f"{_at(place)}the text {value!r:.60} has half of a surrogate pair, which is not text. "
            "Leave it out, or send the bytes with `binary`."
        ) from None
    return str.__str__(value)


def _number(value: float, place: Place) -> float:
    if not math.isfinite(value):
        raise MockError(f"{_at(place)}{value} is not JSON. Use a finite number, or a text.")
    return float(value)


def _at(place: Place) -> str:
    return f"{'.'.join(place)}: " if place else ""
