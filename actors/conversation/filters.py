"""The filters of templates: those of Jinja2 that are safe, and our own.

Each is given bounded values, and the sandbox bounds what it returns.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, NoReturn, cast

from jinja2 import TemplateRuntimeError, filters, nodes
from jinja2.utils import pass_eval_context

from websocket_mock.actors.conversation.sandbox import MAX_TEXT, TooMuch, shown
from websocket_mock.actors.matching.matchers import describe
from websocket_mock.actors.matching.number_types import check_type, read_number, write_number
from websocket_mock.actors.values.codec import decode as decode_json
from websocket_mock.actors.values.models import iso_time

MAX_PRECISION = 100
"""The most digits that a number is rounded to."""

MAX_INDENT = 8
"""The most spaces of indent per level of JSON."""

MAX_FORMAT = 100
"""The most characters of the format of a date; the date itself can be much longer."""

_OF_JINJA = (
    "abs",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "int",
    "items",
    "last",
    "length",
    "list",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "sort",
    "sum",
    "unique",
)

_OF_TEXT = ("capitalize", "lower", "string", "title", "trim", "upper")
"""Those of Jinja2 that make a text of whatever they are given."""


class FilterFailed(TemplateRuntimeError):
    """Raised when a filter cannot be applied to a value; the text names the filter."""


def _refuse(name: str, wanted: str, value: object) -> NoReturn:
    raise FilterFailed(f"{name} needs {wanted}, not {describe(value)}")


def _to_bytes(name: str, value: object) -> bytes:
    """Return bytes as they are, and a text as UTF-8."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        _refuse(name, "bytes or text", value)
    try:
        return value.encode()
    except UnicodeEncodeError:
        _refuse(name, "text that UTF-8 can express", value)


def _to_text(name: str, value: object) -> str:
    return value if isinstance(value, str) else _refuse(name, "text", value)


# --- bounded variants of Jinja2's filters -------------------------------------------------------


def _of_shown(make: Callable[..., str]) -> Callable[..., str]:
    """Return a filter that refuses what would show objects of the program."""

    @wraps(make)
    def run(value: Any, *args: Any, **options: Any) -> str:  # noqa: ANN401 - as the filter
        return make(shown(value), *args, **options)

    return run


def _urlencode(value: Any) -> str:  # noqa: ANN401
    return filters.do_urlencode(shown(list(value) if isinstance(value, Iterator) else value))


@pass_eval_context
def _join(
    context: nodes.EvalContext,
    value: Iterable[Any],
    d: str = "",
    attribute: str | int | None = None,
) -> str:
    if attribute is not None:
        value = map(filters.make_attrgetter(context.environment, attribute), value)
    items = [shown(item) for item in value]
    if len(items) * len(str(d)) > MAX_TEXT:
        raise TooMuch(f"more than {MAX_TEXT} characters")
    return filters.sync_do_join(context, items, d)


def _replace(value: Any, old: str, new: str, count: int = -1) -> str:  # noqa: ANN401
    text = str(shown(value))
    if text.count(old) * len(new) > MAX_TEXT:
        raise TooMuch(f"more than {MAX_TEXT} characters")
    return text.replace(old, new, count)


def _round(value: float, precision: int = 0, method: Any = "common") -> float:  # noqa: ANN401
    if abs(precision) > MAX_PRECISION:
        raise TooMuch(f"rounding to more than {MAX_PRECISION} digits")
    return filters.do_round(value, precision, method)


@pass_eval_context
def _tojson(context: nodes.EvalContext, value: Any, indent: int | None = None) -> str:  # noqa: ANN401
    if indent is not None and indent > MAX_INDENT:
        raise TooMuch(f"an indent of more than {MAX_INDENT}")
    return filters.do_tojson(context, value, indent)


# --- JSON and dates -----------------------------------------------------------------------------


def _fromjson(value: object) -> Any:  # noqa: ANN401 - any JSON value
    text = _decode(value, "fromjson") if isinstance(value, bytes) else _to_text("fromjson", value)
    try:
        return decode_json(text)
    except ValueError as error:
        raise FilterFailed(f"fromjson needs JSON, not {describe(text)}: {error}") from None


