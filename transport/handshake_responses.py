"""The HTTP responses to a client's opening handshake (RFC 6455 section 4.2)."""

import http
import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import InvalidMethod
from websockets.http11 import Request, Response

from websocket_mock.actors.documents.mocks import Reject
from websocket_mock.actors.values import namespaces
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.tls import TlsInfo
from websocket_mock.transport.plain_request import Switch
from websocket_mock.transport.protocol import ConnectionProtocol

VERSION = "13"
"""The only version of the protocol that is supported (RFC 6455 section 4.2.1)."""

HEAD_END = b"\r\n\r\n"
"""What ends the headers of a request (RFC 9112 section 2.1)."""

PathCheck = Callable[[str], bool]
"""Tells whether anything answers a path."""


def split_target(target: str) -> tuple[str, str]:
    """Split a request target into its path and its query, both as the client sent them.

    Raises:
        ValueError: the target is not a valid address.
    """
    if target.startswith("/"):
        # The usual form. A target that begins with `//host` is a path here, not an authority.
        path, _, query = target.partition("?")
        return path, query
    parts = urlsplit(target)
    return parts.path or "/", parts.query


def respond(
    protocol: ConnectionProtocol, request: Request, answers_path: PathCheck, *, excess: str | None
) -> Switch | Response:
    """Return what to answer to a complete request: 101, or an error that says why not.

    If there is too much of something, `excess` names it, and the response is 503.

    A valid handshake for a path that nothing answers gets 101 here: its plan refuses it, so that
    the journal has it.
    """
    if excess is not None:
        response = protocol.reject(
            http.HTTPStatus.SERVICE_UNAVAILABLE, f"Too many {excess}; try again later.\n"
        )
        response.headers["Retry-After"] = "1"
        return response
    try:
        path, _ = split_target(request.path)
    except ValueError as error:
        return protocol.reject(http.HTTPStatus.BAD_REQUEST, f"The target is malformed: {error}.\n")
    answer = _answer(protocol, request)
    if isinstance(answer, Response) and not answers_path(path):
        return protocol.reject(http.HTTPStatus.NOT_FOUND, f"Nothing answers {path} here.\n")
    return answer


def _answer(protocol: ConnectionProtocol, request: Request) -> Switch | Response:
    versions = request.headers.get_all("Sec-WebSocket-Version")
    if versions and versions != [VERSION]:
        response = protocol.reject(
            http.HTTPStatus.UPGRADE_REQUIRED, f"Only WebSocket version {VERSION} is spoken here.\n"
        )
        response.headers["Sec-WebSocket-Version"] = VERSION
        return response
    answer = protocol.negotiate(request)
    if isinstance(answer, Response) and answer.status_code == http.HTTPStatus.UPGRADE_REQUIRED:
        answer.headers["Sec-WebSocket-Version"] = VERSION
    return answer


def too_large(protocol: ConnectionProtocol, limit: int) -> Response:
    """Return the response to a request whose headers are longer than `limit` bytes."""
    return protocol.reject(
        http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The request has more than {limit} bytes of headers.\n",
    )


def malformed(protocol: ConnectionProtocol, head: bytes) -> Response:
    """Return the response to an invalid request: 405 if its method is not GET, else 400."""
    method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
    if rest.endswith((b"HTTP/1.1", b"HTTP/1.0")) and method.isalpha() and method != b"GET":
        error = InvalidMethod(method.decode("ascii"))
        response = protocol.reject(
            http.HTTPStatus.METHOD_NOT_ALLOWED, f"Failed to open a WebSocket connection: {error}.\n"
        )
        response.headers["Allow"] = "GET"
        return response
    return protocol.reject(http.HTTPStatus.BAD_REQUEST, "This is no valid HTTP/1.1 request.\n")


def rejection(wanted: Reject) -> Response:
    """Return the response that a mock asks for in place of 101."""
    body = wanted.body.encode()
    headers = Headers(
        [("Connection", "close"), ("Content-Length", str(len(body)))],
    )
    if body:
        headers["Content-Type"] = "text/plain; charset=utf-8"
    for name, value in wanted.headers.items():
        if name in headers:
            del headers[name]
        headers[name] = value
    phrases = {status.value: status.phrase for status in http.HTTPStatus}
    return Response(wanted.status, phrases.get(wanted.status, "Mocked"), headers, body)


def format_address(address: tuple[Any, ...]) -> str:
    """Return a socket address as ``host:port``, with an IPv6 host in brackets."""
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


_CONTROL_COOKIES = re.compile(r"\s*websocket_mock_\d+=[^;]*;?")
"""The cookies of the control plane. Browsers send them to every port, and no mock may see them."""


# As with the lines in `plain_request`, the journal keeps the names of all requests.
@lru_cache(maxsize=512)
def _lower(name: str) -> str:
    return name.lower()


def read_request(
    request: Request, remote_address: str, tls: TlsInfo | None = None
) -> HandshakeRequest:
    """Return a request in the form that conditions and templates use."""
    whole_path, query = split_target(request.path)
    namespace, path = namespaces.split_namespace(whole_path)
    joined: dict[str, str] = {}
    for name, value in request.headers.raw_items():
        key = _lower(name)
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    if "cookie" in joined:
        cookies = request.headers.get_all("Cookie")
        joined["cookie"] = ", ".join(_CONTROL_COOKIES.sub("", value) for value in cookies)
    offered = joined.get("sec-websocket-protocol", "")
    return HandshakeRequest(
        path=path,
        query=dict(parse_qsl(query, keep_blank_values=True)) if query else {},
        headers=joined,
        cookies=_cookies(joined["cookie"]) if "cookie" in joined else {},
        origin=joined.get("origin"),
        subprotocols=[name.strip() for name in offered.split(",") if name.strip()],
        remote_address=remote_address,
        namespace=namespace,
        tls=tls,
    )


def _cookies(header: str) -> dict[str, str]:
    cookies = SimpleCookie()
    with suppress(CookieError):
        cookies.load(header)
    return {name: morsel.value for name, morsel in cookies.items()}
