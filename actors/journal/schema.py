"""The schema of questions about the journal: what to wait for, what to verify."""

from typing import Annotated, Literal

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
    "error",
    "rule",
    "verdict",
    "fault",
]


class EntryMatch(Model):
    """Conditions on a journal entry; all that are given must hold."""

    kind: EntryKind | None = Field(default=None, description="message means text or binary")
    direction: Literal["received", "sent"] | None = Field(
        default=None, description="received: from the client; sent: to it"
    )
    endpoint: str | None = Field(default=None, description="name of an endpoint of the mocks")
    client: str | None = Field(default=None, description="id of a client")
    path: Matcher = None
    attempt: Matcher = Field(
        default=None, description="number of the connection of the same logical client"
    )
    match: MessageMatch | None = Field(default=None, description="conditions on a message")
    code: Matcher = Field(default=None, description="close code")
    was_clean: bool | None = Field(default=None, description="closed by a closing handshake")
    by: Literal["client", "server"] | None = Field(default=None, description="who closed")
    status: Matcher = Field(default=None, description="HTTP status a handshake was answered with")
    rule: Matcher = Field(default=None, description="name of the rule that fired or failed")
    fault: Matcher = Field(default=None, description="name of the fault that acted")
    passed: bool | None = Field(default=None, description="verdict of a script")


class Spacing(Model):
    """Conditions on the time between entries that follow each other."""

    at_least: Duration | None = None
    at_most: Duration | None = None
    grows: bool = Field(default=False, description="each is longer than the one before (back-off)")


class Expectation(EntryMatch):
    """How often entries like this are expected; without a number: at least once."""

    exactly: Annotated[int, Ge(0)] | None = None
    at_least: Annotated[int, Ge(0)] | None = None
    at_most: Annotated[int, Ge(0)] | None = None
    never: Literal[True] | None = None
    spacing: Spacing | None = Field(default=None, description="of the entries that match")

    @model_validator(mode="after")
    def _check_counts(self) -> "Expectation":
        given = self.model_fields_set & {"exactly", "never"}
        bounds = self.model_fields_set & {"at_least", "at_most"}
        if len(given) > 1 or (given and bounds):
            raise ValueError("give one of exactly and never, or at_least and at_most")
        return self


class EntrySequence(Model):
    """Entries that are expected one after the other."""

    entries: list[EntryMatch] = Field(min_length=1)
    gaps: bool = Field(default=True, description="whether other entries may come in between")
