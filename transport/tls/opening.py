"""The first bytes of a connection: they tell TLS from plain, and TLS has its handshake here.

It runs on the reader's thread and does not block. So a client that stalls costs its timeout, and
nothing else.
"""

import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.values.tls import NORMAL, TlsInfo, TlsPlan
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.roles import Events, Host
from websocket_mock.transport.tls.contexts import ServerSide
from websocket_mock.transport.tls.serving import ServedTls
from websocket_mock.transport.tls.stream import RECORD_BYTES, TlsStream
from websocket_mock.transport.write_buffer import WriteBuffer

HANDSHAKE_RECORD = b"\x16"
"""The first byte of a TLS connection (RFC 8446 section 5.1). No HTTP method begins with it."""

MAX_HELLO_BYTES = 64 * 1024
"""How many bytes a client may send for its handshake. A chain of certificates is a few KiB."""

PLAIN_REFUSED = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b"
)
PLAIN_TEXT = b"This port takes TLS only: connect with wss:// instead of ws://.\n"

Opened = Callable[[TlsStream | None], None]
"""Goes on with the connection: the stream decrypts its bytes; None: it is plain."""


class TlsOpening:
    """A connection before it is known whether and how it is encrypted. The reader's thread only.

    It owns the socket until it gives it to `on_open`.

    Args:
        sock: an accepted, non-blocking socket.
        address: the peer's address, as `accept` returned it.
        host: the reader.
        events: decides, and is told how it fails.
        tls: the certificates, and whether a client must use TLS.
        config: the limits.
        on_open: takes the socket over.
    """

    is_mid_message = False

    def __init__(
        self,
        sock: socket.socket,
        address: tuple[Any, ...],
        host: Host,
        events: Events,
        tls: ServedTls,
        config: TransportConfig,
        on_open: Opened,
    ) -> None:
        self.socket = sock
        self.address = address
        self.watched = 0
        self.server_name: str | None = None
        self._host = host
        self._events = events
        self._certificates = tls.certificates
        self._config = config
        self._is_plain_refused = tls.is_required
        self._on_open = on_open
        self._plan: TlsPlan = NORMAL
        self._side: ServerSide | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._unsent = WriteBuffer(sock)
        self._received = 0
        self._bug: Exception | None = None
        self._is_ending = False
        self._timer = host.call_later(self, config.handshake_timeout, self._on_timeout)

    @property
    def dispatcher(self) -> Dispatcher:
        """Runs the actor of the connection, once there is one."""
        return self._host.dispatcher

    # --- Watched ------------------------------------------------------------------------------

    def on_ready(self, mask: int) -> None:
        """Read and write what the selector's mask allows."""
        try:
            if mask & EVENT_WRITE:
                self.flush()
            if mask & EVENT_READ:
                self._read()
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(error.strerror or "connection lost")

    def flush(self) -> None:
        """Write what the socket takes of the handshake."""
        if self.socket.fileno() < 0:
            return
        data = self._outgoing.read()
        if data or self._unsent.size:
            self._unsent.write((data,) if data else ())
        is_stalled = self._plan.ending == "stall"
        reading = 0 if is_stalled else EVENT_READ
        self._host.watch(self, reading | (EVENT_WRITE if self._unsent.size else 0))

    def resume(self) -> bool:
        """Return that there is nothing to resume: this is never paused."""
        return True

    def go_away(self) -> None:
        """End because the server stops."""
        self.drop("server shutting down")

    def drop(self, reason: str) -> None:  # noqa: ARG002 - nobody has heard of this connection
        """Close the socket now. Does nothing if it is closed already."""
        if self.socket.fileno() < 0:
            return
        self._timer.cancel()
        self._host.forget(self)
        self.socket.close()
        self._events.connection_ended()

    # --- the handshake ------------------------------------------------------------------------

    def _read(self) -> None:
        if self._side is not None:
            self._receive()
            return
        if self._is_ending:
            # The refusal has left; what the client still sends is of no interest.
            if not self.socket.recv(RECORD_BYTES):
                self.drop("")
            return
        first = self.socket.recv(1, socket.MSG_PEEK)
        if not first:
            self.drop("")
        elif first == HANDSHAKE_RECORD:
            context = self._certificates.context(self._local_name())
            self._side = _server_side(context, self._incoming, self._outgoing)
            self._side.on_client_hello = self._on_client_hello
            self._receive()
        elif self._is_plain_refused:
            self._refuse_plain()
        else:
            self._finish(None)

    def _receive(self) -> None:
        data = self.socket.recv(RECORD_BYTES)
        if not data:
            self._fail("the client hung up during the handshake")
            return
        self._received += len(data)
        if self._received > MAX_HELLO_BYTES:
            self._fail("the handshake of the client is too long")
            return
        self._incoming.write(data)
        self._advance()

    def _advance(self) -> None:
        assert self._side is not None
        try:
            self._side.do_handshake()
        except ssl.SSLWantReadError:
            self._follow_plan()
        except ssl.SSLError as error:
            if self._bug is not None:
                raise self._bug from None
            if not self._follow_plan():
                # The alert is sent, but nobody waits until it has arrived.
                has_alert = self._plan.alert is not None
                self._fail("refused with an alert" if has_alert else _reason_of(error))
        else:
            self.flush()
            self._finish(self._side)

    def _follow_plan(self) -> bool:
        """Send what the handshake has to say; return whether a fault has ended it instead."""
        ending = self._plan.ending
        if ending == "stall":
            self._outgoing.read()
            self._host.watch(self, 0)
            return True
        if ending is not None:
            if ending == "reset":
                linger = struct.pack("ii", 1, 0)
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._outgoing.read()
            self._fail("aborted")
            return True
        self.flush()
        return False

    def _on_client_hello(self, server_name: str | None) -> int | None:
        assert self._side is not None
        self.server_name = server_name
        try:
            self._plan = plan = self._events.plan_tls(self)
            name = server_name or self._local_name()
            if plan.certificate is not None:
                self._side.context = self._certificates.faulty(plan.certificate, name)
            elif server_name is not None:
                self._side.context = self._certificates.context(name)
        except Exception as error:  # noqa: BLE001 - OpenSSL calls this, and cannot pass it on
            self._bug = error
            return ssl.AlertDescription.ALERT_DESCRIPTION_INTERNAL_ERROR
        if plan.ending is not None:
            return ssl.AlertDescription.ALERT_DESCRIPTION_INTERNAL_ERROR
        return plan.alert

    def _local_name(self) -> str:
        # A client that connects to an IP address sends no name.
        return str(self.socket.getsockname()[0])

    # --- the end of the opening ---------------------------------------------------------------

    def _finish(self, side: ServerSide | None) -> None:
        if self._unsent.size:
            # A client that does not even read the handshake is not worth waiting for.
            self._fail("the client does not read")
            return
        stream = None if side is None else self._stream(side)
        self._timer.cancel()
        self._host.forget(self)
        self._on_open(stream)

    def _stream(self, side: ServerSide) -> TlsStream:
        cipher, certificate = side.cipher(), side.getpeercert(binary_form=True)
        info = TlsInfo(
            version=side.version() or "",
            cipher="" if cipher is None else cipher[0],
            server_name=self.server_name,
            alpn=side.selected_alpn_protocol(),
            client_certificate=None
            if certificate is None
            else self._certificates.subject_of(certificate),
        )
        return TlsStream(
            self.socket,
            side,
            self._incoming,
            self._outgoing,
            info,
            has_close_notify=self._plan.has_close_notify,
        )

    def _refuse_plain(self) -> None:
        self.socket.recv(RECORD_BYTES)
        self.socket.send(PLAIN_REFUSED % (len(PLAIN_TEXT), PLAIN_TEXT))
        self.socket.shutdown(socket.SHUT_WR)
        self._is_ending = True
        self._timer.cancel()
        self._timer = self._host.call_later(self, self._config.close_timeout, lambda: self.drop(""))

    def _on_timeout(self) -> None:
        self._fail("handshake timeout")

    def _fail(self, reason: str) -> None:
        if self._side is not None:
            with suppress(OSError):
                self.flush()
            self._events.tls_failed(self, self._plan, reason)
        self.drop(reason)


def _server_side(
    context: ssl.SSLContext, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO
) -> ServerSide:
    side = context.wrap_bio(incoming, outgoing, server_side=True)
    assert isinstance(side, ServerSide)
    return side


def _reason_of(error: ssl.SSLError) -> str:
    """Return what OpenSSL says, in small letters: ``tlsv1 alert unknown ca``."""
    return (error.reason or error.strerror or "TLS failed").replace("_", " ").lower()
