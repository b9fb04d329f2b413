"""The tools that read and send, over a real server with real clients."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.helpers.bridge import UNBINDABLE_HOST, FakeGateway, bridge_over
from tests.helpers.fakes import START_TIME
from tests.helpers.json_client import JsonClient
from tests.helpers.mcp_session import McpSession, mcp_session
from tests.helpers.peers import peer
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import eventually
from websocket_mock.actors.values.models import ClientId, ClientInfo, ClientPage, ClientSnapshot

STATUS = "get_websocket_server_status"
CLIENTS = "get_websocket_clients"
SEND = "send_websocket_message"
TEST = "test_websocket_connection"


@pytest.fixture
def peers(url: str) -> Iterator[list[JsonClient]]:
    """Five clients, in the order they connected."""
    with ExitStack() as stack:
        yield [stack.enter_context(peer(url)) for _ in range(5)]


class TestStatus:
    def test_says_where_clients_connect(self, session: McpSession, url: str) -> None:
        server = session.call(STATUS)["websocket_server"]

        assert server["url"] == url == f"ws://{server['host']}:{server['port']}"
        assert server["is_running"]
        assert server["reason"] is None
        assert server["stats"]["server_info"] == {
            "host": server["host"],
            "port": server["port"],
            "is_running": True,
        }

    def test_introduces_the_mcp_server(self, session: McpSession) -> None:
        assert session.call(STATUS)["mcp_server"] == {
            "mcp_server_name": "BridgeUnderTest",
            "mcp_server_type": "websocket_mock",
            "mcp_server_version": "1.2.3",
        }

    def test_lists_what_a_client_may_send(self, session: McpSession, url: str) -> None:
        with peer(url) as client:
            answer = client.ask(type="no such type")

        assert session.call(STATUS)["websocket_server"]["capabilities"] == answer["available_types"]

    def test_counts_all_that_has_been_answered(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        before = session.call(STATUS)["websocket_server"]["stats"]
        for number in range(10):
            peers[0].ask(type="ping", test_id=number)

        server = session.call(STATUS)["websocket_server"]
        assert server["clients_connected"] == 5
        assert server["stats"]["total_messages"] == before["total_messages"] + 10
        assert server["stats"]["messages_sent"] == before["messages_sent"] + 10

    def test_is_healthy_with_everything_running(self, session: McpSession) -> None:
        health = session.call(STATUS)["health"]

        assert health["healthy"]
        assert {check["name"] for check in health["checks"]} == {
            "listener",
            "reader-0",
            "journal",
            "stats-collector",
            "client-registry",
            "broadcaster",
        }


class TestClients:
    def test_nobody_connected_is_no_error(self, session: McpSession, url: str) -> None:
        answer = session.call(CLIENTS)

        assert answer["status"] == "success"
        assert answer["clients"] == []
        assert answer["total_clients"] == 0
        assert answer["next_cursor"] is None
        assert answer["server_info"]["url"] == url

    def test_lists_clients_in_the_order_they_connected(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        answer = session.call(CLIENTS)

        assert answer["status"] == "success"
        assert ids_of(answer) == [one.id for one in peers]
        assert answer["total_clients"] == 5

    def test_describes_a_client(self, session: McpSession, url: str) -> None:
        with peer(f"{url}/some/path?query=1", "chat.v2") as client:
            client.ask(type="ping")
            (described,) = session.call(CLIENTS)["clients"]
            host, port = client.connection.local_address[:2]

        assert described["id"] == client.id
        assert described["path"] == "/some/path"
        assert described["subprotocol"] == "chat.v2"
        assert described["remote_address"] in (f"{host}:{port}", f"[{host}]:{port}")
        assert described["connection_status"] == "open"
        assert (described["messages_received"], described["messages_sent"]) == (1, 2)
        assert described["connected_at"] <= described["last_ping"] == described["last_activity"]
        assert (described["endpoint"], described["attempt"]) == (None, 1)
        assert (described["groups"], described["state"]) == ([], None)

    def test_tells_what_a_client_of_a_mock_is_in_and_to_whom_it_belongs(
        self, session: McpSession, url: str
    ) -> None:
        rules = [{"trigger": "connect", "do": [{"join": "b"}, {"join": "a"}, {"state": "on"}]}]
        session.call("set_websocket_mock", endpoint={"path": "/grouped", "rules": rules})
        with peer(f"{url}/plain"), peer(f"{url}/plain"):
            with connect(f"{url}/grouped"), connect(f"{url}/grouped"):
                found = session.call(CLIENTS)["clients"]
            handshakes = session.call(
                "get_websocket_traffic", match={"kind": "handshake"}, detail="full"
            )["entries"]
            opens = session.call("get_websocket_traffic", match={"kind": "open"})["entries"]
        session.call("remove_websocket_mock", names=["/grouped"])

        mine = [client for client in found if client["endpoint"] == "/grouped"]
        assert [(client["attempt"], client["groups"], client["state"]) for client in mine] == [
            (1, ["a", "b"], "on"),
            (2, ["a", "b"], "on"),
        ]
        names = [client["logical_client"] for client in found]
        assert len(set(names)) == 2
        for entries in (handshakes, opens):
            assert [one["details"]["logical_client"] for one in entries] == names

    def test_pages_hold_every_client_once(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        pages = [session.call(CLIENTS, limit=2)]
        while (cursor := pages[-1]["next_cursor"]) is not None:
            pages.append(session.call(CLIENTS, limit=2, cursor=cursor))

        assert [len(page["clients"]) for page in pages] == [2, 2, 1]
        assert [one for page in pages for one in ids_of(page)] == [one.id for one in peers]
        assert {page["total_clients"] for page in pages} == {5}

    def test_page_that_takes_in_the_rest_is_the_last(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        assert session.call(CLIENTS, limit=5)["next_cursor"] is None

    def test_cursor_holds_when_the_client_at_it_has_left(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        cursor = session.call(CLIENTS, limit=2)["next_cursor"]
        peers[1].connection.close()
        eventually(lambda: session.call(CLIENTS)["total_clients"] == 4)

        assert ids_of(session.call(CLIENTS, cursor=cursor)) == [one.id for one in peers[2:]]

    def test_client_that_connects_meanwhile_is_on_a_later_page(
        self, session: McpSession, peers: list[JsonClient], url: str
    ) -> None:
        cursor = session.call(CLIENTS, limit=4)["next_cursor"]
        with peer(url) as late:
            assert ids_of(session.call(CLIENTS, cursor=cursor)) == [peers[4].id, late.id]

    def test_cursor_behind_the_last_client_gives_an_empty_page(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        cursor = session.call(CLIENTS, limit=4)["next_cursor"]
        peers[4].connection.close()
        eventually(lambda: session.call(CLIENTS)["total_clients"] == 4)

        page = session.call(CLIENTS, cursor=cursor)
        assert page["clients"] == []
        assert page["status"] == "success"

    def test_largest_page_fits_into_an_answer(
        self, gateway: FakeGateway, fake_session: McpSession
    ) -> None:
        clients = tuple(snapshot_of(number) for number in range(100))
        gateway.page = ClientPage(clients, total=4000, next_cursor=100)
        (content,) = fake_session.try_call(CLIENTS, limit=100).content

        # A client refuses about 25,000 tokens; a token is some three characters of JSON.
        assert len(getattr(content, "text", "")) < 75_000

    def test_long_names_are_cut(self, gateway: FakeGateway, fake_session: McpSession) -> None:
        groups = tuple("g" * 200 + str(number) for number in range(20))
        one = replace(snapshot_of(1), groups=groups, state="s" * 1000)
        gateway.page = ClientPage((one,), total=1, next_cursor=None)
        (described,) = fake_session.call(CLIENTS)["clients"]

        assert described["groups"] == ["g" * 49 + "…"] * 5
        assert described["state"] == "s" * 49 + "…"

    def test_page_without_a_limit_is_cut_to_what_fits_and_its_cursor_goes_on_behind_it(
        self, gateway: FakeGateway, fake_session: McpSession
    ) -> None:
        clients = tuple(snapshot_of(number, "/long" * 50) for number in range(50))
        gateway.page = ClientPage(clients, 4000, 1050, tuple(range(1001, 1051)))
        (content,) = fake_session.try_call(CLIENTS).content
        page = json.loads(getattr(content, "text", ""))

        assert len(getattr(content, "text", "")) < 20_000
        shown = len(page["clients"])
        assert 0 < shown < 50
        assert page["next_cursor"] == str(1000 + shown)

    @pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "", "²"])
    def test_what_is_no_cursor_is_refused_with_the_next_step(
        self, session: McpSession, cursor: str
    ) -> None:
        assert "next_cursor" in session.refusal(CLIENTS, cursor=cursor)


class TestSend:
    def test_message_reaches_every_client(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        answer = session.call(SEND, message_type="price", payload={"bid": 12.5})

        assert answer["status"] == "sent"
        assert (answer["sent_to_clients"], answer["total_clients"]) == (5, 5)
        assert answer["errors"] == []
        for one in peers:
            message = one.receive()
            assert abs(message.pop("timestamp") - answer["timestamp"]) < 5
            assert message == {"type": "price", "from_mcp_server": True, "payload": {"bid": 12.5}}

    def test_message_for_one_client_reaches_no_other(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        answer = session.call(SEND, message_type="hello", target_client=peers[2].id)

        assert answer["status"] == "sent"
        assert answer["target_client"] == peers[2].id
        assert (answer["sent_to_clients"], answer["total_clients"]) == (1, 5)
        assert peers[2].receive()["type"] == "hello"
        assert all(one.ask(type="ping")["type"] == "pong" for one in peers)

    @pytest.mark.parametrize(
        "payload",
        [None, True, 0, 2**70, 1.5, "", "ü€😀\u0000", [], {}, [{"a": [None, {"b": "c"}]}]],
        ids=str,
    )
    def test_any_json_value_is_a_payload(
        self, session: McpSession, url: str, payload: object
    ) -> None:
        with peer(url) as client:
            session.call(SEND, message_type="any", payload=payload)

            assert client.receive()["payload"] == payload

    def test_nobody_connected_is_no_error(self, session: McpSession) -> None:
        answer = session.call(SEND, message_type="hello")

        assert answer["status"] == "no_clients"
        assert answer["errors"] == []

    def test_unknown_client_is_named_with_the_next_step(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        answer = session.call(SEND, message_type="hello", target_client="nobody00")

        assert answer["status"] == "error"
        assert (answer["sent_to_clients"], answer["total_clients"]) == (0, 5)
        (error,) = answer["errors"]
        assert "'nobody00'" in error
        assert CLIENTS in error
        assert all(one.ask(type="ping")["type"] == "pong" for one in peers)

    def test_client_that_has_left_is_unknown(self, session: McpSession, url: str) -> None:
        with peer(url) as client:
            pass
        eventually(lambda: session.call(CLIENTS)["total_clients"] == 0)

        answer = session.call(SEND, message_type="hello", target_client=client.id)
        assert answer["status"] == "error"


class TestServerNotRunning:
    def test_status_says_why(self, idle_session: McpSession) -> None:
        answer = idle_session.call(STATUS)

        server = answer["websocket_server"]
        assert not server["is_running"]
        assert UNBINDABLE_HOST in server["reason"]
        assert not answer["health"]["healthy"]
        assert answer["health"]["checks"][0]["reason"] == server["reason"]

    def test_every_other_tool_says_so(self, idle_session: McpSession) -> None:
        sent = idle_session.call(SEND, message_type="hello")
        tested = idle_session.call(TEST, test_type="ping")

        assert idle_session.call(CLIENTS)["status"] == "server_not_running"
        assert sent["status"] == "server_not_running"
        assert UNBINDABLE_HOST in sent["errors"][0]
        assert tested["status"] == "error"
        assert UNBINDABLE_HOST in tested["error"]

    def test_stopped_server_says_so(self) -> None:
        with serving_here() as server:
            pass
        with mcp_session(bridge_over(server.gateway)) as session:
            assert "has been stopped" in session.call(SEND, message_type="x")["errors"][0]


def test_two_mcp_clients_see_the_same_server(
    server: InProcessServer, session: McpSession, url: str
) -> None:
    with mcp_session(bridge_over(server.gateway)) as other, peer(url) as client:
        assert ids_of(session.call(CLIENTS)) == ids_of(other.call(CLIENTS)) == [client.id]


def ids_of(page: dict[str, Any]) -> list[str]:
    return [client["id"] for client in page["clients"]]


def snapshot_of(number: int, path: str = "/some/path") -> ClientSnapshot:
    info = ClientInfo(
        ClientId(f"{number:08x}"), START_TIME, "127.0.0.1:54321", path, subprotocol="chat"
    )
    return ClientSnapshot(info, "open", START_TIME, START_TIME, 12_345, 12_345)
