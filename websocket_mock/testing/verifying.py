"""Verifications: how often something must have happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from websocket_mock.testing.conditions import entry_match
from websocket_mock.testing.control import named
from websocket_mock.testing.errors import MockError
from websocket_mock.testing.rules import times
from websocket_mock.testing.traffic import Traffic, describe


@dataclass(frozen=True, slots=True)
class Counts:
    """How often something is expected; without any number: at least once."""

    exactly: int | None = None
    at_least: int | None = None
    at_most: int | None = None

    def __str__(self) -> str:
        if self.exactly is not None:
            return times(self.exactly)
        bounds = {"at least": self.at_least, "at most": self.at_most}
        given = [f"{word} {times(one)}" for word, one in bounds.items() if one is not None]
        return " and ".join(given) or "at least once"

    def arguments(self) -> dict[str, int]:
        """Return the numbers as the tool takes them.

        Raises:
            MockError: a count together with a bound.
        """
        if self.exactly is not None and (self.at_least, self.at_most) != (None, None):
            raise MockError("Give count, or at_least and at_most.")
        bounds = {"exactly": self.exactly, "at_least": self.at_least, "at_most": self.at_most}
        return named(bounds)


def verify(
    traffic: Traffic,
    conditions: Mapping[str, Any],
    counts: Counts,
    within: float,
    spacing: Mapping[str, Any] | None = None,
) -> int:
    """Verify how often something happened; return how often it did.

    Blocks for up to `within` seconds until it holds.

    Raises:
        VerificationFailed: it does not hold.
        TypeError: a condition has a name that does not exist.
        MockError: a condition is not valid.
    """
    match = entry_match(conditions)
    expected = named({**match, **counts.arguments(), "spacing": spacing})
    what = f"{describe(match)}, {counts}"
    return traffic.verify({"expect": expected, "within": within, "ignore_strict": True}, what)


def verify_order(
    traffic: Traffic, wanted: "list[Mapping[str, Any]]", within: float, *, gaps: bool
) -> None:
    """Verify that entries came in this order.

    Raises:
        VerificationFailed: they did not.
        TypeError: a condition has a name that does not exist.
        MockError: a condition is not valid.
    """
    entries = [entry_match(one) for one in wanted]
    sequence = {"entries": entries, "gaps": gaps}
    what = " → ".join(map(describe, entries))
    traffic.verify({"sequence": sequence, "within": within, "ignore_strict": True}, what)
