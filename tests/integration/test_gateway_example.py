"""The gateway example: heartbeats, sequence numbers, and a session that survives a loss."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.helpers.examples import Example, Peer, example

pytestmark = pytest.mark.integration

HELLO, DISPATCH, HEARTBEAT, ACK, RECONNECT, INVALID = 10, 0, 1, 11, 7, 9
KEPT = 20
"""How many dispatches the example keeps."""


def payload(op: int, d: Any = None) -> dict[str, Any]:
    return {"op": op, "d": d}


IDENTIFY = payload(2, {"token": "right", "intents": 513, "properties": {}})


class Bot:
    """A client of the gateway on one connection."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        hello = peer.receive()
        assert hello["op"] == HELLO
        self.heartbeat = hello["d"]["heartbeat_interval"]

    def identify(self) -> tuple[str, int]:
        """Return the id of the session and the number of READY."""
        ready = self.peer.ask(IDENTIFY)
        assert (ready["op"], ready["t"], ready["s"]) == (DISPATCH, "READY", 1)
        return ready["d"]["session_id"], ready["s"]

    def presence(self, status: str) -> Any:
        return self.peer.ask(payload(3, {"status": status}))

    def resume(self, session: str, seq: int, token: str = "right") -> None:
        self.peer.send(payload(6, {"token": token, "session_id": session, "seq": seq}))

    def until(self, event: str) -> list[dict[str, Any]]:
        """Return the dispatches up to an event."""
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["t"] != event:
            seen.append(self.peer.receive())
        return seen

    def lose(self) -> None:
        """Reset the connection without a close frame."""
        linger = struct.pack("ii", 1, 0)
        self.peer.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.peer.connection.socket.close()


@pytest.fixture
def gateway() -> Iterator[Example]:
    with example("gateway_resume") as served:
        yield served


@contextmanager
def connected(gateway: Example, query: str = "") -> Iterator[Bot]:
    with gateway.connect(f"/gateway?{query}", close_timeout=0.1) as peer:
        yield Bot(peer)


def numbers(dispatches: list[dict[str, Any]]) -> list[int]:
    return [one["s"] for one in dispatches]


def test_each_dispatch_has_the_next_number(gateway: Example) -> None:
    with connected(gateway) as bot:
        assert bot.heartbeat == 41250
        _, first = bot.identify()
        assert bot.presence("dnd")["s"] == first + 1
        bot.peer.send(payload(8, {"guild_id": "7"}))
        chunks = [bot.peer.receive() for _ in range(3)]
        assert numbers(chunks) == [first + 2, first + 3, first + 4]
        assert [chunk["d"]["members"] for chunk in chunks][2] == ["marvin"]


def test_heartbeat_is_acknowledged_also_before_identify(gateway: Example) -> None:
    with connected(gateway) as bot:
        assert bot.peer.ask(payload(HEARTBEAT))["op"] == ACK


def test_client_without_heartbeats_is_closed(gateway: Example) -> None:
    with connected(gateway, query="heartbeat=20") as bot:
        bot.identify()
        assert bot.peer.end() == (4009, "Session timed out")


def test_heartbeats_keep_the_connection_open(gateway: Example) -> None:
    with connected(gateway, query="heartbeat=400&every=50ms") as bot:
        bot.identify()
        for _ in range(16):  # 800 ms, and the watchdog would bite after 600
            while (message := bot.peer.receive())["op"] != DISPATCH:
                assert message["op"] == ACK
            bot.peer.send(payload(HEARTBEAT, message["s"]))


def test_resumed_session_gets_what_was_missed_in_order_and_goes_on(gateway: Example) -> None:
    with connected(gateway, query="every=20ms") as bot:
        session, first = bot.identify()
        seen = [bot.peer.receive() for _ in range(5)]
        assert numbers(seen) == [first + n for n in range(1, 6)]
        bot.lose()
    with connected(gateway, query="every=20ms") as bot:
        # The last three did not arrive, and nobody knows how many were sent after them.
        bot.resume(session, first + 2)
        missed = bot.until("RESUMED")
        assert missed[:3] == seen[2:]
        missed.append(bot.peer.receive())
        assert missed[-1]["t"] == "MESSAGE_CREATE"
        assert numbers(missed) == [first + n for n in range(3, 3 + len(missed))]


