"""What the endpoints of one mock share: its traffic, its callbacks and its address."""

import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from websocket_mock.testing.control import Control, Result, named
from websocket_mock.testing.errors import MockError
from websocket_mock.testing.traffic import Traffic
from websocket_mock.testing.values import plain_value

if TYPE_CHECKING:
    from websocket_mock.actors.conversation.own_code import Function
    from websocket_mock.testing.callbacks import Callbacks, Failure

NO_TLS = "The mock server has no TLS. Start it with tls_self_signed=True, or with tls_cert."


class Host:
    """One namespace of a server, as its endpoints see it. Any thread except an actor's.

    Args:
        control: calls the tools.
        namespace: the namespace; None: outside all namespaces.
        seed: the seed of all random choices of its mocks.
        start: the number of the last entry that came before this test.
        is_strict: whether messages that nobody expects are problems.
    """

    def __init__(
        self,
        control: Control,
        namespace: str | None,
        seed: int | str,
        start: int = 0,
        *,
        is_strict: bool,
    ) -> None:
        self.traffic = Traffic(control, namespace, start)
        self.is_strict = is_strict
        self._control = control
        self._namespace = namespace
        self._seed = seed
        self._callbacks: Callbacks | None = None
        self._server: Mapping[str, Any] | None = None
        self.traffic.notes = self._notes

    @property
    def callbacks(self) -> "Callbacks":
        """Runs the callbacks of the rules.

        Raises:
            MockError: the server is in another process.
        """
        if self._callbacks is None:
            if not self._control.runs_code:
                raise MockError(
                    "A Python callback runs in the process of the server, and this server is at "
                    f"{self._control.address}. Use WebSocketMock(), or actions such as send."
                )
            from websocket_mock.testing.callbacks import Callbacks  # noqa: PLC0415 - needs anyio

            self._callbacks = Callbacks(self.traffic)
        return self._callbacks

    def forget_failures(self) -> None:
        """Forget the callbacks that have failed so far."""
        if self._callbacks is not None:
            self._callbacks.forget()

    def settle(self) -> "list[Failure]":
        """Wait for running callbacks; return those that have failed.

        Blocks until they are done, or one of them has exceeded its deadline.
        """
        if self._callbacks is None:
            return []
        # A query brings the journal up to date: callbacks for what has arrived are then queued.
        self.traffic.call("get_websocket_traffic", limit=1)
        self._callbacks.settle()
        return self._callbacks.failures()

    def put(self, document: Result, functions: "Mapping[str, Function]") -> Result:
        """Put an endpoint in force; return the result of the tool."""
        arguments = {"endpoint": document, "seed": self._seed, "namespace": self._namespace}
        return self._control.set_mock(plain_value(named(arguments)), functions)

    def url(self, path: str = "") -> str:
        """Return the address for clients of a path of the namespace."""
        return f"{self._address['url']}{path}"

    def secure_url(self, path: str = "") -> str:
        """Return the address for TLS clients of a path of the namespace.

        Raises:
            MockError: the server has no TLS.
        """
        if self._address["secure_url"] is None:
            raise MockError(NO_TLS)
        return f"{self._address['secure_url']}{path}"

    @property
    def ca_file(self) -> str | None:
        """The file with the authority that TLS clients must trust; None: the server has none."""
        found: str | None = self._address["ca_file"]
        return found

    def ssl_context(self) -> ssl.SSLContext:
        """Return a context for TLS clients.

        Raises:
            MockError: the server has no TLS.
        """
        if self._address["secure_url"] is None:
            raise MockError(NO_TLS)
        return ssl.create_default_context(cadata=self._control.authority())

    @property
    def _address(self) -> Mapping[str, Any]:
        if self._server is None:
            status = self.traffic.call("get_websocket_server_status")
            self._server = status["websocket_server"]
        return self._server

    def clients(self) -> list[dict[str, Any]]:
        """Return all connected clients of the namespace, in the order in which they connected."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.traffic.call("get_websocket_clients", limit=100, cursor=cursor)
            found += page["clients"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def _notes(self) -> list[str]:
        return [] if self._callbacks is None else [*map(str, self._callbacks.failures())]
