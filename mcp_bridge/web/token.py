"""The token that opens the server."""

import hashlib
import hmac
import math

from starlette.types import Scope

from websocket_mock.mcp_bridge.web.attempts import Attempts, Now
from websocket_mock.mcp_bridge.web.refusals import Refused, header

SEND_IT = (
    "Send the token that the server was started with (--token or MCP_TOKEN) as "
    "'Authorization: Bearer TOKEN'"
)
CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Token:
    """Tells whether a text is the token. Keeps only its digest. Immutable; any thread."""

    def __init__(self, token: str) -> None:
        self._digest = _digest(token.encode())

    def is_same(self, given: bytes) -> bool:
        """Compare. Takes the same time for every wrong token of one length."""
        return hmac.compare_digest(_digest(given), self._digest)


class TokenCheck:
    """Checks what clients send, and slows down those that guess. Only on the event loop."""

    def __init__(self, token: str, now: Now) -> None:
        self._token = Token(token)
        self._attempts = Attempts(now)

    def has_bearer(self, scope: Scope) -> bool:
        """Tell whether a request has the right token; False if it has none.

        Raises:
            Refused: 401 for a wrong token, 429 after too many of them.
        """
        scheme, _, token = (header(scope, "Authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        self.check(token.strip(" ").encode("latin-1"), scope)
        return True

    def check(self, token: bytes, scope: Scope) -> None:
        """Check a token that came with a request.

        Raises:
            Refused: 401 if it is wrong, 429 after too many wrong ones.
        """
        address = (scope.get("client") or ("",))[0]
        wait = self._attempts.seconds_to_wait(address)
        if wait > 0:
            seconds = math.ceil(wait)
            raise Refused(
                429,
                f"Too many wrong tokens. Try again in {seconds} s.",
                {"Retry-After": str(seconds)},
            )
        if not self._token.is_same(token):
            self._attempts.failed(address)
            raise Refused(401, f"The token is wrong. {SEND_IT}.", CHALLENGE)
        self._attempts.succeeded(address)


def _digest(token: bytes) -> bytes:
    # Of equal length, so that not even the length of the token shows in the time.
    return hashlib.sha256(token).digest()
