"""What every part of a mock can be asked: its traffic, waits and verifications."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Unpack

from websocket_mock.testing.conditions import Duration, EntryConditions
from websocket_mock.testing.entry import Entry
from websocket_mock.testing.tables import table
from websocket_mock.testing.traffic import Cursor, Traffic
from websocket_mock.testing.twins import Twin, Twins
from websocket_mock.testing.words import Counts

TIMEOUT = 5.0
"""Seconds that waits take at most, unless they are given another time."""


class Observed(ABC):
    """A mock, an endpoint or a connection: what happens there can be read and awaited."""

    @abstractmethod
    def _seen(self) -> tuple[Traffic, Mapping[str, Any]]:
        """Return the traffic, and the conditions on an entry that belongs here."""

    def traffic(self, **conditions: Unpack[EntryConditions]) -> list[Entry]:
        """Return the matching entries, oldest first; without conditions, all.

        >>> mock.traffic(kind="close", code=1006)
        []

        Raises:
            TypeError: a condition has a name that does not exist.
            MockError: a value is not valid.
        """
        traffic, here = self._seen()
        return traffic.read({**conditions, **here})

    def transcript(self) -> str:
        """Return the traffic as a table for people.

        >>> print(mock.transcript())
          nothing
        """
        return table(self.traffic())

    def wait_for(
        self,
        *,
        timeout: float = TIMEOUT,
        after: Cursor | Entry = "start",
        **conditions: Unpack[EntryConditions],
    ) -> Entry:
        """Wait until something happens, and return its entry.

        What has happened already in this test counts, too; pass `after` for what comes later.
        Without `direction`, a condition on a message means one that the client sent.

        >>> with connect(prices.url(symbol="acme")) as client:
        ...     client.send('{"type": "subscribe"}')
        ...     mock.wait_for(json={"$.type": "subscribe"}, timeout=2).text
        '{"type": "subscribe"}'

        Args:
            timeout: seconds; 0: only look.
            after: an entry or its number: only what comes later counts; "now": only what is new.
            conditions: all that are given must hold.

        Raises:
            WaitTimedOut: it did not happen; the text has what came nearest.
            TypeError: a condition has a name that does not exist.
            MockError: a value is not valid.
        """
        traffic, here = self._seen()
        return traffic.wait({**conditions, **here}, timeout, after)

    def wait_until_quiet(
        self,
        quiet: Duration = 0.2,
        *,
        timeout: float = TIMEOUT,
        **conditions: Unpack[EntryConditions],
    ) -> None:
        """Wait until nothing has happened for a time; with conditions, nothing that matches.

        >>> mock.wait_until_quiet("50ms", kind="message")

        Args:
            quiet: the time, at most `timeout`.
            timeout: seconds, at most 300.
            conditions: as for `wait_for`.

        Raises:
            WaitTimedOut: it did not become quiet.
            TypeError: a condition has a name that does not exist.
            MockError: a value is not valid.
        """
        traffic, here = self._seen()
        traffic.wait_until_quiet(quiet, {**conditions, **here}, timeout)

    def verify(
        self,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        within: float = 0.0,
        spacing: Mapping[str, Any] | None = None,
        **conditions: Unpack[EntryConditions],
    ) -> int:
        """Verify how often something happened; return how often it did.

        >>> mock.verify(kind="handshake", status=503, count=0)
        0

        Args:
            count: exactly this number of times; 0: never. Without a number: at least once.
            at_least: at least this number of times.
            at_most: at most this number of times.
            within: seconds to wait until it holds; with 0 it does not wait. What more entries can
                still break, such as `count`, is judged at the end of this time.
            spacing: conditions on the times between them: at_least, at_most, grows.
            conditions: as for `wait_for`.

        Raises:
            VerificationFailed: it does not hold; the text has what came nearest.
            TypeError: a condition has a name that does not exist.
            MockError: a value is not valid.
        """
        traffic, here = self._seen()
        counts = Counts(count, at_least, at_most)
        return traffic.verify({**conditions, **here}, counts, within, spacing)

    def verify_order(
        self, *entries: EntryConditions, within: float = 0.0, gaps: bool = True
    ) -> None:
        """Verify that entries came in this order.

        >>> with connect(mock.endpoint("/chat").url()) as client:
        ...     client.send("one")
        ...     client.send("two")
        ...     mock.verify_order({"text": "one"}, {"text": "two"}, within=2)

        Args:
            entries: the conditions of each entry, as for `wait_for`.
            within: seconds to wait until it holds.
            gaps: whether others may come between them.

        Raises:
            VerificationFailed: they did not.
            TypeError: a condition has a name that does not exist.
            MockError: a value is not valid.
        """
        traffic, here = self._seen()
        traffic.verify_order([{**one, **here} for one in entries], within, gaps=gaps)


class AsyncObserved(Twins[Any]):
    """The methods of `Observed` for asyncio and trio."""

    traffic = Twin(Observed.traffic)
    transcript = Twin(Observed.transcript)
    wait_for = Twin(Observed.wait_for)
    wait_until_quiet = Twin(Observed.wait_until_quiet)
    verify = Twin(Observed.verify)
    verify_order = Twin(Observed.verify_order)
