"""Starts, finds and stops the server of a mock."""

import secrets
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from websocket_mock.testing.control import Control
from websocket_mock.testing.errors import MockError
from websocket_mock.testing.host import Host
from websocket_mock.testing.traffic import newest_entry


class Serving:
    """The server of a mock, and the namespace of the mock on it."""

    def __init__(self, *, strict: bool = True, seed: int | str = 0, **settings: Any) -> None:  # noqa: ANN401
        self._strict = strict
        self._seed = seed
        self._settings: dict[str, Any] | None = settings
        """The settings with which `start` starts a server; None: it cannot."""
        self._control: Control | None = None
        self._namespace: str | None = None
        self._host: Host | None = None
        self._owns_server = True

    def __repr__(self) -> str:
        """Return its namespace and where its server is."""
        where = "stopped" if self._control is None else self._control.address
        return f"<WebSocketMock {self._namespace or 'server'}, {where}>"

    @classmethod
    def start_process(
        cls,
        *,
        strict: bool = True,
        seed: int | str = 0,
        flags: Sequence[str] = (),
        **settings: Any,  # noqa: ANN401
    ) -> Self:
        """Start a server in a child process, which ends with this one.

        It blocks for a second or two; in an event loop use ``anyio.to_thread.run_sync``.

        >>> mock = WebSocketMock.start_process()  # doctest: +SKIP

        Args:
            strict: as for the class.
            seed: as for the class.
            flags: more flags of the command line.
            settings: settings of the server.

        Raises:
            MockError: a setting cannot be used, or it does not start; the text has what it wrote.
        """
        from websocket_mock.testing.child import ChildControl  # noqa: PLC0415 - only if asked for

        mock = cls(strict=strict, seed=seed)
        mock._settings = None
        mock._use(ChildControl(settings, flags), None)
        return mock

    @classmethod
    def connect(
        cls,
        url: str | None = None,
        *,
        token: str | None = None,
        ca_file: str | Path | None = None,
        strict: bool = True,
        seed: int | str = 0,
    ) -> Self:
        """Use a server that runs somewhere, over its control plane. `stop` leaves it running.

        What happened before does not count. `new_namespace` keeps the clients of others away.

        >>> shared = WebSocketMock.connect("http://localhost:8004")  # doctest: +SKIP
        >>> mock = shared.new_namespace()  # doctest: +SKIP

        Args:
            url: such as http://localhost:8004; None: that of $WEBSOCKET_MOCK_URL, or the only
                server of this user that runs.
            token: its bearer token; None: that of $MCP_TOKEN.
            ca_file: the authority to trust if the url is https://; None: that of
                $WEBSOCKET_MOCK_CA_FILE, or what a server of this user has noted.
            strict: as for the class.
            seed: as for the class.

        Raises:
            MockError: it cannot be reached.
        """
        from websocket_mock.testing.remote import RemoteControl  # noqa: PLC0415 - only if asked for

        mock = cls(strict=strict, seed=seed)
        mock._settings = None
        control = RemoteControl(url, token, None if ca_file is None else str(ca_file))
        # A wrong address or token is told here.
        mock._use(control, None, newest_entry(control, None))
        return mock

    def start(self) -> Self:
        """Start the server in this process; return the mock. Idempotent.

        After `stop` it starts a new server, without endpoints.

        Raises:
            MockError: a setting is not valid, the server cannot listen, or what has been stopped is
                not in this process.
        """
        if self._control is None:
            if self._settings is None:
                raise MockError("This mock has been stopped. Make a new one.")
            from websocket_mock.testing.local import LocalControl  # noqa: PLC0415 - loads a server

            self._use(LocalControl(self._settings), None)
        return self

    def stop(self) -> None:
        """Stop the server, and close its clients with 1001. Idempotent.

        A namespace is removed, and its server goes on.
        """
        control, self._control = self._control, None
        if control is None:
            return
        if self._owns_server:
            control.stop()
        else:
            control.call(
                "reset_websocket_server", {"what": ["namespace"], "namespace": self._namespace}
            )

    def new_namespace(
        self, name: str | None = None, *, strict: bool | None = None, seed: int | str | None = None
    ) -> Self:
        """Return a mock with endpoints, traffic and attempts of its own on the same server.

        Its `stop` removes what belongs to it and closes its clients.

        >>> with mock.new_namespace("blue") as blue:
        ...     blue.endpoint("/chat").url().partition("/ns")[2]
        '/blue/chat'

        Args:
            name: letters, digits and hyphens; None: a new one.
            strict: as for the class; None: as this mock.
            seed: as for the class; None: as this mock.

        Raises:
            MockError: the name is not allowed.
        """
        return self._on_server(
            self._running(),
            name or f"test-{secrets.token_hex(4)}",
            strict=self._strict if strict is None else strict,
            seed=self._seed if seed is None else seed,
        )

    def url(self, path: str = "") -> str:
        """Return the address for clients: ws://…, with the namespace if there is one.

        >>> mock.url("/chat")
        'ws://127.0.0.1:.../chat'
        """
        return self._hosted().url(path)

    def secure_url(self, path: str = "") -> str:
        """Return the address for TLS clients: wss://…, with the namespace if there is one.

        >>> with WebSocketMock(tls_self_signed=True) as secure:
        ...     secure.secure_url("/chat")
        'wss://127.0.0.1:.../chat'

        Raises:
            MockError: the server has no TLS.
        """
        return self._hosted().secure_url(path)

    def ssl_context(self) -> ssl.SSLContext:
        """Return a context for TLS clients, which trusts the server.

        With `tls_cert` it trusts what the system trusts.

        >>> with WebSocketMock(tls_self_signed=True) as secure:
        ...     chat = secure.endpoint("/chat")
        ...     rule = chat.on(text="hi").send(text="hello")
        ...     with connect(chat.secure_url(), ssl=secure.ssl_context()) as client:
        ...         client.send("hi")
        ...         client.recv()
        'hello'

        Raises:
            MockError: the server has no TLS.
        """
        return self._hosted().ssl_context()

    @property
    def ca_file(self) -> Path | None:
        """The file with the authority that TLS clients must trust, as PEM.

        It is on the machine of the server. None: the server has no authority of its own.
        """
        found = self._hosted().ca_file
        return None if found is None else Path(found)

    @property
    def namespace(self) -> str | None:
        """The name of the namespace; None: outside all namespaces."""
        return self._namespace

    @property
    def is_running(self) -> bool:
        """Whether it has been started and not stopped."""
        return self._control is not None

    def _use(self, control: Control, namespace: str | None, start: int = 0) -> None:
        self._control = control
        self._namespace = namespace
        self._host = Host(control, namespace, self._seed, start, is_strict=self._strict)

    @classmethod
    def _on_server(cls, control: Control, namespace: str, *, strict: bool, seed: int | str) -> Self:
        mock = cls(strict=strict, seed=seed)
        mock._owns_server = False
        mock._settings = None
        mock._use(control, namespace)
        mock.url()  # so that a wrong name is told here
        return mock

    def _running(self) -> Control:
        if self._control is None:
            raise MockError("The mock server does not run. Use `with WebSocketMock() as mock:`.")
        return self._control

    def _hosted(self) -> Host:
        self._running()
        assert self._host is not None
        return self._host
