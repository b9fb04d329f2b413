"""The target of a verb: one client, a group, the clients of an endpoint, or all clients."""

from websocket_mock.actors.values.models import ClientId
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope
from websocket_mock.actors.values.targets import AtEndpoint, Everyone, InGroup, OneClient, Target
from websocket_mock.mcp_bridge.service.errors import BadArgument


def choose_target(client: str | None, group: str | None, endpoint: str | None) -> Target:
    """Return the target of a verb.

    Raises:
        BadArgument: more than one of them was given.
    """
    if sum(one is not None for one in (client, group, endpoint)) > 1:
        raise BadArgument("Give at most one of target_client, target_group and target_endpoint.")
    if client is not None:
        return OneClient(ClientId(client))
    if group is not None:
        return InGroup(group)
    return Everyone() if endpoint is None else AtEndpoint(endpoint)


def why_nobody(target: Target, scope: Scope) -> list[str]:
    """Return why no client was found; empty if the target is all clients."""
    place = {None: "", EVERY_NAMESPACE: " in any namespace"}.get(scope, f" in namespace {scope!r}")
    match target:
        case OneClient(client_id=client_id):
            next_step = "get_websocket_clients for the ids of the connected clients"
            what = f"No client {client_id!r} is connected{place}"
        case InGroup(group=group):
            next_step = "list_websocket_mocks for the endpoints; their rules add clients to groups"
            what = f"No client is in the group {group!r}{place}"
        case AtEndpoint(endpoint=endpoint):
            next_step = "list_websocket_mocks for the endpoints and their clients"
            what = f"No client is connected to the endpoint {endpoint!r}{place}"
        case _:
            return []
    return [f"{what}. Call {next_step}."]
