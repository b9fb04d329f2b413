"""The schema of a mock, in files and in the arguments of MCP tools.

These models check YAML, JSON and tool arguments, and make the JSON Schema for editors. A document
does nothing until `websocket_mock.actors.library.compiler` has compiled it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_type_hints

from annotated_types import Ge, Le, MinLen
from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    create_model,
    model_validator,
)

from websocket_mock.actors.documents.actions import BRANCHES, AbortKind, Action
from websocket_mock.actors.documents.headers import Headers, SubprotocolName
from websocket_mock.actors.documents.http import Cors, HttpRule
from websocket_mock.actors.faults.schema import Fault, TargetedFault
from websocket_mock.actors.matching.layout_schema import MAX_FIELDS, BinaryField
from websocket_mock.actors.matching.schema import (
    HandshakeMatch,
    MessageMatch,
    Model,
    Name,
)
from websocket_mock.actors.matching.units import (
    MIN_INTERVAL,
    AnyCount,
    AnyDuration,
    Count,
    Duration,
    Expression,
)

Trigger = Literal["connect", "message", "ping", "pong", "close", "end", "idle", "timer"]

# --- handshake --------------------------------------------------------------------------------


class Accept(Model):
    """Opens the connection."""

    headers: Headers = Field(
        default_factory=dict, description="headers of the response, by their names"
    )
    subprotocol: SubprotocolName | None = Field(
        default=None, description="the subprotocol to answer with, even if it was not offered"
    )


class Reject(Model):
    """Answers with an HTTP status other than 101."""

    main_key = "status"

    status: Annotated[int, Ge(200), Le(599)] = Field(default=403, description="the HTTP status")
    headers: Headers = Field(
        default_factory=dict, description="headers of the response, by their names"
    )
    body: str = Field(default="", description="the body of the response")


class HandshakeRule(Model):
    """What happens to a handshake that matches. It has exactly one outcome."""

    bare_keys = ("accept", "reject")

    name: Name | None = Field(default=None, description="its name in logs and explanations")
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

    @model_validator(mode="after")
    def _check_outcome(self) -> "HandshakeRule":
        if len(self.model_fields_set & {"accept", "reject", "stall", "abort"}) != 1:
            raise ValueError("give exactly one of accept, reject, stall and abort")
        return self


class ClientKey(Model):
    """How to tell that two connections come from the same client. It has exactly one key."""

    path: str | None = Field(default=None, description="by what this name captures in the path")
    query: str | None = Field(default=None, description="by the value of this query parameter")
    header: str | None = Field(default=None, description="by the value of this header")
    cookie: str | None = Field(default=None, description="by the value of this cookie")

    @model_validator(mode="after")
    def _check_one(self) -> "ClientKey":
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of path, query, header and cookie")
        return self


# --- rules, scripts, endpoints ------------------------------------------------------------------


class Rule(Model):
    """Actions that run when something happens and the conditions hold."""

    foreign_keys: ClassVar[Mapping[str, str]] = {
        "actions": "do",
        "event": "trigger",
        "on": "trigger",
        "then": "do",
    }

    name: Name | None = Field(
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
    when: Expression | None = Field(
        default=None,
        description="a further condition, on the message, the variables and all else that "
        "templates see",
    )
    state: str | list[str] | None = Field(
        default=None, description="the state, or the states, in which it can fire"
    )
    priority: int = Field(
        default=0,
        description="rules with a higher priority are tried first; of the same "
        "priority, in the order of the file",
    )
    times: AnyCount | None = Field(default=None, description="fire at most this many times")
    after_times: Annotated[int, Ge(0)] = Field(
        default=0, description="skip this many matches first"
    )
    every_nth: Count = Field(default=1, description="fire only on every n-th match")
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
            raise ValueError("with the trigger idle, `after` must be at least 1ms")
        if self.interval is not None and (self.trigger != "timer" or self.interval < MIN_INTERVAL):
            raise ValueError("`interval` goes with the trigger timer, and must be at least 1ms")
        return self


class Step(Action):
    """One step of a script: a message that is expected from the client, or an action."""

    expect: MessageMatch | None = Field(
        default=None, description="what the next message from the client must match"
    )
    within: AnyDuration | None = Field(
        default=None, description="with `expect`: how long to wait for the message"
    )

    @model_validator(mode="after")
    def _check_one(self) -> "Step":
        given = self.model_fields_set - {"within"} - BRANCHES
        if len(given) != 1:
            raise ValueError("give exactly one key: `expect` or an action")
        if self.within is not None and self.expect is None:
            raise ValueError("`within` goes with expect")
        return self


Unmatched = Literal["ignore", "echo", "error", "builtin", "strict"]


class ContractFile(Model):
    """A file that has the JSON Schema of a contract."""

    file: str = Field(
        description="a .json, .yaml or .yml file below the directory of the mocks file"
    )


def _kind_of_contract(value: Any) -> str:  # noqa: ANN401 - any value from a document
    is_file = isinstance(value, ContractFile) or (isinstance(value, dict) and "file" in value)
    return "a file" if is_file else "a schema"


Contract = Annotated[
    Annotated[dict[str, Any] | bool, Tag("a schema")] | Annotated[ContractFile, Tag("a file")],
    Discriminator(_kind_of_contract),
]
"""A JSON Schema, or the file that has it."""


def _path_or_extends(schema: dict[str, Any]) -> None:
    """Say that an endpoint needs no path of its own if it extends another one."""
    schema.pop("required")
    schema["anyOf"] = [{"required": ["path"]}, {"required": ["extends"]}]


class Inclusion(Model):
    """A file or dialect, with values for its parameters."""

    foreign_keys: ClassVar[Mapping[str, str]] = {"file": "from", "parameters": "with"}

    from_: str = Field(
        alias="from",
        description="a file, relative to the directory of this file, or `dialect:NAME`",
    )
    with_: dict[str, Any] = Field(
        default_factory=dict, alias="with", description="values of its parameters, by their names"
    )


def _kind_of_inclusion(value: Any) -> str:  # noqa: ANN401 - any value from a document
    return "with values" if isinstance(value, dict | Inclusion) else "a name"


Included = Annotated[
    Annotated[str, Tag("a name")] | Annotated[Inclusion, Tag("with values")],
    Discriminator(_kind_of_inclusion),
]
"""A file or dialect, with the defaults of its parameters or with other values."""


class Parameter(Model):
    """A value that is given where the file is included, and stands for ``${name}`` in it."""

    null_keys = ("default",)

    description: str = Field(default="", description="what it is for")
    default: Any = Field(
        default=None, description="its value unless another is given; without it, one must be given"
    )
    json_schema: dict[str, Any] | bool | None = Field(
        default=None, alias="schema", description="the JSON Schema of its values"
    )


MAX_PARAMETERS = 100
"""The most parameters of a file."""

ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Endpoint(Model):
    """A path, and how connections to it are answered."""

    model_config = ConfigDict(json_schema_extra=_path_or_extends)

    name: Name = Field(default="", description="its name; default: the path")
    extends: Included | None = Field(
        default=None,
        description="the endpoint whose keys it has, too: the name of an included one, or a file "
        "or dialect that has one endpoint",
    )
    path: Name = Field(
        pattern=r"^/",
        description="its path; {name} captures one segment, /** at the end takes the rest",
    )
    subprotocols: list[SubprotocolName] = Field(
        default_factory=list, description="the subprotocols it supports, most preferred first"
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
    http: list[HttpRule] = Field(
        default_factory=list, description="how plain HTTP requests to the path are answered"
    )
    cors: Cors = Field(
        default=False,
        description="with `http`: whether pages of other origins may read the answers; or the "
        "origins that may",
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
    split_by: Annotated[str, Field(min_length=1, max_length=16)] | None = Field(
        default=None,
        description="split each text message at this text, 1 to 16 characters; each part that is "
        "not empty is a message of its own",
    )
    split_after: str | None = Field(
        default=None,
        description="the field at whose end a packet ends: binary messages are then a stream of "
        "packets, and each packet is a message of its own",
    )
    fields: dict[str, BinaryField] = Field(
        default_factory=dict,
        max_length=MAX_FIELDS,
        description="names for the parts of binary messages, pings and pongs; at most "
        f"{MAX_FIELDS}",
    )
    replay: Annotated[int, Ge(1), Le(10_000)] = Field(
        default=100,
        description="the number of messages with a `number` that are kept for each client, for "
        "`missed`",
    )
    accepts: Contract | None = Field(
        default=None,
        description="the JSON Schema of the text messages that it receives; what does not conform "
        "is a failed verdict",
    )
    sends: Contract | None = Field(
        default=None,
        description="the JSON Schema of the text messages that it sends to its own client; what "
        "does not conform is a failed verdict",
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


_OWN_KEYS = ("name", "extends", "path", "http", "rules", "script")
"""The keys of an endpoint that have no defaults in the document."""

if TYPE_CHECKING:

    class Defaults(Model):
        """Keys that the endpoints of a file have unless they give their own."""

else:
    # A new key of endpoints needs no line here.
    Defaults = create_model(
        "Defaults",
        __base__=Model,
        __doc__="Keys that the endpoints of a file have unless they give their own.",
        **{
            name: (hint, Endpoint.model_fields[name])
            for name, hint in get_type_hints(Endpoint, include_extras=True).items()
            if name in Endpoint.model_fields and name not in _OWN_KEYS
        },
    )


def _kind_of_include(value: Any) -> str:  # noqa: ANN401 - any value from a document
    return "a list" if isinstance(value, list) else "one"


IncludedOnes = Annotated[
    Annotated[Included, Tag("one")] | Annotated[list[Included], Tag("a list")],
    Discriminator(_kind_of_include),
]


class Mocks(Model):
    """A mocks file: endpoints, faults for any connection, and what they share."""

    editor_schema: str | None = Field(
        default=None,
        alias="$schema",
        description="the file with the JSON Schema, for editors; the server does not read it",
    )
    title: str | None = Field(default=None, description="what it is, in one line, for lists")
    parameters: dict[ParameterName, Parameter] = Field(
        default_factory=dict,
        max_length=MAX_PARAMETERS,
        description="values that `${name}` stands for in its texts, given where it is included; at "
        f"most {MAX_PARAMETERS}",
    )
    seed: int | str = Field(
        default=0, description="the seed of all random values; the same seed repeats them"
    )
    include: IncludedOnes | None = Field(
        default=None,
        description="the files and dialects whose contents come first; files are relative to the "
        "directory of this file",
    )
    use: str | list[str] | None = Field(
        default=None,
        description="Python files whose functions `call` runs; only if the server was started "
        "with --allow-code",
    )
    defaults: Defaults | None = Field(
        default=None, description="what the endpoints of this file have unless they give their own"
    )
    actions: dict[str, Annotated[list[Action], MinLen(1)]] = Field(
        default_factory=dict, description="blocks of actions, which `use` puts in its place"
    )
    matchers: dict[str, MessageMatch] = Field(
        default_factory=dict, description="blocks of conditions, which `use` adds to a match"
    )
    endpoints: list[Endpoint] = Field(default_factory=list, description="the paths it answers")
    faults: list[TargetedFault] = Field(
        default_factory=list,
        description="what goes wrong on any connection; these act before the faults of endpoints",
    )
