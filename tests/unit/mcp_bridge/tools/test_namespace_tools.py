"""Namespaces over MCP: what each tool sees and changes, and what it refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.helpers.bridge import bridge_over
from tests.helpers.json_client import websocket
from tests.helpers.mcp_session import McpSession, mcp_session
from tests.helpers.peers import peer
from tests.helpers.raw_client import opened
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.actors.library import library as library_module

STATUS = "get_websocket_server_status"
CLIENTS = "get_websocket_clients"
SEND = "send_websocket_message"
SET = "set_websocket_mock"
LIST = "list_websocket_mocks"
REMOVE = "remove_websocket_mock"
EXPLAIN = "explain_websocket_message"
TRAFFIC = "get_websocket_traffic"
WAIT = "wait_for_websocket_event"
VERIFY = "verify_websocket_traffic"
CLOSE = "close_websocket_client"
RESET = "reset_websocket_server"

SHOP = {"name": "shop", "path": "/shop", "unmatched": "echo"}
MESSAGE = {"kind": "message"}

NEEDS_ONE: dict[str, dict[str, Any]] = {
    SET: {"endpoint": SHOP},
    LIST: {},
    REMOVE: {"names": ["shop"]},
    EXPLAIN: {"endpoint": "shop", "text": "x"},
}
TAKES_ALL: dict[str, dict[str, Any]] = {
    STATUS: {},
    CLIENTS: {},
    SEND: {"text": "x"},
    "test_websocket_connection": {"test_type": "ping"},
    TRAFFIC: {},
    WAIT: {"match": {}, "timeout": 0.01},
    VERIFY: {"expect": {}},
    CLOSE: {},
}


def ask(url: str, *messages: str) -> None:
    """Connect, and get each message echoed."""
    with websocket(url) as client:
        for message in messages:
            client.send(message)
            assert client.recv(PATIENCE) == message


@pytest.fixture
def session(server: InProcessServer) -> Iterator[McpSession]:
    with mcp_session(bridge_over(server.gateway)) as connected:
        yield connected


class TestWhatIsNamed:
    def test_tools_that_need_one_namespace_refuse_all(self, session: McpSession) -> None:
        for tool, arguments in NEEDS_ONE.items():
            refusal = session.refusal(tool, namespace="*", **arguments)
            assert "Give one name, or leave it out" in refusal, tool

    def test_only_traffic_is_reset_everywhere(self, session: McpSession) -> None:
        for what in ("mocks", "attempts", "state", "namespace"):
            assert "Give one name" in session.refusal(RESET, what=[what], namespace="*")

    def test_other_tools_take_all(self, session: McpSession) -> None:
        for tool, arguments in TAKES_ALL.items():
            session.call(tool, namespace="*", **arguments)

    def test_bad_name_is_refused_with_what_is_allowed(self, session: McpSession) -> None:
        for tool, arguments in {**NEEDS_ONE, **TAKES_ALL, RESET: {"what": ["state"]}}.items():
            refusal = session.refusal(tool, namespace="a/b", **arguments)
            assert refusal.startswith("namespace: 'a/b' is not a name of a namespace: give"), tool

    def test_tool_that_names_a_namespace_makes_it(self, session: McpSession) -> None:
        assert session.call(LIST)["namespaces"] == []
        session.call(TRAFFIC, namespace="b")
        session.call(LIST, namespace="a")
        assert session.call(LIST)["namespaces"] == ["a", "b"]
        assert session.call(LIST, namespace="a")["namespaces"] is None

    def test_one_too_many_is_refused(
        self, session: McpSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(library_module, "MAX_NAMESPACES", 1)
        session.call(LIST, namespace="a")
        assert "remove one, or wait" in session.refusal(LIST, namespace="b")
        session.call(RESET, what=["namespace"], namespace="a")
        session.call(LIST, namespace="b")

    def test_many_namespaces_leave_room_for_the_endpoints(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        for number in range(300):
            server.gateway.library.use(f"{number:064}")
        for number in range(3):
            session.call(SET, endpoint={**SHOP, "name": f"e{number}"})
        listed = session.try_call(LIST)
        answer: dict[str, Any] = listed.structured_content or {}

        assert len(answer["namespaces"]) == 50
        assert "300 namespaces" in answer["hint"]
        assert len(answer["endpoints"]) == 3
        assert len(str(listed.content)) < 20_000


class TestWhatIsSeen:
    def test_same_endpoint_is_another_one_in_each_namespace(
        self, session: McpSession, url: str
    ) -> None:
        inside = session.call(SET, endpoint=SHOP, namespace="x")
        assert inside["url"] == f"{url}/ns/x/shop"
        outside = session.call(SET, endpoint={**SHOP, "unmatched": "ignore"})
        assert (outside["url"], outside["replaced"]) == (f"{url}/shop", False)
        ask(inside["url"], "hello")
        assert session.call(REMOVE, names=["shop"], namespace="y")["unknown"] == ["shop"]
        assert session.call(REMOVE, names=["shop"])["removed"] == ["shop"]
        assert session.call(LIST)["total"] == 0
        assert session.call(LIST, namespace="x")["total"] == 1

    def test_clients_and_their_number_and_address(self, session: McpSession, url: str) -> None:
        with peer(f"{url}/ns/x/a/b") as one, peer(url) as two:
            listed = session.call(CLIENTS, namespace="x")
            (client,) = listed["clients"]
            assert (client["id"], client["path"], client["namespace"]) == (one.id, "/a/b", "x")
            assert listed["server_info"]["url"] == f"{url}/ns/x"
            assert [one["id"] for one in session.call(CLIENTS)["clients"]] == [two.id]
            assert session.call(CLIENTS, namespace="*")["total_clients"] == 2
            status = session.call(STATUS, namespace="x")["websocket_server"]
            assert (status["url"], status["clients_connected"]) == (f"{url}/ns/x", 1)
            assert status["stats"]["current_clients"] == 2

    def test_traffic_wait_and_verify(self, session: McpSession, url: str) -> None:
        ask(f"{url}/ns/x/echo", "inside")
        ask(f"{url}/echo", "outside")
        payloads = {
            name: {one["payload"] for one in self.messages(session, name)}
            for name in ("x", None, "y", "*")
        }
        assert payloads == {
            "x": {"inside"},
            None: {"outside"},
            "y": set(),
            "*": {"inside", "outside"},
        }
        entry = self.messages(session, "x")[0]
        assert entry["namespace"] == "x"
        assert session.call(TRAFFIC, seq=entry["seq"], namespace="x")["matched"] == 1
        assert session.call(TRAFFIC, seq=entry["seq"])["matched"] == 0

        missed = session.call(
            WAIT,
            after="start",
            match={**MESSAGE, "match": {"text": "outside"}},
            timeout=0.05,
            namespace="x",
        )
        assert missed["status"] == "timed_out"
        assert '"inside"' in missed["nearest_miss"]
        assert missed["entries_meanwhile"] == session.call(TRAFFIC, namespace="x")["matched"]
        two = {**MESSAGE, "exactly": 2}
        assert session.call(VERIFY, expect=two, namespace="x")["passed"]
        assert session.call(VERIFY, expect={**MESSAGE, "never": True}, namespace="y")["passed"]
        assert session.call(VERIFY, expect={**MESSAGE, "exactly": 4}, namespace="*")["passed"]

    def messages(self, session: McpSession, namespace: str | None) -> list[dict[str, Any]]:
        answer = session.call(TRAFFIC, match=MESSAGE, namespace=namespace)
        found: list[dict[str, Any]] = answer["entries"]
        return found

    def test_message_of_another_namespace_cannot_be_explained(
        self, session: McpSession, url: str
    ) -> None:
        for namespace in (None, "x"):
            session.call(SET, endpoint=SHOP, namespace=namespace)
        ask(f"{url}/ns/x/shop", "inside")
        seq = self.messages(session, "x")[0]["seq"]
        session.call(EXPLAIN, endpoint="shop", seq=seq, namespace="x")
        assert "no message" in session.refusal(EXPLAIN, endpoint="shop", seq=seq)


class TestWhatIsDone:
    def test_message_reaches_the_namespace_only(self, session: McpSession, url: str) -> None:
        with peer(f"{url}/ns/x/") as one, peer(url) as two:
            answer = session.call(SEND, text="to x", namespace="x")
            assert (answer["sent_to_clients"], answer["total_clients"]) == (1, 1)
            assert one.receive_text() == "to x"
            session.call(SEND, text="to all", namespace="*")
            assert (one.receive_text(), two.receive_text()) == ("to all", "to all")
            unknown = session.call(SEND, text="?", target_client=one.id)
            assert unknown["status"] == "error"

    def test_reset_of_traffic_hides_that_of_the_namespace(
        self, session: McpSession, url: str
    ) -> None:
        ask(f"{url}/ns/x/echo", "inside")
        ask(f"{url}/echo", "outside")
        session.call(RESET, what=["traffic"], namespace="x")
        assert session.call(TRAFFIC, namespace="x")["matched"] == 0
        assert session.call(TRAFFIC, match=MESSAGE)["matched"] == 2
        session.call(RESET, what=["traffic"])
        assert session.call(TRAFFIC, namespace="*")["matched"] == 0
        ask(f"{url}/ns/x/echo", "again")
        assert session.call(TRAFFIC, match=MESSAGE, namespace="x")["matched"] == 2
        session.call(RESET, what=["traffic"], namespace="*")
        assert session.call(TRAFFIC, namespace="*")["matched"] == 0

    def test_removed_namespace_closes_its_clients_and_is_forgotten(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        session.call(SET, endpoint=SHOP, namespace="x")
        with websocket(server.url("/ns/x/shop")) as inside, peer(server.url("/shop")):
            inside.send("hello")
            assert inside.recv(PATIENCE) == "hello"
            session.call(RESET, what=["namespace"], namespace="x")
            with pytest.raises(ConnectionClosed) as closed:
                inside.recv(PATIENCE)

            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
            assert session.call(LIST)["namespaces"] == []
            assert session.call(CLIENTS)["total_clients"] == 1
        assert session.call(TRAFFIC, namespace="x")["matched"] == 0
        assert session.call(LIST, namespace="x")["total"] == 0
        assert session.call(TRAFFIC, namespace="*", match={"kind": "open"})["matched"] == 1

    def test_client_that_does_not_leave_holds_the_removal_up_for_a_second_only(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        with opened(server.port, "/ns/x/shop"):
            session.call(RESET, what=["namespace"], namespace="x")
            assert session.call(LIST)["namespaces"] == []

    def test_removal_needs_a_name_and_without_one_nothing_is_reset(
        self, session: McpSession
    ) -> None:
        session.call(SET, endpoint=SHOP)
        refusal = session.refusal(RESET, what=["mocks", "namespace"])
        assert "give the name of the namespace to remove" in refusal
        assert "Give one name" in session.refusal(RESET, what=["traffic", "mocks"], namespace="*")
        assert session.call(LIST)["total"] == 1

    def test_removal_takes_the_rest_along(self, session: McpSession) -> None:
        session.call(SET, endpoint=SHOP, namespace="x")
        session.call(RESET, what=["namespace", "traffic", "mocks"], namespace="x")
        assert session.call(LIST)["namespaces"] == []


def test_idle_namespace_expires_with_its_endpoints_and_traffic() -> None:
    with serving_here() as server, mcp_session(bridge_over(server.gateway)) as session:
        session.call(SET, endpoint=SHOP, namespace="x")
        ask(server.url("/ns/x/echo"), "inside")
        closed = {"kind": "close"}
        eventually(lambda: session.call(TRAFFIC, match=closed, namespace="x")["matched"] == 1)
        server.gateway.library._idle_seconds = 0.0
        eventually(lambda: session.call(LIST)["namespaces"] == [])
        assert session.call(TRAFFIC, namespace="*")["matched"] == 0
        assert session.call(LIST, namespace="x")["total"] == 0


def test_wait_keeps_its_namespace_from_expiring() -> None:
    with (
        serving_here(namespace_idle=0.05) as server,
        mcp_session(bridge_over(server.gateway)) as session,
    ):
        wait = session.start_call(
            WAIT, after="start", match={"kind": "open"}, namespace="x", timeout=PATIENCE
        )
        eventually(lambda: server.gateway.library.use("x").users == 1)
        session.call(SET, endpoint=SHOP, namespace="x")
        session.call(WAIT, after="start", match={"kind": "open"}, timeout=0.2, namespace="y")
        assert "x" in session.call(LIST)["namespaces"]
        ask(server.url("/ns/x/shop"), "hello")
        assert (wait.result(PATIENCE).structured_content or {})["status"] == "happened"
