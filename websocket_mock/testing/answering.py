"""Builds what an endpoint answers. Each method puts the document of the endpoint in force."""

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from websocket_mock.actors.documents.yaml_writing import write_yaml
from websocket_mock.testing.conditions import (
    Duration,
    HandshakeConditions,
    RuleConditions,
    handshake_match,
)
from websocket_mock.testing.errors import BadDefinition, MockError
from websocket_mock.testing.host import Host
from websocket_mock.testing.rules import Handshake, Rule, Script, rule_document
from websocket_mock.testing.values import plain_value
from websocket_mock.testing.words import Counts

if TYPE_CHECKING:
    from websocket_mock.actors.conversation.own_code import Function
    from websocket_mock.testing.callbacks import Callback

C = TypeVar("C", bound="Callback")

DEADLINE = 5.0
"""Seconds that a callback may take."""

ADDED = ("rules", "handshake", "script")
"""The keys of an endpoint that the methods add to."""


class Answering:
    """The answers of an endpoint. One thread at a time.

    Args:
        host: the mock that it belongs to.
        document: the endpoint as in a mocks file.
        is_from_file: whether a mocks file says all that it does.
    """

    def __init__(self, host: Host, document: dict[str, Any], *, is_from_file: bool = False) -> None:
        self.name: str = document.get("name") or document["path"]
        self.path: str = document["path"]
        self.rules: list[Rule] = []
        """The rules that were added here, in their order; those without an action, too."""
        self.handshakes: list[Handshake] = []
        """The rules for handshakes that were added here, in their order."""
        self.expected: dict[str, Counts] = {}
        """How often rules of a file are expected to fire, by name."""
        self.warnings: list[str] = []
        """What is probably a mistake in the current definition."""
        self.is_removed = False
        """Whether it has been removed. A method that programs it puts it in force again."""
        self._host = host
        self._document = document
        self._is_from_file = is_from_file
        self._script: Script | None = None
        self._functions: dict[str, Function] = {}

    def on(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for messages of the client; without conditions, for every message.

        It comes in force with its first action.

        >>> greeting = chat.on(text="hi").send(text="hello")
        >>> with connect(chat.url()) as client:
        ...     client.send("hi")
        ...     client.recv()
        'hello'

        Raises:
            TypeError: a condition has a name that does not exist.
            MockError: a value is not JSON.
        """
        return self._add_rule(None, conditions)

    def on_connect(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for a connection that has just opened.

        >>> welcome = chat.on_connect().send(json={"type": "welcome"})
        >>> with connect(chat.url()) as client:
        ...     client.recv()
        '{"type":"welcome"}'
        """
        return self._add_rule("connect", conditions)

    def on_ping(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for a ping frame of the client.

        >>> silent = chat.on_ping().ignore()  # the client gets no pong
        """
        return self._add_rule("ping", conditions)

    def on_pong(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for a pong frame of the client.

        >>> alive = chat.on_pong().send(text="you are alive")
        """
        return self._add_rule("pong", conditions)

    def on_close(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for a close frame of the client.

        >>> slow = chat.on_close(code=1000).wait("50ms").close(1000)
        """
        return self._add_rule("close", conditions)

    def on_end(self, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule for a connection that has ended, such as one that tells the others.

        >>> left = chat.on_end().send(text="somebody has left", to="others")
        """
        return self._add_rule("end", conditions)

    def on_idle(self, after: Duration, **conditions: Unpack[RuleConditions]) -> Rule:
        """Add a rule that fires when the client has been silent for a time.

        >>> bored = chat.on_idle("30s").close(4000, "idle")
        """
        return self._add_rule("idle", conditions, after=after)

    def on_timer(
        self,
        after: Duration,
        *,
        interval: Duration | None = None,
        **conditions: Unpack[RuleConditions],
    ) -> Rule:
        """Add a rule that fires when a connection has been open for a time.

        >>> ticks = chat.on_timer("10ms", interval="1s").send(text="tick")

        Args:
            after: the time.
            interval: the time after which it fires again; None: it fires once.
            conditions: conditions such as `state` and `times`.
        """
        again = {} if interval is None else {"interval": interval}
        return self._add_rule("timer", conditions, after=after, **again)

    @overload
    def on_message(self, callback: C, /) -> C: ...

    @overload
    def on_message(
        self, *, deadline: float = DEADLINE, **conditions: Unpack[RuleConditions]
    ) -> Callable[[C], C]: ...

    def on_message(
        self,
        *given: C,
        deadline: float = DEADLINE,
        **conditions: Unpack[RuleConditions],
    ) -> C | Callable[[C], C]:
        """Answer messages with a Python function, as a decorator; only in this process.

        The function gets a `Message`, and what it returns is sent: str as text, bytes as binary,
        None not at all, anything else as JSON. It may be a coroutine function, which runs in an
        asyncio loop of its own. It runs on a thread of its own, one after the other for each
        connection, so it may block. If it raises or takes longer than the deadline, the final check
        fails and shows its traceback.

        >>> @chat.on_message(json={"$.type": "add"})
        ... def add(message):
        ...     return {"sum": sum(message.json["numbers"])}
        >>> with connect(chat.url()) as client:
        ...     client.send('{"type": "add", "numbers": [1, 2]}')
        ...     client.recv()
        '{"sum":3}'

        Args:
            given: the function, if the decorator is used without brackets: for every message.
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

        return add(*given) if given else add

    def handshake(self, **conditions: Unpack[HandshakeConditions]) -> Handshake:
        """Add a rule for the opening handshake; it comes in force with its outcome.

        >>> chat.handshake(attempt={"at_most": 2}).reject(503)

        Raises:
            TypeError: a condition has a name that does not exist.
            MockError: a value is not JSON.
        """
        rules = self._document.setdefault("handshake", [])
        handshake = Handshake(handshake_match(conditions), rules, self.apply)
        self.handshakes.append(handshake)
        return handshake

    def expect(self, rule: str, count: int | None = None) -> Self:
        """Expect that a rule of this name has fired at the end of the test; None: at least once.

        This is for rules that come from a file; a rule that was made here has `expect` itself.
        """
        expected = Counts(count)
        expected.arguments()
        self.expected[rule] = expected
        return self

    def script(self) -> Script:
        """Return the script of the endpoint, an ordered conversation, to add steps to it.

        >>> login = chat.script().expect(text="login").send(text="welcome")
        """
        if self._script is None:
            self._script = Script(self._document, self.apply)
        return self._script

    # --- the document -------------------------------------------------------------------------

    @property
    def document(self) -> dict[str, Any]:
        """The endpoint as in a mocks file. A copy."""
        found = copy.deepcopy(self._document)
        is_judged = self._host.is_strict and not self._is_from_file and not self.is_manual
        # What it extends says what becomes of the messages that no rule matches.
        if not {"unmatched", "extends"} & found.keys() and is_judged:
            found["unmatched"] = "strict"
        return {key: value for key, value in found.items() if value != []}

    def to_yaml(self) -> str:
        """Return the mocks file that does the same, except for callbacks.

        >>> rule = chat.on(text="hi").send(text="hello")
        >>> print(chat.to_yaml(), end="")
        endpoints:
          - path: /chat
            rules: [{match: {text: hi}, do: [{send: {text: hello}}]}]
            unmatched: strict
        """
        return write_yaml({"endpoints": [self.document]})

    @property
    def is_manual(self) -> bool:
        """Whether nothing answers messages, so that the test receives them itself."""
        has_rules = any(
            rule.get("trigger", "message") == "message" for rule in self._document.get("rules", ())
        )
        return not has_rules and not {"script", "unmatched", "extends"} & self._document.keys()

    @property
    def is_judged_by_hand(self) -> bool:
        """Whether the final check names the messages that the test has not received."""
        return self.is_manual and not self._is_from_file

    def labels(self) -> list[str]:
        """Return the names or places of the rules that are in force."""
        rules = self._document.get("rules", ())
        return [rule.get("name") or f"rules[{place}]" for place, rule in enumerate(rules)]

    def change(self, options: Mapping[str, Any]) -> None:
        """Give an endpoint that exists other options; its rules stay.

        Raises:
            BadDefinition: an option is not valid. Nothing was changed.
            MockError: an option would replace rules.
        """
        for key in ADDED:
            if key in options:
                raise MockError(
                    f"The endpoint {self.name} exists already, so {key} cannot be replaced. Add to "
                    "it with `on`, `handshake` or `script`, or remove the endpoint first."
                )
        before = dict(self._document)
        try:
            self._document.update(options)
            self.apply()
        except BaseException:
            self._document.clear()
            self._document.update(before)
            raise

    def apply(self) -> None:
        """Put the current definition in force.

        Raises:
            BadDefinition: it is not valid. The one before stays in force.
        """
        result = self._host.put(self._named_document(), self._functions)
        if result["errors"]:
            problems = [one.removeprefix("endpoints[0]: ") for one in result["errors"]]
            raise BadDefinition(f"the endpoint {self.name}", problems)
        self.warnings = result["warnings"]
        self.is_removed = False

    def _named_document(self) -> dict[str, Any]:
        """Return the document with names for the rules that were added here.

        A rule with a name keeps its counts when further actions change it.
        """
        document = self.document
        added = {id(rule.document) for rule in self.rules}
        for place, rule in enumerate(self._document.get("rules", ())):
            if id(rule) in added and "name" not in rule:
                document["rules"][place]["name"] = f"rules[{place}]"
        return document

    def _add_rule(
        self,
        trigger: str | None,
        conditions: Mapping[str, Any],
        **timing: Any,  # noqa: ANN401
    ) -> Rule:
        document = {**rule_document(trigger, conditions), **plain_value(timing)}
        rule = Rule(document, self._document.setdefault("rules", []), self.apply)
        self.rules.append(rule)
        return rule
