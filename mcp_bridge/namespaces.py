"""The `namespace` parameter of the tools: one namespace, or how far a question reaches.

Every tool that is given a name uses that namespace, which makes it where there is none.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

from fastmcp.exceptions import ToolError
from pydantic import Field

from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope
from websocket_mock.mcp_bridge.state import BridgeState

InNamespace = Annotated[
    str | None,
    Field(description="name of a namespace (clients connect to /ns/NAME/…); null: outside of any"),
]
OfNamespaces = Annotated[
    str | None,
    Field(
        description="name of a namespace (clients connect to /ns/NAME/…); null: outside of any; "
        '"*": everything'
    ),
]


def one_namespace(state: BridgeState, name: str | None) -> Namespace:
    """Return the namespace that a tool works in.

    Raises:
        ToolError: all of them were named.
        BadNamespace: no namespace can have the name.
        TooManyNamespaces: there are too many to make one more.
    """
    if name == EVERY_NAMESPACE:
        raise ToolError('namespace: "*" means all of them. Name one here, or leave it out.')
    return state.gateway.library.use(name)


def scope_of(state: BridgeState, name: str | None) -> Scope:
    """Return how far a tool reaches.

    Raises:
        BadNamespace: no namespace can have the name.
        TooManyNamespaces: there are too many to make one more.
    """
    return name if name == EVERY_NAMESPACE else one_namespace(state, name).name


def holding(state: BridgeState, scope: Scope) -> AbstractContextManager[object]:
    """Keep what a long question is about from expiring meanwhile. Raises as `scope_of` does."""
    return nullcontext() if scope == EVERY_NAMESPACE else state.gateway.library.holding(scope)
