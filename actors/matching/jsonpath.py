"""JSONPath queries (RFC 9535): a path in, a function that finds its values out. Pure."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

JsonPathQuery = Callable[[Any], Sequence[Any]]
"""Returns every value that a path selects in a JSON value."""

_NAMES = re.compile(r"\$((?:\.[A-Za-z_][A-Za-z0-9_]*)*)")
"""A path of plain names, as in ``$.a.b`` (RFC 9535 section 2.5.1.1)."""


def compile_query(path: str) -> JsonPathQuery:
    """Return a compiled query.

    Raises:
        ValueError: it is not a valid JSONPath; the text says where.
    """
    return _compile(path)[0]


def plain_names(path: str) -> tuple[str, ...] | None:
    """Return the names of a path of plain names; None: it selects with something else, too.

    Raises:
        ValueError: it is not a valid JSONPath; the text says where.
    """
    return _compile(path)[1]


@lru_cache(maxsize=4096)
def _compile(path: str) -> tuple[JsonPathQuery, tuple[str, ...] | None]:
    # Most paths are plain names. Without the library's nodes they are twenty times as fast.
    if plain := _NAMES.fullmatch(path):
        names = tuple(plain[1].split(".")[1:])
        return partial(follow, names), names
    # Imported late: the import takes longer than most files take to check.
    from websocket_mock.actors.matching.jsonpath_library import (  # noqa: PLC0415
        compile_with_library,
    )

    find, found = compile_with_library(path)
    return (find, None) if found is None else (partial(follow, found), found)


def follow(names: Sequence[str], value: Any) -> Sequence[Any]:  # noqa: ANN401 - any JSON value
    """Return the value that a path of plain names selects, or nothing."""
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return ()
        value = value[name]
    return (value,)
