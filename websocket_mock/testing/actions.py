"""Builds lists of actions: what stands under `do` in a mocks file."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Self

from websocket_mock.testing.conditions import Duration
from websocket_mock.testing.values import plain_value

NOT_GIVEN: Final[Any] = object()
"""Stands for an argument that is not given where None is a value, as for JSON."""


class Actions:
    """A list of actions. Each method adds one and returns the list. One thread at a time.

    Strings are templates, as in mocks files.

    >>> ticks = actions().send(json={"n": "{{ repeat.index }}"})
    >>> rule = chat.on(text="go").every("10ms", ticks, count=2)
    >>> with connect(chat.url()) as client:
    ...     client.send("go")
    ...     client.recv(), client.recv()
    ('{"n":0}', '{"n":1}')
    """

    def __init__(self) -> None:
        self.documents: list[Any] = []
        """The actions, as in a mocks file."""

    def send(
        self,
        *,
        json: Any = NOT_GIVEN,  # noqa: ANN401 - any JSON value
        text: str | None = None,
        binary: bytes | str | None = None,
        file: str | None = None,
        to: str | Mapping[str, str] | None = None,
        **options: Any,  # noqa: ANN401 - the other keys of `send`
    ) -> Self:
        """Send a message. Give exactly one of json, text, binary and file.

        Args:
            json: any JSON value, sent as text.
            text: a text message.
            binary: a binary message: bytes, or a template for ``hex:…`` or ``base64:…``.
            file: a file below the directory of the mocks file; for mocks from files only.
            to: sender (the default), others, all, or a mapping with group, client or endpoint.
            options: other keys of `send`, such as fragments, compress, number and template.
        """
        content: dict[str, Any] = {"text": text, "binary": plain_value(binary), "file": file}
        document = {key: value for key, value in content.items() if value is not None}
        if json is not NOT_GIVEN:
            document["json"] = json
        if to is not None:
            document["to"] = to
        return self.do({"send": {**document, **options}})

    def ping(self, payload: str = "") -> Self:
        """Send a ping frame. The payload has at most 125 bytes."""
        return self.do({"ping": {"payload": payload} if payload else {}})

    def close(self, code: int | str = 1000, reason: str = "") -> Self:
        """Start the closing handshake with a code: 1000 to 1014, 3000 to 4999, or a template."""
        return self.do({"close": {"code": code, "reason": reason} if reason else {"code": code}})

    def abort(self, how: Literal["reset", "close"] = "reset") -> Self:
        """End the connection without a close frame: with RST, or with FIN."""
        return self.do({"abort": how})

    def ignore(self) -> Self:
        """Do not answer."""
        return self.do({"ignore": True})

    def wait(self, duration: Duration) -> Self:
        """Wait before the rest of the list."""
        return self.do({"wait": duration})

    def after(self, delay: Duration, actions: "Actions", *, name: str | None = None) -> Self:
        """Run actions later. The rest of the list does not wait for them."""
        return self.do({"after": {**_name(name), "delay": delay, "do": actions.documents}})

    def every(
        self,
        interval: Duration,
        actions: "Actions",
        *,
        count: int | str | None = None,
        name: str | None = None,
        then: "Actions | None" = None,
        **options: Any,  # noqa: ANN401 - the other keys of `every`
    ) -> Self:
        """Run actions again and again; templates see the turn as `repeat.index`.

        Args:
            interval: the time before each turn.
            actions: the actions of each turn.
            count: the number of turns, or a template; None: until the connection ends.
            name: the name by which `stop` ends it.
            then: the actions after the last turn.
            options: other keys of `every`, such as jitter and until.
        """
        turns = {} if count is None else {"count": count}
        document = {**_name(name), "interval": interval, **turns, **options}
        if then is not None:
            document["then"] = then.documents
        return self.do({"every": {**document, "do": actions.documents}})

    def stop(self, name: str) -> Self:
        """End the `every` or `after` of this name."""
        return self.do({"stop": name})

    def when(self, condition: str, actions: "Actions", otherwise: "Actions | None" = None) -> Self:
        """Run actions if a template expression is true, otherwise others."""
        document = {"when": condition, "do": actions.documents}
        if otherwise is not None:
            document["else"] = otherwise.documents
        return self.do(document)

    def for_each(
        self, items: str | Sequence[Any], actions: "Actions", *, name: str = "item"
    ) -> Self:
        """Run actions once for each item of a list, which templates see under `name`."""
        return self.do({"for_each": {"in": items, "as": name, "do": actions.documents}})

    def choose(
        self,
        values: Mapping[str, Any],
        by: str | Sequence[str],
        actions: "Actions",
        otherwise: "Actions | None" = None,
        *,
        name: str = "choice",
    ) -> Self:
        """Run actions with one of several values, which templates see under `name`.

        Args:
            values: the values by their keys; only the one that is chosen is rendered.
            by: the key, a template; or several, of which the first that there is counts.
            actions: the actions with the value.
            otherwise: the actions if there is no such key.
            name: the name of the value.
        """
        document = {"from": values, "by": by, "as": name, "do": actions.documents}
        if otherwise is not None:
            document["else"] = otherwise.documents
        return self.do({"choose": document})

    def state(self, state: str) -> Self:
        """Set the state of the connection."""
        return self.do({"state": state})

    def set(self, variables: Mapping[str, Any] | None = None, **more: Any) -> Self:  # noqa: ANN401
        """Set variables. Names with a dot, such as ``client_vars.n``, come in a mapping."""
        return self.do({"set": {**(variables or {}), **more}})

    def join(self, group: str) -> Self:
        """Join a group."""
        return self.do({"join": group})

    def leave(self, group: str) -> Self:
        """Leave a group."""
        return self.do({"leave": group})

    def identify(self, key: str) -> Self:
        """Say to which logical client the connection belongs."""
        return self.do({"identify": key})

    def raise_fault(self, fault: Mapping[str, Any] | str) -> Self:
        """Raise a fault on this connection, from now on."""
        return self.do({"fault": fault})

    def do(self, *documents: Mapping[str, Any] | str) -> Self:
        """Add actions as in a mocks file: ``do({"send": {"text": "hi"}})``."""
        self.documents += map(plain_value, documents)
        return self


def actions() -> Actions:
    """Return an empty list of actions, for `after`, `every`, `when`, `for_each` and `choose`.

    >>> late = chat.on(text="go").after("20ms", actions().send(text="late").close(4000))
    """
    return Actions()


def _name(name: str | None) -> dict[str, Any]:
    return {} if name is None else {"name": name}
