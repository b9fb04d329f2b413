"""JSONPath (RFC 9535), with its regular expressions in linear time."""

from functools import lru_cache
from typing import Any

import jsonpath_rfc9535
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

from actors.mocks import regex


class _Regex(FilterFunction):
    """`match()` or `search()` (RFC 9535 sections 2.4.6 and 2.4.7) on RE2."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - the base's type
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, is_whole: bool) -> None:
        self._is_whole = is_whole

    def __call__(self, text: object, pattern: object) -> bool:
        """Tell whether a text matches; what is no text, or no pattern, does not."""
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


@lru_cache(maxsize=4096)
def compile_path(path: str) -> "jsonpath_rfc9535.JSONPathQuery":
    """Return a compiled query.

    Raises:
        ValueError: it is no valid JSONPath; the text says where.
    """
    try:
        return _ENVIRONMENT.compile(path)
    except jsonpath_rfc9535.JSONPathError as error:
        raise ValueError(f"{path!r} is no valid JSONPath (RFC 9535): {error}") from None


def find(query: "jsonpath_rfc9535.JSONPathQuery", value: Any) -> list[Any]:  # noqa: ANN401
    """Return every value a query selects."""
    return query.find(value).values()
