"""One live connection that a test drives by hand."""

from collections.abc import Mapping
from typing import Any, Literal, Unpack

from websocket_mock.testing.actions import NOT_GIVEN
from websocket_mock.testing.conditions import MessageConditions
from websocket_mock.testing.driving import end, push
from websocket_mock.testing.entry import Entry
from websocket_mock.testing.errors import VerificationFailed
from websocket_mock.testing.faults import Fault, set_fault
from websocket_mock.testing.observing import TIMEOUT, AsyncObserved, Observed
from websocket_mock.testing.traffic import Traffic
from websocket_mock.testing.twins import Twin


class Conversation(Observed):
    """One connection of a client, from `Endpoint.accept`. Any thread except an actor's.

    `receive` returns the messages of the client one after the other, each once; one thread at a
    time may receive.

    >>> with connect(chat.url()) as client:
    ...     conversation = chat.accept()
    ...     client.send("hello")
    ...     conversation.receive(text="hello").text
    ...     conversation.send(text="welcome")
    ...     client.recv()
    'hello'
    'welcome'

    Args:
        traffic: the traffic of the namespace.
        client: the id of the connection.
        attempt: the number of this connection of the same client, from 1.
        received: how many messages of the client have been received already.
    """

    def __init__(self, traffic: Traffic, client: str, attempt: int, received: int = 0) -> None:
        self.client = client
        """The id of the connection."""
        self.attempt = attempt
        """The number of this connection of the same client, from 1."""
        self._traffic = traffic
        self._received = received
        self._cursor: int | None = None
        """The number of the entry after which `receive` looks."""

    def _seen(self) -> tuple[Traffic, Mapping[str, Any]]:
        return self._traffic, {"client": self.client}

    @property
    def aio(self) -> "AsyncConversation":
        """The methods that block, for asyncio and trio."""
        return AsyncConversation(self)

    def receive(
        self, *, timeout: float = TIMEOUT, **conditions: Unpack[MessageConditions]
    ) -> Entry:
        """Wait for the next message of the client that matches; it is then received.

        Messages before it that do not match are skipped. The final check names them.

        Raises:
            WaitTimedOut: none came.
            TypeError: a condition has a name that does not exist.
        """
        wanted: dict[str, Any] = {
            **conditions,
            "kind": "message",
            "direction": "received",
            "client": self.client,
        }
        if self._cursor is None:
            self._cursor = self._find_cursor()
        found = self._traffic.wait(wanted, timeout, self._cursor)
        self._cursor = found.seq
        return found

    def send(
        self,
        *,
        json: Any = NOT_GIVEN,  # noqa: ANN401 - any JSON value
        text: str | None = None,
        binary: bytes | None = None,
    ) -> None:
        """Send a message now, as it is. Give exactly one of json, text and binary.

        Raises:
            NotConnected: the connection has ended.
            MockError: the message cannot be sent.
        """
        push(self._traffic, {"target_client": self.client}, json, text, binary)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Start the closing handshake. Returns at once; see `expect_close`.

        Raises:
            NotConnected: the connection has ended.
            MockError: the code or the reason cannot be sent.
        """
        end(self._traffic, {"target_client": self.client}, {"code": code, "reason": reason})

    def abort(self, how: Literal["reset", "close"] = "reset") -> None:
        """End the connection without a close frame: with RST, or with FIN.

        Raises:
            NotConnected: the connection has ended.
        """
        end(self._traffic, {"target_client": self.client}, {"abort": how})

    def expect_close(self, code: int | None = None, *, timeout: float = TIMEOUT) -> Entry:
        """Wait until the connection has ended; return the entry of its close.

        Args:
            code: the close code that is expected; None: any.
            timeout: seconds.

        Raises:
            WaitTimedOut: it has not ended.
            VerificationFailed: it has ended with another code.
        """
        match = {"kind": "close", "client": self.client}
        closed = self._traffic.wait(match, timeout)
        if code is not None and closed.code != code:
            text = f"Expected a close with code {code}, but it was {closed.code}."
            raise VerificationFailed(self._traffic.explain_failure(text, None, match))
        return closed

    def fault(self, word: str | None = None, /, **definition: Any) -> Fault:  # noqa: ANN401
        """Set a fault on this connection; see `WebSocketMock.fault`.

        Raises:
            BadDefinition: it is not valid.
        """
        return set_fault(self._traffic, word, {**definition, "client": self.client})

    def _find_cursor(self) -> int:
        """Return the number of the last message that has been received already; 0: none has."""
        if not self._received:
            return 0
        wanted = {"kind": "message", "direction": "received", "client": self.client}
        entries = self._traffic.read(wanted)[: self._received]
        return entries[-1].seq if entries else 0


class AsyncConversation(AsyncObserved):
    """The methods of `Conversation` for asyncio and trio."""

    receive = Twin(Conversation.receive)
    send = Twin(Conversation.send)
    close = Twin(Conversation.close)
    abort = Twin(Conversation.abort)
    expect_close = Twin(Conversation.expect_close)
    fault = Twin(Conversation.fault)
