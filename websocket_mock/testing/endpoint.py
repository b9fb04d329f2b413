"""One endpoint of a mock: a path, how connections to it are answered, and what happens there."""

import threading
import time
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, urlencode

from websocket_mock.testing.actions import NOT_GIVEN
from websocket_mock.testing.answering import Answering
from websocket_mock.testing.conversation import Conversation
from websocket_mock.testing.driving import end, one_message, push
from websocket_mock.testing.entry import Entry
from websocket_mock.testing.errors import MockError
from websocket_mock.testing.faults import Fault, set_fault
from websocket_mock.testing.host import Host
from websocket_mock.testing.observing import TIMEOUT, AsyncObserved, Observed
from websocket_mock.testing.traffic import Traffic
from websocket_mock.testing.twins import Twin


class Endpoint(Answering, Observed):
    """A path of a mock server, and how connections to it are answered.

    Every change is in force when the method returns; open connections follow it from their next
    message on. One thread at a time changes an endpoint; any thread may ask and send.

    >>> rule = prices.on(json={"$.type": "subscribe"}).send(json={"type": "tick", "n": 1})
    >>> with connect(prices.url(symbol="acme")) as client:
    ...     client.send('{"type": "subscribe"}')
    ...     client.recv()
    '{"type":"tick","n":1}'

    Args:
        host: the mock that it belongs to.
        document: the endpoint as in a mocks file.
        is_from_file: whether a mocks file says all that it does.
    """

    def __init__(self, host: Host, document: dict[str, Any], *, is_from_file: bool = False) -> None:
        super().__init__(host, document, is_from_file=is_from_file)
        self._traffic = host.traffic
        self._accepting = threading.Lock()
        self._accepted = 0
        """The number of the entry with which the last accepted connection was opened."""

    def _seen(self) -> tuple[Traffic, Mapping[str, Any]]:
        return self._traffic, {"endpoint": self.name}

    @property
    def aio(self) -> "AsyncEndpoint":
        """The methods that block, for asyncio and trio."""
        return AsyncEndpoint(self)

    # --- look ---------------------------------------------------------------------------------

    def url(self, *, query: Mapping[str, str] | None = None, **parameters: object) -> str:
        """Return the address for clients.

        >>> address = prices.url(symbol="acme", query={"depth": "5"})
        >>> address.partition("/prices")[2]
        '/acme?depth=5'

        Args:
            query: query parameters.
            parameters: a value for each {name} in the path; `rest` for a /** at its end.

        Raises:
            TypeError: a value is missing, or is for no part of the path.
        """
        return self._host.url(self._target(query, parameters))

    def secure_url(self, *, query: Mapping[str, str] | None = None, **parameters: object) -> str:
        """Return the address for TLS clients: wss://…; the arguments are those of `url`.

        Raises:
            MockError: the server has no TLS.
            TypeError: a value is missing, or is for no part of the path.
        """
        return self._host.secure_url(self._target(query, parameters))

    def _target(self, query: Mapping[str, str] | None, parameters: Mapping[str, object]) -> str:
        path = fill_path(self.path, parameters)
        return path + (f"?{urlencode(query)}" if query else "")

    def fired(self) -> dict[str, int]:
        """Return how often each rule has fired, by its name or its place.

        >>> rule = chat.on(text="hi").send(text="hello")
        >>> chat.fired()
        {'rules[0]': 0}
        """
        return count_fired(self, self.traffic(kind="rule"))

    def clients(self) -> list[dict[str, Any]]:
        """Return the connected clients of the endpoint, in the order in which they connected.

        >>> with connect(chat.url()):
        ...     [client["path"] for client in chat.clients()]
        ['/chat']
        """
        return [one for one in self._host.clients() if one["endpoint"] == self.name]

    def explain(
        self,
        *,
        json: Any = NOT_GIVEN,  # noqa: ANN401 - any JSON value
        text: str | None = None,
        binary: bytes | None = None,
    ) -> str:
        """Return which rule a message would make fire, and why the others would not.

        Give exactly one of json, text and binary. Nothing is sent.

        >>> rule = chat.on(json={"$.type": "hi"}).send(text="hello")
        >>> print(chat.explain(json={"type": "hey"}))
        rules[0]: json $.type: expected "hi", got "hey"
        acts: unmatched: strict

        Raises:
            MockError: not exactly one of them is given, or it is not JSON.
        """
        message = one_message(json, text, binary)
        result = self._traffic.call("explain_websocket_message", endpoint=self.name, **message)
        lines = [
            f"{one['rule']}: {'matches' if one['matches'] else one['why']}"
            for one in result["rules"]
        ]
        acts = result["acts"] or result["otherwise"] or "nothing"
        return "\n".join([*lines, f"acts: {acts}"])

    # --- drive --------------------------------------------------------------------------------

    def accept(self, *, timeout: float = TIMEOUT) -> Conversation:
        """Wait for the next connection, and return it to drive it by hand.

        Connections are returned in the order in which they opened, each once, also those that
        opened before the call. An endpoint without rules for messages leaves them all to the test.
        One with such rules closes the connection for a message that none of them matches, unless
        it has another `unmatched`.

        >>> with connect(chat.url()) as client:
        ...     conversation = chat.accept()
        ...     conversation.close(4001, "bye")
        ...     conversation.expect_close(4001).reason
        'bye'

        Raises:
            WaitTimedOut: none came.
        """
        wanted, deadline = {"kind": "open", "endpoint": self.name}, time.monotonic() + timeout
        opened = self._traffic.wait(wanted, timeout, self._accepted or "start")
        while not self._take(opened.seq):
            left = max(deadline - time.monotonic(), 0.0)
            opened = self._traffic.wait(wanted, left, self._accepted)
        assert opened.client is not None
        return Conversation(self._traffic, opened.client, opened.attempt)

    def _take(self, opened: int) -> bool:
        """Take a connection; False: another thread has taken it."""
        with self._accepting:
            if opened <= self._accepted:
                return False
            self._accepted = opened
            return True

    def push(
        self,
        *,
        json: Any = NOT_GIVEN,  # noqa: ANN401 - any JSON value
        text: str | None = None,
        binary: bytes | None = None,
    ) -> int:
        """Send a message to the connected clients now; return how many they are.

        Give exactly one of json, text and binary. They are sent as they are: no templates.

        >>> with connect(chat.url()) as client:
        ...     chat.push(json={"type": "halt"})
        ...     client.recv()
        1
        '{"type":"halt"}'

        Raises:
            NotConnected: nobody is connected.
            MockError: the message cannot be sent.
        """
        return push(self._traffic, {"target_endpoint": self.name}, json, text, binary)

    def close(self, code: int = 1000, reason: str = "") -> int:
        """Close the connections with a code; return how many they are.

        Raises:
            NotConnected: nobody is connected.
            MockError: the code or the reason cannot be sent.
        """
        how = {"code": code, "reason": reason}
        return end(self._traffic, {"target_endpoint": self.name}, how)

    def abort(self, how: Literal["reset", "close"] = "reset") -> int:
        """End the connections without a close frame; return how many they are.

        Raises:
            NotConnected: nobody is connected.
        """
        return end(self._traffic, {"target_endpoint": self.name}, {"abort": how})

    def fault(self, word: str | None = None, /, **definition: Any) -> Fault:  # noqa: ANN401
        """Set a fault on the connections of this endpoint; see `WebSocketMock.fault`.

        Raises:
            BadDefinition: it is not valid.
        """
        return set_fault(self._traffic, word, {**definition, "endpoint": self.name})

    def remove(self) -> None:
        """Remove the endpoint. Its connections stay open, but nothing answers them."""
        self._traffic.call("remove_websocket_mock", names=[self.name])
        self.is_removed = True


