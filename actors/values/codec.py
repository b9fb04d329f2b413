"""Encodes and decodes JSON: as fast as orjson, with exact integers of any size.

orjson reads an integer beyond 64 bits as a float, and refuses a number beyond a double. If a text
may hold such a number, the standard library reads it again.
"""

import json
import re
import sys
from contextlib import suppress
from typing import Any, NoReturn

import orjson

LARGE = 32 * 1024
"""The bytes from which a copy of a JSON text costs more than the memory it saves."""

_MAYBE_BIG_NUMBER = re.compile(r"\d{19}|[eE]\+?\d{3}")

# A search for 19 digits in a row: a regular expression took ten times as long as the decoding.
_BIG = b"0" * 19
_DIGITS_TO_0 = bytes.maketrans(b"0123456789", b"0000000000")


def decode(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a JSON text (RFC 8259).

    Raises:
        ValueError: it is not JSON; the text of the error says where and why.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        if _MAYBE_BIG_NUMBER.search(text):
            with suppress(ValueError, RecursionError):
                return _decode_slowly(text)
        raise
    if len(text) < len(_BIG) or _BIG not in text.encode().translate(_DIGITS_TO_0):
        return value
    try:
        return _decode_slowly(text)
    except RecursionError:
        return value


def encode(value: object) -> bytes:
    """Return the JSON text of a value, in UTF-8.

    Raises:
        TypeError: it holds a value that JSON cannot express.
    """
    try:
        encoded = orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    # orjson's bytes keep their write buffer of at least 4 KiB: in the journal or in a queue, a
    # pong took 26 times its size. A join makes bytes of the right size.
    return b"".join((encoded, b"")) if len(encoded) < LARGE else encoded


def _decode_slowly(text: str) -> Any:  # noqa: ANN401 - any JSON value
    return json.loads(text, parse_int=_to_integer, parse_constant=_refuse)


def _to_integer(digits: str) -> int | float:
    # Python refuses to convert more digits than this, to bound the time it takes.
    return int(digits) if len(digits) <= sys.get_int_max_str_digits() else float(digits)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
