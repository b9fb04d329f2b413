"""The mock server of a test."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, Unpack

from websocket_mock.testing.actions import NOT_GIVEN
from websocket_mock.testing.conditions import Duration, EntryConditions, plain_value
from websocket_mock.testing.control import Control
from websocket_mock.testing.conversation import TIMEOUT, end, push
from websocket_mock.testing.endpoint import Endpoint
from websocket_mock.testing.entry import Entry
from websocket_mock.testing.errors import MockError
from websocket_mock.testing.faults import Fault, set_fault
from websocket_mock.testing.host import Host
from websocket_mock.testing.judging import check
from websocket_mock.testing.tables import table
from websocket_mock.testing.twins import Twin, Twins, on_thread
from websocket_mock.testing.verifying import Counts, verify, verify_order

What = Literal["traffic", "faults", "mocks", "attempts", "state", "variables"]


class WebSocketMock:
    """A mock WebSocket server: in this process, in a child process, or one that runs anywhere.

    ::

        with WebSocketMock() as mock:
            prices = mock.endpoint("/prices/{symbol}")
            prices.on(json={"$.type": "subscribe"}).send(json={"type": "tick", "n": 1})
            client.connect(prices.url(symbol="acme"))
            mock.wait_for(json={"$.type": "subscribe"})

    In this process it runs on threads of its own, on a free port, and starts in milliseconds. At
    the end of the `with` block the final check runs, see `check`. All methods may block for a few
    seconds; `aio` has them for asyncio and trio. Any thread except an actor's.

    Args:
        strict: whether the final check fails for messages and connections that nobody expected.
            Endpoints with rules then close them with 1008 at once.
        seed: the seed of all random choices: jitter, random values, probabilities.
        settings: settings of the server, such as host, port, max_connections and ping_interval.
    """

    def __init__(self, *, strict: bool = True, seed: int | str = 0, **settings: Any) -> None:  # noqa: ANN401
        self._strict = strict
        self._seed = seed
        self._settings = settings
        self._control: Control | None = None
        self._namespace: str | None = None
        self._host: Host | None = None
        self._owns_server = True
        self._endpoints: dict[str, Endpoint] = {}

    def __repr__(self) -> str:
        """Return its namespace and where its server is."""
        where = "stopped" if self._control is None else self._control.address
        return f"<WebSocketMock {self._namespace or 'server'}, {where}>"

    # --- start and stop -----------------------------------------------------------------------

    @classmethod
    def start_process(
        cls,
        *,
        strict: bool = True,
        seed: int | str = 0,
        flags: Sequence[str] = (),
        **settings: Any,  # noqa: ANN401
    ) -> Self:
        """Start a server in a child process, which ends with this one. Takes a second or two.

        Args:
            strict: as for the class.
            seed: as for the class.
            flags: more flags of the command line.
            settings: settings of the server.

        Raises:
            MockError: it does not start; the text has what it wrote.
        """
        from websocket_mock.testing.child import ChildControl  # noqa: PLC0415 - only if asked for

        mock = cls(strict=strict, seed=seed)
        mock._use(ChildControl(settings, flags), None)
        return mock

    @classmethod
    def connect(
        cls,
        url: str | None = None,
        *,
        token: str | None = None,
        strict: bool = True,
        seed: int | str = 0,
    ) -> Self:
        """Use a server that runs somewhere, over its control plane. `stop` leaves it running.

        Args:
            url: such as http://localhost:8004; None: that of $WEBSOCKET_MOCK_URL, or the only
                server of this user that runs.
            token: its bearer token; None: that of $MCP_TOKEN.
            strict: as for the class.
            seed: as for the class.

        Raises:
            MockError: it cannot be reached.
        """
        from websocket_mock.testing.remote import RemoteControl  # noqa: PLC0415 - only if asked for

        mock = cls(strict=strict, seed=seed)
        mock._use(RemoteControl(url, token), None)
        mock.url()  # so that a wrong address or token is told here
        return mock

    def start(self) -> Self:
        """Start the server in this process; return the mock. Idempotent.

        Raises:
            MockError: a setting is not valid, or the server cannot listen.
        """
        if self._control is None:
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

    def __enter__(self) -> Self:
        """Start the server if it does not run yet."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Run the final check, unless the block raised, and stop the server."""
        try:
            if kind is None:
                self.check()
        finally:
            self.stop()

    @property
    def aio(self) -> "AsyncMock":
        """The methods that block, for asyncio and trio."""
        return AsyncMock(self)

    def new_namespace(
        self, name: str | None = None, *, strict: bool | None = None, seed: int | str | None = None
    ) -> "WebSocketMock":
        """Return a mock with endpoints, traffic and attempts of its own on the same server.

        Its `stop` removes what belongs to it and closes its clients.

        Args:
            name: letters, digits and hyphens; None: a new one.
            strict: as for the class; None: as this mock.
            seed: as for the class; None: as this mock.
        """
        mock = WebSocketMock(
            strict=self._strict if strict is None else strict,
            seed=self._seed if seed is None else seed,
        )
        mock._owns_server = False
        mock._use(self._running(), name or f"test-{secrets.token_hex(4)}")
        return mock

    # --- program ------------------------------------------------------------------------------

    def endpoint(self, path: str, *, name: str | None = None, **options: Any) -> Endpoint:  # noqa: ANN401
        """Add an endpoint; the one of the same name, if there is one.

        Args:
            path: its path; {name} captures one segment, /** at the end takes the rest.
            name: its name in the traffic; None: the path.
            options: other keys of an endpoint in a mocks file, such as subprotocols, client_key,
                unmatched, accepts and sends.

        Raises:
            BadDefinition: an option is not valid.
        """
        known = self._endpoints.get(name or path)
        if known is not None and known.path == path and not options:
            return known
        document = {"name": name, "path": path, **plain_value(options)}
        endpoint = Endpoint(self._hosted(), {k: v for k, v in document.items() if v is not None})
        endpoint.apply()
        self._endpoints[endpoint.name] = endpoint
        return endpoint

    def load(self, path: str | Path) -> dict[str, Endpoint]:
        """Put the mocks of a file in force; return its endpoints by their names.

        Raises:
            MockError: the file cannot be used; the text has a line for each problem.
        """
        host = self._hosted()
        names = self._running().load(Path(path), self._namespace)
        found = {name: Endpoint(host, self._definition(name)) for name in names}
        self._endpoints |= found
        return found

    def fault(self, word: str | None = None, /, **definition: Any) -> Fault:  # noqa: ANN401
        """Set a fault; it acts at once on open and future connections.

        ``mock.fault(latency={"mean": "80ms"}, direction="both")``, or a word for a kind that needs
        no parameters: ``mock.fault("drop", frames={"nth": 3})``. As a context manager it is cleared
        at the end of the block.

        Raises:
            BadDefinition: it is not valid.
        """
        self._hosted()
        return set_fault(self._hosted().traffic, word, definition)

    def reset(self, *what: What) -> None:
        """Reset parts of the mock; without any: traffic, faults, attempts and state."""
        parts = what or ("traffic", "faults", "attempts", "state")
        self._hosted().traffic.call("reset_websocket_server", what=list(parts))

    # --- look ---------------------------------------------------------------------------------

    def url(self, path: str = "") -> str:
        """Return the address for clients: ws://…, with the namespace if there is one."""
        return self._hosted().url(path)

    @property
    def namespace(self) -> str | None:
        """The name of the namespace; None: outside all namespaces."""
        return self._namespace

    @property
    def is_running(self) -> bool:
        """Whether it has been started and not stopped."""
        return self._control is not None

    def clients(self) -> list[dict[str, Any]]:
        """Return the connected clients, in the order in which they connected."""
        return self._hosted().clients()

    def traffic(self, **conditions: Unpack[EntryConditions]) -> list[Entry]:
        """Return the matching entries, oldest first; without conditions, all.

        Raises:
            TypeError: a condition has a name that does not exist.
        """
        return self._hosted().traffic.read(conditions)

    def transcript(self) -> str:
        """Return the traffic as a table for people."""
        return table(self.traffic())

    def wait_for(
        self,
        *,
        timeout: float = TIMEOUT,
        after: int | Literal["now", "start"] | Entry = "start",
        **conditions: Unpack[EntryConditions],
    ) -> Entry:
        """Wait until something happens, and return its entry.

        What has happened already in this test counts, too; pass `after` for what comes later.
        Without `direction`, a condition on a message means one that the client sent.

        Args:
            timeout: seconds.
            after: an entry or its number: only what comes later counts; "now": only what is new.
            conditions: all that are given must hold.

        Raises:
            WaitTimedOut: it did not happen; the text has what came nearest.
            TypeError: a condition has a name that does not exist.
        """
        return self._hosted().traffic.wait(conditions, timeout, after)

    def wait_until_quiet(
        self,
        quiet: Duration = 0.2,
        *,
        timeout: float = TIMEOUT,
        **conditions: Unpack[EntryConditions],
    ) -> None:
        """Wait until nothing has happened for a time; with conditions, nothing that matches.

        Raises:
            WaitTimedOut: it did not become quiet.
        """
        self._hosted().traffic.wait_until_quiet(quiet, conditions, timeout)

    def verify(
        self,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        within: float = 0.0,
        spacing: Mapping[str, Any] | None = None,
        **conditions: Unpack[EntryConditions],
    ) -> int:
        """Verify how often something happened; return how often it did.

        Args:
            count: exactly this number of times; 0: never. Without a number: at least once.
            at_least: at least this number of times.
            at_most: at most this number of times.
            within: seconds to wait until it holds; with 0 it does not wait.
            spacing: conditions on the times between them: at_least, at_most, grows.
            conditions: as for `wait_for`.

        Raises:
            VerificationFailed: it does not hold; the text has what came nearest.
            TypeError: a condition has a name that does not exist.
        """
        counts = Counts(count, at_least, at_most)
        return verify(self._hosted().traffic, conditions, counts, within, spacing)

    def verify_order(
        self, *entries: EntryConditions, within: float = 0.0, gaps: bool = True
    ) -> None:
        """Verify that entries came in this order.

        Args:
            entries: the conditions of each entry, as for `wait_for`.
            within: seconds to wait until it holds.
            gaps: whether others may come between them.

        Raises:
            VerificationFailed: they did not.
        """
        verify_order(self._hosted().traffic, list(entries), within, gaps=gaps)

    def check(self) -> None:
        """Run the final check: fail for what the test did not expect.

        It fails for callbacks that failed, messages and connections that nobody expected (unless
        `strict` is off), failed scripts, broken contracts, rules that could not do their work, and
        rules with `expect` that did not fire. What the test has waited for, verified or received
        counts as expected. Blocks while callbacks run.

        Raises:
            UnexpectedTraffic: it found something.
        """
        host = self._hosted()
        check(host, list(self._endpoints.values()))

    # --- drive --------------------------------------------------------------------------------

    def push(
        self,
        *,
        json: Any = NOT_GIVEN,  # noqa: ANN401 - any JSON value
        text: str | None = None,
        binary: bytes | None = None,
        group: str | None = None,
    ) -> int:
        """Send a message to all connected clients, or to a group; return how many they are.

        Raises:
            NotConnected: nobody is connected.
        """
        return push(self._hosted().traffic, _group(group), json, text, binary)

    def close(self, code: int = 1000, reason: str = "", *, group: str | None = None) -> int:
        """Close all connections, or those of a group, with a code; return how many they are.

        Raises:
            NotConnected: nobody is connected.
        """
        how = {"code": code, "reason": reason}
        return end(self._hosted().traffic, _group(group), how)

    # --- inside -------------------------------------------------------------------------------

    def _use(self, control: Control, namespace: str | None) -> None:
        self._control = control
        self._namespace = namespace
        self._host = Host(control, namespace, self._seed, is_strict=self._strict)

    def _running(self) -> Control:
        if self._control is None:
            raise MockError("The mock server does not run. Use `with WebSocketMock() as mock:`.")
        return self._control

    def _hosted(self) -> Host:
        self._running()
        assert self._host is not None
        return self._host

    def _definition(self, name: str) -> dict[str, Any]:
        found = self._hosted().traffic.call("list_websocket_mocks", name=name)
        definition: dict[str, Any] = found["endpoints"][0]["definition"]
        return definition


