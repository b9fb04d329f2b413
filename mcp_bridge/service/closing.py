"""The verb `close`: ends connections, with or without a close frame."""

from typing import Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.documents.actions import Close
from websocket_mock.actors.documents.problems import BadDocument, parse
from websocket_mock.actors.values.targets import OneClient, Target
from websocket_mock.mcp_bridge.service.errors import BadArgument, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.namespaces import scope_of
from websocket_mock.mcp_bridge.service.targets import why_nobody

MAX_CLOSED_SHOWN = 1_000


class CloseResult(BaseModel):
    """The result of closing clients."""

    status: Literal["closed", "no_clients", "error"]
    clients: list[str] = Field(description="the ids of the closed clients, at most 1,000")
    total: int
    errors: list[str]


@verb
def close_clients(
    gateway: Gateway,
    target: Target,
    code: int = 1000,
    reason: str = "",
    abort: Literal["reset", "close"] | None = None,
    namespace: str | None = None,
) -> CloseResult:
    """Close live connections with a code, or abort them. Blocks for at most 5 s.

    Args:
        gateway: gives access to the actors.
        target: which clients.
        code: the close code: 1000 to 1014, or 3000 to 4999 (RFC 6455 section 7.4).
        reason: at most 123 bytes of UTF-8.
        abort: abort without a close frame: "reset" sends RST, "close" sends FIN.
        namespace: of the clients; None: outside namespaces, "*": all.

    Raises:
        ServiceError: an argument cannot be used, or nothing answers.
    """
    scope = scope_of(gateway, namespace)
    try:
        parse(Close, {"code": code, "reason": reason})
    except BadDocument as refused:
        raise BadArgument(refused.problems[0].text) from None
    closed = gateway.close_clients(target, scope, code, reason, abort)
    if closed:
        shown = list(closed[:MAX_CLOSED_SHOWN])
        return CloseResult(status="closed", clients=shown, total=len(closed), errors=[])
    outcome: Literal["error", "no_clients"] = (
        "error" if isinstance(target, OneClient) else "no_clients"
    )
    return CloseResult(status=outcome, clients=[], total=0, errors=why_nobody(target, scope))
