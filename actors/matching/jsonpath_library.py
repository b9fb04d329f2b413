"""JSONPath (RFC 9535) with the library, but with regular expressions in linear time.

Only this module imports the library, which loads slowly. `jsonpath` imports this module when a
query needs it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jsonpath_rfc9535
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
from jsonpath_rfc9535.segments import JSONPathChildSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import NameSelector

from websocket_mock.actors.matching import regex


class _Regex(FilterFunction):
    """`match()` or `search()` (RFC 9535 sections 2.4.6 and 2.4.7) on RE2."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - the base's type
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, is_whole: bool) -> None:
        self._is_whole = is_whole

    def __call__(self, text: object, pattern: object) -> bool:
        """Return whether a text matches. Anything but text, or a bad pattern, does not match."""
        if not isinstance(text, str) or not isinstance(pattern, str):
            return False
        try:
            compiled = regex.compile_pattern(pattern)
        except ValueError:
            return False
        found = compiled.fullmatch(text) if self._is_whole else compiled.search(text)
        return found is not None


class _Environment(jsonpath_rfc9535.JSONPathEnvironment):
    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _Regex(is_whole=True)
        self.function_extensions["search"] = _Regex(is_whole=False)


_ENVIRONMENT = _Environment()


def compile_with_library(
    path: str,
) -> tuple[Callable[[Any], Sequence[Any]], tuple[str, ...] | None]:
    """Return the function that finds the values of a path, and its names if it has only names.

    Raises:
        ValueError: it is not a valid JSONPath; the text says where.
    """
    try:
        compiled = _ENVIRONMENT.compile(path)
    except (jsonpath_rfc9535.JSONPathError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path!r} is not a valid JSONPath (RFC 9535): {error}") from None
    names = [name for segment in compiled.segments if (name := _name_in(segment)) is not None]
    is_plain = len(names) == len(compiled.segments)
    return lambda value: compiled.find(value).values(), tuple(names) if is_plain else None


def _name_in(segment: JSONPathSegment) -> str | None:
    """Return the one name that a segment selects; None: it may select something else."""
    if not isinstance(segment, JSONPathChildSegment) or len(segment.selectors) != 1:
        return None
    selector = segment.selectors[0]
    return selector.name if isinstance(selector, NameSelector) else None
