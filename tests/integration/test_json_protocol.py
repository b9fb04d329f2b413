"""Every message of the built-in JSON protocol, end to end with a real client."""

import json
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.helpers.json_client import JsonClient, json_client, websocket
from tests.helpers.server import VERSION, InProcessServer
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

TYPES = [
    "ping",
    "echo",
    "broadcast",
    "get_clients",
    "get_stats",
    "simulate_delay",
    "error_test",
]


@pytest.fixture
def client(server: InProcessServer) -> Iterator[JsonClient]:
    with json_client(server.url()) as one:
        yield one


def is_now(timestamp: float) -> bool:
    return abs(time.time() - timestamp) < PATIENCE


def test_welcome_tells_who_is_who(client: JsonClient) -> None:
    welcome = client.welcome
    assert welcome["type"] == "welcome"
    assert len(client.id) == 8
    assert set(client.id) <= set("0123456789abcdef")
    assert welcome["server_info"]["name"] == "WebSocket Mock Server"
    assert welcome["server_info"]["version"] == VERSION
    assert sorted(welcome["server_info"]["capabilities"]) == sorted(TYPES)
    assert is_now(welcome["timestamp"])


def test_clients_have_different_ids(server: InProcessServer, client: JsonClient) -> None:
    with json_client(server.url()) as other:
        assert other.id != client.id


def test_ping_is_answered_with_a_pong(client: JsonClient) -> None:
    pong = client.ask(type="ping")
    assert pong.keys() == {"type", "client_id", "timestamp", "server_time"}
    assert (pong["type"], pong["client_id"]) == ("pong", client.id)
    assert is_now(pong["timestamp"])
    assert pong["server_time"].endswith("Z")
    assert is_now(datetime.fromisoformat(pong["server_time"]).timestamp())


@pytest.mark.parametrize("test_id", [7, "seven", 0, "", None, 1.5, 2**70])
def test_pong_carries_the_test_id(client: JsonClient, test_id: object) -> None:
    assert client.ask(type="ping", test_id=test_id)["test_id"] == test_id


def test_echo_returns_exactly_what_was_sent(client: JsonClient) -> None:
    sent = '{"type": "echo", "big": 123456789012345678901234567890, "f": 1.0, "n": [null, "€"]}'
    client.connection.send(sent)
    text = client.receive_text()
    assert "123456789012345678901234567890" in text
    answer = json.loads(text)
    assert answer["type"] == "echo_response"
    assert answer["client_id"] == client.id
    assert answer["original_message"] == json.loads(sent)
    assert is_now(answer["timestamp"])


def test_broadcast_goes_to_all_others(server: InProcessServer, client: JsonClient) -> None:
    with json_client(server.url()) as one, json_client(server.url()) as two:
        sent = client.ask(type="broadcast", message={"any": ["thing", 1]})
        assert (sent["type"], sent["client_id"], sent["recipients"]) == (
            "broadcast_sent",
            client.id,
            2,
        )
        for other in (one, two):
            received = other.receive()
            assert received.keys() == {"type", "from_client", "message", "timestamp"}
            assert received["type"] == "broadcast"
            assert received["from_client"] == client.id
            assert received["message"] == {"any": ["thing", 1]}


def test_broadcast_to_nobody_reaches_nobody(client: JsonClient) -> None:
    assert client.ask(type="broadcast", message="?")["recipients"] == 0


def test_clients_are_listed_with_their_counters(
    server: InProcessServer, client: JsonClient
) -> None:
    with json_client(server.url("/elsewhere")) as other:
        other.ask(type="ping")
        answer = client.ask(type="get_clients")
        assert (answer["type"], answer["total_clients"]) == ("clients_list", 2)
        first, second = answer["clients"]
        assert [first["id"], second["id"]] == [client.id, other.id]
        assert second["path"] == "/elsewhere"
        assert (second["messages_received"], second["messages_sent"]) == (1, 2)
        assert second["last_ping"] is not None
        assert first["last_ping"] is None
        assert second["connection_status"] == "open"
        assert second["connected_at"].endswith("Z")


