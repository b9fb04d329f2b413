"""An endpoint that echoes, with faults, and what the journal has of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.helpers.mock_server import MockServer, mocking
from tests.helpers.raw_client import RawClient
from tests.helpers.wait import eventually
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.values.entries import JournalEntry


@contextmanager
def faulty(
    *faults: Any, path: str = "/mock", **fields: Any
) -> Iterator[tuple[MockServer, RawClient]]:
    """A server whose endpoint echoes with these faults, and an open connection to it."""
    with (
        mocking({"unmatched": "echo", "faults": list(faults), **fields}) as server,
        server.open_raw(path) as client,
    ):
        yield server, client


def noted(server: MockServer, kind: str = "fault") -> list[JournalEntry]:
    """The entries of a kind in the journal, at least one."""

    def find() -> list[JournalEntry]:
        server.server.gateway.flush()
        page = server.server.gateway.history.read(EntryMatch(), 0, 1000, None)
        return [entry for entry in page.entries if entry.kind == kind]

    return eventually(find)
