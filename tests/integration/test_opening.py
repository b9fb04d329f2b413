"""The opening handshake over real sockets: what is accepted, and how each refusal looks."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.helpers.frames import TEXT, request, text
from tests.helpers.json_client import json_client, websocket
from tests.helpers.raw_client import HttpAnswer, Received, connected, opened
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import eventually
from websocket_mock.actors.journal.schema import EntryMatch

pytestmark = pytest.mark.integration


def answer_to(server: InProcessServer, data: bytes) -> HttpAnswer:
    """The answer to a request; a refusal also ends the connection."""
    with connected(server.port) as client:
        answer = client.ask(data)
        if answer.status != 101:
            assert client.read_end() == b""
        return answer


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"nonsense\r\n\r\n", 400, id="no http"),
        pytest.param(b"\x16\x03\x01\x00\x05hello\n", 400, id="tls"),
        pytest.param(b"GET /\r\n\r\n", 400, id="http 0.9"),
        pytest.param(b"GET / HTTP/2.0\r\n\r\n", 400, id="http 2"),
        pytest.param(b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400, id="no header"),
        pytest.param(b"GET / HTTP/1.1\n\n", 400, id="bare line feeds"),
        pytest.param("GET /€ HTTP/1.1\r\n\r\n".encode(), 400, id="no ascii"),
        pytest.param(request(Transfer_Encoding="chunked"), 400, id="body in chunks"),
        pytest.param(request(Content_Length="5") + b"hello", 400, id="body"),
        pytest.param(request(Sec_WebSocket_Key=None), 400, id="no key"),
        pytest.param(request(Sec_WebSocket_Key="short"), 400, id="short key"),
        pytest.param(request(Sec_WebSocket_Version=None), 400, id="no version"),
        pytest.param(request("http://["), 400, id="target is no address"),
        pytest.param(request("/echo", "POST"), 405, id="post"),
        pytest.param(request("/echo", "HEAD"), 405, id="head"),
        pytest.param(b"PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 405, id="put with a body"),
        pytest.param(request("/" + "a" * 8192), 414, id="long target"),
        pytest.param(request(Upgrade=None, Connection=None), 426, id="plain get"),
        pytest.param(request(Upgrade="h2c"), 426, id="other upgrade"),
        pytest.param(request(Connection="keep-alive"), 426, id="no upgrade"),
        pytest.param(request(Sec_WebSocket_Version="8"), 426, id="old version"),
        pytest.param(request(Cookie="a" * 8192), 431, id="long header"),
        pytest.param(request(**{f"X_{one}": "y" for one in range(200)}), 431, id="many headers"),
        pytest.param(request(**{f"X_{one}": "y" * 4000 for one in range(5)}), 431, id="20 kB"),
        pytest.param(request().replace(b"HTTP/1.1", b"HTTP/1.0"), 505, id="http 1.0"),
    ],
)
def test_bad_request_gets_the_status_that_fits(
    server: InProcessServer, log_lines: list[str], data: bytes, status: int
) -> None:
    assert answer_to(server, data).status == status
    assert not [line for line in log_lines if line.startswith("ERROR")]
    assert server.stats().total_connections == 0


def test_plain_get_is_told_what_is_needed(server: InProcessServer) -> None:
    answer = answer_to(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n")
    assert answer.status == 426
    assert answer.headers["sec-websocket-version"] == "13"
    assert answer.headers["upgrade"] == "websocket"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "You need a WebSocket client" in answer.body


def test_other_version_is_told_the_right_one(server: InProcessServer) -> None:
    answer = answer_to(server, request(Sec_WebSocket_Version="8"))
    assert answer.headers["sec-websocket-version"] == "13"


def test_other_method_is_told_the_right_one(server: InProcessServer) -> None:
    assert answer_to(server, request("/echo", "POST")).headers["allow"] == "GET"


def test_every_path_is_answered_by_default(server: InProcessServer) -> None:
    with json_client(server.url("/any/path?a=b")) as client:
        assert client.welcome["type"] == "welcome"


def test_unknown_path_is_not_found_where_it_shall_be_rejected() -> None:
    with serving_here(fallback="reject") as server:
        assert answer_to(server, request("/other")).status == 404
        assert answer_to(server, request("/echo?a=b")).status == 101
        with pytest.raises(InvalidStatus, match="404"), websocket(server.url("/")):
            pass


def test_refused_path_is_in_the_journal_and_makes_no_namespace() -> None:
    with serving_here(fallback="reject") as server:
        assert answer_to(server, request("/ns/one/other")).status == 404
        server.gateway.flush()
        (entry,) = server.gateway.history.read(EntryMatch(kind="handshake"), 0, 9, "*").entries

        assert (entry.source.path, entry.source.namespace) == ("/other", "one")
        assert entry.details["status"] == 404
        assert server.gateway.library.names() == []


def test_connection_above_the_limit_is_asked_to_come_again() -> None:
    with serving_here(max_connections=2) as server:
        with opened(server.port), opened(server.port) as second:
            answer = answer_to(server, request())
            assert answer.status == 503
            assert answer.headers["retry-after"] == "1"
            second.close()
            eventually(lambda: answer_to(server, request()).status == 101)
        eventually(lambda: server.stats().current_clients == 0)


def test_limit_counts_connections_in_their_handshake() -> None:
    with serving_here(max_connections=1) as server, connected(server.port) as first:
        first.send(request()[:-2])
        eventually(lambda: answer_to(server, request()).status == 503)
        assert first.ask(b"\r\n").status == 101


def test_slow_handshake_is_cut_off() -> None:
    with serving_here(handshake_timeout=0.1) as server, connected(server.port) as client:
        client.send(request()[:-2])
        assert client.read_end() == b""


def test_silent_connection_is_cut_off() -> None:
    with serving_here(handshake_timeout=0.1) as server, connected(server.port) as client:
        assert client.read_end() == b""


def test_headers_that_never_end_are_refused() -> None:
    with serving_here(max_header_bytes=1024) as server, connected(server.port) as client:
        client.send(b"GET / HTTP/1.1\r\n")
        assert client.ask(b"X: y\r\n" * 100 + b"Y: " + b"z" * 1000).status == 431


def test_handshake_may_come_byte_by_byte(server: InProcessServer) -> None:
    with connected(server.port) as client:
        for byte in request():
            client.send(bytes((byte,)))
        assert client.read_answer().status == 101
        client.send(text("hello"))
        assert client.read_frame() == Received(TEXT, b"hello")


@pytest.mark.parametrize(
    ("ours", "offered", "chosen"),
    [
        ((), ["a", "b"], "a"),
        (("b", "a"), ["a", "b"], "b"),
        (("c",), ["a", "b"], None),
        ((), None, None),
    ],
)
def test_subprotocol_is_agreed_on(
    ours: tuple[str, ...], offered: list[str] | None, chosen: str | None
) -> None:
    with (
        serving_here(subprotocols=ours) as server,
        json_client(server.url(), subprotocols=offered) as client,
    ):
        assert client.connection.subprotocol == chosen
        (listed,) = client.ask(type="get_clients")["clients"]
        assert listed["subprotocol"] == chosen


def test_path_and_origin_and_address_are_known(server: InProcessServer) -> None:
    with json_client(server.url("/chat/7?room=a"), origin="http://example.test") as client:
        (known,) = server.clients()
        host, port = client.connection.local_address
        assert known.info.id == client.id
        assert known.info.path == "/chat/7"
        assert known.info.origin == "http://example.test"
        assert known.info.remote_address == f"{host}:{port}"
        (listed,) = client.ask(type="get_clients")["clients"]
        assert (listed["path"], listed["remote_address"]) == ("/chat/7", f"{host}:{port}")
