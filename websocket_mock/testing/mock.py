"""The mock server of a test."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from websocket_mock.testing.actions import NOT_GIVEN
from websocket_mock.testing.control import Control
from websocket_mock.testing.driving import end, push
from websocket_mock.testing.endpoint import Endpoint
from websocket_mock.testing.errors import BadDefinition, MockError
from websocket_mock.testing.faults import Fault, set_fault
from websocket_mock.testing.judging import check
from websocket_mock.testing.observing import AsyncObserved, Observed
from websocket_mock.testing.serving import Serving
from websocket_mock.testing.traffic import Traffic
from websocket_mock.testing.twins import Twin, to_the_end
from websocket_mock.testing.values import plain_value

What = Literal["traffic", "faults", "mocks", "attempts", "state", "variables"]


class WebSocketMock(Serving, Observed):
    """A mock WebSocket server: in this process, in a child process, or one that runs anywhere.

    In this process it runs on threads of its own, on a free port, and starts in milliseconds. At
    the end of the `with` block the final check runs, see `check`. All methods may block for a few
    seconds; `aio` has them for asyncio and trio. Any thread except an actor's.

    >>> with WebSocketMock() as mock:
    ...     prices = mock.endpoint("/prices/{symbol}")
    ...     rule = prices.on(json={"$.type": "subscribe"}).send(json={"type": "tick", "n": 1})
    ...     with connect(prices.url(symbol="acme")) as client:
    ...         client.send('{"type": "subscribe"}')
    ...         client.recv()
    '{"type":"tick","n":1}'

    Args:
        strict: whether the final check fails for messages and connections that nobody expected.
            Endpoints with rules then close them with 1008 at once.
        seed: the seed of all random choices: jitter, random values, probabilities.
        settings: settings of the server, such as host, port, max_connections, ping_interval and
            tls_self_signed.
    """

    def __init__(self, *, strict: bool = True, seed: int | str = 0, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(strict=strict, seed=seed, **settings)
        self._endpoints: dict[str, Endpoint] = {}

    def __enter__(self) -> Self:
        """Start the server if it does not run yet."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Run the final check, unless the block raised or stopped the server; stop the server."""
        try:
            if kind is None and self._control is not None:
                self.check()
        finally:
            self.stop()

    @property
    def aio(self) -> "AsyncMock":
        """The methods that block, for asyncio and trio."""
        return AsyncMock(self)

    # --- program ------------------------------------------------------------------------------

    def endpoint(self, path: str, *, name: str | None = None, **options: Any) -> Endpoint:  # noqa: ANN401
        """Add an endpoint, or return the one of the same name.

        If there is one, its rules stay, and the options that are given here replace its own.

        >>> chat = mock.endpoint("/chat", subprotocols=["v2", "v1"])

        Args:
            path: its path; {name} captures one segment, /** at the end takes the rest.
            name: its name in the traffic; None: the path.
            options: other keys of an endpoint in a mocks file, such as subprotocols, client_key,
                unmatched, accepts and sends.

        Raises:
            BadDefinition: an option is not valid. Nothing was changed.
            MockError: another path has the name.
        """
        host, given = self._hosted(), plain_value(options)
        known = self._endpoints.get(name or path)
        if known is None or known.is_removed:
            # What it extends may have another name.
            named = name or (path if "extends" in given else None)
            document = {"path": path, **given}
            endpoint = Endpoint(host, document if named is None else {"name": named, **document})
            endpoint.apply()
            self._endpoints[endpoint.name] = endpoint
            return endpoint
        if known.path != path:
            raise MockError(
                f"The endpoint {known.name} has the path {known.path}. Use another name."
            )
        if given:
            known.change(given)
        return known

    def load(self, path: str | Path) -> dict[str, Endpoint]:
        """Put the mocks of a file in force; return its endpoints by their names.

        The file says all that they do: with `strict`, too, they do what it says under `unmatched`.

        >>> chat = mock.load("config/examples/chat.yaml")["chat"]
        >>> chat.path
        '/chat/{room}'

        Raises:
            MockError: the file cannot be used; the text has a line for each problem.
        """
        host = self._hosted()
        names = self._running().load(Path(path), self._namespace)
        found = {name: Endpoint(host, self._definition(name), is_from_file=True) for name in names}
        self._endpoints |= found
        return found

    def dialect(self, dialect: str, /, **parameters: Any) -> Endpoint:  # noqa: ANN401
        """Put the endpoint of a dialect in force, a ready-made mock for a well-known protocol.

        Rules that are added to it come in front of those of the dialect, which says all else that
        it does: with `strict`, too, it does what the dialect says under `unmatched`.

        >>> rpc = mock.dialect("json-rpc", path="/rpc")
        >>> rule = rpc.on(json={"$.method": "halt"}).close(4000)
        >>> with connect(rpc.url()) as client:
        ...     client.send('{"jsonrpc": "2.0", "id": 1, "method": "ping"}')
        ...     client.recv()
        '{"jsonrpc":"2.0","id":1,"result":"pong"}'

        Args:
            dialect: its name, such as json-rpc; `websocket-mock-server dialects` lists them.
            parameters: values of its parameters.

        Raises:
            BadDefinition: there is no such dialect, or a value is not valid. Nothing was changed.
            MockError: a value is not JSON.
        """
        host, given = self._hosted(), plain_value(parameters)
        extended = {"extends": {"from": f"dialect:{dialect}", "with": given}}
        result = host.put(extended, {})
        if result["errors"]:
            problems = [one.removeprefix("extends.") for one in result["errors"]]
            raise BadDefinition(f"the dialect {dialect}", problems)
        name = result["name"]
        path = self._definition(name)["path"]
        endpoint = Endpoint(host, {"name": name, "path": path, **extended}, is_from_file=True)
        self._endpoints[name] = endpoint
        return endpoint

    def fault(self, word: str | None = None, /, **definition: Any) -> Fault:  # noqa: ANN401
        """Set a fault; it acts at once on open and future connections.

        A preset, or a kind that needs no parameters, can be given as a word. `expires_after` limits
        its lifetime. As a context manager the fault is cleared at the end of the block.

        >>> slow = mock.fault(latency={"mean": "80ms"}, direction="both")
        >>> wifi = mock.fault("flaky-wifi", expires_after="15s")
        >>> with mock.fault("drop", frames={"nth": 3}):
        ...     pass  # each connection loses its third message

        Raises:
            BadDefinition: it is not valid.
        """
        return set_fault(self._hosted().traffic, word, definition)

    def reset(self, *what: What) -> None:
        """Reset parts of the mock; without any: traffic, faults, attempts and state.

        With the traffic go the callbacks that have failed, and how often rules have fired.

        >>> mock.reset("traffic", "attempts")
        """
        parts = what or ("traffic", "faults", "attempts", "state")
        host = self._hosted()
        host.traffic.call("reset_websocket_server", what=list(parts))
        if "traffic" in parts:
            host.forget_failures()
        if "mocks" in parts:
            for endpoint in self._endpoints.values():
                endpoint.is_removed = True

    # --- look ---------------------------------------------------------------------------------

    def clients(self) -> list[dict[str, Any]]:
        """Return the connected clients, in the order in which they connected."""
        return self._hosted().clients()

    def check(self) -> None:
        """Run the final check: fail for what the test did not expect.

        It fails for callbacks that failed, messages and connections that nobody expected (unless
        `strict` is off), failed scripts, broken contracts, errors in rules, rules that do nothing,
        and rules with `expect` that did not fire. What the test has waited for, verified or
        received counts as expected. Blocks while callbacks run.

        >>> chat = mock.endpoint("/chat")
        >>> with connect(chat.url()) as client:
        ...     client.send("who is there?")
        ...     mock.wait_for(text="who is there?").endpoint
        '/chat'
        >>> mock.check()

        Raises:
            UnexpectedTraffic: it found something.
        """
        endpoints = [one for one in self._endpoints.values() if not one.is_removed]
        check(self._hosted(), endpoints)

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
            MockError: the message cannot be sent.
        """
        return push(self._hosted().traffic, _group(group), json, text, binary)

    def close(self, code: int = 1000, reason: str = "", *, group: str | None = None) -> int:
        """Close all connections, or those of a group, with a code; return how many they are.

        Raises:
            NotConnected: nobody is connected.
            MockError: the code or the reason cannot be sent.
        """
        how = {"code": code, "reason": reason}
        return end(self._hosted().traffic, _group(group), how)

    def abort(self, how: Literal["reset", "close"] = "reset", *, group: str | None = None) -> int:
        """End all connections, or those of a group, without a close frame; return how many.

        Raises:
            NotConnected: nobody is connected.
        """
        return end(self._hosted().traffic, _group(group), {"abort": how})

    # --- inside -------------------------------------------------------------------------------

    def _use(self, control: Control, namespace: str | None, start: int = 0) -> None:
        super()._use(control, namespace, start)
        self._endpoints = {}

    def _seen(self) -> tuple[Traffic, Mapping[str, Any]]:
        return self._hosted().traffic, {}

    def _definition(self, name: str) -> dict[str, Any]:
        found = self._hosted().traffic.call("list_websocket_mocks", name=name)
        definition: dict[str, Any] = found["endpoints"][0]["definition"]
        return definition


class AsyncMock(AsyncObserved):
    """The methods of `WebSocketMock` for asyncio and trio.

    ``async with WebSocketMock().aio as mock`` gives the mock itself, as `with` does.
    """

    stop = Twin(WebSocketMock.stop)
    new_namespace = Twin(WebSocketMock.new_namespace)
    load = Twin(WebSocketMock.load)
    dialect = Twin(WebSocketMock.dialect)
    fault = Twin(WebSocketMock.fault)
    reset = Twin(WebSocketMock.reset)
    clients = Twin(WebSocketMock.clients)
    check = Twin(WebSocketMock.check)
    push = Twin(WebSocketMock.push)
    close = Twin(WebSocketMock.close)
    abort = Twin(WebSocketMock.abort)

    async def start(self) -> WebSocketMock:
        """Start the server; see `WebSocketMock.start`. A caller that is cancelled waits for it."""
        mock: WebSocketMock = self.wrapped
        # If it were abandoned, nobody would stop the server.
        await to_the_end(mock.start)
        return mock

    async def endpoint(self, path: str, *, name: str | None = None, **options: Any) -> Endpoint:  # noqa: ANN401
        """Add an endpoint; see `WebSocketMock.endpoint`."""
        mock: WebSocketMock = self.wrapped
        return await self.run(mock.endpoint, path, name=name, **options)

    async def __aenter__(self) -> WebSocketMock:
        """Start the server if it does not run yet."""
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Run the final check, unless the block raised, and stop the server."""
        # The end must come even if the caller is being cancelled.
        await to_the_end(self.wrapped.__exit__, kind, error, traceback)


def _group(group: str | None) -> dict[str, str]:
    return {} if group is None else {"target_group": group}
