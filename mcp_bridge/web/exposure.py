"""Which addresses may be listened on without a token."""

import ipaddress


class PublicWithoutToken(Exception):
    """Raised when the server would listen beyond loopback without a token."""


def check_exposure(host: str, *, has_token: bool) -> None:
    """Check that other machines need a token.

    Raises:
        PublicWithoutToken: they would; the text says what to do.
    """
    if not has_token and not is_loopback(host):
        raise PublicWithoutToken(
            f"MCP on {host} is reachable from other machines: "
            "give a token with --token or MCP_TOKEN, or use --host localhost"
        )


def is_loopback(host: str) -> bool:
    """Tell whether an address is reachable from this machine only."""
    # Asked for each request, and mostly for this name; an exception takes longer than the rest.
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
