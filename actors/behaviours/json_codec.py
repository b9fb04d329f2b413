"""JSON in and out: orjson's speed, and exact integers of any size.

orjson reads an integer beyond 64 bits as a float. Where a text may hold one, the standard library
reads it again; what orjson calls valid stays the rule.
"""

import json
import re
from typing import Any

import orjson

_MAYBE_BIG_INTEGER = re.compile(r"\d{19}")


def decode(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a JSON text (RFC 8259).

    Raises:
        ValueError: it is not JSON; the text of the error says where and why.
    """
    value = orjson.loads(text)
    if _MAYBE_BIG_INTEGER.search(text) is None:
        return value
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # Python refuses integers of more than 4,300 digits; a float has to do for those.
        return value


def encode(value: object) -> bytes:
    """Return the JSON text of a value, in UTF-8.

    Raises:
        TypeError: it holds something JSON has no form for.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
