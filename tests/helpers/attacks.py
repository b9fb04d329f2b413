"""Hostile clients. Each attack gets the port of a server, and returns what that said to it."""

import json
import socket
import ssl
import struct
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

from tests.helpers.frames import BINARY, CONT, MASK, PING, TEXT, frame, head_only, request, text
from tests.helpers.raw_client import RawClient, connected
from tests.helpers.wait import PATIENCE

MIB = 1024 * 1024

Outcome = Counter[Any]
"""How often each thing happened: the code of a close frame, the status of an answer, or a word."""


def _ending(client: RawClient) -> int | str | None:
    """Read until the end; return the code of the close frame, or a word."""
    try:
        while True:
            received = client.read_frame()
            if received.opcode == 0x8:
                return struct.unpack("!H", received.payload[:2])[0] if received.payload else None
    except ConnectionError:
        return "reset"
    except (EOFError, TimeoutError) as error:
        return type(error).__name__


def fuzzed_streams(port: int, count: int = 1_000) -> Outcome:
    """Random bytes, and valid frames with random mistakes, on open connections."""
    random, outcome = Random(1), Outcome()
    for number in range(count):
        with connected(port) as client:
            client.open("/echo")
            good = frame(random.choice([TEXT, BINARY, PING, CONT]), random.randbytes(20))
            data = bytearray(random.randbytes(60) if number % 2 else good + good)
            for _ in range(random.randint(0, 4)):
                data[random.randrange(len(data))] = random.randrange(256)
            with suppress(OSError):
                client.send(bytes(data))
                client.finish_sending()
            outcome[_ending(client)] += 1
    return outcome


def mutated_handshakes(port: int, count: int = 1_000) -> Outcome:
    """Handshakes with changed, missing and additional bytes."""
    random, outcome = Random(2), Outcome()
    for _ in range(count):
        data = bytearray(request("/echo"))
        for _ in range(random.randint(1, 6)):
            place = random.randrange(len(data))
            match random.randrange(3):
                case 0:
                    data[place] = random.randrange(256)
                case 1:
                    del data[place : place + random.randint(1, 30)]
                case _:
                    data[place:place] = random.randbytes(random.randint(1, 30))
        with connected(port) as client:
            with suppress(OSError):
                client.send(bytes(data))
                client.finish_sending()
            try:
                outcome[client.read_answer().status] += 1
            except (EOFError, OSError) as error:
                outcome[type(error).__name__] += 1
    return outcome


def slow_loris(port: int, count: int = 200, start: bytes = b"GET /echo HTTP/1.1\r\nX: ") -> Outcome:
    """Connections that begin a handshake and never end it."""
    outcome = Outcome()
    with _crowd(port, count) as crowd:
        for client in crowd:
            client.send(start)
        for client in crowd:
            outcome[client.read_end()] += 1
    return outcome


