"""The dialect discord, used through the npm package `@discordjs/ws` and by hand."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example, Peer
from tests.helpers.json_client import websocket
from tests.helpers.node import node_report, require_package
from tests.helpers.server import serving_here
from websocket_mock.mcp_bridge.service.mocks import set_mock

pytestmark = pytest.mark.integration

HELLO, DISPATCH, HEARTBEAT, ACK, RECONNECT, INVALID = 10, 0, 1, 11, 7, 9
KEPT = 20
"""How many dispatches are kept of each session."""
QUIET: dict[str, Any] = {"replay": KEPT, "guilds": [], "interval": "1h"}
BUSY: dict[str, Any] = {"replay": KEPT, "guilds": [], "interval": "20ms"}


def payload(op: int, d: Any = None) -> dict[str, Any]:
    return {"op": op, "d": d}


def identify(**data: Any) -> dict[str, Any]:
    return payload(2, {"token": "right", "intents": 513, "properties": {}, **data})


IDENTIFY = identify()


# --- the real client ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen() -> Any:
    """What the real client saw."""
    require_package("@discordjs/ws")
    leave = {
        "match": {"json": {"$.op": 3, "$.d.status": "invisible"}},
        "do": [{"send": {"json": {"op": RECONNECT, "d": None}}}],
    }
    restless = {"name": "restless", "path": "/restless", "interval": "50ms"}
    again = {"extends": {"from": "dialect:discord", "with": restless}, "rules": [leave]}
    with dialect("discord", again, interval="50ms") as gateway:
        return node_report("dialect_discord.js", gateway.url(""))


def test_client_identifies_and_gets_numbered_dispatches(seen: Any) -> None:
    talked = seen["talked"]
    assert talked["user"] == "marvin"
    assert set(talked["types"]) == {
        "READY",
        "GUILD_CREATE",
        "MESSAGE_CREATE",
        "PRESENCE_UPDATE",
        "GUILD_MEMBERS_CHUNK",
    }
    assert talked["numbers"] == list(range(1, 1 + len(talked["numbers"])))
    assert (talked["status"], talked["members"]) == ("idle", ["n1", ["ford"]])


def test_client_resumes_when_it_is_told_to_reconnect(seen: Any) -> None:
    resumed = seen["resumed"]
    assert [resumed["types"].count(one) for one in ("READY", "RESUMED")] == [1, 1]
    assert resumed["numbers"] == list(range(1, 1 + len(resumed["numbers"])))


def test_client_identifies_again_when_its_session_is_invalid(seen: Any) -> None:
    assert seen["invalid"] == "READY"


def test_client_with_a_wrong_token_gives_up(seen: Any) -> None:
    assert seen["refused"] == ["Authentication failed", 4004]


# --- by hand ------------------------------------------------------------------------------------


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
    with dialect("discord", **QUIET) as served:
        yield served


@contextmanager
def connected(gateway: Example) -> Iterator[Bot]:
    with gateway.connect("/gateway?v=10&encoding=json", close_timeout=0.1) as peer:
        yield Bot(peer)


def numbers(dispatches: list[dict[str, Any]]) -> list[int]:
    return [one["s"] for one in dispatches]


def test_each_dispatch_has_the_next_number(gateway: Example) -> None:
    with connected(gateway) as bot:
        assert bot.heartbeat == 41250
        _, first = bot.identify()
        assert bot.presence("dnd")["s"] == first + 1
        bot.peer.send(payload(8, {"guild_id": "7"}))
        chunks = [bot.peer.receive() for _ in range(2)]
        assert numbers(chunks) == [first + 2, first + 3]
        assert [chunk["d"]["chunk_index"] for chunk in chunks] == [0, 1]
        assert chunks[1]["d"]["members"][0]["user"]["username"] == "ford"


def test_heartbeat_is_acknowledged_also_before_identify(gateway: Example) -> None:
    with connected(gateway) as bot:
        assert bot.peer.ask(payload(HEARTBEAT))["op"] == ACK


def test_client_without_heartbeats_is_closed() -> None:
    with dialect("discord", heartbeat_interval=20) as gateway, connected(gateway) as bot:
        bot.peer.send(IDENTIFY)
        assert bot.peer.end() == (4009, "Session timed out")


def test_heartbeats_keep_the_connection_open() -> None:
    times = {"heartbeat_interval": 400, "interval": "50ms", "guilds": []}
    with dialect("discord", **times) as gateway, connected(gateway) as bot:
        bot.identify()
        for _ in range(16):  # 800 ms, and the watchdog would bite after 600
            while (message := bot.peer.receive())["op"] != DISPATCH:
                assert message["op"] == ACK
            bot.peer.send(payload(HEARTBEAT, message["s"]))


def test_resumed_session_gets_what_was_missed_in_order_and_goes_on() -> None:
    with dialect("discord", **BUSY) as gateway:
        with connected(gateway) as bot:
            session, first = bot.identify()
            seen = [bot.peer.receive() for _ in range(5)]
            assert numbers(seen) == [first + n for n in range(1, 6)]
            bot.lose()
        with connected(gateway) as bot:
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
        pytest.param([identify(shard=[2, 2])], 4010, id="no such shard"),
        pytest.param([identify(intents=1 << 30)], 4013, id="unknown intent"),
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


def test_session_begins_with_its_guilds() -> None:
    guilds = [{"id": "70", "name": "Golgafrincham"}, {"id": "71", "name": "Magrathea"}]
    with dialect("discord", guilds=guilds, interval="1h") as gateway, connected(gateway) as bot:
        bot.peer.send(IDENTIFY)
        ready, *created = [bot.peer.receive() for _ in range(3)]
        assert [guild["unavailable"] for guild in ready["d"]["guilds"]] == [True, True]
        assert [(one["t"], one["d"]) for one in created] == [
            ("GUILD_CREATE", guild) for guild in guilds
        ]
        assert bot.presence("dnd")["d"]["guild_id"] == "70"


def test_events_are_dispatched_in_turn() -> None:
    events = [
        {"t": "TYPING_START", "d": {"n": "{{ repeat.index }}"}},
        {"t": "CHANNEL_DELETE", "d": {"id": "8"}},
    ]
    with (
        dialect("discord", **BUSY, events=events) as gateway,
        connected(gateway) as bot,
    ):
        bot.identify()
        seen = [bot.peer.receive() for _ in range(3)]
        assert [one["t"] for one in seen] == ["TYPING_START", "CHANNEL_DELETE", "TYPING_START"]
        assert [seen[0]["d"]["n"], seen[2]["d"]["n"]] == [0, 2]


def test_session_in_a_namespace_resumes_there() -> None:
    with serving_here() as server:
        definition = {"extends": "dialect:discord"}
        assert set_mock(server.gateway, definition, namespace="run-7").status == "set"
        url = server.url("/ns/run-7/gateway")
        with websocket(url) as connection:
            bot = Bot(Peer(connection))
            assert bot.peer.ask(IDENTIFY)["d"]["resume_gateway_url"] == url


def test_only_the_tokens_that_are_given_are_accepted() -> None:
    with dialect("discord", **QUIET, tokens=["right", "left"]) as gateway:
        with connected(gateway) as bot:
            bot.identify()
        with connected(gateway) as bot:
            bot.peer.send(identify(token="up"))
            assert bot.peer.end() == (4004, "Authentication failed")


def test_intents_may_be_disallowed() -> None:
    with dialect("discord", **QUIET, disallowed_intents=[2, 32768]) as gateway:
        with connected(gateway) as bot:
            bot.identify()
        with connected(gateway) as bot:
            bot.peer.send(identify(intents=513 + 32768))
            assert bot.peer.end() == (4014, "Disallowed intent(s)")


def test_client_that_sends_too_much_is_closed() -> None:
    with dialect("discord", **QUIET, rate_limit=3) as gateway, connected(gateway) as bot:
        for _ in range(4):
            bot.peer.send(payload(HEARTBEAT))
        assert bot.peer.end() == (4008, "Rate limited")


def test_old_versions_and_other_encodings_are_refused(gateway: Example) -> None:
    with gateway.connect("/gateway?v=6") as peer:
        assert peer.close_code() == 4012
    assert gateway.refusal("/gateway?v=10&encoding=etf").status_code == 400


def test_clients_are_told_to_reconnect_after_a_while() -> None:
    with dialect("discord", **QUIET, reconnect_after="20ms") as gateway, connected(gateway) as bot:
        assert bot.peer.receive()["op"] == RECONNECT
