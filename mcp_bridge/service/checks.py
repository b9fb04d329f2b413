"""The verb `checks`: which waits and verifications run, and how the last ones ended."""

import time
from typing import Any

from pydantic import BaseModel, Field

from websocket_mock.actors.values.models import iso_time
from websocket_mock.mcp_bridge.service.check_register import (
    CheckStatus,
    CheckVerb,
    TrafficCheck,
)
from websocket_mock.mcp_bridge.service.errors import verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.namespaces import scope_of
from websocket_mock.mcp_bridge.service.redaction import Redaction
from websocket_mock.mcp_bridge.service.sizes import CONCISE_ITEMS, shorten, take_fitting

NO_CHECKS = "No waits and no verifications yet."
MORE_CHECKS = "There are more; only the newest fit here."


class TrafficCheckModel(BaseModel):
    """A wait or a verification."""

    number: int
    verb: CheckVerb
    status: CheckStatus = Field(
        description="left: its caller has left; error: it could not be done, see text"
    )
    namespace: str | None
    conditions: dict[str, Any] = Field(description="as they were given, long ones are cut")
    began: str = Field(description="ISO 8601, UTC")
    seconds: float = Field(description="how long it took, or has taken until now")
    limit_seconds: float = Field(description="the longest time that it takes")
    entries_seen: int = Field(description="entries that it has read")
    text: str = Field(description="the verdict, or the error; empty while it runs")
    nearest_miss: str | None
    evidence: list[int] = Field(description="the sequence numbers of the first matching entries")

    @classmethod
    def of(cls, check: TrafficCheck, redaction: Redaction) -> "TrafficCheckModel":
        """Return the public form of a check, redacted."""
        taken = check.seconds
        if taken is None:
            taken = time.monotonic() - check.began_monotonic
        return cls(
            number=check.number,
            verb=check.verb,
            status=check.status,
            namespace=check.scope,
            conditions=shorten(redaction.values(check.conditions)),
            began=iso_time(check.began),
            seconds=round(taken, 3),
            limit_seconds=check.limit,
            entries_seen=check.progress.entries,
            text=check.text,
            nearest_miss=check.nearest_miss,
            evidence=list(check.evidence[:CONCISE_ITEMS]),
        )


class ChecksResult(BaseModel):
    """The waits and verifications, newest first."""

    running: list[TrafficCheckModel]
    ended: list[TrafficCheckModel] = Field(description="the last ones that have ended")
    total_running: int
    hint: str | None = None


@verb
def list_checks(gateway: Gateway, namespace: str | None = None) -> ChecksResult:
    """Return the waits and verifications of a namespace. Does not block.

    Raises:
        ServiceError: the namespace cannot be used.
    """
    running, ended = gateway.traffic_checks.list(scope_of(gateway, namespace))
    every = [TrafficCheckModel.of(one, gateway.redaction) for one in (*running, *ended)]
    shown = take_fitting(every)
    hints = [NO_CHECKS] if not every else [MORE_CHECKS] if len(shown) < len(every) else []
    return ChecksResult(
        running=shown[: len(running)],
        ended=shown[len(running) :],
        total_running=len(running),
        hint=" ".join(hints) or None,
    )