def test_stats_count_everything_the_client_sent_before(client: JsonClient) -> None:
    for _ in range(10):
        client.send(type="ping")
    client.send(type="nonsense")
    client.send(type="broadcast", message="x")
    client.send(type="get_stats")
    while (answer := client.receive())["type"] != "server_stats":
        pass
    stats = answer["stats"]
    assert stats["total_messages"] == 13
    assert (stats["errors"], stats["broadcasts"]) == (1, 1)
    assert (stats["current_clients"], stats["total_connections"]) == (1, 1)
    assert stats["start_time"].endswith("Z")
    assert stats["uptime_seconds"] >= 0
    assert stats["server_info"]["is_running"] is True


def test_delay_is_kept_and_others_are_answered_meanwhile(client: JsonClient) -> None:
    begin = time.monotonic()
    client.send(type="simulate_delay", delay_seconds=0.2)
    assert client.ask(type="ping")["type"] == "pong"
    answer = client.receive()
    assert time.monotonic() - begin >= 0.2
    assert answer["type"] == "delay_completed"
    assert answer["delay_seconds"] == 0.2


def test_shorter_delay_overtakes_a_longer_one(client: JsonClient) -> None:
    client.send(type="simulate_delay", delay_seconds=0.2)
    client.send(type="simulate_delay", delay_seconds=0)
    client.send(type="simulate_delay", delay_seconds=-5)
    assert [client.receive()["delay_seconds"] for _ in range(3)] == [0, 0, 0.2]


def test_many_pending_delays_end_with_their_client(server: InProcessServer) -> None:
    with json_client(server.url()) as one:
        for _ in range(1000):
            one.send(type="simulate_delay", delay_seconds=10)
        one.ask(type="ping")
    with json_client(server.url()) as next_one:
        assert next_one.ask(type="ping")["type"] == "pong"


def test_generic_error_is_reported(client: JsonClient) -> None:
    answer = client.ask(type="error_test", error_type="generic")
    assert (answer["type"], answer["error_type"]) == ("error_test_response", "generic")
    assert answer["message"]


def test_exception_is_contained(
    server: InProcessServer, client: JsonClient, log_lines: list[str]
) -> None:
    assert client.ask(type="error_test", error_type="exception")["type"] == "error"
    assert client.ask(type="ping")["type"] == "pong"
    assert server.stats().errors == 1
    assert any("Traceback" in line and "Simulated exception" in line for line in log_lines)


def test_timeout_is_never_answered(client: JsonClient) -> None:
    client.send(type="error_test", error_type="timeout")
    assert client.ask(type="ping")["type"] == "pong"


def test_invalid_json_is_really_none(client: JsonClient) -> None:
    client.send(type="error_test", error_type="invalid_json")
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(client.receive_text())


def test_unknown_type_is_told_the_known_ones(server: InProcessServer, client: JsonClient) -> None:
    answer = client.ask(type="nonsense")
    assert answer["type"] == "error"
    assert answer["error"] == "Unknown message type: nonsense"
    assert sorted(answer["available_types"]) == sorted(TYPES)
    assert server.stats().errors == 1


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ("{", "Invalid JSON: "),
        ("", "Invalid JSON: "),
        ("NaN", "Invalid JSON: "),
        ('{"type": "ping"} x', "Invalid JSON: "),
        ("[1]", "Invalid JSON: "),
        ('"ping"', "Invalid JSON: "),
        ("null", "Invalid JSON: "),
        (b'{"type": "ping"}', "Invalid JSON: "),
        ("[" * 100_000, "Invalid JSON: "),
        ("{}", "'type'"),
        ('{"type": 1}', "'type'"),
        ('{"type": "broadcast"}', "'message'"),
        ('{"type": "simulate_delay", "delay_seconds": "1"}', "'delay_seconds'"),
        ('{"type": "error_test", "error_type": "other"}', "'error_type'"),
        ('{"type": "ping", "test_id": []}', "'test_id'"),
    ],
)
def test_bad_message_is_refused_and_counted_and_the_connection_goes_on(
    server: InProcessServer, client: JsonClient, sent: str | bytes, problem: str
) -> None:
    client.connection.send(sent)
    answer = client.receive()
    assert answer["type"] == "error"
    assert problem in answer["error"]
    assert client.ask(type="ping")["type"] == "pong"
    assert server.stats().errors == 1


def test_raw_echo_says_nothing_of_its_own(server: InProcessServer) -> None:
    with websocket(server.url("/echo")) as raw:
        for message in ("{", '{"type": "ping"}', b"\x00\xff", ""):
            raw.send(message)
            assert raw.recv(timeout=PATIENCE) == message
