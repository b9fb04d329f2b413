"""Finds what may match a message among many conditions, in their order, without trying them all.

Most lists of rules compare one part of the message, such as `$.type`, with a different constant in
each rule. Of these, a lookup yields only those whose constant the message has.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from heapq import merge
from itertools import groupby
from typing import Generic, TypeVar

from websocket_mock.actors.matching.conditions import Condition
from websocket_mock.actors.matching.keys import Comparison, Key, ReadKey
from websocket_mock.actors.matching.message_view import MessageView

T = TypeVar("T")

_Find = Callable[[MessageView], Iterable[T]]

_Entry = tuple[int, T]
"""The place in the list, and what belongs to the condition."""

_Table = tuple[ReadKey, dict[Key, list[_Entry[T]]]]
"""Reads the key of a part of a message; and what belongs to each key."""


class Lookup(Generic[T]):
    """An index of conditions on messages. Immutable; any thread may use it.

    Args:
        entries: the conditions in the order in which they are tried, each with what belongs to it.
    """

    __slots__ = ("_pieces", "find")

    def __init__(self, entries: Sequence[tuple[Condition, T]]) -> None:
        chosen = _choose([condition.comparisons for condition, _ in entries])
        numbered = [
            ((place, item), comparison)
            for place, ((_, item), comparison) in enumerate(zip(entries, chosen, strict=True))
        ]
        self._pieces = tuple(
            _compile_piece(tuple(neighbours))
            for _, neighbours in groupby(numbered, lambda one: one[1] is None)
        )
        self.find: _Find[T] = self._pieces[0] if len(self._pieces) == 1 else self._find
        """Returns, in their order, what belongs to the conditions that may match a message.

        All others do not match it, and trying them would raise nothing.
        """

    def _find(self, message: MessageView) -> Iterator[T]:
        for find in self._pieces:
            yield from find(message)


def _compile_piece(neighbours: Sequence[tuple[_Entry[T], Comparison | None]]) -> _Find[T]:
    """Return the search among neighbours in the list that all have a comparison, or all none."""
    tables: dict[object, _Table[T]] = {}
    for entry, comparison in neighbours:
        if comparison is None or len(neighbours) == 1:
            items = tuple(item for (_, item), _ in neighbours)
            return lambda _: items
        table = tables.setdefault(comparison.part, (comparison.read, {}))[1]
        for key in comparison.keys:
            table.setdefault(key, []).append(entry)
    if len(tables) > 1:
        return partial(_find_in_tables, tuple(tables.values()))
    ((read, table),) = tables.values()
    plain = {key: tuple(item for _, item in found) for key, found in table.items()}
    return lambda message: plain.get(read(message), ())


def _find_in_tables(tables: Sequence[_Table[T]], message: MessageView) -> Iterator[T]:
    for _, item in merge(*(table.get(read(message), ()) for read, table in tables)):
        yield item


def _choose(comparisons: Sequence[Sequence[Comparison]]) -> list[Comparison | None]:
    """Return the comparison of each condition that the fewest others share; None: it has none."""
    counts = Counter(
        (one.part, key) for several in comparisons for one in several for key in one.keys
    )

    def sharing(comparison: Comparison) -> int:
        return max(counts[comparison.part, key] for key in comparison.keys)

    return [min(several, key=sharing, default=None) for several in comparisons]
