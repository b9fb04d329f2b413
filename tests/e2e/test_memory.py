"""A storm costs the process little memory, and when it is over the memory comes back."""

import json
import sys
import zlib
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.helpers.frames import BINARY, frame, text
from tests.helpers.json_client import json_client
from tests.helpers.program import RunningServer, serving
from tests.helpers.raw_client import connected, opened
from tests.helpers.rest_api import RestApi, rest_api
from tests.helpers.wait import eventually
from websocket_mock.scripts.dev.footprint import Footprint

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and needs glibc"),
]

MIB = 1024 * 1024
JOURNAL_BYTES = 64 * MIB
"""The default, which the journal may keep after the storm."""

MESSAGE = "x" * 15_000
COUNT = 600


def port_of(server: RunningServer) -> int:
    return int(server.websocket_url.rpartition(":")[2].strip("/"))


def memory(server: RunningServer) -> int:
    """Resident bytes of the server. Not by way of its status, which would keep it busy."""
    return Footprint.of(server.pid).memory


def broadcast_to_many_that_never_read(server: RunningServer, api: RestApi) -> int:
    """Send 9 MB to each of twenty clients; return how much memory the server has then."""
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(opened(port_of(server), "/", receive_buffer=4096))
        good = stack.enter_context(json_client(server.websocket_url))
        sender = stack.enter_context(opened(port_of(server), "/"))
        for number in range(COUNT):
            message = {"type": "broadcast", "message": f"{number} {MESSAGE}"}
            sender.send(text(json.dumps(message)))
            heard = good.receive()
            assert heard["message"] == message["message"]
        unsent = api.call("get_websocket_server_status")["outbox"]["unsent_bytes"]
        assert unsent > 60 * MIB
        return memory(server)


def drop_bombs(server: RunningServer) -> None:
    """Send messages that inflate to 50 MiB, of which the server keeps to its 10 MiB."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = deflate.compress(bytes(50 * MIB)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    for _ in range(10):
        with opened(port_of(server)) as ordinary:
            ordinary.send(frame(BINARY, bytes(MIB)))
            ordinary.read_frame()
        with connected(port_of(server)) as one:
            one.open("/echo", Sec_WebSocket_Extensions="permessage-deflate")
            one.send(frame(BINARY, data[:-4], reserved=4))
            assert one.read_close()[0] == 1009


def test_memory_comes_back_after_clients_that_never_read_and_bombs(tmp_path: Path) -> None:
    with serving(tmp_path) as server, rest_api(server.control_url) as api:
        with json_client(server.websocket_url) as one:
            one.ask(type="ping")
        before = memory(server)
        # Each client once had a copy of its own, 130 MiB in all.
        assert broadcast_to_many_that_never_read(server, api) < before + 80 * MIB
        drop_bombs(server)
        eventually(lambda: memory(server) < 1.1 * before + JOURNAL_BYTES)
        status = api.call("get_websocket_server_status")
        assert status["outbox"]["unsent_bytes"] == 0
