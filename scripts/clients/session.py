"""One connection of the scripted client. All waits share a deadline; surprises fail a check."""

import json
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from websocket_mock.scripts.clients.ctrl_c import CtrlC
from websocket_mock.scripts.endpoint import excerpt, reach

Json = dict[str, Any]
T = TypeVar("T")

MESSAGE_TYPES = (
    "ping",
    "echo",
    "broadcast",
    "get_clients",
    "get_stats",
    "simulate_delay",
    "error_test",
)

_CLOSE_TIMEOUT = 1.0
"""Seconds after the deadline of the check, so that a slow close does not hide its result."""


_LOOK_UP = 0.5
"""Seconds of one step of a wait. Between two steps it checks whether Ctrl-C was pressed."""


class CheckFailedError(Exception):
    """Raised when the server breaks the protocol; the text names the difference."""


class Deadline:
    """A point in time that several waits share."""

    def __init__(self, timeout: float) -> None:
        self._end = time.monotonic() + timeout

    def remaining(self) -> float:
        """Return the seconds that are left, at least 0."""
        return max(0.0, self._end - time.monotonic())


class Session:
    """A connection and the deadline of the check that uses it. For one thread."""

    def __init__(self, connection: ClientConnection, deadline: Deadline, ctrl_c: CtrlC) -> None:
        self._connection = connection
        self._deadline = deadline
        self._ctrl_c = ctrl_c
        self.welcome: Json = {}
        self.client_id = ""

    def greet(self) -> None:
        """Wait for the welcome, which names this client.

        Raises:
            CheckFailedError: something else came, or nothing in time.
        """
        self.welcome = self.expect("welcome")
        self.client_id = field(self.welcome, "client_id", str)

    def send(self, data: str | bytes) -> None:
        """Send a text or binary message unchanged.

        Raises:
            CheckFailedError: the connection is closed.
        """
        try:
            self._connection.send(data)
        except ConnectionClosed as error:
            raise CheckFailedError(f"the connection was closed: {error}") from error

    def request(self, message_type: str, **fields: object) -> str:
        """Send a JSON message and return its text."""
        text = json.dumps({"type": message_type, **fields})
        self.send(text)
        return text

    def receive(self, awaited: str) -> str | bytes:
        """Return the next message of any kind. Blocks until the deadline at most.

        Args:
            awaited: the name of the expected message, for the error.

        Raises:
            CheckFailedError: nothing came in time, or the connection was closed.
        """
        try:
            return self._receive(self._deadline.remaining())
        except TimeoutError:
            raise CheckFailedError(f"no {awaited} came in time") from None

    def receive_json(self, awaited: str) -> Json:
        """Return the next message, which must be a JSON object in a text frame.

        Args:
            awaited: the name of the expected message, for the error.

        Raises:
            CheckFailedError: it is something else, or nothing came in time.
        """
        data = self.receive(awaited)
        message = as_object(data)
        if message is None:
            raise CheckFailedError(f"expected {awaited}, got {excerpt(data)}")
        return message

    def expect(self, message_type: str, **fields: object) -> Json:
        """Return the next answer, which must have this type and these fields.

        Messages that others send (broadcasts, messages over MCP) are skipped.

        Raises:
            CheckFailedError: another answer, another value, or nothing in time.
        """
        while True:
            message = self.receive_json(message_type)
            wrong = _difference(message, {"type": message_type, **fields})
            if not wrong:
                return message
            if not is_unsolicited(message, self.client_id):
                raise CheckFailedError(f"{wrong} in {excerpt(json.dumps(message))}")

    def expect_any(self, message_types: Collection[str]) -> Json:
        """Return the next answer, which must have one of these types.

        Raises:
            CheckFailedError: another answer, or nothing in time.
        """
        awaited = " or ".join(sorted(message_types))
        while True:
            message = self.receive_json(awaited)
            if message.get("type") in message_types:
                return message
            if not is_unsolicited(message, self.client_id):
                raise CheckFailedError(f"expected {awaited}, got {excerpt(json.dumps(message))}")

    def expect_error(self, beginning: str) -> str:
        """Return the text of an error answer, which must begin like this.

        Raises:
            CheckFailedError: another answer, another text, or nothing in time.
        """
        text = field(self.expect("error"), "error", str)
        require(text.startswith(beginning), f"expected an error {beginning!r}…, got {text!r}")
        return text

    def expect_pong(self, test_id: str) -> None:
        """Check that the connection goes on, and that no other answer comes first.

        Raises:
            CheckFailedError: another answer, or none in time.
        """
        self.request("ping", test_id=test_id)
        self.expect("pong", test_id=test_id)

    def expect_silence(self, window: float) -> None:
        """Wait `window` seconds, in which no answer may come.

        Raises:
            CheckFailedError: one came.
        """
        end = Deadline(window)
        while True:
            try:
                data = self._receive(min(end.remaining(), self._deadline.remaining()))
            except TimeoutError:
                return
            message = as_object(data)
            if message is None or not is_unsolicited(message, self.client_id):
                raise CheckFailedError(f"expected no answer, got {excerpt(data)}")

    def _receive(self, timeout: float) -> str | bytes:
        end = Deadline(timeout)
        while True:
            self._ctrl_c.raise_if_pressed()
            try:
                return self._connection.recv(min(end.remaining(), _LOOK_UP))
            except TimeoutError:
                if not end.remaining():
                    raise
            except ConnectionClosed as error:
                raise CheckFailedError(f"the connection was closed: {error}") from error


