"""The schema of actions, which stand under `do` and in the steps of a script.

What an action does is in the module of `websocket_mock.actors.conversation.actions` that has its
key.
"""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from websocket_mock.actors.faults.schema import Fault
from websocket_mock.actors.matching.schema import Model, fill_bare
from websocket_mock.actors.matching.units import MIN_INTERVAL, BinaryText, Count, Duration
from websocket_mock.actors.values.frames import MAX_REASON
from websocket_mock.actors.values.suggestions import nearest

CloseCode = Annotated[int, Ge(1000), Le(4999)]
AbortKind = Literal["reset", "close"]


class GroupTarget(Model):
    """All clients in a group."""

    group: str = Field(description="the name of the group; a template")


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


class Send(Model):
    """A message. It has exactly one of text, json, binary and file."""

    null_keys = ("json",)

    to: SendTarget = Field(
        default="sender",
        description="who receives it: sender is the client that caused the event; others and all "
        "are the clients of the namespace, those at `/echo` included",
    )
    text: str | None = Field(default=None, description="a text message; a template")
    json_: Any = Field(
        default=None, alias="json", description="any JSON, sent as text; its strings are templates"
    )
    binary: BinaryText | None = Field(
        default=None, description="a binary message, written as hex:… or base64:…"
    )
    file: str | None = Field(
        default=None,
        description="a file below the directory of the mocks file; .txt and .json are sent as text",
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
        if len(self.model_fields_set & {"text", "json_", "binary", "file"}) != 1:
            raise ValueError("give exactly one of text, json, binary and file")
        return self


class Ping(Model):
    """A ping frame."""

    payload: str = Field(
        default="", description="what the pong must repeat, at most 125 bytes; a template"
    )


class Close(Model):
    """The closing handshake."""

    code: CloseCode = Field(default=1000, description="1000 to 1014 or 3000 to 4999")
    reason: str = Field(
        default="", description="at most 123 bytes; a template, whose result is truncated"
    )

    @model_validator(mode="after")
    def _check_sendable(self) -> "Close":
        # RFC 6455 section 7.4: these are never on the wire; 7.1.5: a frame holds 125 bytes.
        if self.code in (1004, 1005, 1006, 1015) or 1016 <= self.code <= 2999:  # noqa: PLR2004
            raise ValueError(f"{self.code} cannot be sent; use 1000 to 1014 or 3000 to 4999")
        if len(self.reason.encode()) > MAX_REASON:
            raise ValueError(f"a reason has at most {MAX_REASON} bytes")
        return self


class After(Model):
    """Actions that run later. The actions that follow this one do not wait for them."""

    name: str | None = Field(
        default=None, description="the name by which `stop` ends it; a template"
    )
    delay: Duration = Field(description="the time until they run")
    do: "list[Action]" = Field(min_length=1, description="the actions")


class Every(Model):
    """Actions that run again and again."""

    name: str | None = Field(
        default=None, description="the name by which `stop` ends it; a template"
    )
    interval: Duration = Field(
        description="the time before each turn, the first one included; at least 1ms"
    )
    jitter: Duration = Field(
        default=0.0, description="each interval is longer or shorter by up to this much, at random"
    )
    count: Count | None = Field(
        default=None, description="the number of turns; without it, until the connection ends"
    )
    do: "list[Action]" = Field(
        min_length=1,
        description="the actions of each turn; templates see its number as `repeat.index`, from 0",
    )

    @model_validator(mode="after")
    def _check_interval(self) -> "Every":
        if self.interval < MIN_INTERVAL:
            raise ValueError("give an interval of at least 1ms")
        return self


def _allow_word(schema: dict[str, Any]) -> None:
    """Add to the schema that a single word may stand for an action."""
    action = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"const": "ignore"}, action]


class Action(Model):
    """One action. It has exactly one key. The word `ignore` is short for `{ignore: true}`."""

    model_config = ConfigDict(json_schema_extra=_allow_word)

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
    stop: str | None = Field(
        default=None, description="end the `every` or `after` of this name; a template"
    )
    wait: Duration | None = Field(
        default=None, description="wait this long before the rest of the list"
    )
    state: str | None = Field(default=None, description="set the state of the connection")
    set: dict[str, Any] | None = Field(
        default=None,
        description="set variables of the connection, which templates see as "
        "`vars.NAME`; their strings are templates",
    )
    join: str | None = Field(default=None, description="join the group of this name; a template")
    leave: str | None = Field(default=None, description="leave the group of this name; a template")
    fault: Fault | None = Field(
        default=None, description="raise a fault on this connection, from now on"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:  # noqa: ANN401 - any value from a document
        if value == "ignore":
            return {"ignore": True}
        if isinstance(value, str):
            hint = nearest(value, cls.model_fields, "only `ignore` may stand alone")
            raise ValueError(f"there is no action {value!r}; {hint}")  # noqa: TRY004 - for pydantic
        if isinstance(value, dict):
            return fill_bare(value, ("ping", "close"))
        return value

    @model_validator(mode="after")
    def _check_one(self) -> "Action":
        if len(self.model_fields_set) != 1:
            raise ValueError(f"give exactly one of {', '.join(type(self).model_fields)}")
        return self

    @property
    def kind(self) -> str:
        """The key of the action. Must not be read from a step that expects a message."""
        return next(key for key in Action.model_fields if key in self.model_fields_set)

    @property
    def timed(self) -> After | Every | None:
        """The `after` or `every`, which has actions of its own; None for other actions."""
        return self.after or self.every


# Resolves forward references, so that code that inspects the fields sees types.
After.model_rebuild()
Every.model_rebuild()
