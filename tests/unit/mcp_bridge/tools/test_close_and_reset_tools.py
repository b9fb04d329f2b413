"""The tools that close connections and begin anew, over a real server with real clients."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.helpers.json_client import JsonClient, websocket
from tests.helpers.mcp_session import McpSession
from tests.helpers.peers import peer
from tests.helpers.raw_client import opened
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE, eventually

TRAFFIC = "get_websocket_traffic"
WAIT = "wait_for_websocket_event"
CLOSE = "close_websocket_client"
RESET = "reset_websocket_server"
SET = "set_websocket_mock"
CLIENTS = "get_websocket_clients"


@pytest.fixture
def client(url: str) -> Iterator[JsonClient]:
    with peer(url) as connected:
        yield connected


class TestClose:
    def test_code_and_reason_are_on_the_wire(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        with opened(server.port) as raw:
            answer = session.call(CLOSE, code=4001, reason="überholt")

            assert (answer["status"], answer["total"]) == ("closed", 1)
            assert raw.read_close() == (4001, "überholt")

    def test_abort_with_fin_has_no_close_frame(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        with opened(server.port) as raw:
            session.call(CLOSE, abort="close")

            assert raw.read_end() == b""

    def test_abort_with_reset_has_no_close_frame(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        with opened(server.port) as raw:
            session.call(CLOSE, abort="reset")

            with pytest.raises(ConnectionResetError):
                raw.read_end()

    def test_one_client_is_closed_and_no_other(self, session: McpSession, url: str) -> None:
        with peer(url) as one, peer(url) as two:
            answer = session.call(CLOSE, target_client=one.id)
            eventually(lambda: session.call(CLIENTS)["total_clients"] == 1)

            assert answer["clients"] == [one.id]
            assert two.ask(type="ping")["type"] == "pong"

    def test_all_are_closed(self, session: McpSession, url: str) -> None:
        with ExitStack() as stack:
            peers = [stack.enter_context(peer(url)) for _ in range(3)]
            answer = session.call(CLOSE)
            eventually(lambda: session.call(CLIENTS)["total_clients"] == 0)

        assert answer["clients"] == [one.id for one in peers]

    def test_end_is_told_as_ours(self, session: McpSession, client: JsonClient) -> None:
        session.call(CLOSE, code=4001)
        answer = session.call(
            WAIT, after="start", match={"kind": "close", "code": 4001, "by": "server"}
        )

        assert answer["status"] == "happened"
        assert answer["entry"]["details"]["was_clean"]

    def test_nobody_and_an_unknown_client_are_told_apart(self, session: McpSession) -> None:
        assert session.call(CLOSE)["status"] == "no_clients"
        unknown = session.call(CLOSE, target_client="nobody00")
        assert unknown["status"] == "error"
        assert CLIENTS in unknown["errors"][0]

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            ({"code": 1005}, "1005 cannot be sent"),
            ({"code": 2999}, "2999 cannot be sent"),
            ({"code": 999}, "code"),
            ({"reason": "ü" * 62}, "at most 123 bytes"),
        ],
        ids=str,
    )
    def test_what_no_close_frame_can_hold_is_refused_and_harms_nobody(
        self,
        session: McpSession,
        client: JsonClient,
        arguments: dict[str, Any],
        complaint: str,
    ) -> None:
        assert complaint in session.refusal(CLOSE, **arguments)
        assert client.ask(type="ping")["type"] == "pong"


class TestReset:
    def refuse_twice(self, session: McpSession) -> str:
        handshake = [{"match": {"attempt": {"at_most": 2}}, "reject": {"status": 503}}]
        endpoint = {"name": "shop", "path": "/shop", "handshake": handshake}
        url: str = session.call(SET, endpoint=endpoint)["url"]
        return url

    def refusals(self, url: str) -> int:
        """Connect until it is accepted."""
        for attempt in range(5):
            try:
                with websocket(url):
                    return attempt
            except InvalidStatus:
                continue
        raise AssertionError("never accepted")

    def test_traffic_is_emptied_and_numbers_go_on(
        self, session: McpSession, client: JsonClient
    ) -> None:
        before = session.call(TRAFFIC)["next_cursor"]
        assert session.call(RESET, what=["traffic"]) == {"reset": ["traffic"]}
        assert session.call(TRAFFIC)["matched"] == 0
        client.ask(type="ping")

        entries = session.call(TRAFFIC)["entries"]
        assert [entry["seq"] for entry in entries] == [before + 1, before + 2]

    def test_attempts_are_counted_anew_and_mocks_stay(self, session: McpSession) -> None:
        url = self.refuse_twice(session)
        assert self.refusals(url) == 2
        assert self.refusals(url) == 0
        session.call(RESET, what=["attempts"])

        assert self.refusals(url) == 2

    def test_mocks_are_removed_and_traffic_stays(self, session: McpSession) -> None:
        url = self.refuse_twice(session)
        self.refusals(url)
        session.call(RESET, what=["mocks"])

        assert session.call("list_websocket_mocks")["total"] == 0
        assert session.call(TRAFFIC, match={"status": 503})["matched"] == 2

    def test_conversations_begin_anew_and_connections_stay(
        self, session: McpSession, url: str
    ) -> None:
        rules = [{"times": 1, "do": [{"send": {"text": "first"}}]}]
        endpoint = {"path": "/once", "rules": rules, "unmatched": "echo"}
        session.call(SET, endpoint=endpoint)
        with websocket(f"{url}/once") as client:
            for expected in ("first", "?"):
                client.send("?")
                assert client.recv(PATIENCE) == expected
            assert session.call(RESET, what=["state"]) == {"reset": ["state"]}
            client.send("?")
            assert client.recv(PATIENCE) == "first"

    def test_everything_at_once_is_named_once(
        self, session: McpSession, client: JsonClient
    ) -> None:
        answer = session.call(RESET, what=["mocks", "traffic", "attempts", "mocks"])

        assert answer["reset"] == ["mocks", "traffic", "attempts"]
        assert client.ask(type="ping")["type"] == "pong"

    @pytest.mark.parametrize("what", [[], ["everything"]])
    def test_reset_must_say_what(self, session: McpSession, what: list[str]) -> None:
        assert "what" in session.refusal(RESET, what=what)
