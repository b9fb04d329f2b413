"""Builds the rules, handshake rules and scripts of an endpoint."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Self, Unpack

from websocket_mock.testing.actions import Actions
from websocket_mock.testing.conditions import (
    Duration,
    MessageConditions,
    RuleConditions,
    check_names,
    message_match,
)
from websocket_mock.testing.values import plain_value
from websocket_mock.testing.words import Counts

Apply = Callable[[], None]
"""Puts the endpoint with its current document in force; raises `BadDefinition` if it is not valid.
"""


class Rule(Actions):
    """A rule of an endpoint: its conditions and its actions.

    It comes in force with its first action, and each further action changes it at once.

    >>> rule = prices.on(json={"$.type": "ping"}).send(json={"type": "pong"}).expect(1)
    >>> with connect(prices.url(symbol="acme")) as client:
    ...     client.send('{"type": "ping"}')
    ...     client.recv()
    '{"type":"pong"}'

    Args:
        document: the rule as in a mocks file, without `do`.
        rules: the rules of the endpoint, to which it adds itself.
        apply: puts the endpoint in force.
    """

    def __init__(self, document: dict[str, Any], rules: list[dict[str, Any]], apply: Apply) -> None:
        super().__init__()
        self.document = document
        """The rule as in a mocks file."""
        self.expected: Counts | None = None
        """How often it must have fired at the end of the test; None: any number of times."""
        self.was_refused = False
        """Whether its first action was not valid, so that it is not in force."""
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

        Raises:
            BadDefinition: the rule is not valid. Nothing was changed.
        """
        expected = Counts(count)
        expected.arguments()
        if self.is_empty:
            self.ignore()
        self.expected = expected
        return self

    def do(self, *documents: Mapping[str, Any] | str) -> Self:
        """Add actions as in a mocks file, and put the rule in force.

        Raises:
            BadDefinition: an action is not valid. Nothing was changed.
        """
        before = list(self.documents)
        is_new = not before
        try:
            super().do(*documents)
            self.document["do"] = self.documents
            if is_new:
                self._rules.append(self.document)
            self._apply()
        except BaseException:
            self.documents[:] = before
            if is_new:
                self.was_refused = True
                self.document.pop("do", None)
                self._rules[:] = [one for one in self._rules if one is not self.document]
            raise
        self.was_refused = False
        return self


class Handshake:
    """A rule for the opening handshake. It comes in force with its outcome.

    >>> prices.handshake(attempt=1).reject(503, headers={"Retry-After": "1"})
    >>> try:
    ...     connect(prices.url(symbol="acme"))
    ... except Exception as error:
    ...     print(error)
    server rejected WebSocket connection: HTTP 503

    Args:
        match: its conditions, as in a mocks file.
        rules: the handshake rules of the endpoint, to which it adds itself.
        apply: puts the endpoint in force.
    """

    def __init__(self, match: dict[str, Any], rules: list[dict[str, Any]], apply: Apply) -> None:
        self.match = match
        self.is_empty = True
        """Whether it has no outcome yet, so that it does nothing."""
        self.was_refused = False
        """Whether its outcome was not valid, so that it is not in force."""
        self._rules = rules
        self._apply = apply

    def reject(
        self, status: int = 403, *, headers: Mapping[str, str] | None = None, body: str = ""
    ) -> None:
        """Answer with an HTTP status from 200 to 599 instead of opening the connection.

        Raises:
            BadDefinition: it is not valid. Nothing was changed.
        """
        outcome: dict[str, Any] = {"status": status}
        if headers:
            outcome["headers"] = dict(headers)
        if body:
            outcome["body"] = body
        self._add({"reject": outcome})

    def accept(
        self, *, headers: Mapping[str, str] | None = None, subprotocol: str | None = None
    ) -> None:
        """Open the connection, with more headers, or with a subprotocol that was not offered.

        Raises:
            BadDefinition: it is not valid. Nothing was changed.
        """
        outcome: dict[str, Any] = {"headers": dict(headers)} if headers else {}
        if subprotocol is not None:
            outcome["subprotocol"] = subprotocol
        self._add({"accept": outcome})

    def stall(self, duration: Duration | Literal["forever"] = "forever") -> None:
        """Wait this long, then go on with the next rule.

        Raises:
            BadDefinition: it is not valid. Nothing was changed.
        """
        self._add({"stall": duration})

    def abort(self, how: Literal["reset", "close"] = "reset") -> None:
        """End the connection without an answer: with RST, or with FIN.

        Raises:
            BadDefinition: it is not valid. Nothing was changed.
        """
        self._add({"abort": how})

    def _add(self, outcome: dict[str, Any]) -> None:
        before = list(self._rules)
        try:
            rule = {"match": self.match, **outcome} if self.match else outcome
            self._rules.append(plain_value(rule))
            self._apply()
        except BaseException:
            self._rules[:] = before
            self.was_refused = self.is_empty
            raise
        self.is_empty = False


class Script(Actions):
    """An ordered conversation, instead of rules. Each step comes in force at once.

    >>> steps = chat.script().expect(text="login").send(text="welcome").close(4000)
    >>> with connect(chat.url()) as client:
    ...     client.send("login")
    ...     client.recv()
    'welcome'

    Args:
        endpoint: the document of the endpoint.
        apply: puts the endpoint in force.
    """

    def __init__(self, endpoint: dict[str, Any], apply: Apply) -> None:
        super().__init__()
        self.documents += endpoint.get("script", ())
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

    def do(self, *documents: Mapping[str, Any] | str) -> Self:
        """Add steps as in a mocks file.

        Raises:
            BadDefinition: a step is not valid. Nothing was changed.
        """
        before = list(self.documents)
        try:
            super().do(*documents)
            self._endpoint["script"] = self.documents
            self._apply()
        except BaseException:
            self.documents[:] = before
            if not before:
                self._endpoint.pop("script", None)
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
    rest = {name: one for name, one in given.items() if name not in content}
    document: dict[str, Any] = plain_value(rest)
    if trigger is not None:
        document["trigger"] = trigger
    match = message_match(content)
    return {**document, "match": match} if match else document


def _place(document: dict[str, Any], rules: list[dict[str, Any]]) -> int:
    return next((place for place, one in enumerate(rules) if one is document), len(rules))