class AsyncEndpoint(AsyncObserved):
    """The methods of `Endpoint` for asyncio and trio."""

    accept = Twin(Endpoint.accept)
    push = Twin(Endpoint.push)
    close = Twin(Endpoint.close)
    abort = Twin(Endpoint.abort)
    fault = Twin(Endpoint.fault)
    clients = Twin(Endpoint.clients)
    fired = Twin(Endpoint.fired)
    explain = Twin(Endpoint.explain)
    remove = Twin(Endpoint.remove)


def count_fired(endpoint: Answering, entries: list[Entry]) -> dict[str, int]:
    """Return how often each rule of an endpoint has fired.

    Args:
        endpoint: the endpoint.
        entries: the traffic, or a part of it.
    """
    counts = dict.fromkeys(endpoint.labels(), 0)
    for entry in entries:
        label = entry.details.get("rule")
        if entry.kind == "rule" and entry.endpoint == endpoint.name and label in counts:
            counts[label] += 1
    return counts


def fill_path(path: str, parameters: Mapping[str, object]) -> str:
    """Return a path with values in place of its parameters.

    Raises:
        TypeError: a value is missing, or is for no part of the path.
        MockError: a value is empty, so that the path would not match.
    """
    rest = dict(parameters)
    segments = []
    for segment in path.split("/"):
        name = segment[1:-1] if segment.startswith("{") and segment.endswith("}") else None
        name = "rest" if segment == "**" else name
        if name is None:
            segments.append(segment)
        elif name not in rest:
            raise TypeError(f"the path {path} needs a value for {name}: url({name}=…)")
        else:
            segments.append(_quoted(name, rest.pop(name), is_rest=segment == "**"))
    if rest:
        raise TypeError(f"the path {path} has no {', '.join(map(repr, rest))}")
    return "/".join(segments)


def _quoted(name: str, value: object, *, is_rest: bool) -> str:
    text = str(value)
    if not text and not is_rest:
        raise MockError(f"{name}: an empty text fills no part of a path.")
    return quote(text, safe="/" if is_rest else "")
