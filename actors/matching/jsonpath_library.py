"""JSONPath (RFC 9535) with the library, but with regular expressions in linear time.

A search takes a limited number of steps. Otherwise a path such as ``$..*..*..*..*`` would select
millions of values in a short message.

Only this module imports the library, which loads slowly. `jsonpath` imports this module when a
query needs it.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jsonpath_rfc9535
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
from jsonpath_rfc9535.node import JSONPathNode
from jsonpath_rfc9535.parse import Parser
from jsonpath_rfc9535.segments import (
    JSONPathChildSegment,
    JSONPathRecursiveDescentSegment,
    JSONPathSegment,
)
from jsonpath_rfc9535.selectors import FilterSelector, NameSelector
from jsonpath_rfc9535.tokens import TokenStream

from websocket_mock.actors.matching import regex
from websocket_mock.actors.matching.steps import Steps

MAX_STEPS = 250_000
"""The most nodes that one search may look at, each as often as it does."""


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


class _Child(JSONPathChildSegment):
    def resolve(self, nodes: Iterable[JSONPathNode]) -> Iterator[JSONPathNode]:
        steps = _steps_of(self)
        for node in nodes:
            steps.take()
            for selector in self.selectors:
                yield from selector.resolve(node)


class _Descendants(JSONPathRecursiveDescentSegment):
    def resolve(self, nodes: Iterable[JSONPathNode]) -> Iterator[JSONPathNode]:
        steps = _steps_of(self)
        for node in nodes:
            for one in self._visit(node):
                steps.take()
                for selector in self.selectors:
                    yield from selector.resolve(one)


class _Filter(FilterSelector):
    def resolve(self, node: JSONPathNode) -> Iterable[JSONPathNode]:
        if isinstance(node.value, list | dict):
            _steps_of(self).take(len(node.value))
        return super().resolve(node)


def _steps_of(part: JSONPathSegment | FilterSelector) -> Steps:
    assert isinstance(part.env, _Environment)
    return part.env.running.steps


class _Parser(Parser):
    """Makes the parts of a query that count their steps."""

    def parse_query(
        self, stream: TokenStream, *, in_filter: bool = False
    ) -> Iterator[JSONPathSegment]:
        for one in super().parse_query(stream, in_filter=in_filter):
            kind = _Child if isinstance(one, JSONPathChildSegment) else _Descendants
            yield kind(env=one.env, token=one.token, selectors=one.selectors)

    def parse_filter_selector(self, stream: TokenStream) -> FilterSelector:
        one = super().parse_filter_selector(stream)
        return _Filter(env=one.env, token=one.token, expression=one.expression)


class _Running(threading.local):
    """The steps of the search that runs on a thread."""

    steps: Steps


class _Environment(jsonpath_rfc9535.JSONPathEnvironment):
    parser_class = _Parser

    def __init__(self) -> None:
        super().__init__()
        self.running = _Running()

    def select(self, compiled: jsonpath_rfc9535.JSONPathQuery, value: Any) -> list[Any]:  # noqa: ANN401
        """Return what a query selects.

        Raises:
            TooManySteps: the search would take too long.
        """
        steps = self.running.steps = Steps(MAX_STEPS)
        found = []
        for node in compiled.finditer(value):
            steps.take()
            found.append(node.value)
        return found

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
    return lambda value: _ENVIRONMENT.select(compiled, value), tuple(names) if is_plain else None


def _name_in(segment: JSONPathSegment) -> str | None:
    """Return the one name that a segment selects; None: it may select something else."""
    if not isinstance(segment, JSONPathChildSegment) or len(segment.selectors) != 1:
        return None
    selector = segment.selectors[0]
    return selector.name if isinstance(selector, NameSelector) else None
