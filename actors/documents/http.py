"""The schema of `http`: how plain HTTP requests to the path of an endpoint are answered."""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from websocket_mock.actors.documents.actions import AbortKind, Action
from websocket_mock.actors.documents.headers import HeaderName, check_value
from websocket_mock.actors.matching.schema import HttpMatch, Model, Name
from websocket_mock.actors.matching.units import (
    MIN_INTERVAL,
    AnyDuration,
    BinaryTemplate,
    Count,
    Duration,
    Expression,
    TemplateText,
    is_template,
    number_or_template,
)

WAIT_TIMEOUT = 25.0
"""Seconds that `wait_for` waits unless `timeout` says otherwise."""

MAX_EVENTS = 10_000
"""The most events that one `events` lists."""

BODIES = ("text", "json_", "binary", "file", "files", "events")

_FRAMING = ("connection", "content-length", "transfer-encoding")


def _check_framing(name: str) -> str:
    if name.lower() in _FRAMING:
        raise ValueError(f"{name} is made from the body and the request, so it cannot be given")
    return name


def _check_value(value: str) -> str:
    return value if is_template(value) else check_value(value)


HttpHeaders = dict[
    Annotated[HeaderName, AfterValidator(_check_framing)],
    Annotated[str, AfterValidator(_check_value)],
]
"""The headers of a response, by their names; values may be templates."""

Status = Annotated[int, Ge(200), Le(599)]
AnyStatus = Annotated[
    Annotated[Status, Tag("number")] | Annotated[TemplateText, Tag("template")],
    Discriminator(number_or_template),
]
"""An HTTP status, or a template that gives one."""


def _check_actions(actions: list[Action]) -> list[Action]:
    for action in actions:
        _check_action(action)
    return actions


def _check_action(action: Action) -> None:
    kind = action.kind
    if kind not in ("set", "identify", "send", "when", "for_each"):
        raise ValueError(
            f"{kind} needs a WebSocket connection; set, identify, send, when and for_each do not"
        )
    if kind == "send" and action.send is not None and action.send.to == "sender":
        raise ValueError("a request gets its answer from `respond`; give `to` for other clients")
    for _, inner in action.inner():
        for one in inner:
            _check_action(one)


HttpActions = Annotated[list[Action], AfterValidator(_check_actions)]
"""Actions that need no connection of their own."""


class ServerEvent(Model):
    """A server-sent event. It has at most one of data and json."""

    null_keys = ("json",)
    main_key = "data"

    after: AnyDuration = Field(default=0.0, description="how long to wait before it; a template")
    wait_for: Expression | None = Field(
        default=None, description="then wait until this is true, on the variables"
    )
    do: HttpActions = Field(
        default_factory=list, description="actions before it is sent: set, send to others and so on"
    )
    event: str | None = Field(default=None, description="its type; a template")
    id: str | None = Field(default=None, description="its id; a template")
    retry: Duration | None = Field(
        default=None, description="how long the client waits before it connects again"
    )
    data: str | None = Field(default=None, description="its data; a template")
    json_: Any = Field(
        default=None, alias="json", description="its data as any JSON; its strings are templates"
    )

    @model_validator(mode="after")
    def _check_data(self) -> "ServerEvent":
        if {"data", "json_"} <= self.model_fields_set:
            raise ValueError("give data or json, not both")
        return self

    @property
    def takes_time(self) -> bool:
        """Whether it cannot follow at once for ever."""
        is_late = isinstance(self.after, str) or self.after >= MIN_INTERVAL
        return is_late or self.wait_for is not None


class Respond(Model):
    """An HTTP response. It has at most one of text, json, binary, file, files and events."""

    null_keys = ("json",)
    main_key = "text"

    status: AnyStatus = Field(default=200, description="the HTTP status; a template")
    headers: HttpHeaders = Field(
        default_factory=dict,
        description="headers of the response, by their names; templates",
    )
    text: str | None = Field(default=None, description="the body as text; a template")
    json_: Any = Field(
        default=None, alias="json", description="the body as any JSON; its strings are templates"
    )
    binary: BinaryTemplate | None = Field(
        default=None,
        description="the body as bytes, written as hex:… or base64:…; a template, also one "
        "expression that gives bytes",
    )
    file: str | None = Field(
        default=None,
        description="a file below the directory of the mocks file; its name tells the type, and "
        ".txt and .json are templates",
    )
    files: str | None = Field(
        default=None,
        description="a folder below the directory of the mocks file; the rest of a path that ends "
        "with /** says which file; a folder in it is answered with its index.html",
    )
    events: Annotated[list[ServerEvent], Field(min_length=1, max_length=MAX_EVENTS)] | None = Field(
        default=None, description="server-sent events (text/event-stream), in this order"
    )
    afterwards: Literal["stay", "end", "repeat"] = Field(
        default="stay",
        description="what follows the last event: the stream stays open, ends, or begins again",
    )
    template: bool = Field(default=True, description="false: send templates as they are written")
    delay: AnyDuration = Field(
        default=0.0, description="how long to wait before the answer; a template"
    )

    @model_validator(mode="after")
    def _check_body(self) -> "Respond":
        given = self.model_fields_set
        if len(given & set(BODIES)) > 1:
            raise ValueError("give at most one of text, json, binary, file, files and events")
        if "afterwards" in given and self.events is None:
            raise ValueError("`afterwards` goes with events")
        is_endless = self.afterwards == "repeat" and self.events is not None
        if is_endless and not any(one.takes_time for one in self.events or ()):
            raise ValueError(
                "to repeat, give one of the events `after` of at least 1ms, or `wait_for`"
            )
        return self


