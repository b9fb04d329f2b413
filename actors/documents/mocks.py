"""The one definition of a mock: what a person writes in a file, and what MCP tools take.

YAML, JSON, tool arguments and the JSON Schema for editors all come from these models. They are
compiled (`websocket_mock.actors.library.compiler`) before they do anything.
"""

import difflib
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from websocket_mock.actors.faults.schema import Fault, TargetedFault
from websocket_mock.actors.matching.schema import HandshakeMatch, MessageMatch, Model, fill_bare
from websocket_mock.actors.matching.units import BinaryText, Duration

CloseCode = Annotated[int, Ge(1000), Le(4999)]
Count = Annotated[int, Ge(1)]

Trigger = Literal["connect", "message", "ping", "pong", "close", "idle", "timer"]

# --- actions ----------------------------------------------------------------------------------


class GroupTarget(Model):
    """All clients in a group."""

    group: str = Field(description="name of the group; a template")


class ClientTarget(Model):
    """One client."""

    client: str = Field(description="id of the client; a template")


class EndpointTarget(Model):
    """All clients of an endpoint."""

    endpoint: str = Field(description="name of the endpoint; a template")


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
    """A message; exactly one of text, json, binary and file."""

    null_keys = ("json",)

    to: SendTarget = Field(
        default="sender",
        description="whom it is for: the client of the event, or (others, all) every client of the "
        "namespace, those at `/echo` included",
    )
    text: str | None = Field(default=None, description="a text message")
    json_: Any = Field(default=None, alias="json", description="any JSON value, sent as text")
    binary: BinaryText | None = Field(default=None, description="hex:… or base64:…")
    file: str | None = Field(
        default=None, description="a file below the mocks file's directory; .txt and .json as text"
    )
    template: bool = Field(default=True, description="whether strings are templates")
    fragments: Annotated[int, Ge(1), Le(10_000)] = Field(
        default=1, description="frames the message is sent in"
    )
    compress: bool = Field(default=True, description="where compression was negotiated")

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
    reason: str = Field(default="", description="a template; at most 123 bytes")

    @model_validator(mode="after")
    def _check_sendable(self) -> "Close":
        # RFC 6455 section 7.4: these are never on the wire; 7.1.5: a frame holds 125 bytes.
        if self.code in (1004, 1005, 1006, 1015) or 1016 <= self.code <= 2999:  # noqa: PLR2004
            raise ValueError(f"{self.code} cannot be sent; use 1000 to 1014 or 3000 to 4999")
        if len(self.reason.encode()) > 123:  # noqa: PLR2004
            raise ValueError("a reason has at most 123 bytes")
        return self


class After(Model):
    """Actions some time from now; those behind this one do not wait."""

    name: str | None = Field(default=None, description="what `stop` calls it; a template")
    delay: Duration = Field(description="how long from now")
    do: "list[Action]" = Field(min_length=1, description="what is done then")


class Every(Model):
    """Actions again and again; `repeat.index` counts from 0."""

    name: str | None = Field(default=None, description="what `stop` calls it; a template")
    interval: Duration = Field(
        description="time from one turn to the next, and to the first; at least 1ms"
    )
    jitter: Duration = Field(
        default=0.0, description="each interval is up to so much longer or shorter"
    )
    count: Count | None = Field(default=None, description="how often; without it until the end")
    do: "list[Action]" = Field(min_length=1, description="what is done in each turn")

    @model_validator(mode="after")
    def _check_interval(self) -> "Every":
        if self.interval < 0.001:  # noqa: PLR2004
            raise ValueError("give an interval of at least 1ms")
        return self


AbortKind = Literal["reset", "close"]


def _allow_word(schema: dict[str, Any]) -> None:
    """Tell editors of the word that stands for an action."""
    action = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"const": "ignore"}, action]


