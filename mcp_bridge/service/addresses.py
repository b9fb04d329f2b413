"""The addresses that clients connect to."""

from websocket_mock.actors.values.models import TransportStatus
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope, prefix_of


def url_of(status: TransportStatus, scope: Scope) -> str:
    """Return the address that clients of a scope connect to, without a path."""
    return _in_scope(status.url, scope)


def secure_url_of(status: TransportStatus, scope: Scope) -> str | None:
    """Return the address that TLS clients of a scope connect to; None: there is none."""
    return None if status.secure_url is None else _in_scope(status.secure_url, scope)


def _in_scope(url: str, scope: Scope) -> str:
    return url if scope == EVERY_NAMESPACE else url + prefix_of(scope)
