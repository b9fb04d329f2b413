"""How long the control plane waits for the head of a request."""

from collections.abc import Iterator
from contextlib import suppress
from select import select

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.helpers.asgi import Inner
from tests.helpers.raw_client import RawClient, connected
from tests.helpers.wait import PATIENCE
from tests.helpers.web_server import WebServer
from websocket_mock.mcp_bridge.web import connections
from websocket_mock.mcp_bridge.web.serving import make_server

pytestmark = pytest.mark.integration

LIMIT = 0.3
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
PART = b"GET / HTTP/1.1\r\nX: "
DRIP = 0.02
"""Seconds between two bytes of a slow client."""


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "HEAD_TIMEOUT", LIMIT)
        server = make_server(Starlette(routes=[Mount("/", Inner())]))
        server.config.port = 0
        web = WebServer(server)
        yield web
        web.stop()


@pytest.fixture
def client(web: WebServer) -> Iterator[RawClient]:
    with connected(web.port) as one:
        yield one


def is_answered_within(client: RawClient, seconds: float) -> bool:
    return bool(select([client.socket], [], [], seconds)[0])


def test_silent_client_is_closed(client: RawClient) -> None:
    assert is_answered_within(client, PATIENCE)
    assert client.socket.recv(1) == b""


def test_head_that_is_never_complete_is_refused(client: RawClient) -> None:
    assert client.ask(PART).status == 408
    assert client.socket.recv(1) == b""


def test_head_of_a_later_request_has_the_same_limit(client: RawClient) -> None:
    assert client.ask(WHOLE).status == 200
    assert client.ask(PART).status == 408


def test_each_byte_gives_no_more_time(client: RawClient) -> None:
    client.send(PART)
    # The reset of a byte that came too late may overtake the answer.
    with suppress(ConnectionError):
        for _ in range(2_000):
            if is_answered_within(client, DRIP):
                break
            client.send(b"x")
        else:
            pytest.fail("the connection is still open")


def test_connection_stays_open_between_two_requests(client: RawClient) -> None:
    assert client.ask(WHOLE).status == 200
    assert not is_answered_within(client, 2 * LIMIT)
    assert client.ask(WHOLE).status == 200


def test_body_and_answer_may_take_longer(client: RawClient) -> None:
    client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n")
    assert not is_answered_within(client, 2 * LIMIT)
    assert client.ask(b"x").status == 200