class Action(Model):
    """One thing to do; exactly one key. The word `ignore` alone is short for `{ignore: true}`."""

    model_config = ConfigDict(json_schema_extra=_allow_word)

    send: Send | None = Field(default=None, description="send a message")
    ping: Ping | None = Field(
        default=None, description="send a ping; `ping:` alone is an empty one"
    )
    close: Close | None = Field(
        default=None, description="start the closing handshake; `close:` alone is code 1000"
    )
    abort: AbortKind | None = Field(
        default=None, description="end without a close frame: reset is RST, close is FIN"
    )
    ignore: Literal[True] | None = Field(
        default=None, description="do nothing; no pong to a ping, no answer to a close frame"
    )
    after: After | None = Field(default=None, description="do something later; the list goes on")
    every: Every | None = Field(default=None, description="do something again and again")
    stop: str | None = Field(
        default=None, description="end the `every` or `after` of this name; a template"
    )
    wait: Duration | None = Field(default=None, description="do the rest of the list so much later")
    state: str | None = Field(default=None, description="the connection's state from now on")
    set: dict[str, Any] | None = Field(
        default=None, description="variables of the connection, `vars.NAME` in templates"
    )
    join: str | None = Field(default=None, description="join a group; a template")
    leave: str | None = Field(default=None, description="leave a group; a template")
    fault: Fault | None = Field(
        default=None, description="let something go wrong on this connection from now on"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the user wrote
        if value == "ignore":
            return {"ignore": True}
        if isinstance(value, str):
            near = difflib.get_close_matches(value, cls.model_fields, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else "only `ignore` may stand alone"
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
    """Open the connection."""

    headers: dict[str, str] = Field(default_factory=dict, description="of the response")
    subprotocol: str | None = Field(
        default=None, description="this one, whether the client offered it or not"
    )


class Reject(Model):
    """Answer with an HTTP status other than 101."""

    status: Annotated[int, Ge(200), Le(599)] = Field(default=403, description="the HTTP status")
    headers: dict[str, str] = Field(default_factory=dict, description="of the response")
    body: str = Field(default="", description="text of the response")


class HandshakeRule(Model):
    """What happens to a handshake that matches; exactly one outcome."""

    name: str | None = Field(default=None, description="for logs and explanations")
    match: HandshakeMatch = Field(
        default_factory=HandshakeMatch, description="which handshakes; default: all"
    )
    accept: Accept | None = Field(default=None, description="open the connection")
    reject: Reject | None = Field(default=None, description="answer with an HTTP status")
    stall: Duration | Literal["forever"] | None = Field(
        default=None, description="wait, then go on with the next rule"
    )
    abort: AbortKind | None = Field(
        default=None, description="end without an answer: reset is RST, close is FIN"
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
    """What tells that two connections are the same client; exactly one."""

    query: str | None = Field(default=None, description="the value of this query parameter")
    header: str | None = Field(default=None, description="the value of this header")
    cookie: str | None = Field(default=None, description="the value of this cookie")

    @model_validator(mode="after")
    def _check_one(self) -> "ClientKey":
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of query, header and cookie")
        return self


# --- rules, scripts, endpoints ------------------------------------------------------------------


class Rule(Model):
    """When something happens and the conditions hold, do this."""

    name: str | None = Field(
        default=None, description="for logs; a rule with a name keeps its counts when it changes"
    )
    trigger: Trigger = Field(default="message", description="what it answers")
    after: Duration | None = Field(
        default=None,
        description="idle: silence, at least 1ms; timer: time since the connection opened",
    )
    interval: Duration | None = Field(default=None, description="timer: again after so long")
    match: MessageMatch = Field(
        default_factory=MessageMatch, description="which events of that kind; default: all"
    )
    state: str | list[str] | None = Field(default=None, description="only in this state, or these")
    priority: int = Field(default=0, description="higher goes first; then the order in the file")
    times: Count | None = Field(default=None, description="at most so often on a connection")
    after_times: Annotated[int, Ge(0)] = Field(
        default=0, description="only after it would have fired so often"
    )
    every_nth: Count = Field(default=1, description="only each n-th time it would fire")
    do: list[Action] = Field(min_length=1, description="what is done, in this order")

    @model_validator(mode="after")
    def _check_timing(self) -> "Rule":
        is_timed = self.trigger in ("idle", "timer")
        if is_timed and self.after is None:
            raise ValueError(f"a rule with the trigger {self.trigger} needs `after`")
        if not is_timed and self.after is not None:
            raise ValueError(
                "`after` goes with the triggers idle and timer; to delay, use an action"
            )
        if self.trigger == "idle" and self.after is not None and self.after < 0.001:  # noqa: PLR2004
            raise ValueError("`after` of the trigger idle is at least 1ms")
        if self.interval is not None and (self.trigger != "timer" or self.interval < 0.001):  # noqa: PLR2004
            raise ValueError("`interval` goes with the trigger timer, and is at least 1ms")
        return self


class Step(Action):
    """One step of a script: something to expect from the client, or an action."""

    expect: MessageMatch | None = Field(
        default=None, description="what the next message from the client must be"
    )
    within: Duration | None = Field(default=None, description="with expect: time for it")

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
    """A path and how connections to it are answered."""

    name: str = Field(default="", description="default: the path")
    path: str = Field(
        pattern=r"^/", description="{name} captures one segment, a final /** takes the rest"
    )
    subprotocols: list[str] = Field(default_factory=list, description="in our order of preference")
    required_subprotocol: bool = Field(default=False, description="refuse clients without one")
    client_key: ClientKey | None = Field(
        default=None, description="who is the same client, for attempts; default: the remote host"
    )
    initial_state: str = Field(default="initial", description="state of a new connection")
    handshake: list[HandshakeRule] = Field(
        default_factory=list, description="what happens before the connection is open"
    )
    rules: list[Rule] = Field(default_factory=list, description="what happens on it")
    script: list[Step] | None = Field(
        default=None, min_length=1, description="instead of rules: an ordered conversation"
    )
    unmatched: Unmatched = Field(
        default="ignore", description="what answers a message that no rule takes"
    )
    faults: list[Fault] = Field(
        default_factory=list, description="what goes wrong on its connections, in this order"
    )

    @model_validator(mode="after")
    def _check_answers(self) -> "Endpoint":
        if self.script is not None and self.rules:
            raise ValueError("give either rules or a script")
        return self


class Mocks(Model):
    """A mocks file: endpoints, and the seed of all chance in it."""

    seed: int | str = Field(default=0, description="of all chance: the same seed, the same run")
    endpoints: list[Endpoint] = Field(default_factory=list, description="the paths it answers")
    faults: list[TargetedFault] = Field(
        default_factory=list,
        description="what goes wrong on any connection; they act before those of endpoints",
    )


# Their forward references, so that whoever looks at the fields sees types.
After.model_rebuild()
Every.model_rebuild()
