"""The addresses that clients connect to."""

from websocket_mock.actors.values.models import TransportStatus
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope, prefix_of


def url_of(status: TransportStatus, scope: Scope) -> str:
    """Return the address that clients of a scope connect to, without a path."""
    return status.url if scope == EVERY_NAMESPACE else status.url + prefix_of(scope)
