"""The wall clock jumps, as after a sleep or an NTP step: only the times of entries follow."""

import time
from itertools import count

import pytest

from tests.helpers.mock_server import mocking
from tests.helpers.server import serving_here
from tests.helpers.wait import PATIENCE, eventually
from tests.helpers.witnesses import witnessing
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.values.ports import SystemClock
from websocket_mock.mcp_bridge.service.waiting import wait_for_event

pytestmark = pytest.mark.integration

DAY = 86_400.0


@pytest.fixture(autouse=True)
def _jumping_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the wall clock is another day, before or after the last one."""
    days = count()

    def jump(_: SystemClock) -> float:
        day = next(days)
        return time.time() + (day if day % 2 else -day) * DAY

    monkeypatch.setattr(SystemClock, "time", jump)


def test_clients_are_answered_and_their_traffic_stays_in_order() -> None:
    with serving_here(ping_interval=0.2, ping_timeout=5.0) as server:
        with witnessing(f"{server.url()}echo", 3) as witnesses:
            eventually(lambda: witnesses.answers > 300)
        eventually(lambda: not server.clients())
        server.gateway.flush()
        entries = server.gateway.history.read(EntryMatch(), 0, 10_000, None).entries
        numbers = [entry.sequence for entry in entries]
        assert numbers == sorted(set(numbers))
        for client in {entry.source.client_id for entry in entries if entry.source.client_id}:
            kinds = [entry.kind for entry in entries if entry.source.client_id == client]
            assert kinds[0] == "open"
            assert kinds[-1] == "close"
            assert kinds.count("text") % 2 == 0


def test_streams_and_waits_keep_their_times() -> None:
    stream = {"every": {"interval": "20ms", "count": 5, "do": [{"send": {"text": "tick"}}]}}
    with mocking({"script": [stream]}) as server:
        began = time.monotonic()
        with server.connect() as client:
            assert [client.hear() for _ in range(5)] == ["tick"] * 5
        assert time.monotonic() - began < PATIENCE
        before = time.monotonic()
        result = wait_for_event(server.server.gateway, EntryMatch(kind="binary"), timeout=0.2)
        assert result.status == "timed_out"
        assert 0.2 <= time.monotonic() - before < PATIENCE
