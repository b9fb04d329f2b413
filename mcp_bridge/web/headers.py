"""The headers that tell a browser what it may do with our answers."""

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def secured(scope: Scope, send: Send) -> Send:
    """Return a `send` that adds the headers, and takes away any that would let others read."""
    # Files of the page may be kept if the browser asks each time whether they are still the same.
    keep = "no-cache" if scope["path"].startswith("/page/") else "no-store"

    async def send_secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", [])))
            for name in {one for one in headers if one.startswith("access-control-")}:
                del headers[name]
            for name, value in ALWAYS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", keep)
            if headers.get("Content-Type", "").startswith("text/html"):
                headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
            message = {**message, "headers": headers.raw}
        await send(message)

    return send_secured
