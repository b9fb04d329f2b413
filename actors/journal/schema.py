"""The schema of questions about the journal: what to wait for, what to verify."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge
from pydantic import Field, model_validator

from websocket_mock.actors.matching.schema import Matcher, MessageMatch, Model
from websocket_mock.actors.matching.units import Duration

EntryKind = Literal[
    "handshake",
    "open",
    "message",
    "text",
    "binary",
    "ping",
    "pong",
    "close",
    "http",
    "request",
    "response",
    "event",
    "error",
    "rule",
    "verdict",
    "fault",
]


class EntryMatch(Model):
    """Conditions on a journal entry. All that are given must hold."""

    kind: EntryKind | None = Field(
        default=None,
        description="message means text or binary; http means request, response or event",
    )
    direction: Literal["received", "sent"] | None = Field(
        default=None, description="received: from the client; sent: to it"
    )
    endpoint: str | None = Field(default=None, description="the name of an endpoint of the mocks")
    client: str | None = Field(default=None, description="the id of a client")
    path: Matcher = None
    attempt: Matcher = Field(
        default=None, description="the number of the connection of the same client, from 1"
    )
    match: MessageMatch | None = Field(default=None, description="conditions on a message")
    code: Matcher = Field(default=None, description="the close code")
    was_clean: bool | None = Field(default=None, description="whether a closing handshake ended it")
    by: Literal["client", "server"] | None = Field(default=None, description="the side that closed")
    method: Matcher = Field(default=None, description="the method of an HTTP request, such as GET")
    status: Matcher = Field(
        default=None, description="the HTTP status of the answer to a handshake or a request"
    )
    rule: Matcher = Field(default=None, description="the name of the rule that acted or failed")
    fault: Matcher = Field(default=None, description="the name of the fault that acted")
    passed: bool | None = Field(default=None, description="whether a verdict passed")
    contract: Literal["accepts", "sends"] | None = Field(
        default=None, description="the part of the endpoint's contract that a message breaks"
    )


class Spacing(Model):
    """Conditions on the times between consecutive matching entries."""

    at_least: Duration | None = None
    at_most: Duration | None = None
    grows: bool = Field(default=False, description="each is longer than the last (back-off)")


class Expectation(EntryMatch):
    """How often entries like this are expected; without a number: at least once."""

    foreign_keys: ClassVar[Mapping[str, str]] = {
        "count": "exactly",
        "max": "at_most",
        "min": "at_least",
        "times": "exactly",
    }

    exactly: Annotated[int, Ge(0)] | None = None
    at_least: Annotated[int, Ge(0)] | None = None
    at_most: Annotated[int, Ge(0)] | None = None
    never: Literal[True] | None = None
    spacing: Spacing | None = Field(default=None, description="times between matching entries")

    @model_validator(mode="after")
    def _check_counts(self) -> "Expectation":
        given = self.model_fields_set & {"exactly", "never"}
        bounds = self.model_fields_set & {"at_least", "at_most"}
        if len(given) > 1 or (given and bounds):
            raise ValueError("give one of exactly and never, or at_least and at_most")
        return self


class EntrySequence(Model):
    """Entries that are expected in this order."""

    entries: list[EntryMatch] = Field(min_length=1)
    gaps: bool = Field(default=True, description="whether other entries may come between")
