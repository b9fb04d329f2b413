"""The gateway example: what it adds to the dialect discord."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.helpers.examples import Example, Peer, example

pytestmark = pytest.mark.integration

HEARTBEAT, ACK, RECONNECT, HELLO = 1, 11, 7, 10


def payload(op: int, d: Any = None) -> dict[str, Any]:
    return {"op": op, "d": d}


@pytest.fixture
def gateway() -> Iterator[Example]:
    with example("gateway_resume") as served:
        yield served


@contextmanager
def connected(gateway: Example, query: str = "") -> Iterator[Peer]:
    with gateway.connect(f"/gateway?{query}", close_timeout=0.1) as peer:
        hello = peer.receive()
        assert hello["op"] == HELLO
        yield peer


def identify(peer: Peer) -> tuple[str, int]:
    """Return the id of the session, and the number of the last dispatch."""
    ready = peer.ask(payload(2, {"token": "right", "intents": 513, "properties": {}}))
    created = peer.receive()
    assert (ready["t"], created["t"]) == ("READY", "GUILD_CREATE")
    return ready["d"]["session_id"], created["s"]


def test_control_asks_all_clients_to_reconnect_and_they_resume(gateway: Example) -> None:
    with (
        connected(gateway) as marvin,
        connected(gateway) as eddie,
        gateway.connect("/gateway/control") as control,
    ):
        session, number = identify(marvin)
        assert control.ask(payload(RECONNECT)) == {"status": "sent"}
        for bot in (marvin, eddie):
            assert bot.receive() == payload(RECONNECT)
        marvin.connection.close(4900)
    with connected(gateway) as bot:
        resumed = bot.ask(payload(6, {"token": "right", "session_id": session, "seq": number}))
        assert resumed["t"] == "RESUMED"


def test_control_asks_for_a_heartbeat(gateway: Example) -> None:
    with connected(gateway) as bot, gateway.connect("/gateway/control") as control:
        control.send(payload(HEARTBEAT))
        assert bot.receive() == payload(HEARTBEAT)
        assert bot.ask(payload(HEARTBEAT))["op"] == ACK


def test_event_of_its_own_has_the_next_number(gateway: Example) -> None:
    with connected(gateway) as bot:
        _, number = identify(bot)
        event = bot.ask(payload(4, {"guild_id": "7", "channel_id": "9"}))
        assert (event["t"], event["s"]) == ("VOICE_STATE_UPDATE", number + 1)
        assert event["d"] == {"guild_id": "7", "channel_id": "9", "user_id": "1"}


def test_times_come_from_the_url(gateway: Example) -> None:
    with connected(gateway, "heartbeat=20") as bot:
        assert bot.end() == (4009, "Session timed out")
    with connected(gateway, "every=20ms") as bot:
        identify(bot)
        assert bot.receive()["t"] == "MESSAGE_CREATE"
