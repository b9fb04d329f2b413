"""Logging in and out: the page with the form, and what it posts to."""

from importlib.resources import files

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from websocket_mock.mcp_bridge.web.origins import Origin
from websocket_mock.mcp_bridge.web.refusals import Refused
from websocket_mock.mcp_bridge.web.sessions import Sessions
from websocket_mock.mcp_bridge.web.token import TokenCheck

LOGIN, LOGOUT = "/login", "/logout"
FORM_FILES = frozenset({"/page/login.css", "/page/login.js"})
"""What the form needs, and everybody may see."""

MAX_LOGIN = 8 * 1024
"""Bytes of a body."""


class Login:
    """Answers requests to `/login` and `/logout`. Only on the event loop."""

    def __init__(self, token: TokenCheck | None, sessions: Sessions) -> None:
        self._token = token
        self._sessions = sessions
        page = files("websocket_mock.mcp_bridge") / "page" / "login.html"
        self._form = page.read_text(encoding="utf-8")

    async def answer(self, request: Request, own: Origin) -> Response:
        """Return the answer to a request that the guard has let in.

        Raises:
            Refused: 401, 405, 422 or 429.
        """
        match request.scope["path"], request.method:
            case "/login", "GET" | "HEAD":
                return self._show_form(request, own)
            case "/login", "POST":
                return self._log_in(await request.body(), request, own)
            case "/logout", "POST":
                cookie = self._sessions.end(request.scope, own)
                return Response(status_code=204, headers={"Set-Cookie": cookie})
            case _:
                path = request.scope["path"]
                allowed = "GET, HEAD, POST" if path == LOGIN else "POST"
                raise Refused(405, f"{path} takes {allowed}.", {"Allow": allowed})

    def _show_form(self, request: Request, own: Origin) -> Response:
        if self._token is None or self._sessions.has(request.scope, own):
            return RedirectResponse("/", status_code=303)
        return HTMLResponse(self._form)

    def _log_in(self, body: bytes, request: Request, own: Origin) -> Response:
        if self._token is None:
            return Response(status_code=204)
        self._token.check(_read_token(body), request.scope)
        self._sessions.end(request.scope, own)
        return Response(status_code=204, headers={"Set-Cookie": self._sessions.begin(own)})


def _read_token(body: bytes) -> bytes:
    try:
        match orjson.loads(body):
            case {"token": str(token), **others} if not others:
                return token.encode()
    except orjson.JSONDecodeError:
        pass
    raise Refused(422, 'The body must be a JSON object with the token: {"token": "..."}.')