class OpenSession(Model):
    """Opens a session: a connection whose messages travel in HTTP requests and their answers."""

    separator: Annotated[str, Field(max_length=16)] = Field(
        default="",
        description="what stands between the messages of one answer, and between those of one "
        "request; without it a request is one message",
    )
    binary_prefix: Annotated[str, Field(min_length=1, max_length=16)] | None = Field(
        default=None,
        description="what a binary message begins with, which follows in Base64; without it binary "
        "messages are not sent",
    )
    id: str | None = Field(
        default=None,
        description="the id by which requests name it; a template; default: that of its client",
    )
    answer: Literal["poll", "events"] = Field(
        default="poll", description="what its first request is answered like"
    )
    closing: str | None = Field(
        default=None, description="the last message of a session that the server closes"
    )


class Session(Model):
    """What a request does with a session. It has exactly one key."""

    bare_keys = ("open",)

    open: OpenSession | None = Field(
        default=None,
        description="open one, which the rules of the endpoint serve like a WebSocket "
        "connection, and answer like `poll` or `events`",
    )
    poll: str | None = Field(
        default=None,
        description="answer with the messages of the session with this id, as soon as there are "
        "any, or with none when `timeout` is over; a template",
    )
    events: str | None = Field(
        default=None,
        description="answer with server-sent events, one for each message of the session with this "
        "id; a template",
    )
    receive: str | None = Field(
        default=None,
        description="the body has messages for the session with this id; a template",
    )
    end: str | None = Field(
        default=None, description="the client ends the session with this id; a template"
    )

    @model_validator(mode="after")
    def _check_one(self) -> "Session":
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of open, poll, events, receive and end")
        return self

    @property
    def answers(self) -> bool:
        """Whether its messages are the answer, so that there can be no other."""
        return bool(self.model_fields_set & {"open", "poll", "events"})


class HttpRule(Model):
    """What answers an HTTP request that matches. It has exactly one outcome."""

    bare_keys = ("respond",)

    name: Name | None = Field(default=None, description="its name in logs and in the traffic")
    match: HttpMatch = Field(
        default_factory=HttpMatch, description="the requests it is for; default: all"
    )
    when: Expression | None = Field(
        default=None,
        description="a further condition, on the request, the variables and all else that "
        "templates see",
    )
    times: Count | None = Field(
        default=None, description="answer at most this many requests of each client"
    )
    wait_for: Expression | None = Field(
        default=None,
        description="wait until this is true, on the variables; when `timeout` is over, the next "
        "rules are tried",
    )
    timeout: Duration = Field(
        default=WAIT_TIMEOUT, description="the longest time that `wait_for` or a `poll` waits"
    )
    do: HttpActions = Field(
        default_factory=list,
        description="actions before the answer: set, identify, send to others, when and for_each",
    )
    session: Session | None = Field(
        default=None,
        description="open, use or end a connection over HTTP requests; where there is no "
        "session of the id, the next rules are tried",
    )
    respond: Respond | None = Field(
        default=None,
        description="answer with this; with a session that receives or ends, default: an empty "
        "body",
    )
    stall: Duration | Literal["forever"] | None = Field(
        default=None, description="wait this long, then go on with the next rule"
    )
    abort: AbortKind | None = Field(
        default=None,
        description="end the connection without an answer; reset sends RST, close sends FIN",
    )

    @model_validator(mode="after")
    def _check_outcome(self) -> "HttpRule":
        given = self.model_fields_set
        outcomes = {"respond", "stall", "abort", "session"}
        if self.session is not None and not self.session.answers:
            outcomes.discard("respond")
        if len(given & outcomes) != 1:
            raise ValueError("give exactly one of respond, stall, abort and session")
        is_polling = self.session is not None and self.session.answers
        if "timeout" in given and self.wait_for is None and not is_polling:
            raise ValueError("`timeout` goes with wait_for, or with a session that is polled")
        return self


Cors = bool | list[str]
"""Whether pages of other origins may read the answers; or the origins that may."""
