"""Counts which rules fired, which faults acted and what HTTP requests were answered with."""

from collections.abc import Mapping

from websocket_mock.actors.values.entries import PackedSource
from websocket_mock.actors.values.models import OTHERS, TallyKey

MAX_KEYS = 1_000
"""The most keys of one dispatcher. For one more, the count of the oldest goes to `OTHERS`."""


class Tally:
    """Counts of rules and faults. The dispatcher's thread only.

    Nothing is reported: who wants the counts has them copied on the dispatcher's thread.
    """

    def __init__(self) -> None:
        self._counts: dict[TallyKey, int] = {}

    def rule_fired(self, source: PackedSource, rule: str) -> None:
        """Count that a rule fired on the connection of a source."""
        self._add(("rule", source[5], source[1], rule))

    def fault_acted(self, source: PackedSource, kind: str) -> None:
        """Count that a fault of a kind acted on the connection of a source."""
        self._add(("fault", source[5], source[1], kind))

    def http_answered(self, source: PackedSource, status: str) -> None:
        """Count that an HTTP request of a source was answered with a status."""
        self._add(("http", source[5], source[1], status))

    def counts(self) -> Mapping[TallyKey, int]:
        """Return a copy of the counts since the start."""
        return dict(self._counts)

    def _add(self, key: TallyKey) -> None:
        try:
            self._counts[key] += 1
        except KeyError:
            self._counts[key] = 1
            if len(self._counts) > MAX_KEYS:
                self._forget_oldest()

    def _forget_oldest(self) -> None:
        oldest = next(key for key in self._counts if key not in OTHERS.values())
        others = OTHERS[oldest[0]]
        self._counts[others] = self._counts.get(others, 0) + self._counts.pop(oldest)
