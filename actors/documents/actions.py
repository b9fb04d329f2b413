"""The schema of actions, which stand under `do` and in the steps of a script.

What an action does is in the module of `websocket_mock.actors.conversation.actions` that has its
key.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le
from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from websocket_mock.actors.faults.schema import Fault
from websocket_mock.actors.matching.schema import BlockName, Model
from websocket_mock.actors.matching.units import (
    MIN_INTERVAL,
    AnyCount,
    AnyDuration,
    AnyNumber,
    BinaryTemplate,
    Expression,
    TemplateText,
    number_or_template,
    parse_bytes,
)
from websocket_mock.actors.values.frames import MAX_REASON, why_unsendable
from websocket_mock.actors.values.suggestions import nearest

CloseCode = Annotated[int, Ge(1000), Le(4999)]
AnyCloseCode = Annotated[
    Annotated[CloseCode, Tag("number")] | Annotated[TemplateText, Tag("template")],
    Discriminator(number_or_template),
]
"""A close code, or a template that gives one."""

AbortKind = Literal["reset", "close"]


class GroupTarget(Model):
    """All clients in a group."""

    group: str = Field(description="the name of the group; a template")
    others: bool = Field(
        default=False,
        description="true: not the client that caused the event, if it is in the group",
    )


class ClientTarget(Model):
    """One client."""

    client: str = Field(description="the id of the client; a template")


class EndpointTarget(Model):
    """All clients of an endpoint."""

    endpoint: str = Field(description="the name of the endpoint; a template")


def _kind_of_target(value: Any) -> str:  # noqa: ANN401 - any value from a document
    if isinstance(value, dict):
        kinds = (kind for kind in ("group", "client", "endpoint") if kind in value)
        return f"one {next(kinds, 'word')}"
    targets: dict[type, str] = {
        GroupTarget: "one group",
        ClientTarget: "one client",
        EndpointTarget: "one endpoint",
    }
    return targets.get(type(value), "one word")


SendTarget = Annotated[
    Annotated[Literal["sender", "others", "all"], Tag("one word")]
    | Annotated[GroupTarget, Tag("one group")]
    | Annotated[ClientTarget, Tag("one client")]
    | Annotated[EndpointTarget, Tag("one endpoint")],
    Discriminator(_kind_of_target),
]


class Missed(Model):
    """The messages that a logical client may have missed: those that were sent with a `number`."""

    after: AnyNumber = Field(
        description="the number of the last message that the client has; a template; those with "
        "higher numbers are sent again"
    )


_TEXTS = frozenset({"text", "json_"})


class Send(Model):
    """A message. It has exactly one of text, json, binary, file and missed."""

    null_keys = ("json",)
    main_key = "text"

    to: SendTarget = Field(
        default="sender",
        description="who receives it: sender is the client that caused the event; others and all "
        "are the clients of the namespace, those at `/echo` included",
    )
    text: str | None = Field(default=None, description="a text message; a template")
    json_: Any = Field(
        default=None, alias="json", description="any JSON, sent as text; its strings are templates"
    )
    binary: BinaryTemplate | None = Field(
        default=None,
        description="a binary message, written as hex:… or base64:…; a template, also one "
        "expression that gives bytes",
    )
    file: str | None = Field(
        default=None,
        description="a file below the directory of the mocks file; .txt and .json are sent as text",
    )
    missed: Missed | None = Field(
        default=None, description="the messages that were sent before, once more"
    )
    prefix: str | None = Field(
        default=None, description="with text and json: what stands before it; a template"
    )
    suffix: str | None = Field(
        default=None, description="with text and json: what stands behind it; a template"
    )
    number: AnyNumber | None = Field(
        default=None,
        description="keep the message under this number for `missed`, also when the client "
        "connects again; a template",
    )
    template: bool = Field(default=True, description="false: send templates as they are written")
    fragments: Annotated[int, Ge(1), Le(10_000)] = Field(
        default=1, description="the number of frames that the message is sent in"
    )
    compress: bool = Field(
        default=True, description="false: do not compress it where compression was negotiated"
    )

    @model_validator(mode="after")
    def _check_payload(self) -> "Send":
        if len(self.model_fields_set & {"text", "json_", "binary", "file", "missed"}) != 1:
            raise ValueError("give exactly one of text, json, binary, file and missed")
        if self.model_fields_set & {"prefix", "suffix"} and not self.model_fields_set & _TEXTS:
            raise ValueError("`prefix` and `suffix` go with text and json")
        if self.binary is not None and not self.template:
            parse_bytes(self.binary)
        if self.to != "sender" and self.model_fields_set & {"missed", "number"}:
            raise ValueError("`missed` and `number` are for the sender only; leave out `to`")
        if self.missed is not None and self.number is not None:
            raise ValueError("messages that are sent again keep their numbers; leave out `number`")
        return self


class Ping(Model):
    """A ping frame."""

    payload: str = Field(
        default="", description="what the pong must repeat, at most 125 bytes; a template"
    )


class Close(Model):
    """The closing handshake."""

    main_key = "code"

    code: AnyCloseCode = Field(default=1000, description="1000 to 1014 or 3000 to 4999")
    reason: str = Field(
        default="", description="at most 123 bytes; a template, whose result is truncated"
    )

    @model_validator(mode="after")
    def _check_sendable(self) -> "Close":
        why = why_unsendable(self.code) if isinstance(self.code, int) else ""
        if why:
            raise ValueError(why)
        if len(self.reason.encode()) > MAX_REASON:
            raise ValueError(f"a reason has at most {MAX_REASON} bytes")
        return self


class After(Model):
    """Actions that run later. The actions that follow this one do not wait for them."""

    name: str | None = Field(
        default=None, description="the name by which `stop` ends it; a template"
    )
    delay: AnyDuration = Field(description="the time until they run")
    do: "list[Action]" = Field(min_length=1, description="the actions")


class Every(Model):
    """Actions that run again and again."""

    name: str | None = Field(
        default=None, description="the name by which `stop` ends it; a template"
    )
    interval: AnyDuration = Field(
        description=(
            "the time before each turn, the first one included, counted from when the last one "
            "was due; at least 1ms"
        )
    )
    jitter: AnyDuration = Field(
        default=0.0, description="each interval is longer or shorter by up to this much, at random"
    )
    count: AnyCount | None = Field(
        default=None, description="the number of turns; without it, until the connection ends"
    )
    until: Expression | None = Field(
        default=None,
        description="a condition that ends it; checked before and after each turn",
    )
    do: "list[Action]" = Field(
        min_length=1,
        description="the actions of each turn; templates see its number as `repeat.index`, from 0",
    )
    then: "list[Action]" = Field(
        default_factory=list,
        description="the actions after the last turn; not if `stop` ends it",
    )

    @model_validator(mode="after")
    def _check_interval(self) -> "Every":
        if isinstance(self.interval, float) and self.interval < MIN_INTERVAL:
            raise ValueError("give an interval of at least 1ms")
        return self


class ForEach(Model):
    """Actions that run once for each item of a list."""

    in_: Any = Field(
        alias="in",
        description="the list; often one `{{ expression }}`; of a JSON object, its keys; "
        "at most 1,000 items",
    )
    as_: str = Field(
        default="item",
        alias="as",
        pattern=r"^[A-Za-z][A-Za-z0-9_]*$",
        description="the name by which templates see the item",
    )
    do: "list[Action]" = Field(min_length=1, description="the actions for each item")


class Choose(Model):
    """Actions that use one of several values, which is chosen by its key."""

    from_: dict[str, Any] = Field(
        alias="from",
        description="the values by their keys; any JSON, whose strings are templates; only the "
        "value that is chosen is rendered",
    )
    by: str | list[str] = Field(
        description="the key; or a list of keys, of which the first that there is counts; "
        "templates, and what does not exist is no key"
    )
    as_: str = Field(
        default="choice",
        alias="as",
        pattern=r"^[A-Za-z][A-Za-z0-9_]*$",
        description="the name by which templates see the value",
    )
    do: "list[Action]" = Field(min_length=1, description="the actions with the value")
    else_: "list[Action]" = Field(
        default_factory=list, alias="else", description="the actions if there is no such key"
    )


def _allow_word(schema: dict[str, Any]) -> None:
    """Add to the schema that a single word may stand for an action."""
    action = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"const": "ignore"}, action]


class Action(Model):
    """One action. It has exactly one key. The word `ignore` is short for `{ignore: true}`."""

    model_config = ConfigDict(json_schema_extra=_allow_word)

    bare_keys = ("ping", "close")
    foreign_keys: ClassVar[Mapping[str, str]] = {
        "delay": "wait",
        "disconnect": "close",
        "emit": "send",
        "reply": "send",
        "respond": "send",
        "sleep": "wait",
        "terminate": "abort",
    }

    send: Send | None = Field(default=None, description="send a message")
    ping: Ping | None = Field(
        default=None, description="send a ping; `ping:` alone sends an empty one"
    )
    close: Close | None = Field(
        default=None, description="start the closing handshake; `close:` alone uses code 1000"
    )
    abort: AbortKind | None = Field(
        default=None,
        description="end the connection without a close frame; reset sends RST, close sends FIN",
    )
    ignore: Literal[True] | None = Field(
        default=None, description="do not answer: a ping gets no pong, a close frame no reply"
    )
    after: After | None = Field(
        default=None, description="run actions later; the rest of the list does not wait"
    )
    every: Every | None = Field(
        default=None, description="run actions again and again; the rest of the list does not wait"
    )
    when: Expression | None = Field(
        default=None,
        description="run the actions of `do` if this condition is true, otherwise those of `else`",
    )
    do: "list[Action] | None" = Field(
        default=None, min_length=1, description="with `when`: the actions if it is true"
    )
    else_: "list[Action] | None" = Field(
        default=None,
        alias="else",
        min_length=1,
        description="with `when`: the actions if it is false",
    )
    for_each: ForEach | None = Field(
        default=None, description="run actions once for each item of a list"
    )
    choose: Choose | None = Field(
        default=None, description="choose one of several values by its key, and run actions with it"
    )
    stop: str | None = Field(
        default=None, description="end the `every` or `after` of this name; a template"
    )
    wait: AnyDuration | None = Field(
        default=None, description="wait this long before the rest of the list"
    )
    state: str | None = Field(default=None, description="set the state of the connection")
    identify: str | None = Field(
        default=None,
        description="say to which logical client the connection belongs, by a key; from now on "
        "it uses the client_vars and the kept messages of that client; a template",
    )
    set: dict[str, Any] | None = Field(
        default=None,
        description="set variables by their names: NAME of the connection, client_vars.NAME, "
        "endpoint_vars.NAME; names and strings are templates",
    )
    join: str | None = Field(default=None, description="join the group of this name; a template")
    leave: str | None = Field(default=None, description="leave the group of this name; a template")
    take_over: str | None = Field(
        default=None,
        description="take the place of another client, by its id: what waits for it in a session "
        "over HTTP is sent here, and it is closed; a template",
    )
    call: str | None = Field(
        default=None, description="run a function of a Python file that the mocks `use`"
    )
    fault: Fault | None = Field(
        default=None, description="raise a fault on this connection, from now on"
    )
    use: BlockName | None = Field(
        default=None, description="run the actions of this block of `actions` in its place"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:  # noqa: ANN401 - any value from a document
        if value == "ignore":
            return {"ignore": True}
        if isinstance(value, str):
            raise ValueError(cls._why_not(value))  # noqa: TRY004 - for pydantic
        return value

    @classmethod
    def _why_not(cls, word: str) -> str:
        """Return why a word is not an action."""
        alone = "only `ignore` may stand alone"
        if word in cls.model_fields:
            return f"write the action as `{word}: …`; {alone}"
        return f"there is no action {word!r}; {nearest(word, cls.model_fields, alone)}"

    @model_validator(mode="after")
    def _check_branches(self) -> "Action":
        if bool(self.model_fields_set & BRANCHES) != (self.when is not None):
            raise ValueError("`when` goes with `do`, `else` or both, and these only with `when`")
        return self

    @model_validator(mode="after")
    def _check_one(self) -> "Action":
        if len(self.model_fields_set - BRANCHES) != 1:
            raise ValueError(f"give exactly one of {', '.join((*ACTION_KEYS, 'use'))}")
        return self

    @property
    def kind(self) -> str:
        """The key of the action. Must not be read from a step that expects a message."""
        return next(key for key in ACTION_KEYS if key in self.model_fields_set)

    @property
    def given(self) -> Any:  # noqa: ANN401 - each action has a type of its own
        """What the action is given: the value of its key; of `when`, the action itself."""
        return self if self.when is not None else getattr(self, self.kind)

    @property
    def timed(self) -> After | Every | None:
        """The `after` or `every`, which can have a name; None for other actions."""
        return self.after or self.every

    def inner(self) -> "Iterator[tuple[tuple[str, ...], list[Action]]]":
        """Yield the lists of actions inside this one, each with the keys that lead to it."""
        if self.when is not None:
            yield ("do",), self.do or []
            yield ("else",), self.else_ or []
        elif self.timed is not None:
            yield (self.kind, "do"), self.timed.do
            if self.every is not None:
                yield ("every", "then"), self.every.then
        elif self.for_each is not None:
            yield ("for_each", "do"), self.for_each.do
        elif self.choose is not None:
            yield ("choose", "do"), self.choose.do
            yield ("choose", "else"), self.choose.else_


BRANCHES = frozenset({"do", "else_"})
"""The fields that go with `when`."""

ACTION_KEYS = tuple(key for key in Action.model_fields if key not in {*BRANCHES, "use"})
"""The keys of all actions. `use` is none: what it stands for takes its place before."""

# Resolves forward references, so that code that inspects the fields sees types.
for _model in (After, Every, ForEach, Choose):
    _model.model_rebuild()
