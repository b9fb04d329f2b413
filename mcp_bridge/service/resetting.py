"""The verb `reset`: resets the parts that are named, and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE
from websocket_mock.mcp_bridge.service.errors import BadArgument, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.namespaces import one_namespace

What = Literal["traffic", "faults", "mocks", "attempts", "state", "variables", "namespace"]


class ResetResult(BaseModel):
    """The result of a reset."""

    reset: list[str]


@verb
def reset(gateway: Gateway, what: Sequence[What], namespace: str | None = None) -> ResetResult:
    """Reset the named parts. Blocks for a few seconds at most.

    Only removing the namespace closes connections.

    Raises:
        ServiceError: it is not possible in that namespace, and nothing was reset; or nothing
            answers.
    """
    wanted: list[What] = list(dict.fromkeys(what))
    if wanted == ["traffic"] and namespace == EVERY_NAMESPACE:
        gateway.clear_traffic(namespace)
        return ResetResult(reset=list(wanted))
    space = one_namespace(gateway, namespace)
    if "namespace" in wanted:
        if namespace is None:
            raise BadArgument("namespace: give the name of the namespace to remove.")
        # This removes everything else in it too.
        gateway.remove_namespace(namespace)
        return ResetResult(reset=list(wanted))
    resets: Mapping[str, Callable[[], None]] = {
        "traffic": lambda: gateway.clear_traffic(namespace),
        "faults": lambda: gateway.reset_faults(space),
        "mocks": lambda: gateway.clear_mocks(space),
        "attempts": space.forget_attempts,
        "variables": space.memories.forget,
        "state": lambda: gateway.reset_state(namespace),
    }
    for one in wanted:
        resets[one]()
    return ResetResult(reset=list(wanted))
