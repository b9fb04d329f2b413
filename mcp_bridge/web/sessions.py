"""The sessions of browsers that have logged in, and their cookie.

The cookie is a random number and says nothing about the token. Cookies do not know ports: other
servers on this host are sent it, too. So its name has the port, and it does not open MCP.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Iterator

from starlette.types import Scope

from websocket_mock.mcp_bridge.web.attempts import Now
from websocket_mock.mcp_bridge.web.origins import Origin

SESSION_SECONDS = 12 * 3600
MAX_SESSIONS = 100
"""One more, and the oldest ends."""


class Sessions:
    """Knows which sessions are open. Only on the event loop."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._ends: OrderedDict[bytes, float] = OrderedDict()

    def begin(self, own: Origin) -> str:
        """Begin a session; return the Set-Cookie header for the origin that the browser sees."""
        number = secrets.token_urlsafe(32)
        while self._ends and (len(self._ends) >= MAX_SESSIONS or self._is_oldest_over()):
            self._ends.popitem(last=False)
        self._ends[_digest(number.encode())] = self._now() + SESSION_SECONDS
        return _cookie(own, number, SESSION_SECONDS)

    def has(self, scope: Scope, own: Origin) -> bool:
        """Tell whether a request belongs to a session that is open."""
        return any(self._ends.get(key, 0.0) > self._now() for key in _keys(scope, own))

    def end(self, scope: Scope, own: Origin) -> str:
        """End the session of a request, if it has one; return the Set-Cookie header."""
        for key in _keys(scope, own):
            self._ends.pop(key, None)
        return _cookie(own, "", 0)

    def _is_oldest_over(self) -> bool:
        return next(iter(self._ends.values())) <= self._now()


def cookie_name(own: Origin) -> str:
    """Return the name of the cookie."""
    return f"websocket_mock_{own.port}"


def _cookie(own: Origin, value: str, seconds: int) -> str:
    secure = "; Secure" if own.scheme == "https" else ""
    return (
        f"{cookie_name(own)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    )


def _keys(scope: Scope, own: Origin) -> Iterator[bytes]:
    """The sessions that a request names: several, if another server on this host set a cookie."""
    name = cookie_name(own).encode()
    for field, value in scope["headers"]:
        if field == b"cookie":
            for pair in value.split(b";"):
                key, _, number = pair.strip().partition(b"=")
                if key == name:
                    yield _digest(number)


def _digest(number: bytes) -> bytes:
    # Looking up a digest takes no time that says how much of the number was right.
    return hashlib.sha256(number).digest()
