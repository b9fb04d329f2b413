"""Two agents at once on one server, each in a namespace of its own, over http."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.helpers.json_client import websocket
from tests.helpers.mcp_session import McpSession, mcp_session
from tests.helpers.program import RunningServer
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.e2e

NAMES = ("left", "right", None)
MESSAGE = {"kind": "message", "direction": "received"}


class Agent:
    """An MCP client that works in one namespace, and its WebSocket client."""

    def __init__(self, session: McpSession, name: str | None) -> None:
        self.session = session
        self.name = name
        self.word = name or "outside"
        room = {
            "name": "room",
            "path": "/room",
            "rules": [
                {"trigger": "connect", "do": [{"join": "all"}, {"send": {"text": self.word}}]},
                {"match": {"text": "shout"}, "do": [{"send": {"to": "all", "text": "shouted"}}]},
                {"do": [{"send": {"text": f"{self.word} {{{{ counters.received }}}}"}}]},
            ],
        }
        self.url: str = self.call("set_websocket_mock", endpoint=room)["url"]
        self.client: ClientConnection

    def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        named = arguments if self.name is None else {**arguments, "namespace": self.name}
        return self.session.call(tool, **named)

    def ask(self, text: str) -> str | bytes:
        self.client.send(text)
        return self.client.recv(PATIENCE)

    def texts(self) -> list[str]:
        """What the journal has from the clients."""
        entries = self.call("get_websocket_traffic", match=MESSAGE)["entries"]
        return [entry["payload"] for entry in entries]


@contextmanager
def agents_of(server: RunningServer) -> Iterator[list[Agent]]:
    """An agent in each namespace, each with a session and a client of its own."""
    with ExitStack() as stack:
        agents = []
        for name in NAMES:
            agent = Agent(stack.enter_context(mcp_session(server.mcp_url)), name)
            agent.client = stack.enter_context(websocket(agent.url))
            assert agent.client.recv(PATIENCE) == agent.word
            agents.append(agent)
        yield agents


@pytest.fixture
def agents(running_server: RunningServer) -> Iterator[list[Agent]]:
    with agents_of(running_server) as three:
        yield three
        for agent in three:
            agent.call("reset_websocket_server", what=["traffic", "mocks", "attempts"])


def test_same_endpoint_answers_each_in_its_own_way(agents: list[Agent]) -> None:
    assert len({agent.url for agent in agents}) == 3
    assert [agent.ask("?") for agent in agents] == [f"{agent.word} 1" for agent in agents]
    for agent in agents:
        listed = agent.call("list_websocket_mocks")
        assert [(one["name"], one["clients_connected"]) for one in listed["endpoints"]] == [
            ("room", 1)
        ]
        (client,) = agent.call("get_websocket_clients")["clients"]
        assert (client["namespace"], client["path"]) == (agent.name, "/room")


def test_what_is_sent_reaches_nobody_else(agents: list[Agent]) -> None:
    left, right, outside = agents
    assert left.ask("shout") == "shouted"
    assert (
        right.call("send_websocket_message", text="pushed", target_group="all")["sent_to_clients"]
        == 1
    )
    assert outside.call("send_websocket_message", message_type="news")["total_clients"] == 1
    assert right.client.recv(PATIENCE) == "pushed"
    assert "news" in str(outside.client.recv(PATIENCE))
    assert [agent.ask("?") for agent in agents] == ["left 2", "right 1", "outside 1"]


def test_traffic_waits_and_verdicts_are_each_ones_own(agents: list[Agent]) -> None:
    left, right, outside = agents
    wait = right.session.start_call(
        "wait_for_websocket_event",
        match=MESSAGE,
        after="start",
        timeout=PATIENCE,
        namespace="right",
    )
    left.ask("to the left")
    outside.ask("to nobody")
    right.ask("to the right")
    entry = (wait.result(PATIENCE).structured_content or {})["entry"]
    assert (entry["payload"], entry["namespace"]) == ("to the right", "right")
    assert [agent.texts() for agent in agents] == [["to the left"], ["to the right"], ["to nobody"]]
    for agent in agents:
        verdict = agent.call("verify_websocket_traffic", expect={**MESSAGE, "exactly": 1})
        assert verdict["passed"], verdict
    everything = left.session.call("get_websocket_traffic", match=MESSAGE, namespace="*")
    assert everything["matched"] == 3


def test_close_and_reset_of_one_leave_the_others_alone(agents: list[Agent]) -> None:
    left, right, outside = agents
    for agent in agents:
        agent.ask("before")
    left.call("reset_websocket_server", what=["state", "traffic"])
    assert [agent.ask("after") for agent in agents] == ["left 1", "right 2", "outside 2"]
    assert [agent.texts() for agent in agents] == [["after"], *[["before", "after"]] * 2]

    assert left.call("close_websocket_client", code=4001)["total"] == 1
    assert code_of(left.client) == 4001
    right.call("reset_websocket_server", what=["namespace"])
    assert code_of(right.client) == 1001

    assert outside.ask("still here") == "outside 3"
    assert outside.call("list_websocket_mocks")["namespaces"] == ["left"]
    assert right.call("list_websocket_mocks")["total"] == 0
    assert left.call("list_websocket_mocks")["total"] == 1
    assert right.call("get_websocket_traffic")["matched"] == 0


def code_of(client: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(PATIENCE)
    return None if closed.value.rcvd is None else closed.value.rcvd.code
