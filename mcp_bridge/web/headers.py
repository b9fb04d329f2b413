"""The headers that tell a browser what it may do with our answers."""

from starlette.types import Message, Scope, Send

CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"img-src 'self' data: blob:; font-src 'self'; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'none'"
)

ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}


def secured(scope: Scope, send: Send) -> Send:
    """Return a `send` that adds the headers, and takes away any that would let others read."""
    # Files of the page may be kept if the browser asks each time whether they are still the same.
    keep = b"no-cache" if scope["path"].startswith("/page/") else b"no-store"

    async def send_secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": _secured(list(message.get("headers", ())), keep)}
        await send(message)

    return send_secured


def _secured(given: list[tuple[bytes, bytes]], keep: bytes) -> list[tuple[bytes, bytes]]:
    # ASGI has names in lower case. A mapping of headers would take 8 us of each answer.
    values = dict(given)
    own = dict(ALWAYS)
    if b"cache-control" not in values:
        own[b"cache-control"] = keep
    if values.get(b"content-type", b"").startswith(b"text/html"):
        own[b"content-security-policy"] = CONTENT_SECURITY_POLICY
    kept = [one for one in given if one[0] not in own and not one[0].startswith(b"access-control-")]
    return [*kept, *own.items()]
