"""The verb `reset`: forget what is named, and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE
from websocket_mock.mcp_bridge.service.errors import BadArgument, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.namespaces import one_namespace

What = Literal["traffic", "faults", "mocks", "attempts", "state", "namespace"]


class ResetResult(BaseModel):
    """What was reset."""

    reset: list[str]


@verb
def reset(gateway: Gateway, what: Sequence[What], namespace: str | None = None) -> ResetResult:
    """Reset what is named; blocks for some seconds at the very worst.

    Connections stay open, unless the namespace itself is removed.

    Raises:
        ServiceError: it cannot be done in that namespace, in which case nothing is done; or
            nothing answers.
    """
    wanted: list[What] = list(dict.fromkeys(what))
    if wanted == ["traffic"] and namespace == EVERY_NAMESPACE:
        gateway.clear_traffic(namespace)
        return ResetResult(reset=list(wanted))
    space = one_namespace(gateway, namespace)
    if "namespace" in wanted:
        if namespace is None:
            raise BadArgument("namespace: name the one to remove.")
        # With it goes all the rest.
        gateway.remove_namespace(namespace)
        return ResetResult(reset=list(wanted))
    resets: Mapping[str, Callable[[], None]] = {
        "traffic": lambda: gateway.clear_traffic(namespace),
        "faults": lambda: gateway.reset_faults(space),
        "mocks": lambda: gateway.clear_mocks(space),
        "attempts": space.forget_attempts,
        "state": lambda: gateway.reset_state(namespace),
    }
    for one in wanted:
        resets[one]()
    return ResetResult(reset=list(wanted))
