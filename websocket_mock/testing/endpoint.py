"""One endpoint of a mock: a path, and how connections to it are answered."""

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, Unpack
from urllib.parse import quote, urlencode

from websocket_mock.scripts.control.values import to_yaml
from websocket_mock.testing.actions import NOT_GIVEN
from websocket_mock.testing.conditions import (
    Duration,
    EntryConditions,
    HandshakeConditions,
    RuleConditions,
)
from websocket_mock.testing.conversation import TIMEOUT, Conversation, encode_text, end, push
from websocket_mock.testing.entry import Entry
from websocket_mock.testing.errors import BadDefinition
from websocket_mock.testing.faults import Fault, set_fault
from websocket_mock.testing.host import Host
from websocket_mock.testing.rules import (
    Expected,
    Handshake,
    Rule,
    Script,
    handshake_rule,
    rule_document,
)
from websocket_mock.testing.traffic import Cursor
from websocket_mock.testing.twins import Twin, Twins
from websocket_mock.testing.verifying import Counts, verify

if TYPE_CHECKING:
    from websocket_mock.actors.conversation.own_code import Function
    from websocket_mock.testing.callbacks import Callback

C = TypeVar("C", bound="Callback")

DEADLINE = 5.0
"""Seconds that a callback may take."""


class Endpoint:
    """A path of a mock server, and how connections to it are answered.

    Every change is in force when the method returns; open connections follow it from their next
    message on. One thread at a time changes an endpoint; any thread may ask and send.

    Args:
        host: the mock that it belongs to.
        document: the endpoint as in a mocks file.
    """

    def __init__(self, host: Host, document: dict[str, Any]) -> None:
        self.name: str = document.get("name") or document["path"]
        self.path: str = document["path"]
        self.rules: list[Rule] = []
        """The rules that were added here, in their order."""
        self.expected: dict[str, Expected] = {}
        """How often rules of a file are expected to fire, by name."""
        self.warnings: list[str] = []
        """What is probably a mistake in the current definition."""
        self._host = host
        self._traffic = host.traffic
        self._document = document
        self._script: Script | None = None
        self._functions: dict[str, Function] = {}
        self._accepted = 0
        """The number of the entry with which the last accepted connection was opened."""

    # --- program ------------------------------------------------------------------------------

    def on(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for messages of the client; without conditions, for every message.

        It comes in force with its first action: ``endpoint.on(text="hi").send(text="hello")``.

        Raises:
            TypeError: a condition has a name that does not exist.
        """
        return self._add_rule(None, conditions)

    def on_connect(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for a connection that has just opened."""
        return self._add_rule("connect", conditions)

    def on_ping(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for a ping frame of the client."""
        return self._add_rule("ping", conditions)

    def on_close(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for a close frame of the client."""
        return self._add_rule("close", conditions)

    def on_idle(self, after: Duration, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule that fires when the client has been silent for a time."""
        return self._add_rule("idle", conditions, after=after)

    def on_timer(
        self,
        after: Duration,
        *,
        interval: Duration | None = None,
        **conditions: Unpack[RuleConditions],
    ) -> Rule:
        """Add a rule that fires when a connection has been open for a time.

        Args:
            after: the time.
            interval: the time after which it fires again; None: it fires once.
            conditions: conditions such as `state` and `times`.
        """
        again = {} if interval is None else {"interval": interval}
        return self._add_rule("timer", conditions, after=after, **again)

    def on_message(
        self, *, deadline: float = DEADLINE, **conditions: Unpack[RuleConditions]
    ) -> Callable[[C], C]:
        """Answer messages with a Python function, as a decorator; only in this process.

        The function gets a `Message`, and what it returns is sent: str as text, bytes as binary,
        None not at all, anything else as JSON. It may be a coroutine function. It runs on a thread
        of its own, one after the other for each connection, so it may block. If it raises or takes
        longer than the deadline, the final check fails and shows its traceback.

        Args:
            deadline: seconds that it may take.
            conditions: the messages that it answers.

        Raises:
            MockError: the server is in another process.
            TypeError: a condition has a name that does not exist.
        """
        callbacks = self._host.callbacks
        rule = self._add_rule(None, conditions)

        def add(callback: C) -> C:
            name = str(getattr(callback, "__name__", "callback"))
            unique = name if name not in self._functions else f"{name}_{len(self._functions)}"
            self._functions[unique] = callbacks.function(unique, callback, deadline)
            rule.do({"call": unique})
            return callback

        return add

    def handshake(self, **conditions: Unpack[HandshakeConditions]) -> Handshake:
        """Add a rule for the opening handshake: ``handshake(attempt=1).reject(503)``.

        Raises:
            TypeError: a condition has a name that does not exist.
        """
        return handshake_rule(conditions, self._document.setdefault("handshake", []), self.apply)

    def expect(self, rule: str, count: int | None = None) -> Self:
        """Expect that a rule of this name has fired at the end of the test; None: at least once.

        This is for rules that come from a file; a rule that was made here has `expect` itself.
        """
        self.expected[rule] = Expected(count)
        return self

    def script(self) -> Script:
        """Return the script of the endpoint, an ordered conversation, to add steps to it."""
        if self._script is None:
            self._script = Script(self._document, self.apply)
        return self._script

    def fault(self, word: str | None = None, /, **definition: Any) -> Fault:  # noqa: ANN401
        """Set a fault on the connections of this endpoint; see `WebSocketMock.fault`."""
        return set_fault(self._traffic, word, {**definition, "endpoint": self.name})

    def remove(self) -> None:
        """Remove the endpoint. Its connections stay open, but nothing answers them."""
        self._traffic.call("remove_websocket_mock", names=[self.name])

    # --- look ---------------------------------------------------------------------------------

    @property
    def aio(self) -> "AsyncEndpoint":
        """The methods that block, for asyncio and trio."""
        return AsyncEndpoint(self)

    @property
    def document(self) -> dict[str, Any]:
        """The endpoint as in a mocks file. A copy."""
        found = copy.deepcopy(self._document)
        if "unmatched" not in found and self._host.is_strict and not self.is_manual:
            found["unmatched"] = "strict"
        return {key: value for key, value in found.items() if value != []}

    def to_yaml(self) -> str:
        """Return the mocks file that does the same."""
        return to_yaml({"endpoints": [self.document]})

    @property
    def is_manual(self) -> bool:
        """Whether nothing answers messages, so that the test receives them itself."""
        has_rules = any(
            rule.get("trigger", "message") == "message" for rule in self._document.get("rules", ())
        )
        return not has_rules and not {"script", "unmatched"} & self._document.keys()

    def url(self, *, query: Mapping[str, str] | None = None, **parameters: object) -> str:
        """Return the address for clients.

        Args:
            query: query parameters.
            parameters: a value for each {name} in the path; `rest` for a /** at its end.

        Raises:
            TypeError: a value is missing, or is for no part of the path.
        """
        path = fill_path(self.path, parameters)
        return self._host.url(path) + (f"?{urlencode(query)}" if query else "")

    def fired(self) -> dict[str, int]:
        """Return how often each rule has fired, by its name or its place (``rules[0]``)."""
        found = self._traffic.call("list_websocket_mocks", name=self.name)
        counts: dict[str, int] = found["endpoints"][0]["fired_by_rule"]
        return counts

    def clients(self) -> list[dict[str, Any]]:
        """Return the connected clients of the endpoint, in the order in which they connected."""
        return [one for one in self._host.clients() if one["endpoint"] == self.name]

    def traffic(self, **conditions: Unpack[EntryConditions]) -> list[Entry]:
        """Return the matching entries at this endpoint, oldest first."""
        return self._traffic.read(self._here(conditions))

    def wait_for(
        self,
        *,
        timeout: float = TIMEOUT,
        after: Cursor | Entry = "start",
        **conditions: Unpack[EntryConditions],
    ) -> Entry:
        """Wait for an entry at this endpoint; see `WebSocketMock.wait_for`."""
        return self._traffic.wait(self._here(conditions), timeout, after)

    def verify(
        self,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        within: float = 0.0,
        **conditions: Unpack[EntryConditions],
    ) -> int:
        """Verify how often something happened here; see `WebSocketMock.verify`."""
        return verify(
            self._traffic, self._here(conditions), Counts(count, at_least, at_most), within
        )

    def explain(self, *, json: Any = NOT_GIVEN, text: str | None = None) -> str:  # noqa: ANN401
        """Return which rule a message would make fire, and why the others would not."""
        shown = encode_text(json) if json is not NOT_GIVEN else text
        result = self._traffic.call("explain_websocket_message", endpoint=self.name, text=shown)
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
        opened before the call.

        Raises:
            WaitTimedOut: none came.
        """
        wanted = self._here({"kind": "open"})
        opened = self._traffic.wait(wanted, timeout, self._accepted)
        self._accepted = opened.seq
        assert opened.client is not None
        return Conversation(self._traffic, opened.client, opened.attempt, opened.seq)

    def push(
        self,
        *,
        json: Any = NOT_GIVEN,  # noqa: ANN401 - any JSON value
        text: str | None = None,
        binary: bytes | None = None,
    ) -> int:
        """Send a message to the connected clients now; return how many they are.

        Give exactly one of json, text and binary. They are sent as they are: no templates.

        Raises:
            NotConnected: nobody is connected.
        """
        return push(self._traffic, {"target_endpoint": self.name}, json, text, binary)

    def close(self, code: int = 1000, reason: str = "") -> int:
        """Close the connections with a code; return how many they are.

        Raises:
            NotConnected: nobody is connected.
        """
        how = {"code": code, "reason": reason}
        return end(self._traffic, {"target_endpoint": self.name}, how)

    def abort(self, how: Literal["reset", "close"] = "reset") -> int:
        """End the connections without a close frame; return how many they are.

        Raises:
            NotConnected: nobody is connected.
        """
        return end(self._traffic, {"target_endpoint": self.name}, {"abort": how})

    # --- inside -------------------------------------------------------------------------------

    def apply(self) -> None:
        """Put the current definition in force.

        Raises:
            BadDefinition: it is not valid. The one before stays in force.
        """
        result = self._host.put(self.document, self._functions)
        if result["errors"]:
            raise BadDefinition(f"the endpoint {self.name}", result["errors"])
        self.warnings = result["warnings"]

    def _add_rule(
        self,
        trigger: str | None,
        conditions: Mapping[str, Any],
        **timing: Any,  # noqa: ANN401
    ) -> Rule:
        document = {**rule_document(trigger, conditions), **timing}
        rule = Rule(document, self._document.setdefault("rules", []), self.apply)
        self.rules.append(rule)
        return rule

    def _here(self, conditions: Mapping[str, Any]) -> dict[str, Any]:
        return {**conditions, "endpoint": self.name}


class AsyncEndpoint(Twins["Endpoint"]):
    """The methods of `Endpoint` for asyncio and trio."""

    accept = Twin(Endpoint.accept)
    push = Twin(Endpoint.push)
    close = Twin(Endpoint.close)
    abort = Twin(Endpoint.abort)
    fault = Twin(Endpoint.fault)
    clients = Twin(Endpoint.clients)
    traffic = Twin(Endpoint.traffic)
    wait_for = Twin(Endpoint.wait_for)
    verify = Twin(Endpoint.verify)
    fired = Twin(Endpoint.fired)
    explain = Twin(Endpoint.explain)
    remove = Twin(Endpoint.remove)


def fill_path(path: str, parameters: Mapping[str, object]) -> str:
    """Return a path with values in place of its parameters.

    Raises:
        TypeError: a value is missing, or is for no part of the path.
    """
    rest = dict(parameters)
    segments = []
    for segment in path.split("/"):
        name = segment[1:-1] if segment.startswith("{") and segment.endswith("}") else None
        name = "rest" if segment == "**" else name
        if name is None:
            segments.append(segment)
        elif name in rest:
            segments.append(quote(str(rest.pop(name)), safe="/" if segment == "**" else ""))
        else:
            raise TypeError(f"the path {path} needs a value for {name}: url({name}=…)")
    if rest:
        raise TypeError(f"the path {path} has no {', '.join(map(repr, rest))}")
    return "/".join(segments)
