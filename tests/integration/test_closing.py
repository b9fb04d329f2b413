"""How connections end, by either side and in every way."""

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from tests.helpers.frames import PING, TEXT, close, frame, request, text
from tests.helpers.json_client import websocket
from tests.helpers.raw_client import Received, connected, opened
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999])
def test_close_is_answered_with_its_own_code_and_reason(server: InProcessServer, code: int) -> None:
    with opened(server.port) as client:
        client.send(close(code, "because €".encode()))
        assert client.read_close() == (code, "because €")
        assert client.read_end() == b""


def test_close_without_a_code_is_answered_without_one(server: InProcessServer) -> None:
    with opened(server.port) as client:
        client.send(close())
        assert client.read_close() == (None, "")


def test_close_in_the_middle_of_a_message_is_answered(server: InProcessServer) -> None:
    with opened(server.port) as client:
        client.send(text("half", fin=False), close(1000))
        assert client.read_close() == (1000, "")


def test_messages_before_a_close_are_answered_first(server: InProcessServer) -> None:
    with opened(server.port) as client:
        client.send(text("last words"), close(1000), text("too late"))
        assert client.read_frame() == Received(TEXT, b"last words")
        assert client.read_close() == (1000, "")
        assert client.read_end() == b""
    assert server.stats().total_messages == 1


def test_clean_close_is_no_error(server: InProcessServer) -> None:
    with opened(server.port) as client:
        client.send(close(1000))
        client.read_end()
    eventually(lambda: server.stats().current_clients == 0)
    assert server.stats().errors == 0


def test_close_of_a_library_is_clean(server: InProcessServer) -> None:
    with websocket(server.url("/echo")) as client:
        client.close(4321, "done")
        with pytest.raises(ConnectionClosedError) as caught:
            client.recv(timeout=PATIENCE)
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4321, "done")
    assert caught.value.rcvd_then_sent is False


def test_close_of_the_server_is_seen_by_a_library(server: InProcessServer) -> None:
    with websocket(server.url("/echo")) as client:
        server.stop()
        with pytest.raises(ConnectionClosedOK) as caught:
            client.recv(timeout=PATIENCE)
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1001, "server shutting down")
    assert caught.value.rcvd_then_sent is True


def test_client_that_does_not_hang_up_is_cut_off() -> None:
    with serving_here(close_timeout=0.1) as server, opened(server.port) as client:
        client.send(close(1000))
        client.read_end()
        eventually(client.is_cut_off)


def test_client_that_stays_after_a_violation_is_cut_off() -> None:
    with serving_here(close_timeout=0.1) as server, opened(server.port) as client:
        client.send(frame(3))
        client.read_end()
        eventually(client.is_cut_off)


def test_client_that_vanishes_is_forgotten(server: InProcessServer) -> None:
    with opened(server.port) as client, opened(server.port) as other:
        client.send(text("here"))
        client.read_frame()
        client.vanish()
        eventually(lambda: len(server.clients()) == 1)
        other.send(text("still here"))
        assert other.read_frame() == Received(TEXT, b"still here")
    eventually(lambda: server.stats().current_clients == 0)
    assert server.stats().errors == 0


def test_client_that_vanishes_with_mail_on_its_way_is_forgotten(server: InProcessServer) -> None:
    with opened(server.port, receive_buffer=4096) as client:
        client.send(*[frame(2, bytes(60_000))] * 20)
        client.read_frame()
        client.vanish()
        eventually(lambda: not server.clients())


def test_client_that_vanishes_in_its_handshake_never_counts(server: InProcessServer) -> None:
    with connected(server.port) as client:
        client.send(request()[:-2])
        client.vanish()
    with opened(server.port):
        assert server.stats().total_connections == 1


def test_client_that_hangs_up_without_a_close_frame_is_forgotten(server: InProcessServer) -> None:
    with opened(server.port):
        pass
    eventually(lambda: server.stats().current_clients == 0)
    assert server.clients() == ()


def test_client_that_only_stops_sending_gets_its_answers(server: InProcessServer) -> None:
    with opened(server.port) as client:
        client.send(text("question"), frame(PING, b"?"))
        client.finish_sending()
        assert client.read_frame() == Received(TEXT, b"question")
        assert client.read_frame().payload == b"?"
        assert client.read_end() == b""
    eventually(lambda: not server.clients())


def test_client_that_stops_sending_and_never_reads_gives_its_place_back() -> None:
    with (
        serving_here(
            max_connections=1,
            close_timeout=0.1,
            outbox_pause_bytes=1 << 30,
            max_outbox_bytes=1 << 30,
        ) as server,
        opened(server.port, receive_buffer=4096) as client,
    ):
        client.send(*[frame(2, bytes(1_000_000))] * 8)
        client.finish_sending()

        def is_free() -> bool:
            with connected(server.port) as other:
                return other.ask(request()).status == 101

        assert eventually(is_free)
