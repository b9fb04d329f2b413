"""How the guard says no: a status, and a text for the reader."""

from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from websocket_mock.mcp_bridge.web.answers import error_answer

MAX_SHOWN = 80
"""Characters of a header that an error shows."""


class Refused(Exception):
    """Raised when a request is not let in. Its text is for the reader."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.headers = dict(headers or {})


async def refuse(scope: Scope, receive: Receive, send: Send, refused: Refused) -> None:
    """Answer `{"error": text}`; a WebSocket handshake gets a plain 403 before it is accepted."""
    if scope["type"] == "websocket":
        # Not with a response of our own: uvicorn logs an error for each, and any page could ask.
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    answer = error_answer(refused.status, str(refused), refused.headers)
    await answer(scope, receive, send)


def header(scope: Scope, name: str) -> str | None:
    """Return the value of a header that may be sent once, or None without it.

    Raises:
        Refused: it was sent more than once, so that two readers could read two things.
    """
    key = name.lower().encode()
    values = [value for field, value in scope["headers"] if field == key]
    if len(values) > 1:
        raise Refused(400, f"The {name} header was sent {len(values)} times. Send it once.")
    return values[0].decode("latin-1") if values else None


def shown(value: str) -> str:
    """Return a value from outside as an error shows it."""
    return repr(value if len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + "…")