def _merge(value: object, other: object) -> dict[Any, Any]:
    """Return an object with the keys of both. Where they differ the other one counts."""
    for one in (value, other):
        if not isinstance(one, dict):
            _refuse("merge", "objects", one)
    merged: dict[Any, Any] = dict(cast("dict[Any, Any]", value))
    pending = [(merged, cast("dict[Any, Any]", other))]
    for target, changes in pending:
        for key, new in changes.items():
            old = target.get(key)
            if isinstance(old, dict) and isinstance(new, dict):
                target[key] = dict(old)
                pending.append((target[key], new))
            else:
                target[key] = new
    return merged


def _date(value: object, format: str | None = None) -> str:  # noqa: A002 - the name in templates
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse("date", "Unix seconds", value)
    if format is not None and len(_to_text("date", format)) > MAX_FORMAT:
        raise TooMuch(f"a format of more than {MAX_FORMAT} characters")
    try:
        if format is None:
            return iso_time(value)
        return datetime.fromtimestamp(value, UTC).strftime(format)
    except (ValueError, OverflowError, OSError):
        _refuse("date", "Unix seconds of the years 1 to 9999", value)


# --- bytes --------------------------------------------------------------------------------------


def _encode(value: object) -> bytes:
    return _to_bytes("encode", _to_text("encode", value))


def _decode(value: object, name: str = "decode") -> str:
    if not isinstance(value, bytes):
        _refuse(name, "bytes", value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        _refuse(name, "valid UTF-8", value)


def _b64encode(value: object) -> str:
    return base64.b64encode(_to_bytes("b64encode", value)).decode()


def _b64decode(value: object) -> bytes:
    try:
        return base64.b64decode(_to_bytes("b64decode", value), validate=True)
    except binascii.Error:
        _refuse("b64decode", "base64", value)


def _hex(value: object) -> str:
    return _to_bytes("hex", value).hex()


def _unhex(value: object) -> bytes:
    try:
        return bytes.fromhex(_to_text("unhex", value))
    except ValueError:
        _refuse("unhex", "hexadecimal digits in pairs", value)


def _sha1(value: object) -> str:
    # Protocols such as RFC 6455 still use it; nothing here depends on its strength.
    return hashlib.sha1(_to_bytes("sha1", value), usedforsecurity=False).hexdigest()


def _sha256(value: object) -> str:
    return hashlib.sha256(_to_bytes("sha256", value)).hexdigest()


def _pack(value: object, type: str) -> bytes:  # noqa: A002 - the name in templates
    try:
        return write_number(type, value)
    except ValueError as error:
        raise FilterFailed(f"pack: {error}") from None


def _unpack(value: object, type: str) -> int | float:  # noqa: A002 - the name in templates
    if not isinstance(value, bytes):
        _refuse("unpack", "bytes", value)
    try:
        check_type(type)
    except ValueError as error:
        raise FilterFailed(f"unpack: {error}") from None
    found = read_number(type, value, 0)
    return found[0] if found is not None else _refuse("unpack", f"the bytes of a {type}", value)


def _header_lines(value: object) -> dict[str, str]:
    """Return the headers of a text by their names. Of several with one name the first counts."""
    headers: dict[str, str] = {}
    for line in _to_text("header_lines", value).split("\n"):
        name, colon, content = line.rstrip("\r").partition(":")
        if not name and not colon:
            break
        # A name has no space. So the first line of an HTTP request is none, even with a URL in it.
        if colon and " " not in name.strip():
            headers.setdefault(name.strip(), content.strip())
    return headers


OWN: Mapping[str, Callable[..., Any]] = {
    "b64decode": _b64decode,
    "b64encode": _b64encode,
    "date": _date,
    "decode": _decode,
    "encode": _encode,
    "fromjson": _fromjson,
    "header_lines": _header_lines,
    "hex": _hex,
    "join": _join,
    "merge": _merge,
    "pack": _pack,
    "replace": _replace,
    "round": _round,
    "sha1": _sha1,
    "sha256": _sha256,
    "tojson": _tojson,
    "unhex": _unhex,
    "unpack": _unpack,
    "urlencode": _urlencode,
}

FILTERS: Mapping[str, Callable[..., Any]] = {
    **{name: filters.FILTERS[name] for name in _OF_JINJA},
    **{name: _of_shown(filters.FILTERS[name]) for name in _OF_TEXT},
    **OWN,
}
"""Every filter by its name."""
