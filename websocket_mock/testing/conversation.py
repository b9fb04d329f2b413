"""One live connection that a test drives by hand."""

from collections.abc import Mapping
from typing import Any, Literal, Unpack

from websocket_mock.testing.actions import NOT_GIVEN
from websocket_mock.testing.conditions import MessageConditions, binary_text
from websocket_mock.testing.entry import Entry
from websocket_mock.testing.errors import MockError, NotConnected
from websocket_mock.testing.faults import Fault, set_fault
from websocket_mock.testing.traffic import Cursor, Traffic
from websocket_mock.testing.twins import Twin, Twins

TIMEOUT = 5.0
"""Seconds that waits take at most, unless they are given another time."""


class Conversation:
    """One connection of a client. Any thread except an actor's.

    `receive` returns the messages of the client one after the other, each once.

    Args:
        traffic: the traffic of the namespace.
        client: the id of the connection.
        attempt: the number of this connection of the same client, from 1.
        cursor: the number of the entry after which `receive` looks; "now": the newest.
    """

    def __init__(self, traffic: Traffic, client: str, attempt: int, cursor: Cursor = "now") -> None:
        self.client = client
        """The id of the connection."""
        self.attempt = attempt
        """The number of this connection of the same client, from 1."""
        self._traffic = traffic
        self._cursor = cursor

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
        """
        wanted: dict[str, Any] = {
            **conditions,
            "kind": "message",
            "direction": "received",
            "client": self.client,
        }
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
        """Send a message now. Give exactly one of json, text and binary.

        Raises:
            NotConnected: the client has left.
        """
        push(self._traffic, {"target_client": self.client}, json, text, binary)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Start the closing handshake. Returns at once; see `expect_close`.

        Raises:
            NotConnected: the client has left.
        """
        end(self._traffic, {"target_client": self.client}, {"code": code, "reason": reason})

    def abort(self, how: Literal["reset", "close"] = "reset") -> None:
        """End the connection without a close frame: with RST, or with FIN.

        Raises:
            NotConnected: the client has left.
        """
        end(self._traffic, {"target_client": self.client}, {"abort": how})

    def expect_close(self, code: int | None = None, *, timeout: float = TIMEOUT) -> Entry:
        """Wait until the connection has ended; return the entry of its close.

        Args:
            code: the close code that is expected; None: any.
            timeout: seconds.

        Raises:
            WaitTimedOut: it has not ended, or has ended with another code.
        """
        wanted: dict[str, Any] = {"kind": "close", "client": self.client}
        if code is not None:
            wanted["code"] = code
        return self._traffic.wait(wanted, timeout)

    def fault(self, word: str | None = None, /, **definition: Any) -> Fault:  # noqa: ANN401
        """Raise a fault on this connection; see `WebSocketMock.fault`."""
        return set_fault(self._traffic, word, {**definition, "client": self.client})

    def transcript(self) -> list[Entry]:
        """Return the traffic of this connection, oldest first."""
        return self._traffic.read({"client": self.client})


class AsyncConversation(Twins["Conversation"]):
    """The methods of `Conversation` for asyncio and trio."""

    receive = Twin(Conversation.receive)
    send = Twin(Conversation.send)
    close = Twin(Conversation.close)
    abort = Twin(Conversation.abort)
    expect_close = Twin(Conversation.expect_close)
    fault = Twin(Conversation.fault)
    transcript = Twin(Conversation.transcript)


def push(
    traffic: Traffic,
    target: Mapping[str, Any],
    json: Any,  # noqa: ANN401 - any JSON value
    text: str | None,
    binary: bytes | None,
) -> int:
    """Send a message to connected clients; return how many they are.

    Raises:
        NotConnected: nobody is connected.
        MockError: the message cannot be sent.
    """
    given = [json is not NOT_GIVEN, text is not None, binary is not None]
    if given.count(True) != 1:
        raise MockError("Give exactly one of json, text and binary.")
    if json is not NOT_GIVEN:
        text = encode_text(json)
    payload = {"text": text} if binary is None else {"binary": binary_text(binary)}
    result = traffic.call("send_websocket_message", **payload, **target)
    if not result["sent_to_clients"]:
        raise NotConnected(_nobody(result["errors"]))
    return int(result["sent_to_clients"])


def end(traffic: Traffic, target: Mapping[str, Any], how: Mapping[str, Any]) -> int:
    """Close or abort connections; return how many they are.

    Raises:
        NotConnected: nobody is connected.
        MockError: the code or the reason cannot be sent.
    """
    result = traffic.call("close_websocket_client", **target, **how)
    if not result["total"]:
        raise NotConnected(_nobody(result["errors"]))
    return int(result["total"])


def encode_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the JSON text of a value.

    Raises:
        MockError: it is not JSON.
    """
    from websocket_mock.actors.values.codec import encode  # noqa: PLC0415

    try:
        return encode(value).decode()
    except TypeError as error:
        raise MockError(f"json: {error}") from None


def _nobody(errors: list[str]) -> str:
    return " ".join(errors) or "No client is connected. Wait for one with `accept`."
