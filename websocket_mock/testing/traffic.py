"""The traffic of one namespace: read, awaited and verified over the tools."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from websocket_mock.testing.conditions import Duration, entry_match
from websocket_mock.testing.control import Control, Result, named
from websocket_mock.testing.entry import Entry, read_entry
from websocket_mock.testing.errors import VerificationFailed, WaitTimedOut
from websocket_mock.testing.tables import content, table
from websocket_mock.testing.twins import GONE

PAGE = 200
"""Entries per call of the tool."""

LAST_SHOWN = 10
"""How many of the last entries a failure shows."""

Cursor = int | Literal["now", "start"]
"""The number of an entry, or its place: after it an entry must come."""


class Traffic:
    """What one namespace of a server sees. Any thread except an actor's.

    Args:
        control: calls the tools.
        namespace: the namespace; None: what is outside all namespaces.
    """

    def __init__(self, control: Control, namespace: str | None) -> None:
        self.control = control
        self.namespace = namespace
        self.expected: set[int] = set()
        """The numbers of the entries that the test has waited for, verified or received."""
        self.notes: Callable[[], Sequence[str]] = list
        """Returns what else a failure should say, such as callbacks that failed."""

    def call(self, tool: str, **arguments: Any) -> Result:  # noqa: ANN401 - JSON
        """Call a tool in the namespace, with the arguments that are not None.

        Raises:
            MockError: the tool refused the call, or the server does not answer.
        """
        given = named({**arguments, "namespace": self.namespace})
        return self.control.call(tool, given, GONE.get())

    def read(self, conditions: Mapping[str, Any], after: int = 0) -> list[Entry]:
        """Return the matching entries after a number, oldest first.

        Raises:
            TypeError: a condition has a name that does not exist.
            MockError: a condition is not valid.
        """
        match = entry_match(conditions)
        return [self.entry(one) for one in self._pages(match, after, "full")]

    def wait(
        self, conditions: Mapping[str, Any], timeout: float, after: Cursor | Entry = "start"
    ) -> Entry:
        """Wait for an entry. Blocks for up to `timeout` seconds.

        Args:
            conditions: what it must match.
            timeout: seconds.
            after: the entry, or its number, after which it must come; "start": any.

        Raises:
            WaitTimedOut: none came.
            TypeError: a condition has a name that does not exist.
            MockError: a condition is not valid.
        """
        match = entry_match(conditions)
        cursor = after.seq if isinstance(after, Entry) else after
        result = self.call("wait_for_websocket_event", match=match, after=cursor, timeout=timeout)
        if result["entry"] is None:
            expected = f"No {describe(match)} within {timeout:g} s."
            raise WaitTimedOut(self.explain_failure(expected, result["nearest_miss"]))
        found = self.entry(result["entry"])
        self.expected.add(found.seq)
        return found

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
        result = self.call("wait_for_websocket_event", match=match, quiet=quiet, timeout=timeout)
        if result["status"] != "quiet":
            expected = f"It did not become quiet within {timeout:g} s: {describe(match)}."
            raise WaitTimedOut(self.explain_failure(expected, None))

    def verify(self, arguments: Mapping[str, Any], what: str) -> int:
        """Verify what happened; return the number of matching entries.

        Args:
            arguments: those of the tool.
            what: what is expected, for the failure.

        Raises:
            VerificationFailed: it does not hold.
            MockError: a condition is not valid.
        """
        result = self.call("verify_websocket_traffic", **arguments)
        if not result["passed"]:
            expected = f"Expected {what}.\n{_sentence(result['verdict'])}"
            raise VerificationFailed(self.explain_failure(expected, result["nearest_miss"]))
        self.expected.update(result["evidence"])
        return int(result["count"])

    def explain_failure(self, expected: str, nearest: str | None) -> str:
        """Return the text of a failure: what was expected, what came nearest, the last entries."""
        parts = [expected]
        if nearest:
            parts.append(f"Nearest: {nearest}")
        parts += self.notes()
        last = self.read({})[-LAST_SHOWN:]
        parts.append(f"The last entries:\n{table(last)}" if last else "Nothing has happened yet.")
        return "\n".join(parts)

    def entry(self, result: Result) -> Entry:
        """Return the entry of a tool's result."""
        return read_entry(self.control, self.namespace, result, self._find_previous)

    def _pages(self, match: Result, after: int, detail: str) -> Iterator[Result]:
        while True:
            page = self.call(
                "get_websocket_traffic", match=match, after=after, limit=PAGE, detail=detail
            )
            yield from page["entries"]
            if len(page["entries"]) == page["matched"]:
                return
            after = page["next_cursor"]

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
        previous: Result | None = None
        for one in self._pages(match, 0, "concise"):
            if one["seq"] >= entry.seq:
                break
            if not spans_connections or one["details"].get("logical_client") == who:
                previous = one
        return None if previous is None else self.entry(previous)


def describe(match: Mapping[str, Any]) -> str:
    """Return conditions on an entry in words, for failures."""
    rest = dict(match)
    content = rest.pop("match", {})
    kind, direction = rest.pop("kind", None), rest.pop("direction", None)
    what = " ".join(filter(None, (direction, kind or ("message" if content else "entry"))))
    given = {**rest, **content}
    where = ", ".join(f"{name} {value!r}" for name, value in given.items())
    return f"{what} with {where}" if where else what


def summary(entries: Sequence[Entry], most: int = 5) -> str:
    """Return entries as a short list, one line each."""
    lines = [f"  {entry.seq}  {content(entry)}" for entry in entries[:most]]
    if len(entries) > most:
        lines.append(f"  … and {len(entries) - most:,} more")
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
