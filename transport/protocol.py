"""The WebSocket protocol of one connection, without I/O: bytes in, events and bytes out.

`websockets.server.ServerProtocol` does the handshake, the framing, the checks and
permessage-deflate. Four things are different here, because a mock decides what is answered, and
when:

- Pings and close frames are only reported. The owner of the connection answers them, or does not.
- A violation is reported after the good messages that came before it. The connection fails only
  when `complete_failure` is called, so that those messages can be answered first.
- Fragments are joined and text is decoded here, so that invalid UTF-8 fails in its place.
- Text is checked while its frame is still arriving (RFC 6455 section 8.1), see `ScreeningReader`.

Most messages do not go through the library's parser, see `whole_messages` and `_take_control`, nor
do plain handshakes, see `plain_request`.

What `websockets` does not document stands here: its parser, `writes`, the fields of the close, and
the state that its constructor makes. Elsewhere are its reader, in `screening_reader`, its masking
function, in `framing`, the two zlib objects of its extension, in `deflate`, and what its headers
consist of, in `plain_request`. When the library changes any of it,
`tests/unit/test_library_internals.py` fails.
"""

import logging
from collections.abc import Callable, Generator, Sequence
from uuid import UUID

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import enable_server_permessage_deflate
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Side, State
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from websocket_mock.actors.values.frames import MAX_CONTROL_PAYLOAD
from websocket_mock.actors.values.inbound import (
    CloseReceived,
    Inbound,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.deflate import compress
from websocket_mock.transport.fragments import (
    BETWEEN_CHARACTERS,
    FragmentedMessage,
    TextScreen,
)
from websocket_mock.transport.framing import FIN, LATEST, RSV1, SHARED_BYTES, apply_mask, head
from websocket_mock.transport.plain_request import PlainHeaders, Switch
from websocket_mock.transport.screening_reader import ScreeningReader
from websocket_mock.transport.whole_messages import WholeMessages
from websocket_mock.transport.write_buffer import LONG_BYTES

_OPCODE = 0b0000_1111
_MASKED = 0b1000_0000
_CLOSE, _PING, _PONG = 0x88, 0x89, 0x8A
_CONTROL_HEAD = 6
"""How many bytes the head of a masked control frame has (RFC 6455 section 5.2)."""
_DEFLATE = enable_server_permessage_deflate(None)
_TEXT_HEADS = tuple(head(FIN | Opcode.TEXT, length) for length in range(MAX_CONTROL_PAYLOAD + 1))
"""The heads of short text messages, by the length of the payload."""


class ConnectionProtocol(ServerProtocol):
    """The protocol core of one connection. The reader's thread only.

    After `receive_data` or `receive_eof`, call `take_inbound` for what has arrived. After any
    call, write what `data_to_send` returns.

    Args:
        config: the limits, and whether to offer compression.
        select_subprotocol: chooses one of the subprotocols that the client offers.
    """

    # What the library has for each connection, and what is the same for all of ours.
    id = UUID(int=0)
    logger = logging.getLogger("websockets.server")
    side = Side.SERVER
    max_fragment_size = None
    expect_continuation_frame = False
    origins = None
    available_subprotocols = None

    __slots__ = (
        "_inbound",
        "_max_bytes",
        "_max_frames",
        "_may_skip_the_parser",
        "_message",
        "_parser",
        "_reader",
        "_screening",
        "_select",
        "_state",
        "accept_called",
        "available_extensions",
        "close_rcvd",
        "close_rcvd_then_sent",
        "close_sent",
        "current_size",
        "debug",
        "eof_sent",
        "events",
        "extensions",
        "handshake_exc",
        "is_open",
        "max_message_size",
        "origin",
        "parser_exc",
        "peer_close",
        "subprotocol",
        "violation",
        "whole",
        "writes",
    )

    def __init__(
        self,
        config: TransportConfig,
        select_subprotocol: Callable[[ServerProtocol, Sequence[Subprotocol]], Subprotocol | None],
    ) -> None:
        # Not with the constructor of the library. What it makes took 4 KiB and 15 µs for each
        # connection: a UUID, a parser, a reader, and a dictionary of 39 attributes.
        self.debug = self.logger.isEnabledFor(logging.DEBUG)
        self.state = State.CONNECTING
        self.current_size: int | None = None
        self.origin: Origin | None = None
        self.extensions: list[Extension] = []
        self.subprotocol: Subprotocol | None = None
        self.close_rcvd: Close | None = None
        self.close_sent: Close | None = None
        self.close_rcvd_then_sent: bool | None = None
        self.handshake_exc: Exception | None = None
        self.parser_exc: Exception | None = None
        self.accept_called = self.eof_sent = False
        self.events, self.writes = [], []
        # The library counts a control frame towards the limit of the message around it. So it gets
        # room for one more, and the limit of messages is checked here.
        self.max_message_size = config.max_message_bytes + MAX_CONTROL_PAYLOAD
        self.available_extensions = _DEFLATE if config.compression else None
        self.violation: ProtocolViolated | None = None
        """The failure that has been reported, or will be with the next inbound events."""
        self.peer_close: CloseReceived | None = None
        """The peer's close frame, once it has arrived."""
        self._select = select_subprotocol
        self._reader: ScreeningReader | None = None
        self._parser: Generator[None] | None = None
        self._may_skip_the_parser = True
        """Whether the parser holds no part of a message, and neither side must end."""
        self._max_bytes = config.max_message_bytes
        self._max_frames = config.max_message_frames
        self.whole = WholeMessages(config.max_message_bytes, self.max_message_size)
        self._inbound = self.whole.inbound
        self._message: FragmentedMessage | None = None
        """The message in several frames that has begun."""
        self._screening: TextScreen | None = None

    @property
    def reader(self) -> ScreeningReader:  # type: ignore[override]
        """What the library's parser has not read yet. Both are made when they are first needed."""
        if self._reader is None:
            self._reader = ScreeningReader(self._screen)
            if self._parser is None:
                self._parser = self.parse() if self.peer_close is None else self._ignore()
                next(self._parser)
        return self._reader

    @property
    def parser(self) -> Generator[None]:
        """The library's parser, or what has taken its place."""
        if self._parser is None:
            assert self.reader.is_between_frames
        assert self._parser is not None
        return self._parser

    @parser.setter
    def parser(self, parser: Generator[None]) -> None:
        self._parser = parser

    # --- handshake ----------------------------------------------------------------------------

    def negotiate(self, request: Request) -> Switch | Response:
        """Check a request and negotiate; return what was agreed on, or a refusal.

        It does what the library does in `accept`, but a plain request takes less time.
        """
        headers = request.headers
        accept = headers.proof() if isinstance(headers, PlainHeaders) else None
        if accept is not None:
            try:
                self.origin = self.process_origin(headers)
                extensions, self.extensions = self.process_extensions(headers)
                self.subprotocol = self.process_subprotocol(headers)
                return Switch(accept, extensions, self.subprotocol)
            except Exception as error:  # noqa: BLE001 - the library knows what it means
                self.handshake_exc = error
        response = self.accept(request)
        if response.status_code != Switch.status_code:
            return response
        agreed = response.headers
        return Switch(
            agreed["Sec-WebSocket-Accept"],
            agreed.get("Sec-WebSocket-Extensions"),
            agreed.get("Sec-WebSocket-Protocol"),
        )

    def process_request(self, request: Request) -> tuple[str, str | None, str | None]:
        """Check a request and negotiate, unless `negotiate` has failed to; `accept` calls this."""
        if self.handshake_exc is not None:
            raise self.handshake_exc
        return super().process_request(request)

    def switch(self, response: bytes) -> None:
        """Send the response that opens the connection."""
        self.writes.append(response)
        self.state = State.OPEN

    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """Choose one of the subprotocols that the client offers. Only for the first request."""
        select = self._select
        # It holds the request and the response, which are not needed for the conversation.
        del self._select
        return select(self, subprotocols)

    @property
    def state(self) -> State:
        """The state of the connection, as `websockets` names it."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        self.is_open = state is State.OPEN
        """Whether messages may come and go. No property, as each message asks for it twice."""

    # --- in -----------------------------------------------------------------------------------

    def take_inbound(self) -> tuple[Inbound, ...]:
        """Return what has arrived since the last call, in its order."""
        inbound = tuple(self._inbound)
        self._inbound.clear()
        return inbound

    @property
    def is_mid_message(self) -> bool:
        """Whether a part of a message has arrived, and the rest of it is still to come."""
        if self.whole.missing or self.current_size is not None:
            return True
        return self._reader is not None and not self._reader.is_between_frames

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes from the network. Keeps no reference to them."""
        try:
            if self.whole.missing:
                data = self.whole.go_on(data)
            if data and self.is_open and self._may_skip_the_parser:
                # Short messages are taken from bytes in less time, long ones without this copy.
                if not isinstance(data, memoryview) or len(data) <= LONG_BYTES:
                    data = bytes(data)
                data = self.whole.take(data, self.extensions)
                if data:
                    data = self._take_control(bytes(data))
        except (UnicodeDecodeError, PayloadTooBig, ProtocolError) as error:
            self.parser.throw(error)
            self._look_at_the_parser()
            self._forget_errors()
        else:
            if data:
                super().receive_data(bytes(data))
                self._look_at_the_parser()
                self._forget_errors()

    def receive_eof(self) -> None:
        """Take the end of the stream from the network."""
        data = self.whole.take_back()
        if data:
            super().receive_data(data)
        if self._reader is None and self.peer_close is not None:
            # What the library's parser would do. It need not start for that.
            self.state = State.CLOSED
        else:
            super().receive_eof()
            self._forget_errors()

    def let_go(self) -> None:
        """Let go of the parser and of what it has not read, because the connection has ended."""
        self._reader = self._parser = None
        self.extensions = []

    def _forget_errors(self) -> None:
        # They hold the frames that raised them, and so this object and all data that had arrived.
        # In such a circle 10 MiB of each compression bomb waited for a garbage collection.
        self.parser_exc = self.handshake_exc = None

    def _look_at_the_parser(self) -> None:
        # Only after the parser was used: to ask with each read took 0.1 µs.
        self._may_skip_the_parser = (
            (self._reader is None or self._reader.is_between_frames)
            and self.current_size is None
            and self.violation is None
            and self.peer_close is None
        )

    def _take_control(self, data: bytes) -> bytes:
        """Take a control frame, if one is the beginning; return the bytes that are for the parser.

        So the parser need not start for what nearly all clients send: pongs and a close frame.

        Raises:
            UnicodeDecodeError, ProtocolError: as the parser would.
        """
        kind, length = data[0], data[1] - _MASKED if len(data) > 1 else -1
        end = _CONTROL_HEAD + length
        is_whole = 0 <= length <= MAX_CONTROL_PAYLOAD and end <= len(data)
        if not is_whole or kind not in (_CLOSE, _PING, _PONG):
            return data
        payload = apply_mask(data[_CONTROL_HEAD:end], data[_CONTROL_HEAD - 4 : _CONTROL_HEAD])
        if kind == _CLOSE:
            self._on_close(Close.parse(payload))
            return b""
        event = PingReceived(payload) if kind == _PING else PongReceived(payload)
        self._inbound.append(event)
        return data[end:]

    def has_refused(self) -> bool:
        """Tell whether the handshake was refused: our side of the stream has ended."""
        return self.eof_sent

    def has_answered(self) -> bool:
        """Tell whether the refusal has a response, and is not only the end of the stream."""
        return bool(self.writes[0])

    def answer_refusal(self, response: Response) -> None:
        """Send a response for a refusal that has none."""
        self.writes.insert(0, response.serialize())

    def recv_frame(self, frame: Frame) -> None:
        """Report a frame. The parser calls this, and fails the connection if it raises."""
        self._screening = None
        opcode = frame.opcode
        if opcode is Opcode.TEXT and frame.fin and self.current_size is None:
            data = frame.data
            self._check_size(len(data))
            self._inbound.append(TextReceived(str(data, "utf-8"), len(data)))
        elif opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._on_data(frame)
        elif opcode is Opcode.PING:
            self._inbound.append(PingReceived(bytes(frame.data)))
        elif opcode is Opcode.PONG:
            self._inbound.append(PongReceived(bytes(frame.data)))
        else:
            self._on_close(Close.parse(frame.data))

    def _on_data(self, frame: Frame) -> None:
        is_first = frame.opcode is not Opcode.CONT
        if is_first and self.current_size is not None:
            raise ProtocolError("expected a continuation frame")
        if not is_first and self.current_size is None:
            raise ProtocolError("unexpected continuation frame")
        message = self._message
        if message is None or is_first:
            message = FragmentedMessage(self._max_frames, is_text=frame.opcode is Opcode.TEXT)
            self._message = message
        self._check_size(len(frame.data))
        message.add(frame.data, is_last=frame.fin)
        self.current_size = message.size
        if frame.fin:
            self._inbound.append(message.whole())
            self.current_size = self._message = None

    def _check_size(self, length: int) -> None:
        room = self._max_bytes - (self.current_size or 0)
        if length > room:
            raise PayloadTooBig(length, room)

    def _on_close(self, close: Close) -> None:
        self.close_rcvd = close
        if self.state is State.CLOSING:
            self.close_rcvd_then_sent = False
        # It may also come in the middle of a fragmented message (section 5.4).
        self._may_skip_the_parser = False
        self.peer_close = CloseReceived(close.code, close.reason)
        self._inbound.append(self.peer_close)
        if self.state is State.CLOSING:
            self.send_eof()
        if self._parser is not None:
            self.parser = self._ignore()
            next(self.parser)

    def _screen(self, first: int, length: int, mask: bytes, arrived: bytearray) -> None:
        if first & _OPCODE < Opcode.CLOSE and not self.extensions:
            self._check_size(length)
        if self._screening is None:
            self._screening = self._start_screening(first & _OPCODE)
        if self._screening is not None:
            self._screening.look(mask, arrived)

    def _start_screening(self, opcode: int) -> TextScreen | None:
        if self.extensions:
            # Only the first fragment says whether the message is compressed, so wait for the frame.
            return None
        state = BETWEEN_CHARACTERS if opcode == Opcode.TEXT else None
        if opcode == Opcode.CONT and self._message is not None:
            state = self._message.decoder_state
        return None if state is None else TextScreen(state)

    # --- out ----------------------------------------------------------------------------------

    def send_text_message(self, payload: bytes) -> None:
        """Send a text message in one frame; the state must be open."""
        # Most messages are short and plain, and the longer way takes 0.1 µs more.
        if len(payload) < len(_TEXT_HEADS) and not self.extensions:
            self.writes.append(_TEXT_HEADS[len(payload)] + payload)
        else:
            self.send_message(Opcode.TEXT, payload)

    def send_message(self, opcode: Opcode, payload: bytes) -> None:
        """Send a text or binary message in one frame; the state must be open."""
        first = FIN | opcode
        if self.extensions:
            compressed = compress(self.extensions, payload)
            if compressed is None:
                self.send_frame(Frame(opcode, payload))
                return
            first, payload = first | RSV1, compressed
        size = len(payload)
        if size < SHARED_BYTES:
            self.writes.append(head(first, size) + payload)
        elif size < LONG_BYTES:
            self.writes.append(LATEST.make(first, payload))
        else:
            self.writes += (head(first, size), payload)

    def send_fragments(self, opcode: Opcode, payload: bytes, count: int, *, compress: bool) -> None:
        """Send a message in up to `count` frames; the state must be open."""
        extensions = self.extensions if compress else []
        size = max(1, -(-len(payload) // count))
        starts = range(0, max(1, len(payload)), size)
        for start in starts:
            frame = Frame(
                opcode if start == 0 else Opcode.CONT,
                payload[start : start + size],
                fin=start == starts[-1],
            )
            self.writes.append(frame.serialize(mask=False, extensions=extensions))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes without any check; the state must be open."""
        self.writes.append(data)

    # --- failing and closing ------------------------------------------------------------------

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        """Report a violation instead of acting on it. The parser calls this."""
        # The library names its own limit, which is larger than that of messages.
        room = f"{self._max_bytes + MAX_CONTROL_PAYLOAD} bytes"
        reason = reason.replace(room, f"{self._max_bytes} bytes")
        if self.violation is None:
            self.violation = ProtocolViolated(int(code), reason)
            if not self.reader.eof:
                self._inbound.append(self.violation)
        self.parser = self._ignore()
        next(self.parser)

    def complete_failure(self) -> None:
        """Fail the connection for the violation that was reported (RFC 6455 section 7.1.7)."""
        violation = self.violation
        if violation is not None and not self.eof_sent:
            super().fail(violation.code, violation.reason)

    def answer_close(self) -> None:
        """Answer the peer's close frame with the same payload, then end the stream."""
        if self.close_rcvd is None or self.state is not State.OPEN:
            return
        is_empty = self.close_rcvd.code == CloseCode.NO_STATUS_RCVD
        data = b"" if is_empty else self.close_rcvd.serialize()
        self.send_frame(Frame(Opcode.CLOSE, data))
        self.close_sent = self.close_rcvd
        self.close_rcvd_then_sent = True
        self.state = State.CLOSING
        self.send_eof()

    def _ignore(self) -> Generator[None]:
        while not (yield from self.reader.at_eof()):
            self.reader.discard()
        self.state = State.CLOSED
        yield
