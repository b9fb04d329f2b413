"""Faults in frames, compared with the wire byte by byte, and noticed by a real client."""

import time
from typing import Any

import pytest
from websockets.exceptions import InvalidHandshake, InvalidStatus

from tests.helpers.faulty import faulty, noted
from tests.helpers.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    close,
    frame,
    head_only,
    text,
    xor,
)
from tests.helpers.mock_server import mocking, on
from tests.helpers.raw_client import Received
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.service.faults import set_faults

pytestmark = pytest.mark.integration

HI = b"\x81\x02hi"
DATA = b"\x82\x02\x01\x02"
LONG = 70_000


def control(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    return head_only((fin << 7) | opcode, len(payload), None) + payload


@pytest.mark.parametrize(
    ("fault", "sent", "wire"),
    [
        ({"invalid_utf8": {}}, text("hi"), b"\x81\x03hi\xff"),
        ({"invalid_utf8": {}}, frame(BINARY, b"\x01\x02"), DATA),
        ({"reserved_bit": {}}, text("hi"), b"\xa1\x02hi"),
        ({"reserved_bit": {"bit": 1}}, text("hi"), b"\xc1\x02hi"),
        ({"reserved_bit": {"bit": 3}}, frame(BINARY, b"\x01\x02"), b"\x92\x02\x01\x02"),
        ({"reserved_opcode": {}}, text("hi"), b"\x83\x02hi"),
        ({"reserved_opcode": {"opcode": 15}}, text("hi"), b"\x8f\x02hi"),
        ({"oversized_control": {}}, text("hi"), control(PING, b"x" * 126) + HI),
        (
            {"oversized_control": {"opcode": "pong", "size": 300}},
            text("hi"),
            control(PONG, b"x" * 300) + HI,
        ),
        (
            {"oversized_control": {"opcode": "close"}},
            text("hi"),
            control(CLOSE, b"\x03\xe8" + b"x" * 124) + HI,
        ),
        ({"fragmented_control": {}}, text("hi"), control(PING, b"xx", fin=False) + HI),
        (
            {"fragmented_control": {"opcode": "close"}},
            text("hi"),
            control(CLOSE, b"\x03\xe8", fin=False) + HI,
        ),
        ({"raw": "hex:deadbeef"}, text("hi"), b"\xde\xad\xbe\xef"),
        ({"raw": "hex:"}, text("hi"), b""),
        (
            {"reserved_opcode": {}},
            frame(BINARY, bytes(LONG)),
            head_only(0x83, LONG, None) + bytes(LONG),
        ),
    ],
)
def test_frame_is_on_the_wire_as_said(fault: dict[str, Any], sent: bytes, wire: bytes) -> None:
    with faulty(fault) as (_, client):
        client.send(sent, frame(PING, b"end"))
        expected = wire + control(PONG, b"end")
        assert client.read(len(expected)) == expected


@pytest.mark.parametrize("compression", [False, True])
def test_broken_frame_is_not_compressed_and_the_next_message_is_whole(compression: bool) -> None:
    offer = "permessage-deflate" if compression else None
    message = "abcabcabc" * 20
    with (
        mocking({"unmatched": "echo", "faults": [{"reserved_bit": {}, "frames": {"nth": 2}}]}) as s,
        s.open_raw(Sec_WebSocket_Extensions=offer) as client,
    ):
        client.send(*[text(message)] * 3)
        first, broken, third = (client.read_frame() for _ in range(3))
    assert (broken.reserved, broken.payload) == (2, message.encode())
    assert first.reserved == third.reserved == (4 if compression else 0)
    if compression:
        # It refers to the first message, as if there had been none in between.
        assert len(third.payload) < len(first.payload)


def test_masked_frame_carries_its_key() -> None:
    with faulty({"masked": {}}) as (_, client):
        client.send(text("hi"))
        data = client.read(8)
    assert data[:2] == b"\x81\x82"
    assert xor(data[6:], data[2:6]) == b"hi"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("invalid_utf8", 1007),
        ("reserved_bit", 1002),
        ("reserved_opcode", 1002),
        ("masked", 1002),
        ("oversized_control", 1002),
        ("fragmented_control", 1002),
    ],
)
def test_real_client_fails_the_connection_and_the_journal_says_why(fault: str, code: int) -> None:
    with (
        mocking({"unmatched": "echo", "faults": [{fault: {}, "name": "the bug"}]}) as server,
        server.connect() as client,
    ):
        client.say("hi")
        client.end()
        sent = client.connection.protocol.close_sent
        assert sent is not None
        assert sent.code == code
        (entry,) = noted(server)
        assert dict(entry.details) == {"fault": "the bug", "type": fault}
        assert entry.payload == "hi"


