"""One HTTP request and its response as bytes, without I/O (RFC 9112). h11 does the parsing."""

from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

import h11

from websocket_mock.actors.conversation.http_rules import PLAIN_TEXT
from websocket_mock.actors.library.http_exchange import WITHOUT_BODY

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class BadRequest(Exception):
    """Raised when a request is not answered by rules, and the connection ends.

    Args:
        status: the HTTP status that says why.
        text: says it in words.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A whole request."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class HttpWire:
    """Parses one request, and serializes its response. The reader's thread only.

    Args:
        max_head: the most bytes of the headers.
        max_body: the most bytes of the body.
    """

    def __init__(self, max_head: int, max_body: int) -> None:
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=max_head)
        self._max_body = max_body
        self._request: h11.Request | None = None
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes from the network."""
        # h11 takes no bytes for the end of the stream.
        if data:
            self._connection.receive_data(data)

    def poll(self) -> HttpMessage | None:
        """Return the request if it is complete, else None.

        Raises:
            BadRequest: it is not valid, or too large.
        """
        try:
            while True:
                event = self._connection.next_event()
                if isinstance(event, h11.Request):
                    self._begin(event)
                elif isinstance(event, h11.Data):
                    self._body += event.data
                    self._check_size(len(self._body))
                elif isinstance(event, h11.EndOfMessage):
                    return self._message()
                else:
                    return None
        except h11.RemoteProtocolError as error:
            raise BadRequest(error.error_status_hint, f"{error}.") from None

    def _begin(self, request: h11.Request) -> None:
        names = [name for name, _ in request.headers]
        if b"transfer-encoding" in names and b"content-length" in names:
            # One of both may be meant for somebody between us and the client (RFC 9112, 6.1).
            raise BadRequest(400, "Content-Length and Transfer-Encoding exclude each other.")
        for name, value in request.headers:
            if name == b"content-length":
                self._check_size(int(value))
        self._request = request

    def _check_size(self, size: int) -> None:
        if size > self._max_body:
            raise BadRequest(413, f"The body has more than {self._max_body} bytes.")

    def _message(self) -> HttpMessage:
        request = self._request
        assert request is not None
        headers = tuple(
            (name.decode("ascii"), value.decode("iso-8859-1"))
            for name, value in request.headers.raw_items()
        )
        target = request.target.decode("ascii")
        return HttpMessage(request.method.decode("ascii"), target, headers, bytes(self._body))

    def go_ahead(self) -> bytes:
        """Return what tells the client to send the body, if it waits for that; else nothing."""
        if not self._connection.they_are_waiting_for_100_continue:
            return b""
        return self._send(h11.InformationalResponse(status_code=100, headers=[], reason="Continue"))

    def whole(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
        """Return a whole response."""
        has_body = status not in WITHOUT_BODY
        length = (("Content-Length", str(len(body))),) if has_body else ()
        if not has_body:
            headers = tuple(one for one in headers if one[0].lower() != "content-type")
        data = self.begin(status, (*headers, *length))
        assert self._request is not None
        if body and has_body and self._request.method != b"HEAD":
            data += self.piece(body)
        return data + self.end()

    def begin(self, status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
        """Return the head of a response. Without a length, pieces of any number may follow."""
        has_date = any(name.lower() == "date" for name, _ in headers)
        date = () if has_date else (("Date", formatdate(usegmt=True)),)
        encoded = [
            (name.encode("ascii"), value.strip(" \t").encode("iso-8859-1"))
            for name, value in (*date, *headers)
        ]
        reason = _PHRASES.get(status, "Mocked").encode("ascii")
        return self._send(h11.Response(status_code=status, headers=encoded, reason=reason))

    def piece(self, data: bytes) -> bytes:
        """Return a part of the body."""
        return self._send(h11.Data(data=data))

    def end(self) -> bytes:
        """Return the end of a response."""
        return self._send(h11.EndOfMessage())

    def _send(self, event: "h11.Event") -> bytes:
        return self._connection.send(event) or b""

    @property
    def may_follow(self) -> bool:
        """Whether the client may send another request on the same connection."""
        states = (self._connection.our_state, self._connection.their_state)
        return states == (h11.DONE, h11.DONE)

    @property
    def rest(self) -> bytes:
        """What has come after the request."""
        return self._connection.trailing_data[0]


def refusal(error: BadRequest, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Return the response to a request that is not answered by rules."""
    body = f"{error}\n".encode(errors="replace")
    lines = [
        f"HTTP/1.1 {error.status} {_PHRASES.get(error.status, 'Refused')}",
        f"Date: {formatdate(usegmt=True)}",
        "Connection: close",
        f"Content-Type: {PLAIN_TEXT}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode("iso-8859-1") + body
