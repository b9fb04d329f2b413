"""What one client may ask of the server, over real sockets."""

import pytest

from tests.helpers.frames import CONT, TEXT, frame, head_only, text
from tests.helpers.raw_client import Received, opened
from tests.helpers.server import serving_here
from tests.helpers.wait import eventually

pytestmark = pytest.mark.integration


def test_message_at_the_limit_is_answered() -> None:
    with serving_here(max_message_bytes=1000) as server, opened(server.port) as client:
        client.send(text("a" * 1000))
        assert client.read_frame() == Received(TEXT, b"a" * 1000)


def test_larger_message_is_closed_with_1009_by_its_head_alone() -> None:
    with serving_here(max_message_bytes=1000) as server, opened(server.port) as client:
        client.send(text("good"), head_only(0x81, 1001))
        assert client.read_frame() == Received(TEXT, b"good")
        assert client.read_close() == (1009, "frame with 1001 bytes exceeds limit of 1000 bytes")
        eventually(lambda: server.stats().errors == 1)


def test_fragments_that_are_too_large_together_are_closed_with_1009() -> None:
    with serving_here(max_message_bytes=1000) as server, opened(server.port) as client:
        client.send(text("a" * 600, fin=False), frame(CONT, b"b" * 600))
        assert client.read_close()[0] == 1009


def test_ping_in_a_message_at_the_limit_is_answered() -> None:
    with serving_here(max_message_bytes=1000) as server, opened(server.port) as client:
        client.send(text("a" * 1000, fin=False), frame(9, b"ping"), frame(CONT))
        assert client.read_frame().payload == b"ping"
        assert client.read_frame() == Received(TEXT, b"a" * 1000)


def test_message_of_too_many_frames_is_closed_with_1009() -> None:
    with serving_here(max_message_frames=100) as server, opened(server.port) as client:
        client.send(text("", fin=False), *[frame(CONT, b"", fin=False)] * 99, frame(CONT))
        assert client.read_close() == (1009, "more than 100 frames in one message")


def test_message_of_as_many_frames_as_allowed_is_answered() -> None:
    with serving_here(max_message_frames=100) as server, opened(server.port) as client:
        client.send(text("", fin=False), *[frame(CONT, b"a", fin=False)] * 98, frame(CONT))
        assert client.read_frame() == Received(TEXT, b"a" * 98)