def test_action_breaks_the_next_messages_of_its_connection_only() -> None:
    broken = {"fault": {"invalid_utf8": {}, "frames": {"times": 1}}}
    rules = [on("go", broken, {"send": {"text": "x"}}, {"send": {"text": "y"}})]
    with (
        mocking({"rules": rules, "unmatched": "echo"}) as server,
        server.open_raw() as client,
        server.open_raw() as other,
    ):
        for _ in range(2):  # raised again, it starts over
            client.send(text("go"))
            assert client.read(7) == b"\x81\x02x\xff\x81\x01y"[:7]
        other.send(text("a"))
        assert other.read_frame() == Received(TEXT, b"a")


# --- in pieces ------------------------------------------------------------------------------------


def test_split_frame_comes_in_two_pieces_with_a_pause() -> None:
    with faulty({"split": {"at": 3, "pause": "60ms"}, "frames": {"nth": 1}}) as (_, client):
        begin = time.monotonic()
        client.send(text("hello"), text("next"))
        assert client.socket.recv(100) == b"\x81\x05h"
        assert client.read(10) == b"ello\x81\x04next"
        assert time.monotonic() - begin >= 0.055


def test_split_behind_the_end_of_a_frame_changes_nothing() -> None:
    with faulty({"split": {"at": 100}}) as (_, client):
        client.send(text("hi"))
        assert client.socket.recv(100) == HI


def test_drip_sends_a_few_bytes_at_a_time_and_what_follows_keeps_its_place() -> None:
    with faulty({"drip": {"size": 2, "interval": "15ms"}}) as (_, client):
        begin = time.monotonic()
        client.send(text("abcd"), frame(PING, b"p"), text("ef"))
        pieces: list[bytes] = []
        while sum(map(len, pieces)) < 13:
            pieces.append(client.socket.recv(100))
        taken = time.monotonic() - begin
    assert b"".join(pieces) == b"\x81\x04abcd" + control(PONG, b"p") + b"\x81\x02ef"
    assert pieces[0] == b"\x81\x04"
    assert taken >= 0.015 * 4 - 0.005


def test_dripping_connection_ends_behind_its_last_byte() -> None:
    with faulty({"drip": {"size": 1, "interval": "5ms"}}) as (_, client):
        client.send(text("abcdef"), close(1000))
        assert client.read_frame() == Received(TEXT, b"abcdef")
        assert client.read_close() == (1000, "")
        assert client.socket.recv(1) == b""


def test_real_client_puts_the_pieces_together() -> None:
    faults = [{"drip": {"size": 7, "interval": "1ms"}}, {"split": {"at": 1}, "frames": {"nth": 2}}]
    with mocking({"unmatched": "echo", "faults": faults}) as server, server.connect() as client:
        for message in ("a" * 300, "b" * 300, "c"):
            assert client.ask(message) == message


# --- answers and the handshake --------------------------------------------------------------------


def test_ping_without_a_pong() -> None:
    fault = {"no_pong": {}, "frames": {"nth": 2}}
    with faulty(fault) as (server, client):
        client.send(frame(PING, b"1"), frame(PING, b"2"), frame(PING, b"3"))
        assert [client.read_frame().payload for _ in range(2)] == [b"1", b"3"]
        assert [entry.details["type"] for entry in noted(server)] == ["no_pong"]


def test_close_without_an_answer_ends_when_the_server_is_tired_of_it() -> None:
    with mocking({"faults": ["no_close_reply"]}, close_timeout=0.1) as server:
        with server.open_raw() as client:
            begin = time.monotonic()
            client.send(close(1000))
            assert client.read_end() == b""
            assert time.monotonic() - begin >= 0.09
        assert [entry.details["type"] for entry in noted(server)] == ["no_close_reply"]


def test_wrong_accept_key_is_refused_by_a_real_client_on_the_attempt_that_has_it() -> None:
    with mocking({"unmatched": "echo", "faults": [{"wrong_accept": {}, "attempt": 1}]}) as server:
        with pytest.raises(InvalidHandshake, match="Sec-WebSocket-Accept"), server.connect():
            pass
        assert [dict(entry.details) for entry in noted(server)] == [
            {"fault": "wrong_accept", "type": "wrong_accept"}
        ]
        with server.connect() as client:
            assert client.ask("well") == "well"
            assert client.connection.ping().wait(PATIENCE)


def test_fault_refuses_the_handshakes_of_a_real_client_until_it_is_cleared() -> None:
    with mocking({"unmatched": "echo"}) as server:
        set_faults(server.server.gateway, [{"refuse": {}, "name": "down"}])
        with pytest.raises(InvalidStatus) as refused, server.connect():
            pass
        assert refused.value.response.status_code == 503
        assert [dict(entry.details) for entry in noted(server)] == [
            {"fault": "down", "type": "refuse"}
        ]
        set_faults(server.server.gateway, clear="all")
        with server.connect() as client:
            assert client.ask("well") == "well"
