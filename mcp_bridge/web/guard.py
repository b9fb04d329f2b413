"""Decides which requests come in: nothing from foreign web pages, and with a token, nobody else.

It is outermost, so no route can be reached around it: Host, Origin and Sec-Fetch-Site, the type
of the content, the token, then the body.
"""

import time
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from websocket_mock.mcp_bridge.web.answers import JSON
from websocket_mock.mcp_bridge.web.attempts import Now
from websocket_mock.mcp_bridge.web.bodies import Bodies, Body, BodyLimits
from websocket_mock.mcp_bridge.web.exposure import check_exposure, is_loopback
from websocket_mock.mcp_bridge.web.headers import secured
from websocket_mock.mcp_bridge.web.login import FORM_FILES, LOGIN, LOGOUT, MAX_LOGIN, Login
from websocket_mock.mcp_bridge.web.origins import (
    Origin,
    check_fetch_site,
    check_origin,
    is_navigation,
    own_origin,
)
from websocket_mock.mcp_bridge.web.refusals import Refused, header, refuse
from websocket_mock.mcp_bridge.web.sessions import Sessions
from websocket_mock.mcp_bridge.web.token import CHALLENGE, SEND_IT, TokenCheck

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""They change nothing, and need no type of content."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in.

    Raises:
        PublicWithoutToken: other machines could come in without a token.
        ValueError: the token is empty, so that an empty header would open everything.
    """

    host: str
    """The address that the server listens on."""

    token: str | None = field(default=None, repr=False)
    """None: no token is needed."""

    open_paths: frozenset[str] = FORM_FILES | {"/health", "/ca.pem"}
    """What may be read (GET, HEAD) without a token, beside the login."""

    mcp_path: str = "/mcp"
    """Where MCP answers. MCP checks the type of the content itself."""

    limits: BodyLimits = field(default_factory=BodyLimits)

    def __post_init__(self) -> None:
        if self.token == "":
            raise ValueError("the token is empty")
        check_exposure(self.host, has_token=self.token is not None)


def guarded(app: ASGIApp, access: Access, now: Now = time.monotonic) -> ASGIApp:
    """Return an app that lets in to `app` only who may come in. It answers the login itself."""
    return Guard(app, access, now)


class Guard:
    """Pure ASGI middleware, for http and websocket scopes. Answers are not buffered."""

    def __init__(self, app: ASGIApp, access: Access, now: Now = time.monotonic) -> None:
        self._app = app
        self._access = access
        self._only_loopback = is_loopback(access.host)
        self._token = None if access.token is None else TokenCheck(access.token, now)
        self._sessions = Sessions(now)
        self._login = Login(self._token, self._sessions)
        self._bodies = Bodies(access.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the inner app, or say why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._pass_handshake(scope, receive, send)
            return
        body = Body(scope, receive, self._bodies)
        try:
            await self._pass_request(scope, receive, send, body)
        finally:
            body.release()

    async def _pass_handshake(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check(scope)
        except Refused as refused:
            await refuse(scope, receive, send, refused)
            return
        await self._app(scope, receive, send)

    async def _pass_request(self, scope: Scope, receive: Receive, send: Send, body: Body) -> None:
        path = scope["path"]
        try:
            own = self._check(scope)
            if path in (LOGIN, LOGOUT):
                receive = await body.receive(MAX_LOGIN)
                app: ASGIApp = await self._login.answer(Request(scope, receive), own)
            else:
                receive = await body.receive()
                app = self._app
        except ClientDisconnect:
            return
        except Refused as refused:
            if not await body.drain():
                refused.headers["Connection"] = "close"
            await refuse(scope, receive, secured(scope, send), refused)
            return
        await app(scope, receive, send if path == self._access.mcp_path else secured(scope, send))

    def _check(self, scope: Scope) -> Origin:
        """Check all but the body.

        Raises:
            Refused: the request may not come in.
        """
        if not scope["path"].startswith("/"):
            # `GET http://other/` names a host that would win over the Host header.
            raise Refused(400, "The target of the request must be a path.")
        own = own_origin(scope, only_loopback=self._only_loopback)
        check_origin(scope, own)
        check_fetch_site(scope)
        if scope["type"] == "http" and scope["path"] != self._access.mcp_path:
            _check_content_type(scope)
        if self._token is not None and not self._is_open(scope):
            self._check_token(self._token, scope, own)
        return own

    def _is_open(self, scope: Scope) -> bool:
        if scope["type"] != "http":
            return False
        path = scope["path"]
        return path in (LOGIN, LOGOUT) or (
            path in self._access.open_paths and scope["method"] in ("GET", "HEAD")
        )

    def _check_token(self, token: TokenCheck, scope: Scope, own: Origin) -> None:
        if token.has_bearer(scope):
            return
        path = scope["path"]
        # Other servers on this host see the cookie. MCP needs none: no browser uses it.
        if path != self._access.mcp_path and self._sessions.has(scope, own):
            return
        if path == "/" and is_navigation(scope):
            raise Refused(303, f"Log in at {LOGIN} first.", {"Location": LOGIN})
        raise Refused(401, f"A token is needed. {SEND_IT}, or log in at {LOGIN}.", CHALLENGE)


def _check_content_type(scope: Scope) -> None:
    # A foreign page can post forms and texts without asking first, but not JSON.
    if scope["method"] in SAFE_METHODS:
        return
    given = (header(scope, "Content-Type") or "").partition(";")[0].strip().lower()
    if given != JSON:
        raise Refused(
            415, f"Send 'Content-Type: {JSON}' with {scope['method']}, also without a body."
        )