def slow_loris_over_tls(port: int, count: int = 200) -> Outcome:
    """The same with half of a ClientHello."""
    outgoing = ssl.MemoryBIO()
    context = ssl.create_default_context()
    side = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        side.do_handshake()
    hello = outgoing.read()
    return slow_loris(port, count, hello[: len(hello) // 2])


def half_open_peers(port: int, count: int = 100) -> Outcome:
    """Clients that open a connection and are never heard of again."""
    outcome = Outcome()
    with _crowd(port, count) as crowd:
        for client in crowd:
            client.open("/echo")
        for client in crowd:
            outcome[_ending(client)] += 1
    return outcome


def clients_that_never_read(port: int, count: int = 20) -> Outcome:
    """Clients that read nothing while another broadcasts large messages to them."""
    outcome = Outcome()
    shout = text(json.dumps({"type": "broadcast", "message": "x" * (256 * 1024)}))
    with _crowd(port, count, receive_buffer=4096) as crowd, connected(port) as speaker:
        for client in crowd:
            client.open("/")
        speaker.open("/")
        for _ in range(100):
            speaker.send(shout)
        speaker.send(text('{"type": "ping"}'))
        while json.loads(speaker.read_frame().payload).get("type") != "pong":
            pass
        outcome["broadcasts"] = 100
    return outcome


def tiny_frames(port: int, count: int = 100_000) -> Outcome:
    """Very many empty messages; all must be answered."""
    return _flood(port, frame(TEXT) * 1_000, count // 1_000, answer_bytes=2_000)


def empty_continuations(port: int, count: int = 100_000) -> Outcome:
    """One message of very many empty fragments."""
    with connected(port) as client:
        client.open("/echo")
        with suppress(OSError):
            client.send(frame(TEXT, fin=False))
            for _ in range(count // 1_000):
                client.send(frame(CONT, fin=False) * 1_000)
        return Outcome([_ending(client)])


def compression_bomb(port: int, size: int = 200 * MIB) -> Outcome:
    """A message that is some 200 KiB and becomes 200 MiB."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    pieces = [compressor.compress(bytes(MIB)) for _ in range(size // MIB)]
    bomb = b"".join(pieces) + compressor.flush(zlib.Z_SYNC_FLUSH)
    with connected(port) as client:
        client.open("/echo", Sec_WebSocket_Extensions="permessage-deflate")
        with suppress(OSError):
            client.send(frame(BINARY, bomb.removesuffix(b"\0\0\xff\xff"), reserved=4))
        return Outcome([_ending(client)])


def header_floods(port: int, count: int = 20) -> Outcome:
    """Requests whose headers do not end."""
    outcome = Outcome()
    for _ in range(count):
        with connected(port) as client:
            with suppress(OSError):
                client.send(b"GET /echo HTTP/1.1\r\n")
                for number in range(200):
                    client.send(b"X-%d: %b\r\n" % (number, b"a" * 4_000))
            try:
                outcome[client.read_answer().status] += 1
            except (EOFError, OSError):
                outcome["cut off"] += 1
    return outcome


def huge_lengths(port: int) -> Outcome:
    """Frames that promise up to 2^64 bytes."""
    outcome = Outcome()
    for length in (11 * MIB, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
        with connected(port) as client:
            client.open("/echo")
            client.send(head_only(0x80 | BINARY, length, MASK) + bytes(100))
            outcome[_ending(client)] += 1
    return outcome


def pings(port: int, count: int = 50_000) -> Outcome:
    """A flood of pings; all must be answered."""
    return _flood(port, frame(PING, b"12345678") * 1_000, count // 1_000, answer_bytes=10_000)


def connects_and_resets(port: int, count: int = 10_000) -> Outcome:
    """Connections that are reset as soon as they are there; every third has begun to talk."""
    for number in range(count):
        client = RawClient(port)
        if number % 3 == 0:
            client.send(request("/echo"))
        client.vanish()
    return Outcome({"reset": count})


def deep_json(port: int) -> Outcome:
    """JSON of which the nesting is very deep."""
    outcome = Outcome()
    for data in ("[" * 100_000, '{"a":' * 50_000, "[" * 100_000 + "]" * 100_000):
        with connected(port) as client:
            client.open("/")
            client.read_frame()
            client.send(text(data))
            outcome[json.loads(client.read_frame().payload)["type"]] += 1
    return outcome


def _flood(port: int, data: bytes, times: int, answer_bytes: int) -> Outcome:
    """Send and read in turns, so that neither side waits for the other."""
    answered = 0
    with connected(port) as client:
        client.open("/echo")
        for _ in range(times):
            client.send(data)
            client.read(answer_bytes)
            answered += 1_000
    return Outcome({"answered": answered})


@contextmanager
def _crowd(port: int, count: int, receive_buffer: int | None = None) -> Iterator[list[RawClient]]:
    crowd: list[RawClient] = []
    try:
        crowd.extend(RawClient(port, receive_buffer=receive_buffer) for _ in range(count))
        yield crowd
    finally:
        for client in crowd:
            client.close()


def seconds_to_an_answer(port: int) -> float:
    """How long a new client waits from its connect to its first echo, at best of ten."""
    best = PATIENCE
    for _ in range(10):
        begin = time.monotonic()
        with connected(port) as client:
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.open("/echo")
            client.send(text("hello"))
            assert client.read_frame().payload == b"hello"
        best = min(best, time.monotonic() - begin)
    return best
