"""Which pages may send requests: the checks of Host, Origin and Sec-Fetch-Site.

A web page from elsewhere can make a browser send requests to this machine. The browser says so in
these headers, and pages cannot forge them.
"""

import ipaddress
import re
from dataclasses import dataclass

from starlette.types import Scope

from websocket_mock.mcp_bridge.web.exposure import is_loopback
from websocket_mock.mcp_bridge.web.refusals import Refused, header, shown

VISITED = frozenset({"/", "/login"})
"""The pages that a link from elsewhere may open."""

_PORTS = {"http": 80, "https": 443}
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(0|[1-9][0-9]{0,4}))?")
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a page comes from: scheme, host in lower case without brackets, and port."""

    scheme: str
    host: str
    port: int


def own_origin(scope: Scope, *, only_loopback: bool) -> Origin:
    """Return the origin that the request was sent to, by its Host header.

    Args:
        scope: an http or websocket scope.
        only_loopback: whether Host must name this machine. A page can point its own name at
            127.0.0.1 (DNS rebinding), and its requests would then look like our page's.

    Raises:
        Refused: 400 without a Host that makes sense, 421 for a foreign one.
    """
    scheme = _SCHEMES[scope.get("scheme", "http")]
    host = header(scope, "Host")
    own = None if host is None else _parse_authority(scheme, host)
    if own is None:
        raise Refused(400, "The Host header is missing or makes no sense.")
    if only_loopback and not is_loopback(own.host):
        raise Refused(
            421,
            f"This server is not {shown(own.host)}: it answers only to localhost, 127.0.0.1 and "
            f"[::1]. Use {scheme}://localhost:{own.port}, or start it with another --host.",
        )
    return own


def check_origin(scope: Scope, own: Origin) -> None:
    """Check that the page that sent a request, if one did, is our own.

    Raises:
        Refused: 403 if it is not.
    """
    given = header(scope, "Origin")
    if given is not None and parse_origin(given) != own:
        raise Refused(
            403,
            f"Web pages of {shown(given)} may not use this server. "
            "Only its own page may. Programs send no Origin header.",
        )


def check_fetch_site(scope: Scope) -> None:
    """Check by Sec-Fetch-Site, if a browser sent it, that no foreign page is behind a request.

    Unlike Origin, it comes with images and scripts, too. A link to our pages is fine.

    Raises:
        Refused: 403 if one is.
    """
    site = header(scope, "Sec-Fetch-Site")
    if site is None or site in ("same-origin", "none") or _is_followed_link(scope):
        return
    raise Refused(
        403, f"A web page from elsewhere sent this request (Sec-Fetch-Site: {shown(site)})."
    )


def is_navigation(scope: Scope) -> bool:
    """Tell whether a browser wants to show the answer as a page of its own."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    mode = header(scope, "Sec-Fetch-Mode")
    if mode is None:
        return any(b"text/html" in kinds for name, kinds in scope["headers"] if name == b"accept")
    return mode == "navigate" and header(scope, "Sec-Fetch-Dest") == "document"


def parse_origin(text: str) -> Origin | None:
    """Return the origin that an Origin header names; None for `null` and what makes no sense."""
    scheme, separator, authority = text.partition("://")
    if not separator or scheme.lower() not in _PORTS:
        return None
    return _parse_authority(scheme.lower(), authority)


def _is_followed_link(scope: Scope) -> bool:
    return (
        scope["path"] in VISITED
        and header(scope, "Sec-Fetch-Mode") is not None
        and is_navigation(scope)
    )


def _parse_authority(scheme: str, text: str) -> Origin | None:
    found = _AUTHORITY.fullmatch(text.lower())
    if found is None:
        return None
    address, name, port = found.groups()
    number = _PORTS[scheme] if port is None else int(port)
    if number > _MAX_PORT:
        return None
    if address is None:
        return Origin(scheme, name, number)
    try:
        return Origin(scheme, ipaddress.IPv6Address(address).compressed, number)
    except ValueError:
        return None
