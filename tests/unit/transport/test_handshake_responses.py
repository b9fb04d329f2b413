"""What is answered to a client's HTTP request."""

import base64
import hashlib
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from tests.helpers.frames import KEY, request
from tests.helpers.plans import first_offer
from websocket_mock.transport import handshake_responses as responses
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.plain_request import Switch
from websocket_mock.transport.protocol import ConnectionProtocol


def new_protocol() -> ConnectionProtocol:
    return ConnectionProtocol(TransportConfig(), first_offer)


def respond(data: bytes, *, excess: str | None = None, known: str | None = None) -> Any:
    """Answer a request; only the path `known` is answered, where one is given."""
    protocol = new_protocol()
    protocol.receive_data(data)
    (event,) = protocol.events_received()
    assert isinstance(event, Request)
    return responses.respond(protocol, event, lambda path: known in (None, path), excess=excess)


def body(response: Response) -> str:
    return bytes(response.body).decode()


def test_good_request_is_accepted_with_its_proof() -> None:
    response = respond(request())
    assert isinstance(response, Switch)
    digest = hashlib.sha1(KEY.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    assert response == Switch(base64.b64encode(digest).decode(), None, None)


def test_header_names_and_tokens_are_read_without_regard_to_case() -> None:
    data = request(Connection="keep-alive, uPGRADE", Upgrade="WebSocket")
    assert respond(data.replace(b"Sec-WebSocket", b"sec-websocket")).status_code == 101


def test_plain_get_is_told_that_a_websocket_client_is_needed() -> None:
    response = respond(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert response.status_code == 426
    assert response.headers["Sec-WebSocket-Version"] == "13"
    assert response.headers["Upgrade"] == "websocket"
    assert "You need a WebSocket client" in body(response)


@pytest.mark.parametrize("version", ["12", "8", "0", "14", "nonsense", "13, 13"])
def test_other_version_is_told_the_right_one(version: str) -> None:
    response = respond(request(Sec_WebSocket_Version=version))
    assert response.status_code == 426
    assert response.headers["Sec-WebSocket-Version"] == "13"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_WebSocket_Version": None},
        {"Sec_WebSocket_Key": None},
        {"Sec_WebSocket_Key": "too short"},
        {"Sec_WebSocket_Key": "c2hvcnQ="},
        {"Sec_WebSocket_Extensions": "=;"},
        {"Sec_WebSocket_Protocol": "a b"},
        {"Connection": "Upgrade,;"},
    ],
)
def test_malformed_handshake_is_a_bad_request(headers: dict[str, str | None]) -> None:
    response = respond(request("/", **headers))
    assert response.status_code == 400
    assert body(response).startswith("Failed to open a WebSocket connection")


@pytest.mark.parametrize("name", ["Origin", "Sec-WebSocket-Key"])
def test_header_that_comes_twice_is_a_bad_request(name: str) -> None:
    data = request(Origin="http://a").replace(b"\r\n\r\n", f"\r\n{name}: {KEY}\r\n\r\n".encode())
    assert respond(data).status_code == 400


def test_other_method_is_told_the_right_one() -> None:
    response = respond(request("/echo", "POST"))
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET"


def test_old_http_version_is_refused() -> None:
    assert respond(request().replace(b"HTTP/1.1", b"HTTP/1.0")).status_code == 505


def test_other_request_for_an_unknown_path_is_not_found() -> None:
    response = respond(request("/other?query=1", Upgrade=None), known="/echo")
    assert response.status_code == 404
    assert body(response) == "Nothing answers /other here.\n"


def test_handshake_for_an_unknown_path_is_left_to_its_plan() -> None:
    assert respond(request("/other"), known="/echo").status_code == 101


def test_path_is_looked_up_without_its_query() -> None:
    assert respond(request("/echo?a=/b"), known="/echo").status_code == 101


def test_two_slashes_at_the_beginning_are_a_path() -> None:
    assert responses.split_target("//echo?a=b") == ("//echo", "a=b")


@pytest.mark.parametrize("target", ["http://[", "http://]/", "http://[/"])
def test_target_that_is_no_address_is_a_bad_request_or_not_found(target: str) -> None:
    assert respond(request(target), known="/echo").status_code in (400, 404)


def test_full_server_asks_to_come_again() -> None:
    response = respond(request(), excess="connections")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1


def test_too_many_headers_are_told_the_limit() -> None:
    response = responses.too_large(new_protocol(), 16_384)
    assert response.status_code == 431
    assert "16384 bytes" in body(response)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x16\x03\x01\x02\x00\x01",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno header\r\n\r\n",
        b"P0ST / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_a_bad_request(head: bytes) -> None:
    assert responses.malformed(new_protocol(), head).status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_method_with_a_body_is_told_the_right_one(method: str, version: str) -> None:
    head = f"{method} / HTTP/{version}\r\nContent-Length: 5\r\n\r\nhello".encode()
    response = responses.malformed(new_protocol(), head)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("/a/b?c=d&e", "/a/b", "c=d&e"),
        ("?x=1", "/", "x=1"),
        ("/%2F%20", "/%2F%20", ""),
        ("http://localhost:9004/chat?a=b", "/chat", "a=b"),
        ("/a?b=http://c/d", "/a", "b=http://c/d"),
    ],
)
def test_target_is_split_as_sent(target: str, path: str, query: str) -> None:
    assert responses.split_target(target) == (path, query)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("/a/b?c=d", (None, "/a/b", {"c": "d"})),
        ("/ns/x/a/b?c=d", ("x", "/a/b", {"c": "d"})),
        ("/ns/x?c=d", ("x", "/", {"c": "d"})),
        ("ws://host/ns/x/a", ("x", "/a", {})),
        ("/ns/?c=/ns/x", (None, "/ns/", {"c": "/ns/x"})),
    ],
)
def test_request_is_read_as_one_in_its_namespace(
    target: str, found: tuple[str | None, str, dict[str, str]]
) -> None:
    seen = responses.read_request(Request(target, Headers()), "127.0.0.1")
    assert (seen.namespace, seen.path, seen.query) == found
