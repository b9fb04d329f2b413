"""The tools on traffic, over a real server with real clients."""

import asyncio
import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import nullcontext
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.helpers.json_client import JsonClient, say, websocket
from tests.helpers.mcp_session import McpSession, text_of
from tests.helpers.peers import peer
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE, UNIT, eventually
from websocket_mock.actors.values.entries import KEPT_BYTES
from websocket_mock.mcp_bridge.service.redaction import MASK

TRAFFIC = "get_websocket_traffic"
WAIT = "wait_for_websocket_event"
VERIFY = "verify_websocket_traffic"
CLIENTS = "get_websocket_clients"

MAX_RESULT = 20_000
"""Characters of a result that MCP clients still take."""

SHORT = 0.1 * UNIT
SECRET = "hunter2"


@pytest.fixture
def client(url: str) -> Iterator[JsonClient]:
    with peer(url) as connected:
        yield connected


@pytest.mark.parametrize(
    ("tool", "name", "others"),
    [(TRAFFIC, "match", {}), (WAIT, "match", {"after": "start"}), (VERIFY, "expect", {})],
)
def test_conditions_may_come_as_json_text(
    session: McpSession, client: JsonClient, tool: str, name: str, others: dict[str, str]
) -> None:
    as_object = {"kind": "open", "client": client.id}
    forms = (as_object, json.dumps(as_object))
    answers = [session.call(tool, **{name: one}, **others) for one in forms]
    assert answers[0] == answers[1]
    assert name in session.refusal(tool, **{name: '{"kind": '})


def read_whole(session: McpSession, seq: int) -> dict[str, Any]:
    """Read an entry piece by piece; its payload is all that is kept."""
    pieces: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        result = session.try_call(TRAFFIC, seq=seq, payload_offset=offset)
        assert len(text_of(result)) < MAX_RESULT
        answer = result.structured_content or {}
        (entry,) = answer["entries"]
        pieces.append(entry["payload"])
        offset = entry.get("payload_next")
        assert (f"payload_offset={offset}" in str(answer["hint"])) == (offset is not None)
    if entry["kind"] == "binary":
        return {**entry, "payload": b"".join(map(base64.b64decode, pieces))}
    return {**entry, "payload": "".join(pieces)}


