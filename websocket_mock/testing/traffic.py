"""The traffic of one namespace: read, awaited and verified over the tools."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from websocket_mock.testing.conditions import Duration, entry_match
from websocket_mock.testing.control import Control, Result, named
from websocket_mock.testing.entry import Entry, read_entry
from websocket_mock.testing.errors import MockError, VerificationFailed, WaitTimedOut
from websocket_mock.testing.tables import table
from websocket_mock.testing.twins import GONE
from websocket_mock.testing.values import plain_value
from websocket_mock.testing.words import Counts, describe, sentence, times

LAST_SHOWN = 10
"""How many of the last entries a failure shows."""

LOOK_BACK = 50
"""How far back the first look for the last entries goes."""

MAX_WAIT = 300.0
"""The longest wait of a tool, in seconds. Longer ones take several calls."""

ABANDONED_WAIT = 5.0
"""The longest wait of a tool if its caller may be cancelled: another server does not see that."""

SHORTEST_WAIT = 0.001
"""A timeout of 0 seconds asks for what has happened already."""

SELDOM_HELPFUL = ("kind:", "direction:", "client:")
"""What an entry may differ in so that showing it as the nearest helps nobody."""

Cursor = int | Literal["now", "start"]
"""The number of an entry, or its place: after it an entry must come."""


class Traffic:
    """What one namespace of a server sees. Any thread except an actor's.

    Args:
        control: calls the tools.
        namespace: the namespace; None: what is outside all namespaces.
        start: the number of the last entry that came before this test.
    """

    def __init__(self, control: Control, namespace: str | None, start: int = 0) -> None:
        self.control = control
        self.namespace = namespace
        self.expected: set[int] = set()
        """The numbers of the entries that the test has waited for, verified or received."""
        self.notes: Callable[[], Sequence[str]] = list
        """Returns what else a failure should say, such as callbacks that failed."""
        self._start = start

    def call(self, tool: str, **arguments: Any) -> Result:  # noqa: ANN401 - JSON
        """Call a tool in the namespace, with the arguments that are not None.

        Raises:
            MockError: the tool refused the call, or the server does not answer.
        """
        given = plain_value(named({**arguments, "namespace": self.namespace}))
        return self.control.call(tool, given, GONE.get())

    def read(self, conditions: Mapping[str, Any], after: int = 0) -> list[Entry]:
        """Return the matching entries after a number, oldest first.

        Raises:
            TypeError: a condition has a name that does not exist.
            MockError: a condition is not valid.
        """
        return self._matching(entry_match(conditions), after)

    def wait(
        self, conditions: Mapping[str, Any], timeout: float, after: Cursor | Entry = "start"
    ) -> Entry:
        """Wait for an entry. Blocks for up to `timeout` seconds; with 0 it only looks.

        Args:
            conditions: what it must match.
            timeout: seconds.
            after: the entry, or its number, after which it must come; "start": any.

        Raises:
            WaitTimedOut: none came.
            TypeError: a condition has a name that does not exist.
            MockError: a condition is not valid.
        """
        match, deadline = entry_match(conditions), _deadline("timeout", timeout)
        cursor: Cursor = after.seq if isinstance(after, Entry) else after
        cursor = self._start if cursor == "start" else cursor
        nearest: str | None = None
        while True:
            result = self.call(
                "wait_for_websocket_event", match=match, after=cursor, timeout=_piece(deadline)
            )
            if result["entry"] is not None:
                return self._expect(result["entry"])
            cursor, nearest = result["next_cursor"], result["nearest_miss"] or nearest
            if time.monotonic() >= deadline or _has_left():
                # On a busy machine a short time is over before the journal has been looked at.
                missed = self.call("get_websocket_traffic", match=match, after=cursor, limit=1)
                if missed["entries"]:
                    return self._expect(missed["entries"][0])
                expected = f"Expected {describe(match)} within {timeout:g} s, but none came."
                raise WaitTimedOut(self.explain_failure(expected, nearest, match))

    def wait_until_quiet(
        self, quiet: Duration, conditions: Mapping[str, Any], timeout: float
    ) -> None:
        """Wait until nothing has matched for a time. Blocks for up to `timeout` seconds.

        Raises:
            WaitTimedOut: entries kept coming.
            TypeError: a condition has a name that does not exist.
            MockError: a condition is not valid.
        """
        match = entry_match(conditions)
        result = self.call(
            "wait_for_websocket_event", match=match, quiet=quiet, timeout=timeout or SHORTEST_WAIT
        )
        if result["status"] != "quiet":
            seconds = f"{quiet:g} s" if isinstance(quiet, int | float) else quiet
            noun = describe(match).removeprefix("an ").removeprefix("a ")
            text = (
                f"Expected no {noun} for {seconds}, but it did not become quiet in {timeout:g} s."
            )
            raise WaitTimedOut(self.explain_failure(text, None, match))

    def verify(
        self,
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
        expect = named({**match, **counts.arguments(), "spacing": spacing})
        result = self._verify({"expect": expect}, within, is_open=counts.is_open and not spacing)
        count = int(result["count"])
        if not result["passed"]:
            what = f"Expected {describe(match)} {counts}"
            found = times(count) if count else "none came"
            text = f"{what}, but {f'it came {found}' if count else found}."
            if counts.hold(count):
                text = f"{what}, with a spacing. {sentence(result['verdict'])}"
            raise VerificationFailed(self.explain_failure(text, result["nearest_miss"], match))
        self.expected.update(result["evidence"])
        if count > len(result["evidence"]):
            self.expected.update(one.seq for one in self._matching(match))
        return count

    def verify_order(
        self, wanted: Sequence[Mapping[str, Any]], within: float, *, gaps: bool
    ) -> None:
        """Verify that entries came in this order. Blocks for up to `within` seconds.

        Raises:
            VerificationFailed: they did not.
            TypeError: a condition has a name that does not exist.
            MockError: a condition is not valid.
        """
        if not wanted:
            raise MockError('Give conditions for each entry: verify_order({"text": "a"}, …).')
        entries = [entry_match(one) for one in wanted]
        sequence = {"entries": entries, "gaps": gaps}
        result = self._verify({"sequence": sequence}, within, is_open=True)
        if not result["passed"]:
            steps = "\n".join(
                f"  {number}. {describe(one)}" for number, one in enumerate(entries, 1)
            )
            came = int(result["count"])
            last = f"Step {came + 1} did not come" + (f" after step {came}." if came else ".")
            text = f"Expected in this order:\n{steps}\n{last}"
            raise VerificationFailed(self.explain_failure(text, result["nearest_miss"], {}))
        self.expected.update(result["evidence"])

    def explain_failure(self, expected: str, nearest: str | None, match: Mapping[str, Any]) -> str:
        """Return the text of a failure: what was expected, what came nearest, the last entries.

        Args:
            expected: what was expected.
            nearest: the entry that came nearest, as the tools say it.
            match: what was looked for; with a `client` the last entries are of its connection.
        """
        parts = [expected]
        difference = (nearest or "").partition(": ")[2]
        if difference and not difference.startswith(SELDOM_HELPFUL):
            parts.append(f"The nearest is {nearest}")
        parts += self.notes()
        client = match.get("client")
        last = self._last(named({"client": client}))
        where = " of this connection" if client else ""
        parts.append(
            f"The last entries{where}:\n{table(last)}" if last else "Nothing has happened yet."
        )
        return "\n".join(parts)

    def _expect(self, entry: Result) -> Entry:
        """Note an entry as expected, and return it."""
        self.expected.add(entry["seq"])
        return self._whole(entry)

    def _whole(self, entry: Result) -> Entry:
        """Return the entry of a result that may be shortened."""
        found = self.call("get_websocket_traffic", seq=entry["seq"])["entries"]
        return self._entry(found[0] if found else entry)

    def _entry(self, result: Result) -> Entry:
        return read_entry(self.control, self.namespace, result, self._find_previous)

    def _verify(self, wanted: Mapping[str, Any], within: float, *, is_open: bool) -> Result:
        deadline = _deadline("within", within)
        while True:
            left = max(deadline - time.monotonic(), 0.0)
            piece = min(left, _longest())
            result = self.call(
                "verify_websocket_traffic",
                **wanted,
                within=piece,
                after=self._start,
                ignore_strict=True,
            )
            if piece == left or (result["passed"] and is_open) or _has_left():
                return result

    def _matching(self, match: Mapping[str, Any], after: int = 0) -> list[Entry]:
        start = max(after, self._start)
        found = self.control.read(plain_value(match), start, self.namespace)
        return [self._entry(one) for one in found]

    def _last(self, match: Mapping[str, Any]) -> list[Entry]:
        """Return the last matching entries. It looks further and further back."""
        newest, back = newest_entry(self.control, self.namespace), LOOK_BACK
        while True:
            after = max(newest - back, self._start)
            found = self._matching(match, after)
            if len(found) >= LAST_SHOWN or after == self._start:
                return found[-LAST_SHOWN:]
            back *= 8

    def _find_previous(self, entry: Entry) -> Entry | None:
        spans_connections = entry.kind in ("handshake", "open")
        match = named(
            {
                "kind": entry.kind,
                "direction": entry.direction,
                "endpoint": entry.endpoint,
                "client": None if spans_connections else entry.client,
            }
        )
        who = entry.details.get("logical_client")
        before = [
            one
            for one in self._matching(match)
            if one.seq < entry.seq
            and (not spans_connections or one.details.get("logical_client") == who)
        ]
        return before[-1] if before else None


NEWEST = 2**53
"""A number that no entry reaches. What comes after it is nothing."""


def newest_entry(control: Control, namespace: str | None) -> int:
    """Return the number of the newest entry of a server; 0: there is none."""
    asked = named({"after": NEWEST, "limit": 1, "namespace": namespace})
    return int(control.call("get_websocket_traffic", asked)["next_cursor"])


def _deadline(name: str, seconds: float) -> float:
    """Return a time on the monotonic clock.

    Raises:
        MockError: the number of seconds is below 0.
    """
    if not seconds >= 0:
        raise MockError(f"{name}: give a number of seconds from 0 up, not {seconds}")
    return time.monotonic() + seconds


def _piece(deadline: float) -> float:
    """Return the seconds for one call of a wait."""
    return min(_longest(), max(deadline - time.monotonic(), SHORTEST_WAIT))


def _longest() -> float:
    return MAX_WAIT if GONE.get() is None else ABANDONED_WAIT


def _has_left() -> bool:
    """Whether the asynchronous caller has been cancelled."""
    gone = GONE.get()
    return gone is not None and gone.is_set()