class Lab:
    """Gives one check its connections and its time. For one thread.

    Args:
        url: the server.
        timeout: seconds for the check.
        ctrl_c: ends its waits early.
    """

    def __init__(self, url: str, timeout: float, ctrl_c: CtrlC) -> None:
        self.url = url
        self.timeout = timeout
        self._deadline = Deadline(timeout)
        self._ctrl_c = ctrl_c

    @contextmanager
    def client(self, *, compressed: bool = True) -> Iterator[Session]:
        """Open a connection, wait for its welcome, and close it at the end.

        Raises:
            UnreachableError: no connection could be opened in time.
            CheckFailedError: no welcome came.
        """
        with self.raw(self.url, compressed=compressed) as session:
            session.greet()
            yield session

    @contextmanager
    def raw(self, url: str, *, compressed: bool = True) -> Iterator[Session]:
        """Open a connection without waiting for a welcome, and close it at the end.

        Raises:
            UnreachableError: no connection could be opened in time.
        """
        with reach(
            url,
            # A timeout of 0 makes a socket non-blocking, which raises another error.
            timeout=max(self._deadline.remaining(), 0.01),
            close_timeout=_CLOSE_TIMEOUT,
            compressed=compressed,
        ) as connection:
            yield Session(connection, self._deadline, self._ctrl_c)


def echo_url(url: str) -> str:
    """Return the address of the raw echo on the same server."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/echo", "", ""))


def as_object(data: str | bytes) -> Json | None:
    """Return the JSON object in a text message; None: it is something else."""
    if isinstance(data, bytes):
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_unsolicited(message: Json, own_id: str = "") -> bool:
    """Return whether a message comes from another client or MCP, so that it is not an answer."""
    if message.get("from_mcp_server") is True:
        return True
    return message.get("type") == "broadcast" and message.get("from_client") != own_id


def is_same(one: object, other: object) -> bool:
    """Compare two JSON values exactly: unlike `==`, 1, 1.0 and true differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def field(message: Json, name: str, kind: type[T]) -> T:
    """Return a field of a message, which must have this type.

    Raises:
        CheckFailedError: it is missing or of another type.
    """
    if name not in message:
        raise CheckFailedError(f"field {name!r} is missing in {excerpt(json.dumps(message))}")
    value = message[name]
    # A boolean is an int to Python, but not to JSON.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise CheckFailedError(f"field {name!r} is {value!r}, expected {kind.__name__}")
    return value


def number(message: Json, name: str) -> float:
    """Return a field of a message, which must be a number.

    Raises:
        CheckFailedError: it is missing or something else.
    """
    value: object = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CheckFailedError(f"field {name!r} is {value!r}, expected a number")
    return float(value)


def check_timestamp(message: Json) -> None:
    """Check that a message has a timestamp in Unix seconds.

    Raises:
        CheckFailedError: it has none.
    """
    require(number(message, "timestamp") > 0, "timestamp is not in Unix seconds")


def check_types(listed: list[object], name: str) -> None:
    """Check that a list has all message types of the protocol.

    Raises:
        CheckFailedError: some are missing; the text names them.
    """
    missing = [wanted for wanted in MESSAGE_TYPES if wanted not in listed]
    require(not missing, f"{name} lacks {', '.join(missing)}")


def require(condition: object, problem: str) -> None:
    """Fail the check unless a condition is true.

    Raises:
        CheckFailedError: it is false.
    """
    if not condition:
        raise CheckFailedError(problem)


def _difference(message: Json, expected: Json) -> str:
    for name, value in expected.items():
        if name not in message:
            return f"no field {name!r}"
        if not is_same(message[name], value):
            return f"{name} is {excerpt(json.dumps(message[name]))}, expected {json.dumps(value)}"
    return ""