def test_resume_without_a_gap_brings_resumed_alone(gateway: Example) -> None:
    with connected(gateway) as bot:
        session, _ = bot.identify()
        last = bot.presence("idle")["s"]
    for number in (last, last + 1):
        with connected(gateway) as bot:
            bot.resume(session, number)
            assert numbers(bot.until("RESUMED")) == [number + 1]


@pytest.mark.parametrize(("missing", "is_valid"), [(KEPT, True), (KEPT + 1, False)])
def test_session_is_invalid_when_too_much_is_missing(
    gateway: Example, missing: int, is_valid: bool
) -> None:
    with connected(gateway) as bot:
        session, first = bot.identify()
        for _ in range(missing):
            bot.presence("online")
    with connected(gateway) as bot:
        bot.resume(session, first)
        if is_valid:
            assert len(bot.until("RESUMED")) == missing + 1
        else:
            assert bot.peer.receive() == {"op": INVALID, "d": False, "s": None, "t": None}


def test_client_identifies_again_after_an_unknown_session(gateway: Example) -> None:
    with connected(gateway) as bot:
        old, number = bot.identify()
    with connected(gateway) as bot:
        bot.resume("unknown", number)
        assert bot.peer.receive()["op"] == INVALID
        new, _ = bot.identify()
        assert new != old
        bot.presence("dnd")
    for session, last in ((old, number), (new, number + 1)):
        with connected(gateway) as bot:
            bot.resume(session, last)
            assert numbers(bot.until("RESUMED")) == [last + 1]


def test_session_belongs_to_its_token(gateway: Example) -> None:
    with connected(gateway) as marvin, connected(gateway) as eddie:
        session, number = marvin.identify()
        eddie.resume(session, number, "another")
        assert eddie.peer.receive()["op"] == INVALID
        assert eddie.identify()[0] != session


def test_control_asks_all_clients_to_reconnect_and_they_resume(gateway: Example) -> None:
    with (
        connected(gateway) as marvin,
        connected(gateway) as eddie,
        gateway.connect("/gateway/control") as control,
    ):
        session, number = marvin.identify()
        assert control.ask(payload(RECONNECT)) == {"status": "sent"}
        for bot in (marvin, eddie):
            assert bot.peer.receive() == payload(RECONNECT)
        marvin.peer.connection.close(4900)
    with connected(gateway) as bot:
        bot.resume(session, number)
        assert bot.peer.receive()["t"] == "RESUMED"


def test_control_asks_for_a_heartbeat(gateway: Example) -> None:
    with connected(gateway) as bot, gateway.connect("/gateway/control") as control:
        control.send(payload(HEARTBEAT))
        assert bot.peer.receive() == payload(HEARTBEAT)
        assert bot.peer.ask(payload(HEARTBEAT))["op"] == ACK


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        pytest.param([{"op": "1"}], 4002, id="op is no number"),
        pytest.param([5], 4002, id="no object"),
        pytest.param([payload(2)], 4002, id="no token"),
        pytest.param([payload(6, {"token": "right", "session_id": "x"})], 4002, id="no seq"),
        pytest.param([payload(3, {"status": "dnd"})], 4003, id="before identify"),
        pytest.param([payload(2, {"token": "wrong"})], 4004, id="wrong token"),
        pytest.param([IDENTIFY, IDENTIFY], 4005, id="identified already"),
        pytest.param([IDENTIFY, payload(99)], 4001, id="unknown op"),
    ],
)
def test_violation_is_closed_with_the_code_of_the_gateway(
    gateway: Example, messages: list[object], code: int
) -> None:
    with connected(gateway) as bot:
        for message in messages:
            bot.peer.send(message)
        assert bot.peer.close_code() == code


def test_number_that_was_not_sent_yet_is_closed(gateway: Example) -> None:
    with connected(gateway) as bot:
        session, number = bot.identify()
    with connected(gateway) as bot:
        bot.resume(session, number + 1)
        assert bot.peer.end() == (4007, "Invalid seq")
