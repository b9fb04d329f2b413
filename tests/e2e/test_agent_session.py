"""An agent that programs the real program over http while a real client reconnects to it."""

import json
import time
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect

from tests.helpers.agent import PRICES
from tests.helpers.mcp_session import MODES, McpSession, mcp_session
from tests.helpers.program import RunningServer
from tests.helpers.tested_clients import FIRST_DELAY, ReconnectingClient
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.e2e


@pytest.fixture(params=MODES)
def agent(request: pytest.FixtureRequest, running_server: RunningServer) -> Iterator[McpSession]:
    with mcp_session(running_server.mcp_url, request.param) as session:
        session.call("reset_websocket_server", what=["traffic", "mocks", "attempts"])
        yield session


def test_agent_sees_a_client_back_off_and_lose_its_connection(agent: McpSession) -> None:
    armed = agent.call("set_websocket_mock", endpoint=PRICES)
    assert (armed["status"], armed["warnings"]) == ("set", [])
    client = ReconnectingClient(armed["url"])
    start = agent.call("get_websocket_traffic")["next_cursor"]

    with client.running():
        fourth = agent.call(
            "wait_for_websocket_event",
            match={"kind": "open", "endpoint": "prices", "attempt": 4},
            after=start,
            timeout=PATIENCE,
        )
        assert fourth["status"] == "happened"
        assert fourth["entry"]["attempt"] == 4

        back_off = agent.call(
            "verify_websocket_traffic",
            expect={
                "kind": "handshake",
                "endpoint": "prices",
                "exactly": 4,
                "spacing": {"grows": True, "at_least": FIRST_DELAY},
            },
            after=start,
        )
        assert back_off["passed"], back_off
        assert back_off["count"] == len(back_off["evidence"]) == 4

        lost = agent.call(
            "wait_for_websocket_event",
            match={"kind": "close", "endpoint": "prices"},
            after=fourth["next_cursor"],
            timeout=PATIENCE,
        )
    details = lost["entry"]["details"]
    assert (details["code"], details["was_clean"], details["by"]) == (1006, False, "server")

    tick = {"kind": "message", "direction": "sent", "endpoint": "prices"}
    verdict = agent.call(
        "verify_websocket_traffic",
        sequence={
            "entries": [
                *[{"kind": "handshake", "status": 503}] * 3,
                {"kind": "handshake", "status": 101},
                {"kind": "open", "attempt": 4},
                {**tick, "match": {"json": {"$.type": "hello"}}},
                {"direction": "received", "match": {"json": {"$.type": "subscribe"}}},
                *[{**tick, "match": {"json": {"$.tick": index}}} for index in range(5)],
                {"kind": "close", "was_clean": False},
            ]
        },
        after=start,
    )
    assert verdict["passed"], verdict
    never = agent.call(
        "verify_websocket_traffic",
        expect={**tick, "match": {"json": {"$.tick": 5}}, "never": True},
        after=start,
    )
    assert never["passed"]
    assert never["nearest_miss"].endswith("json $.tick: expected 5, got 4")

    assert client.refusals == [503, 503, 503]
    assert client.messages == [{"type": "hello"}, *[{"tick": index} for index in range(5)]]
    assert client.end is not None
    assert client.end.rcvd is None


def test_agent_changes_the_rules_without_a_reconnect(agent: McpSession) -> None:
    endless = json.loads(json.dumps(PRICES))
    endless["handshake"] = []
    del endless["rules"][1]["do"][0]["every"]["count"]
    del endless["rules"][1]["do"][1]
    url = agent.call("set_websocket_mock", endpoint=endless)["url"]

    with connect(url, open_timeout=PATIENCE) as connection:
        assert json.loads(connection.recv(PATIENCE)) == {"type": "hello"}
        connection.send('{"type": "subscribe"}')
        assert json.loads(connection.recv(PATIENCE)) == {"tick": 0}

        changed = json.loads(json.dumps(endless))
        changed["rules"][1]["do"] = [{"send": {"json": {"price": 42}}}]
        answer = agent.call("set_websocket_mock", endpoint=changed)
        assert answer["replaced"]
        # What the rule of that name did before is over: it does something else now.
        tick = {"direction": "sent", "match": {"json": {"$.tick": {"present": True}}}}
        quiet = agent.call("wait_for_websocket_event", match=tick, quiet="100ms", timeout=PATIENCE)
        assert quiet["status"] == "quiet"

        connection.send('{"type": "subscribe"}')
        begin = time.monotonic()
        while "price" not in (message := json.loads(connection.recv(PATIENCE))):
            assert "tick" in message
            assert time.monotonic() - begin < PATIENCE
        assert message == {"price": 42}

    for kind in ("handshake", "open"):
        verdict = agent.call(
            "verify_websocket_traffic", expect={"kind": kind, "endpoint": "prices", "exactly": 1}
        )
        assert verdict["passed"], verdict