class TestRead:
    def test_everything_before_the_call_is_there(
        self, session: McpSession, client: JsonClient
    ) -> None:
        # Far more often than the journal is brought up to date by itself.
        for number in range(1, 31):
            client.ask(type="ping", test_id=number)
            found = session.call(TRAFFIC, match={"kind": "text", "direction": "received"}, limit=1)
            assert found["matched"] == number

    def test_connection_is_told_from_handshake_to_close(
        self, session: McpSession, url: str
    ) -> None:
        with peer(url) as client:
            client.ask(type="ping")
        session.call(WAIT, after="start", match={"kind": "close"}, timeout=PATIENCE)
        entries = session.call(TRAFFIC)["entries"]

        kinds = [(entry["kind"], entry.get("direction")) for entry in entries]
        assert kinds == [
            ("handshake", None),
            ("open", None),
            ("text", "sent"),
            ("text", "received"),
            ("text", "sent"),
            ("close", None),
        ]
        assert [entry["seq"] for entry in entries] == list(range(1, 7))
        assert {entry["client"] for entry in entries[1:]} == {client.id}
        # What an entry does not have is left out.
        common = {"seq", "time", "kind", "attempt"}
        assert entries[0].keys() == common | {"details"}
        assert entries[3].keys() == common | {"direction", "client", "size", "payload"}
        assert entries[0]["details"]["status"] == 101
        assert entries[-1]["details"] == {
            "code": 1000,
            "reason": "",
            "was_clean": True,
            "by": "client",
        }

    def test_pages_hold_every_entry_once(self, session: McpSession, url: str) -> None:
        say(url, *map(str, range(20)))
        session.call(WAIT, after="start", match={"kind": "close"}, timeout=PATIENCE)
        seen: list[int] = []
        cursor = 0
        while page := session.call(TRAFFIC, after=cursor, limit=7)["entries"]:
            seen += [entry["seq"] for entry in page]
            cursor = seen[-1]

        assert seen == list(range(1, 44))

    def test_newest_entries_come_where_they_are_asked_for(
        self, session: McpSession, client: JsonClient
    ) -> None:
        client.ask(type="ping")
        whole = session.call(TRAFFIC)
        last = session.call(TRAFFIC, limit=2, newest=True)

        assert last["entries"] == whole["entries"][-2:]
        assert last["next_cursor"] == whole["next_cursor"]
        assert last["hint"] == f"There are {whole['matched'] - 2} entries before these."
        assert session.call(TRAFFIC, newest=True)["hint"] is None

    def test_large_payload_is_cut_with_its_size_and_hash(
        self, session: McpSession, url: str
    ) -> None:
        message = "x" * (KEPT_BYTES + 1)
        say(url, message)
        (concise,) = session.call(TRAFFIC, match={"direction": "received"})["entries"]
        (summary,) = session.call(TRAFFIC, match={"direction": "received"}, detail="summary")[
            "entries"
        ]
        full = read_whole(session, concise["seq"])

        assert len(concise["payload"]) == 200
        assert "payload" not in summary
        assert full["payload"] == message[:-1]
        assert {one["size"] for one in (concise, summary, full)} == {KEPT_BYTES + 1}
        assert concise["truncated"]
        assert full["truncated"]
        assert full["sha256"] == hashlib.sha256(message.encode()).hexdigest()

    @pytest.mark.parametrize(
        "message",
        ["€" * 20_000, '"\\\n' * 20_000, bytes(range(256)) * 200],
        ids=["text", "escapes", "binary"],
    )
    def test_payload_is_read_piece_by_piece(
        self, session: McpSession, url: str, message: str | bytes
    ) -> None:
        say(url, message)
        (entry,) = session.call(TRAFFIC, match={"direction": "received"})["entries"]
        assert read_whole(session, entry["seq"])["payload"] == message

    @pytest.mark.parametrize("detail", ["summary", "concise", "full"])
    def test_result_stays_small_and_says_how_to_go_on(
        self, session: McpSession, url: str, detail: str
    ) -> None:
        say(url, *["ü" * 1000] * 100)
        result = session.try_call(TRAFFIC, limit=200, detail=detail)

        assert len(text_of(result)) < MAX_RESULT
        answer = result.structured_content or {}
        assert len(answer["entries"]) < answer["matched"]
        assert answer["next_cursor"] == answer["entries"][-1]["seq"]
        assert "next_cursor" in answer["hint"]

    def test_handshake_with_very_much_in_it_stays_small(
        self, session: McpSession, url: str
    ) -> None:
        headers = {f"x-long-name-{number}": "y" * 100 for number in range(100)}
        for _ in range(3):
            with websocket(url, additional_headers=headers):
                pass

        match = {"kind": "handshake"}
        assert len(text_of(session.try_call(TRAFFIC, match=match))) < MAX_RESULT
        assert len(text_of(session.try_call(WAIT, after="start", match=match))) < MAX_RESULT
        (full,) = session.call(TRAFFIC, seq=1)["entries"]
        assert headers.items() <= full["details"]["headers"].items()

    def test_path_of_a_handshake_is_told_without_its_query(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        with websocket(server.url("/no/such/path?page=2")):
            pass

        (handshake,) = session.call(TRAFFIC, match={"kind": "handshake"})["entries"]
        assert "endpoint" not in handshake
        assert handshake["details"]["path"] == "/no/such/path"
        assert handshake["details"]["query"] == {"page": "2"}

    def test_nothing_that_matches_comes_with_the_next_step(self, session: McpSession) -> None:
        result = session.call(TRAFFIC, match={"kind": "pong"})

        assert (result["entries"], result["matched"]) == ([], 0)
        assert "conditions" in result["hint"]

    def test_entry_that_is_not_kept_is_told(self, session: McpSession) -> None:
        assert "has no entry 99" in session.call(TRAFFIC, seq=99)["hint"]

    @pytest.mark.parametrize(
        ("match", "complaint"),
        [({"path": {"matches": "("}}, "path"), ({"knd": "text"}, "knd")],
        ids=str,
    )
    def test_conditions_that_are_not_valid_are_refused(
        self, session: McpSession, match: dict[str, Any], complaint: str
    ) -> None:
        for tool in (TRAFFIC, WAIT):
            assert complaint in session.refusal(tool, match=match)


class TestRedaction:
    def test_credentials_are_in_no_result(self, session: McpSession, url: str) -> None:
        headers = {"Authorization": f"Bearer {SECRET}", "Cookie": f"session={SECRET}"}
        with websocket(url, additional_headers=headers):
            results = [
                session.try_call(TRAFFIC),
                session.try_call(TRAFFIC, detail="full"),
                session.try_call(TRAFFIC, seq=1),
                session.try_call(WAIT, after="start", match={"kind": "handshake"}),
                session.try_call(WAIT, after="start", match={"kind": "verdict"}, timeout=SHORT),
                session.try_call(VERIFY, expect={"kind": "handshake"}),
                session.try_call(VERIFY, expect={"kind": "handshake", "status": 503}),
                session.try_call("list_websocket_mocks"),
                session.try_call(CLIENTS),
                session.try_call("get_websocket_server_status"),
            ]

        assert not [result for result in results if SECRET in text_of(result)]
        assert not [result for result in results if SECRET in str(result.structured_content)]
        shown = json.loads(text_of(results[2]))["entries"][0]["details"]["headers"]
        assert shown["authorization"] == shown["cookie"] == MASK


class TestWait:
    def test_past_counts_only_where_it_is_asked_for(
        self, session: McpSession, client: JsonClient
    ) -> None:
        unasked = session.call(WAIT, match={"kind": "open"}, timeout=SHORT)
        first = session.call(WAIT, after="start", match={"kind": "open"})
        again = session.call(
            WAIT, match={"kind": "open"}, after=first["next_cursor"], timeout=SHORT
        )

        assert (unasked["status"], unasked["nearest_miss"]) == ("timed_out", None)
        assert first["status"] == "happened"
        assert first["entry"]["client"] == client.id
        assert (again["status"], again["entry"]) == ("timed_out", None)

    def test_later_message_ends_the_wait(
        self, session: McpSession, server: InProcessServer, client: JsonClient
    ) -> None:
        match = {"kind": "message", "match": {"json": {"$.test_id": 7}}}
        call = session.start_call(WAIT, after="start", match=match, timeout=PATIENCE)
        eventually(lambda: server.waits == 1)
        client.ask(type="ping", test_id=6)
        client.ask(type="ping", test_id=7)

        answer = call.result(PATIENCE).structured_content or {}
        assert answer["status"] == "happened"
        assert json.loads(answer["entry"]["payload"])["test_id"] == 7

    def test_wait_in_vain_tells_the_nearest_miss(
        self, session: McpSession, client: JsonClient
    ) -> None:
        client.ask(type="ping", test_id=6)
        match = {"direction": "received", "match": {"json": {"$.test_id": 7}}}
        answer = session.call(WAIT, after="start", match=match, timeout=SHORT)

        assert answer["status"] == "timed_out"
        assert answer["nearest_miss"].endswith("json $.test_id: expected 7, got 6")

    def test_what_did_not_happen_because_a_rule_failed_tells_the_rule(
        self, session: McpSession
    ) -> None:
        rule = {"name": "answer", "do": [{"send": {"text": "{{ message.json.n + 'x' }}"}}]}
        url = session.call("set_websocket_mock", endpoint={"path": "/sum", "rules": [rule]})["url"]
        with websocket(url) as client:
            client.send('{"n": 1}')
            match = {"direction": "sent", "endpoint": "/sum"}
            waited = session.call(WAIT, after="start", match=match, timeout=SHORT)
            verified = session.call(VERIFY, expect=match, within=SHORT)

        for told in (waited["hint"], verified["verdict"]):
            assert "a rule could not do its work; entry " in told
            assert ": answer: " in told

    def test_many_wait_at_once_and_quick_tools_answer(
        self, session: McpSession, server: InProcessServer, client: JsonClient
    ) -> None:
        calls = [
            session.start_call(
                WAIT,
                after="start",
                match={"match": {"json": {"$.test_id": number}}},
                timeout=PATIENCE,
            )
            for number in range(50)
        ]
        eventually(lambda: server.waits == 50)
        assert session.call(CLIENTS)["total_clients"] == 1
        for number in range(50):
            client.ask(type="ping", test_id=number)

        answers = [call.result(PATIENCE).structured_content or {} for call in calls]
        assert {one["status"] for one in answers} == {"happened"}
        eventually(lambda: server.waits == 0)

    def test_wait_ends_when_its_asker_cancels(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        call = session.start_call(WAIT, after="start", match={"kind": "open"}, timeout=300)
        eventually(lambda: server.waits == 1)
        call.cancel()

        with pytest.raises((CancelledError, asyncio.CancelledError)):
            call.result(PATIENCE)
        eventually(lambda: server.waits == 0)

    def test_third_connect_of_a_logical_client_is_awaited(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        endpoint = {
            "name": "devices",
            "path": "/devices",
            "client_key": {"query": "device"},
            "handshake": [{"match": {"attempt": 2}, "reject": {"status": 503}}],
        }
        url = session.call("set_websocket_mock", endpoint=endpoint)["url"]
        match = {"kind": "open", "endpoint": "devices", "attempt": 3}
        call = session.start_call(WAIT, after="start", match=match, timeout=PATIENCE)
        eventually(lambda: server.waits == 1)

        # The other client's connections are no attempts of the first.
        for device, is_refused in [("a", False), ("b", False), ("a", True), ("a", False)]:
            eventually(lambda: server.waits == 1)
            with (
                pytest.raises(InvalidStatus, match="503") if is_refused else nullcontext(),
                websocket(f"{url}?device={device}"),
            ):
                pass
        answer = call.result(PATIENCE).structured_content or {}
        assert (answer["status"], answer["entry"]["attempt"]) == ("happened", 3)

    @pytest.mark.parametrize(
        ("close", "details"),
        [
            ({"code": 4001}, {"code": 4001, "by": "client", "was_clean": True}),
            ({"code": {"at_least": 4000}, "by": "client"}, {"code": 4001}),
            ({"was_clean": False}, {"code": 1006, "by": "client"}),
        ],
        ids=str,
    )
    def test_close_with_a_code_is_awaited(
        self, session: McpSession, url: str, close: dict[str, Any], details: dict[str, Any]
    ) -> None:
        call = session.start_call(
            WAIT, after="start", match={"kind": "close", **close}, timeout=PATIENCE
        )
        with websocket(f"{url}/echo") as connection:
            connection.close(1000)
        with websocket(f"{url}/echo") as connection:
            if close.get("was_clean") is False:
                connection.socket.shutdown(socket.SHUT_RDWR)
            else:
                connection.close(4001)
        answer = call.result(PATIENCE).structured_content or {}
        assert answer["status"] == "happened"
        assert details.items() <= answer["entry"]["details"].items()

    def test_quiet_comes_after_the_last_message(
        self, session: McpSession, client: JsonClient
    ) -> None:
        client.ask(type="ping")
        answer = session.call(WAIT, after="start", match={"kind": "message"}, quiet="50ms")

        assert (answer["status"], answer["entry"]) == ("quiet", None)

    @pytest.mark.parametrize(
        ("quiet", "complaint"),
        [("soon", "quiet: "), ("2s", "2 s is longer than the timeout of 1 s")],
    )
    def test_quiet_that_cannot_be_is_refused(
        self, session: McpSession, quiet: str, complaint: str
    ) -> None:
        assert complaint in session.refusal(WAIT, match={}, quiet=quiet, timeout=1)

    @pytest.mark.parametrize("timeout", [0, 301])
    def test_time_to_wait_is_bounded(self, session: McpSession, timeout: float) -> None:
        assert "timeout" in session.refusal(WAIT, match={}, timeout=timeout)


def test_binary_is_shown_as_base64(session: McpSession, server: InProcessServer) -> None:
    with websocket(server.url("/echo")) as connection:
        connection.send(b"\x00\xff")
        assert connection.recv(PATIENCE) == b"\x00\xff"
    (entry,) = session.call(TRAFFIC, match={"kind": "binary", "direction": "sent"})["entries"]

    assert (entry["payload"], entry["size"]) == ("AP8=", 2)
