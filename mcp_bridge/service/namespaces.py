"""The namespaces of a verb: the one that it works in, or those that a question covers.

Using a namespace creates it if it does not exist.
"""

from contextlib import AbstractContextManager, nullcontext

from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope
from websocket_mock.mcp_bridge.service.errors import BadArgument
from websocket_mock.mcp_bridge.service.gateway import Gateway


def one_namespace(gateway: Gateway, name: str | None) -> Namespace:
    """Return the namespace that a verb works in.

    Raises:
        BadArgument: the name means all namespaces.
        BadNamespace: the name is not allowed.
        TooManyNamespaces: there are too many to create another one.
    """
    if name == EVERY_NAMESPACE:
        raise BadArgument('namespace: "*" means all namespaces. Give one name, or leave it out.')
    return gateway.library.use(name)


def scope_of(gateway: Gateway, name: str | None) -> Scope:
    """Return the namespaces that a question covers.

    Raises:
        BadNamespace: the name is not allowed.
        TooManyNamespaces: there are too many to create another one.
    """
    return name if name == EVERY_NAMESPACE else one_namespace(gateway, name).name


def holding(gateway: Gateway, scope: Scope) -> AbstractContextManager[object]:
    """Keep a namespace from expiring during a long question. Raises what `scope_of` raises."""
    return nullcontext() if scope == EVERY_NAMESPACE else gateway.library.holding(scope)
