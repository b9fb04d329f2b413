"""Many clients that talk to each other."""

from contextlib import ExitStack
from typing import Any

import pytest

from tests.helpers.frames import TEXT, text
from tests.helpers.json_client import json_client
from tests.helpers.mock_server import mocking, on
from tests.helpers.raw_client import Received, opened
from tests.helpers.server import InProcessServer

pytestmark = pytest.mark.integration

CLIENTS = 50


def test_broadcast_of_each_reaches_every_other_once(server: InProcessServer) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(json_client(server.url())) for _ in range(CLIENTS)]
        for number, client in enumerate(crowd):
            client.send(type="broadcast", message=number)
        for number, client in enumerate(crowd):
            received = [client.receive() for _ in range(CLIENTS)]
            (sent,) = [one for one in received if one["type"] == "broadcast_sent"]
            assert sent["recipients"] == CLIENTS - 1
            others = {one["message"]: one["from_client"] for one in received if one is not sent}
            expected = {other: crowd[other].id for other in range(CLIENTS) if other != number}
            assert others == expected


def test_broadcast_reaches_no_raw_echo_and_no_mock_that_does_not_speak_the_protocol() -> None:
    mocks: list[dict[str, Any]] = [
        {"path": "/own", "unmatched": "echo"},
        {"path": "/both", "unmatched": "builtin", "rules": [on("mine", {"send": {"text": "own"}})]},
    ]
    with ExitStack() as stack:
        server = stack.enter_context(mocking(*mocks)).server
        echo, own = (stack.enter_context(opened(server.port, path)) for path in ("/echo", "/own"))
        both, sender = (
            stack.enter_context(json_client(server.url(path))) for path in ("/both", "/any")
        )
        sender.send(type="broadcast", message="hello")
        assert sender.receive()["recipients"] == 1
        assert both.receive()["message"] == "hello"
        for client in (echo, own):
            client.send(text("last"))
            assert client.read_frame() == Received(TEXT, b"last")


def test_broadcasts_of_one_client_keep_their_order(server: InProcessServer) -> None:
    with json_client(server.url()) as sender, json_client(server.url()) as receiver:
        for number in range(200):
            sender.send(type="broadcast", message=number)
        assert [receiver.receive()["message"] for _ in range(200)] == list(range(200))


def test_client_that_was_welcomed_gets_the_next_broadcast(server: InProcessServer) -> None:
    with json_client(server.url()) as sender:
        for _ in range(20):
            with json_client(server.url()) as newcomer:
                sender.send(type="broadcast", message="hello")
                assert newcomer.receive()["message"] == "hello"


def test_client_that_vanishes_does_not_disturb_a_broadcast(server: InProcessServer) -> None:
    with json_client(server.url()) as sender, json_client(server.url()) as receiver:
        for number in range(20):
            with opened(server.port, "/") as leaver:
                leaver.send(text('{"type": "ping"}'))
                sender.send(type="broadcast", message=number)
                leaver.vanish()
        assert [receiver.receive()["message"] for _ in range(20)] == list(range(20))
        recipients = [sender.receive()["recipients"] for _ in range(20)]
        assert all(one >= 1 for one in recipients)
