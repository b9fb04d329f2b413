"""The one definition of a mock: what a person writes in a file, and what MCP tools take.

YAML, JSON, tool arguments and the JSON Schema for editors all come from these models. They are
compiled (`websocket_mock.actors.library.compiler`) before they do anything.
"""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from websocket_mock.actors.faults.schema import Fault, TargetedFault
from websocket_mock.actors.matching.schema import HandshakeMatch, MessageMatch, Model, fill_bare
from websocket_mock.actors.matching.units import MIN_INTERVAL, BinaryText, Duration
from websocket_mock.actors.values.frames import MAX_REASON
from websocket_mock.actors.values.suggestions import nearest

CloseCode = Annotated[int, Ge(1000), Le(4999)]
Count = Annotated[int, Ge(1)]

Trigger = Literal["connect", "message", "ping", "pong", "close", "idle", "timer"]

# --- actions ----------------------------------------------------------------------------------


class GroupTarget(Model):
    """All clients in a group."""

    group: str = Field(description="the name of the group; a template")


class ClientTarget(Model):
    """One client."""

    client: str = Field(description="the id of the client; a template")


class EndpointTarget(Model):
    """All clients of an endpoint."""

    endpoint: str = Field(description="the name of the endpoint; a template")


def _kind_of_target(value: Any) -> str:  # noqa: ANN401 - whatever the user wrote
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
        default="", description="what the pong has to repeat, at most 125 bytes; a template"
    )


