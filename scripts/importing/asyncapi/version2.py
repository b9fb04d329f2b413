"""Reads AsyncAPI 2.0 to 2.6.

An operation is named from the side of the client: it can `publish` a message, so the application
receives it, and it can `subscribe` to messages that the application sends.
"""

from collections.abc import Iterator, Sequence

from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.importing.asyncapi.bundle import Schemas
from websocket_mock.scripts.importing.asyncapi.common import bindings, is_secured, parameter
from websocket_mock.scripts.importing.asyncapi.messages import Messages, Overlaid, alternatives
from websocket_mock.scripts.importing.asyncapi.model import Channel, Message, Operation, Server
from websocket_mock.scripts.importing.asyncapi.servers import read_requirements, read_servers
from websocket_mock.scripts.importing.nodes import Node

ACTIONS = {"publish": True, "subscribe": False}
"""The operations of a channel, and whether the client sends their messages."""


def read_channels(root: Node, schemas: Schemas) -> Iterator[Channel]:
    """Yield the channels of a document."""
    servers = read_servers(root, "url", lambda security: read_requirements(root, security))
    messages = Messages(root, schemas, traits_win=True)
    for address, node in root.get("channels").items():
        query, headers, notes = bindings(node, schemas)
        yield Channel(
            name=address,
            address=address,
            summary=node.text("description"),
            parameters=tuple(parameter(*pair) for pair in node.get("parameters").items()),
            query=query,
            headers=headers,
            servers=tuple(_servers_of(node, servers)),
            operations=tuple(_operations(node, messages)),
            notes=tuple(notes),
        )


def _servers_of(channel: Node, servers: dict[str, Server]) -> Sequence[Server]:
    named = list(channel.get("servers").members())
    if not named:
        return list(servers.values())
    found = []
    for one in named:
        name = one.as_text()
        if name in servers:
            found.append(servers[name])
        else:
            one.fail(f"there is no server {name!r}; {nearest(name, servers, 'there are none')}")
    return found


def _operations(channel: Node, messages: Messages) -> Iterator[Operation]:
    for action, is_from_client in ACTIONS.items():
        node = channel.get(action)
        if not node:
            continue
        part = Overlaid(node, traits_win=True)
        name = part.text("operationId") or action
        yield Operation(
            name=name,
            is_from_client=is_from_client,
            messages=tuple(_messages(node, name, messages)),
            summary=part.summary(),
            notes=is_secured(part, name),
        )


def _messages(operation: Node, name: str, messages: Messages) -> Iterator[Message]:
    node = operation.get("message")
    if not node:
        return
    for index, one in enumerate(alternatives(node)):
        own = one.text("messageId") or one.text("name")
        label = one.label if one.label not in ("message", str(index)) else ""
        number = f" {index + 1}" if index else ""
        yield messages.read(one, own or label or f"{name}{number}")
