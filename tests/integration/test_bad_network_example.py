"""What the example of a bad network promises in its header, with a real client."""

import time

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from tests.helpers.examples import example
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration


def test_train_is_late_and_loses_each_fourth_tick() -> None:
    with example("bad_network") as network, network.connect("/train") as client:
        begin = time.monotonic()
        for number in range(8):
            client.send({"type": "tick", "n": number})
        client.send({"type": "end"})
        heard = []
        while (message := client.receive()) != {"type": "end"}:
            heard.append(message["n"])
        assert heard == [0, 1, 2, 4, 5, 6]
        # There and back, 20 ms at least each way.
        assert time.monotonic() - begin >= 0.04


def test_broken_server_garbles_repeats_overtakes_and_ends_with_bad_utf8() -> None:
    with example("bad_network") as network, network.connect("/broken") as client:
        for word in ("one", "two", "three", "four"):
            client.connection.send(word)
        heard = [client.connection.recv(PATIENCE) for _ in range(5)]
        assert heard[0] != "one"
        assert heard[1:] == ["two", "two", "four", "three"]
        client.connection.send("five")
        with pytest.raises(ConnectionClosedError) as failed:
            client.connection.recv(PATIENCE)
        assert failed.value.sent is not None
        assert failed.value.sent.code == 1007


def test_dead_server_answers_neither_messages_nor_pings() -> None:
    with example("bad_network") as network, network.connect("/dead") as client:
        client.connection.send("alive?")
        assert client.connection.recv(PATIENCE) == "alive?"
        client.connection.send("still?")
        assert not client.connection.ping().wait(0.2)
        with pytest.raises(TimeoutError):
            client.connection.recv(0)
        # It waits for an answer to its close frame in vain, too.
        client.connection.close_timeout = 0.1


def test_server_crashes_within_a_frame_and_is_well_at_the_next_attempt() -> None:
    with example("bad_network") as network:
        with network.connect("/crash") as client:
            client.connection.send("hello")
            client.connection.send("now")
            with pytest.raises(ConnectionClosed) as lost:
                client.connection.recv(PATIENCE)
            assert lost.value.rcvd is None
        with network.connect("/crash") as client:
            client.connection.send("now")
            assert client.connection.recv(PATIENCE) == "now"
