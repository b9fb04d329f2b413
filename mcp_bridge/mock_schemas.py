"""What the tools for mocks and traffic return."""

import base64
from typing import Any, Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.values.entries import JournalEntry
from websocket_mock.actors.values.models import iso_time
from websocket_mock.mcp_bridge.redaction import Redaction
from websocket_mock.mcp_bridge.sizes import CONCISE_CHARACTERS, shorten

Detail = Literal["summary", "concise", "full"]


class EndpointModel(BaseModel):
    """An endpoint in force."""

    name: str
    path: str
    rules: int
    script_steps: int
    handshake_rules: int
    unmatched: str
    clients_connected: int
    definition: dict[str, Any] | None = Field(
        default=None, description="as it was set; only when one endpoint is asked for"
    )

    @classmethod
    def of(
        cls, endpoint: CompiledEndpoint, clients: int, *, with_definition: bool = False
    ) -> "EndpointModel":
        """Return the public form of an endpoint."""
        source = endpoint.source
        return cls(
            name=endpoint.name,
            path=source.path,
            rules=len(source.rules),
            script_steps=len(source.script or ()),
            handshake_rules=len(source.handshake),
            unmatched=source.unmatched,
            clients_connected=clients,
            definition=source.model_dump(mode="json", by_alias=True, exclude_unset=True)
            if with_definition
            else None,
        )


class MocksResult(BaseModel):
    """The endpoints in force."""

    endpoints: list[EndpointModel]
    total: int
    namespaces: list[str] | None = Field(
        default=None, description="that there are; only where none is asked for"
    )
    hint: str | None = None


class SetMockResult(BaseModel):
    """What became of a mock that was set."""

    status: Literal["set", "valid", "error"] = Field(description="valid: a dry run found no error")
    name: str | None
    replaced: bool
    url: str | None = Field(description="what clients of the endpoint connect to")
    warnings: list[str]
    errors: list[str] = Field(description="each with the place in the definition")


class RemovedResult(BaseModel):
    """What was removed."""

    removed: list[str]
    unknown: list[str]


class EntryModel(BaseModel):
    """One entry of the journal."""

    seq: int
    time: str = Field(description="ISO 8601, UTC")
    kind: str
    direction: str | None = Field(description="received: from the client; sent: to it")
    client: str | None
    namespace: str | None
    endpoint: str | None
    attempt: int
    size: int | None = Field(description="bytes of the whole payload")
    payload: str | None = Field(description="text, or base64 of binary; cut unless detail is full")
    truncated: bool
    sha256: str | None = Field(default=None, description="of the whole payload, in full detail")
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: JournalEntry, detail: Detail, redaction: Redaction) -> "EntryModel":
        """Return the public form of an entry, redacted."""
        payload = None if detail == "summary" else _payload(entry, redaction)
        is_cut = entry.is_truncated
        if payload is not None and detail == "concise" and len(payload) > CONCISE_CHARACTERS:
            payload, is_cut = payload[:CONCISE_CHARACTERS], True
        return cls(
            seq=entry.sequence,
            time=iso_time(entry.time),
            kind=entry.kind,
            direction=entry.direction,
            client=entry.source.client_id,
            namespace=entry.source.namespace,
            endpoint=entry.source.endpoint,
            attempt=entry.source.attempt,
            size=None if entry.payload is None else entry.size,
            payload=payload,
            truncated=is_cut,
            sha256=entry.sha256 if detail == "full" else None,
            details=_details(entry, detail, redaction),
        )


class TrafficResult(BaseModel):
    """Some of the journal, oldest first."""

    entries: list[EntryModel]
    matched: int = Field(description="entries that match in all, behind the cursor")
    next_cursor: int = Field(description="pass as `after` for what comes next")
    hint: str | None = None


class WaitResult(BaseModel):
    """What came of a wait."""

    status: Literal["happened", "quiet", "timed_out"]
    entry: EntryModel | None
    next_cursor: int = Field(description="pass as `after` to wait for the next one")
    entries_meanwhile: int
    nearest_miss: str | None = Field(description="what came nearest, and what is different")


class VerifyResult(BaseModel):
    """A verdict on the traffic."""

    passed: bool
    verdict: str = Field(description="what was expected and what was found")
    count: int
    evidence: list[int] = Field(description="sequence numbers of the entries that match")
    nearest_miss: str | None = Field(description="what came nearest, and what is different")
    strict_failures: list[int] = Field(
        description="sequence numbers of failed verdicts (of a script, or of unmatched: strict) at "
        "the endpoint and of the client that are expected; each makes the verification fail"
    )


class CloseResult(BaseModel):
    """What became of clients that were to be closed."""

    status: Literal["closed", "no_clients", "error"]
    clients: list[str] = Field(description="the first of them")
    total: int
    errors: list[str]


class ResetResult(BaseModel):
    """What was reset."""

    reset: list[str]


class ExplainedRule(BaseModel):
    """One rule, or step of a script that expects something, tried on a message."""

    rule: str
    matches: bool
    why: str = Field(description="the first thing that differs; empty when it matches")
    note: str | None = Field(
        description="what it depends on besides, and what is not looked at here: counts of the "
        "connection, the step where a script waits"
    )


class ExplainResult(BaseModel):
    """What an endpoint would do with a message, and why."""

    endpoint: str
    acts: str | None = Field(description="the rule that would act: the first that matches")
    otherwise: str | None = Field(
        description="what happens when none matches, or the one that acts may not (see its note)"
    )
    rules: list[ExplainedRule] = Field(description="in the order they are tried")
    rules_left_out: int = Field(description="at the end, where there are too many")


def _details(entry: JournalEntry, detail: Detail, redaction: Redaction) -> dict[str, Any]:
    if detail == "summary":
        return {}
    masked = redaction.details(entry)
    shown: dict[str, Any] = masked if detail == "full" else shorten(masked)
    return shown


def _payload(entry: JournalEntry, redaction: Redaction) -> str | None:
    match entry.payload:
        case None:
            return None
        case bytes() as data if entry.kind == "text":
            return redaction.text(data.decode(errors="replace"), is_whole=not entry.is_truncated)
        case bytes() as data:
            return base64.b64encode(data).decode()
        case str() as text:
            return redaction.text(text, is_whole=not entry.is_truncated)
