"""Builds the rules, handshake rules and scripts of an endpoint."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Self, Unpack

from websocket_mock.testing.actions import Actions
from websocket_mock.testing.conditions import (
    Duration,
    HandshakeConditions,
    MessageConditions,
    RuleConditions,
    check_names,
    handshake_match,
    message_match,
)

Apply = Callable[[], None]
"""Puts the endpoint with its current document in force; raises `BadDefinition` if it is not valid.
"""


class Rule(Actions):
    """A rule of an endpoint: its conditions and its actions.

    It comes in force with its first action, and each further action changes it at once.

    Args:
        document: the rule as in a mocks file, without `do`.
        rules: the rules of the endpoint, to which it adds itself.
        apply: puts the endpoint in force.
    """

    def __init__(self, document: dict[str, Any], rules: list[dict[str, Any]], apply: Apply) -> None:
        super().__init__()
        self.document = document
        """The rule as in a mocks file."""
        self.expected: Expected | None = None
        """How often it must have fired at the end of the test; None: any number of times."""
        self._rules = rules
        self._apply = apply

    @property
    def label(self) -> str:
        """Its name, or its place such as ``rules[0]``: as the traffic calls it."""
        name = self.document.get("name")
        return name or f"rules[{_place(self.document, self._rules)}]"

    @property
    def is_empty(self) -> bool:
        """Whether it has no action yet, so that it is not in force."""
        return not self.documents

    def expect(self, count: int | None = None) -> Self:
        """Expect that the rule has fired at the end of the test; None: at least once.

        Without any action the rule answers nothing.
        """
        if self.is_empty:
            self.ignore()
        self.expected = Expected(count)
        return self

    def do(self, *documents: Mapping[str, Any]) -> Self:
        """Add actions as in a mocks file, and put the rule in force.

        Raises:
            BadDefinition: an action is not valid. Nothing was changed.
        """
        before = list(self.documents)
        super().do(*documents)
        is_new = "do" not in self.document
        self.document["do"] = self.documents
        if is_new:
            self._rules.append(self.document)
        try:
            self._apply()
        except BaseException:
            self.documents[:] = before
            if is_new:
                self._rules.pop(_place(self.document, self._rules))
                del self.document["do"]
            raise
        return self


class Expected:
    """How often a rule is expected to fire.

    Args:
        count: exactly this number of times; None: at least once.
    """

    def __init__(self, count: int | None) -> None:
        self.count = count

    def holds(self, fired: int) -> bool:
        """Whether a number of times is what was expected."""
        return fired >= 1 if self.count is None else fired == self.count

    def __str__(self) -> str:
        return "at least once" if self.count is None else times(self.count)


class Handshake:
    """A rule for the opening handshake. It comes in force with its outcome.

    Args:
        match: its conditions, as in a mocks file.
        rules: the handshake rules of the endpoint, to which it adds itself.
        apply: puts the endpoint in force.
    """

    def __init__(self, match: dict[str, Any], rules: list[dict[str, Any]], apply: Apply) -> None:
        self._match = match
        self._rules = rules
        self._apply = apply

    def reject(
        self, status: int = 403, *, headers: Mapping[str, str] | None = None, body: str = ""
    ) -> None:
        """Answer with an HTTP status from 200 to 599 instead of opening the connection."""
        outcome: dict[str, Any] = {"status": status}
        if headers:
            outcome["headers"] = dict(headers)
        if body:
            outcome["body"] = body
        self._add({"reject": outcome})

    def accept(
        self, *, headers: Mapping[str, str] | None = None, subprotocol: str | None = None
    ) -> None:
        """Open the connection, with more headers, or with a subprotocol that was not offered."""
        outcome: dict[str, Any] = {"headers": dict(headers)} if headers else {}
        if subprotocol is not None:
            outcome["subprotocol"] = subprotocol
        self._add({"accept": outcome})

    def stall(self, duration: Duration | Literal["forever"] = "forever") -> None:
        """Wait this long, then go on with the next rule."""
        self._add({"stall": duration})

    def abort(self, how: Literal["reset", "close"] = "reset") -> None:
        """End the connection without an answer: with RST, or with FIN."""
        self._add({"abort": how})

    def _add(self, outcome: dict[str, Any]) -> None:
        rule = {"match": self._match, **outcome} if self._match else outcome
        self._rules.append(rule)
        try:
            self._apply()
        except BaseException:
            self._rules.pop()
            raise


class Script(Actions):
    """An ordered conversation, instead of rules. Each step comes in force at once.

    Args:
        endpoint: the document of the endpoint.
        apply: puts the endpoint in force.
    """

    def __init__(self, endpoint: dict[str, Any], apply: Apply) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._apply = apply

    def expect(
        self, *, within: Duration | None = None, **conditions: Unpack[MessageConditions]
    ) -> Self:
        """Expect the next message of the client; without conditions, any message."""
        step: dict[str, Any] = {"expect": message_match(conditions)}
        if within is not None:
            step["within"] = within
        return self.do(step)

    def do(self, *documents: Mapping[str, Any]) -> Self:
        """Add steps as in a mocks file.

        Raises:
            BadDefinition: a step is not valid. Nothing was changed.
        """
        before = list(self.documents)
        super().do(*documents)
        self._endpoint["script"] = self.documents
        try:
            self._apply()
        except BaseException:
            self.documents[:] = before
            if not before:
                del self._endpoint["script"]
            raise
        return self


def rule_document(trigger: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule as in a mocks file, without its actions.

    Raises:
        TypeError: a condition has a name that does not exist.
    """
    check_names(given, RuleConditions)
    content = {
        name: one for name, one in given.items() if name in MessageConditions.__annotations__
    }
    document: dict[str, Any] = {name: one for name, one in given.items() if name not in content}
    if trigger is not None:
        document["trigger"] = trigger
    match = message_match(content)
    return {**document, "match": match} if match else document


def handshake_rule(
    given: HandshakeConditions, rules: list[dict[str, Any]], apply: Apply
) -> Handshake:
    """Return a handshake rule without an outcome.

    Raises:
        TypeError: a condition has a name that does not exist.
    """
    return Handshake(handshake_match(given), rules, apply)


def times(number: int) -> str:
    """Return a number of times in words."""
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _place(document: dict[str, Any], rules: list[dict[str, Any]]) -> int:
    return next((place for place, one in enumerate(rules) if one is document), len(rules))
