"""What a verb is about: one namespace, or how far a question reaches.

Every verb that is given a name uses that namespace, which makes it where there is none.
"""

from contextlib import AbstractContextManager, nullcontext

from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope
from websocket_mock.mcp_bridge.service.errors import BadArgument
from websocket_mock.mcp_bridge.service.gateway import Gateway


def one_namespace(gateway: Gateway, name: str | None) -> Namespace:
    """Return the namespace that a verb works in.

    Raises:
        BadArgument: all of them were named.
        BadNamespace: no namespace can have the name.
        TooManyNamespaces: there are too many to make one more.
    """
    if name == EVERY_NAMESPACE:
        raise BadArgument('namespace: "*" means all of them. Name one here, or leave it out.')
    return gateway.library.use(name)


def scope_of(gateway: Gateway, name: str | None) -> Scope:
    """Return how far a question reaches.

    Raises:
        BadNamespace: no namespace can have the name.
        TooManyNamespaces: there are too many to make one more.
    """
    return name if name == EVERY_NAMESPACE else one_namespace(gateway, name).name


def holding(gateway: Gateway, scope: Scope) -> AbstractContextManager[object]:
    """Keep what a long question is about from expiring meanwhile. Raises as `scope_of` does."""
    return nullcontext() if scope == EVERY_NAMESPACE else gateway.library.holding(scope)