class AsyncMock(Twins["WebSocketMock"]):
    """The methods of `WebSocketMock` for asyncio and trio.

    ``async with WebSocketMock().aio as mock`` gives the mock itself, as `with` does.
    """

    start = Twin(WebSocketMock.start)
    stop = Twin(WebSocketMock.stop)
    load = Twin(WebSocketMock.load)
    fault = Twin(WebSocketMock.fault)
    reset = Twin(WebSocketMock.reset)
    clients = Twin(WebSocketMock.clients)
    traffic = Twin(WebSocketMock.traffic)
    wait_for = Twin(WebSocketMock.wait_for)
    wait_until_quiet = Twin(WebSocketMock.wait_until_quiet)
    verify = Twin(WebSocketMock.verify)
    verify_order = Twin(WebSocketMock.verify_order)
    check = Twin(WebSocketMock.check)
    push = Twin(WebSocketMock.push)
    close = Twin(WebSocketMock.close)

    async def __aenter__(self) -> WebSocketMock:
        """Start the server if it does not run yet."""
        await self.start()
        return self.wrapped

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Run the final check, unless the block raised, and stop the server."""
        from anyio import CancelScope  # noqa: PLC0415 - only with an event loop

        # The end must come even if the caller is being cancelled.
        with CancelScope(shield=True):
            await on_thread(self.wrapped.__exit__, kind, error, traceback)


def _group(group: str | None) -> dict[str, str]:
    return {} if group is None else {"target_group": group}
