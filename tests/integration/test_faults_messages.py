"""Faults in messages, both ways, as a client sees them on the wire."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import EVENT_READ
from typing import Any

import pytest

from tests.helpers.faulty import faulty, noted
from tests.helpers.frames import BINARY, CLOSE, PING, PONG, TEXT, close, frame, text
from tests.helpers.mock_server import mocking, on, say
from tests.helpers.raw_client import RawClient, Received
from tests.helpers.wait import PATIENCE, UNIT, eventually

pytestmark = pytest.mark.integration

A, B, C = (Received(TEXT, letter) for letter in (b"a", b"b", b"c"))


@contextmanager
def sending(client: RawClient, *pieces: bytes) -> Iterator[threading.Thread]:
    """Send on a thread of its own, because the server may not take it all at once."""
    thread = threading.Thread(target=client.send, args=pieces, name="sending")
    thread.start()
    yield thread
    thread.join(PATIENCE)
    assert not thread.is_alive()


def nth(number: int) -> dict[str, Any]:
    return {"frames": {"nth": number}}


@pytest.mark.parametrize(
    ("fault", "received"),
    [
        ({"drop": {}, **nth(2)}, [A, C]),
        ({"drop": {}, "frames": {"every_nth": 2, "after_times": 1}}, [A, B]),
        ({"drop": {}, "frames": {"times": 2}}, [C]),
        ({"drop": {}, "match": {"text": "b"}}, [A, C]),
        ({"drop": {}, "probability": 0}, [A, B, C]),
        ({"drop": {}, "attempt": 2}, [A, B, C]),
        ({"duplicate": {}, **nth(2)}, [A, B, B, C]),
        ({"duplicate": {"copies": 3}, **nth(1)}, [A, A, A, A, B, C]),
        ({"reorder": {}, **nth(1)}, [B, A, C]),
        ({"reorder": {"by": 2}, **nth(1)}, [B, C, A]),
        ({"reorder": {"within": "20ms"}}, [B, A, C]),
    ],
)
@pytest.mark.parametrize("direction", ["to_client", "from_client"])
def test_messages_are_lost_repeated_and_overtaken(
    direction: str, fault: dict[str, Any], received: list[Received]
) -> None:
    with faulty({**fault, "direction": direction}) as (_, client):
        client.send(text("a"), text("b"), text("c"))
        assert [client.read_frame() for _ in received] == received
        client.send(frame(PING, b"end"))
        assert client.read_frame() == Received(PONG, b"end")


def test_message_that_waits_for_another_comes_by_itself_in_the_end() -> None:
    with faulty({"reorder": {"within": "60ms"}, **nth(1)}) as (_, client):
        begin = time.monotonic()
        client.send(text("a"))
        assert client.read_frame() == A
        assert time.monotonic() - begin >= 0.055


def test_message_that_waits_for_another_comes_before_a_close() -> None:
    with faulty({"reorder": {"within": "1m"}, **nth(1)}) as (_, client):
        client.send(text("a"), close(1000))
        assert client.read_frame() == A
        assert client.read_close() == (1000, "")


@pytest.mark.parametrize("direction", ["to_client", "from_client"])
def test_corrupt_text_stays_text_and_corrupt_data_changes(direction: str) -> None:
    original = "grün €"
    with faulty({"corrupt": {"count": 2}, "direction": direction}) as (_, client):
        client.send(text(original), frame(BINARY, bytes(8)))
        garbled, changed = client.read_frame(), client.read_frame()
    assert garbled.opcode == TEXT
    garbled_text = garbled.payload.decode()
    assert len(garbled_text) == len(original)
    assert garbled_text != original
    assert (changed.opcode, len(changed.payload)) == (BINARY, 8)
    assert changed.payload != bytes(8)


@pytest.mark.parametrize("direction", ["to_client", "from_client"])
def test_truncated_message_ends_early_and_is_valid(direction: str) -> None:
    faults = [{"truncate": {"to": 4}, "direction": direction, **nth(1)}]
    faults += [{"truncate": {}, "direction": direction, **nth(2)}]
    with faulty(*faults) as (_, client):
        client.send(text("grün"), frame(BINARY, b"abcdef"))
        # Half of a character would not be UTF-8.
        assert client.read_frame() == Received(TEXT, "grü".encode())
        assert client.read_frame() == Received(BINARY, b"abc")


@pytest.mark.parametrize("direction", ["to_client", "from_client"])
def test_latency_delays_everything_and_keeps_the_order(direction: str) -> None:
    latency = {"latency": {"mean": "60ms", "jitter": "50ms"}, "direction": direction}
    with faulty(latency) as (_, client):
        begin = time.monotonic()
        client.send(*(text(str(number)) for number in range(20)), frame(PING, b"p"), close(1000))
        frames = [client.read_frame() for _ in range(22)]
        assert [one.payload for one in frames[:20]] == [str(one).encode() for one in range(20)]
        assert [one.opcode for one in frames[20:]] == [PONG, CLOSE]
        assert time.monotonic() - begin >= 0.055


@pytest.mark.parametrize("direction", ["to_client", "from_client"])
def test_bandwidth_spaces_messages_by_their_size(direction: str) -> None:
    with faulty({"bandwidth": {"rate": "10KB"}, "direction": direction}) as (_, client):
        begin, times = time.monotonic(), []
        client.send(*[frame(BINARY, bytes(500))] * 3, frame(BINARY, b""))
        for _ in range(4):
            client.read_frame()
            times.append(time.monotonic() - begin)
    for measured, expected in zip(times, [0.05, 0.1, 0.15, 0.15], strict=True):
        assert expected - 0.005 <= measured <= expected + 1.0 * UNIT


def test_latency_of_certain_messages_holds_up_those_behind_them() -> None:
    with faulty({"latency": {"mean": "60ms"}, "match": {"text": "b"}}) as (_, client):
        begin = time.monotonic()
        client.send(text("a"), text("b"), text("c"))
        assert client.read_frame() == A
        assert [client.read_frame(), client.read_frame()] == [B, C]
        assert time.monotonic() - begin >= 0.055


def test_faults_act_in_their_order() -> None:
    with faulty({"truncate": {"to": 2}}, {"duplicate": {}}, {"drop": {}, **nth(2)}) as (_, client):
        client.send(text("abc"), text("bcd"), text("cde"))
        assert [client.read_frame() for _ in range(4)] == [
            Received(TEXT, b"ab"),
            Received(TEXT, b"ab"),
            Received(TEXT, b"cd"),
            Received(TEXT, b"cd"),
        ]


def test_what_comes_from_others_is_hit_as_well() -> None:
    shout = on("shout", {"send": {"to": "others", "text": "hey"}})
    endpoint = {"rules": [shout], "unmatched": "echo", "faults": [{"drop": {}, **nth(1)}]}
    with (
        mocking(endpoint) as server,
        server.open_raw() as one,
        server.open_raw() as other,
    ):
        one.send(text("shout"))
        assert [entry.payload for entry in noted(server)] == ["hey"]
        other.send(text("c"))
        assert other.read_frame() == C
        one.send(text("a"), text("b"))
        assert one.read_frame() == B


def test_same_seed_and_traffic_give_the_same_bytes() -> None:
    faults = [
        {"corrupt": {"count": 3}, "probability": 0.5},
        {"drop": {}, "probability": 0.3},
        {"masked": {}, "probability": 0.2},
        {"drop": {}, "probability": 0.3, "direction": "from_client"},
    ]
    sent = [text(f"message {number}") for number in range(60)]

    def run(attempts: int) -> list[bytes]:
        streams = []
        with mocking({"unmatched": "echo", "faults": faults}) as server:
            for _ in range(attempts):
                with server.open_raw() as client:
                    client.send(*sent, close(1000))
                    streams.append(client.read_end())
        return streams

    first, second = run(2), run(2)
    assert first == second
    assert first[0] != first[1], "another attempt has luck of its own"
    assert len(first[0]) > 60 * 5


def test_journal_has_what_was_lost_and_what_was_sent_instead() -> None:
    faults = [{"name": "gone", "drop": {}, **nth(1)}, {"truncate": {"to": 1}, **nth(2)}]
    with faulty(*faults) as (server, client):
        client.send(text("lost"), text("cut"))
        assert client.read_frame() == C
        lost, cut = noted(server)
        assert (lost.payload, dict(lost.details)) == ("lost", {"fault": "gone", "type": "drop"})
        assert (cut.payload, cut.direction) == ("cut", "sent")
        sent = [one for one in noted(server, "text") if one.direction == "sent"]
        assert [one.payload for one in sent] == [b"c"]
        (snapshot,) = server.server.clients()
        assert (snapshot.messages_received, snapshot.messages_sent) == (2, 1)


def test_what_lasts_is_noted_once() -> None:
    with faulty({"latency": {"mean": "1ms"}}) as (server, client):
        client.send(*[text("a")] * 5)
        assert [client.read_frame() for _ in range(5)] == [A] * 5
        assert len(noted(server)) == 1


def test_condition_that_fails_lets_the_message_pass_and_is_noted() -> None:
    broken = {"drop": {}, "match": {"json": {"schema": {"$ref": "#/nowhere"}}}}
    with faulty(broken) as (server, client):
        client.send(text("1"))
        assert client.read_frame() == Received(TEXT, b"1")
        (error,) = noted(server, "error")
        assert error.details["rule"] == "fault drop"


def test_what_was_on_its_way_when_the_client_left_still_arrives() -> None:
    rules = [say("x", trigger="close"), say("y")]
    late = {"latency": {"mean": "1m"}, "direction": "from_client"}
    with mocking({"rules": rules, "faults": [late]}) as server:
        with server.open_raw() as client:
            client.send(text("a"))
            client.vanish()
        received = [one for one in noted(server, "text") if one.direction == "received"]
        assert [one.payload for one in received] == ["a"]


def test_line_that_holds_too_much_closes_with_1013() -> None:
    big = {"do": [{"send": {"text": "x" * 1_000_000}}]}
    with (
        mocking({"rules": [big], "faults": [{"latency": {"mean": "1h"}}]}) as server,
        server.open_raw() as client,
    ):
        client.send(*[text("more")] * 20)
        assert client.read_close() == (1013, "slow consumer")


def test_client_that_sends_more_than_the_line_carries_is_not_read() -> None:
    late = {"latency": {"mean": "500ms"}, "direction": "from_client"}
    with (
        mocking({"rules": [say("ok")], "faults": [late]}) as server,
        server.open_raw() as client,
        sending(client, *[frame(BINARY, bytes(1_000_000))] * 60) as sender,
    ):
        # 16 MB on the line, and what the sockets' buffers take; the rest waits at the client.
        eventually(lambda: not server.server.connection().watched & EVENT_READ)
        assert sender.is_alive()
        assert [client.read_frame() for _ in range(60)] == [Received(TEXT, b"ok")] * 60
