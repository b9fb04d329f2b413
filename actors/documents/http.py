"""The schema of `http`: how plain HTTP requests to the path of an endpoint are answered."""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from websocket_mock.actors.documents.actions import AbortKind, Action
from websocket_mock.actors.documents.headers import HeaderName, HeaderValue
from websocket_mock.actors.matching.schema import HttpMatch, Model, Name, fill_bare
from websocket_mock.actors.matching.units import (
    MIN_INTERVAL,
    AnyDuration,
    BinaryTemplate,
    Count,
    Duration,
    Expression,
    TemplateText,
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


HttpHeaders = dict[
    Annotated[HeaderName, AfterValidator(_check_framing)],
    Annotated[
        Annotated[HeaderValue, Tag("number")] | Annotated[TemplateText, Tag("template")],
        Discriminator(number_or_template),
    ],
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
        default=WAIT_TIMEOUT, description="the longest time that `wait_for` waits"
    )
    do: HttpActions = Field(
        default_factory=list,
        description="actions before the answer: set, identify, send to others, when and for_each",
    )
    respond: Respond | None = Field(default=None, description="answer with this")
    stall: Duration | Literal["forever"] | None = Field(
        default=None, description="wait this long, then go on with the next rule"
    )
    abort: AbortKind | None = Field(
        default=None,
        description="end the connection without an answer; reset sends RST, close sends FIN",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, value: Any) -> Any:  # noqa: ANN401 - any value from a document
        return fill_bare(cls, value) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _check_outcome(self) -> "HttpRule":
        given = self.model_fields_set
        if len(given & {"respond", "stall", "abort"}) != 1:
            raise ValueError("give exactly one of respond, stall and abort")
        if "timeout" in given and self.wait_for is None:
            raise ValueError("`timeout` goes with wait_for")
        return self


Cors = bool | list[str]
"""Whether pages of other origins may read the answers; or the origins that may."""