class Close(Model):
    """The closing handshake."""

    code: CloseCode = Field(default=1000, description="1000 to 1014 or 3000 to 4999")
    reason: str = Field(
        default="", description="at most 123 bytes; a template, and what it renders is cut"
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


AbortKind = Literal["reset", "close"]


def _allow_word(schema: dict[str, Any]) -> None:
    """Tell editors of the word that stands for an action."""
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
        default=None, description="do not answer; a ping gets no pong, a close frame no answer"
    )
    after: After | None = Field(
        default=None, description="run actions later; the list goes on at once"
    )
    every: Every | None = Field(
        default=None, description="run actions again and again; the list goes on at once"
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
    def _from_word(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the user wrote
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


# --- handshake --------------------------------------------------------------------------------


class Accept(Model):
    """Opens the connection."""

    headers: dict[str, str] = Field(
        default_factory=dict, description="headers of the response, by their names"
    )
    subprotocol: str | None = Field(
        default=None, description="the subprotocol to answer with, even if it was not offered"
    )


class Reject(Model):
    """Answers with an HTTP status other than 101."""

    status: Annotated[int, Ge(200), Le(599)] = Field(default=403, description="the HTTP status")
    headers: dict[str, str] = Field(
        default_factory=dict, description="headers of the response, by their names"
    )
    body: str = Field(default="", description="the body of the response")


class HandshakeRule(Model):
    """What happens to a handshake that matches. It has exactly one outcome."""

    name: str | None = Field(default=None, description="its name in logs and explanations")
    match: HandshakeMatch = Field(
        default_factory=HandshakeMatch, description="the handshakes it is for; default: all"
    )
    accept: Accept | None = Field(default=None, description="open the connection")
    reject: Reject | None = Field(default=None, description="answer with an HTTP status")
    stall: Duration | Literal["forever"] | None = Field(
        default=None, description="wait this long, then go on with the next rule"
    )
    abort: AbortKind | None = Field(
        default=None,
        description="end the connection without an answer; reset sends RST, close sends FIN",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the user wrote
        return fill_bare(value, ("accept", "reject")) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _check_outcome(self) -> "HandshakeRule":
        if len(self.model_fields_set & {"accept", "reject", "stall", "abort"}) != 1:
            raise ValueError("give exactly one of accept, reject, stall and abort")
        return self


class ClientKey(Model):
    """How to tell that two connections come from the same client. It has exactly one key."""

    query: str | None = Field(default=None, description="by the value of this query parameter")
    header: str | None = Field(default=None, description="by the value of this header")
    cookie: str | None = Field(default=None, description="by the value of this cookie")

    @model_validator(mode="after")
    def _check_one(self) -> "ClientKey":
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of query, header and cookie")
        return self


# --- rules, scripts, endpoints ------------------------------------------------------------------


class Rule(Model):
    """Actions that run when something happens and the conditions hold."""

    name: str | None = Field(
        default=None,
        description="its name in logs and in the journal; with a name it keeps its "
        "counts when the rule changes",
    )
    trigger: Trigger = Field(default="message", description="the kind of event it answers")
    after: Duration | None = Field(
        default=None,
        description="idle: how long the client is silent, at least 1ms; timer: how "
        "long the connection has been open",
    )
    interval: Duration | None = Field(
        default=None, description="timer: the time after which it fires again, at least 1ms"
    )
    match: MessageMatch = Field(
        default_factory=MessageMatch, description="the events it is for; default: all"
    )
    state: str | list[str] | None = Field(
        default=None, description="the state, or the states, in which it can fire"
    )
    priority: int = Field(
        default=0,
        description="rules with a higher priority are tried first; of the same "
        "priority, in the order of the file",
    )
    times: Count | None = Field(default=None, description="fire at most this many times")
    after_times: Annotated[int, Ge(0)] = Field(
        default=0, description="skip the first so many matches"
    )
    every_nth: Count = Field(default=1, description="of the matches, fire on every n-th only")
    do: list[Action] = Field(min_length=1, description="the actions, in order")

    @model_validator(mode="after")
    def _check_timing(self) -> "Rule":
        is_timed = self.trigger in ("idle", "timer")
        if is_timed and self.after is None:
            raise ValueError(f"a rule with the trigger {self.trigger} needs `after`")
        if not is_timed and self.after is not None:
            raise ValueError(
                "`after` goes with the triggers idle and timer; to delay, use an action"
            )
        if self.trigger == "idle" and self.after is not None and self.after < MIN_INTERVAL:
            raise ValueError("`after` of the trigger idle is at least 1ms")
        if self.interval is not None and (self.trigger != "timer" or self.interval < MIN_INTERVAL):
            raise ValueError("`interval` goes with the trigger timer, and is at least 1ms")
        return self


class Step(Action):
    """One step of a script: a message that is expected from the client, or an action."""

    expect: MessageMatch | None = Field(
        default=None, description="what the next message from the client must match"
    )
    within: Duration | None = Field(
        default=None, description="with `expect`: how long to wait for the message"
    )

    @model_validator(mode="after")
    def _check_one(self) -> "Step":
        given = self.model_fields_set - {"within"}
        if len(given) != 1:
            raise ValueError("give exactly one of expect and the actions")
        if self.within is not None and self.expect is None:
            raise ValueError("`within` goes with expect")
        return self


Unmatched = Literal["ignore", "echo", "error", "builtin", "strict"]


class Endpoint(Model):
    """A path, and how connections to it are answered."""

    name: str = Field(default="", description="its name; default: the path")
    path: str = Field(
        pattern=r"^/",
        description="its path; {name} captures one segment, /** at the end takes the rest",
    )
    subprotocols: list[str] = Field(
        default_factory=list, description="the subprotocols it supports; the first ones win"
    )
    required_subprotocol: bool = Field(
        default=False, description="true: refuse clients that offer none of the subprotocols"
    )
    client_key: ClientKey | None = Field(
        default=None,
        description="how to tell that two connections come from the same client; "
        "default: by the remote host",
    )
    initial_state: str = Field(default="initial", description="the state of a new connection")
    handshake: list[HandshakeRule] = Field(
        default_factory=list, description="what happens before the connection is open"
    )
    rules: list[Rule] = Field(
        default_factory=list, description="what happens on the open connection"
    )
    script: list[Step] | None = Field(
        default=None, min_length=1, description="an ordered conversation, instead of rules"
    )
    unmatched: Unmatched = Field(
        default="ignore", description="how to answer a message that no rule matches"
    )
    faults: list[Fault] = Field(
        default_factory=list,
        description="what goes wrong on its connections; faults act in this order",
    )

    @model_validator(mode="after")
    def _check_answers(self) -> "Endpoint":
        if self.script is not None and self.rules:
            raise ValueError("give either rules or a script")
        return self


class Mocks(Model):
    """A mocks file: endpoints, and faults of any connection."""

    seed: int | str = Field(
        default=0, description="the seed of all random values; the same seed repeats them"
    )
    endpoints: list[Endpoint] = Field(default_factory=list, description="the paths it answers")
    faults: list[TargetedFault] = Field(
        default_factory=list,
        description="what goes wrong on any connection; these act before the faults of endpoints",
    )


# Their forward references, so that whoever looks at the fields sees types.
After.model_rebuild()
Every.model_rebuild()
