"""Reads AsyncAPI 3.

The action of an operation is that of the application: it can `send` or `receive`.
"""

from collections.abc import Iterator, Sequence

from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.importing.asyncapi.bundle import Schemas
from websocket_mock.scripts.importing.asyncapi.common import bindings, is_secured, parameter
from websocket_mock.scripts.importing.asyncapi.messages import Messages, Overlaid
from websocket_mock.scripts.importing.asyncapi.model import (
    Channel,
    Message,
    Operation,
    Reply,
    Server,
)
from websocket_mock.scripts.importing.asyncapi.servers import read_schemes, read_servers
from websocket_mock.scripts.importing.nodes import Node

ACTIONS = {"receive": True, "send": False}
"""What an operation does, and whether the client sends its messages."""


def read_channels(root: Node, schemas: Schemas) -> Iterator[Channel]:
    """Yield the channels of a document."""
    return _Reader(root, schemas).channels()


class _Reader:
    def __init__(self, root: Node, schemas: Schemas) -> None:
        self._root, self._schemas = root, schemas
        self._messages = Messages(root, schemas, traits_win=False)
        self._servers = read_servers(root, "pathname", read_schemes)
        self._replies: set[str | None] = set()
        """The channels that only have answers."""
        self._names = {node.identity: name for name, node in root.get("channels").items()}
        self._server_names = {node.identity: name for name, node in root.get("servers").items()}

    def channels(self) -> Iterator[Channel]:
        operations: dict[str, list[Operation]] = {}
        for name, node in self._root.get("operations").items():
            for channel, operation in self._operation(name, node):
                operations.setdefault(channel, []).append(operation)
        for name, node in self._root.get("channels").items():
            query, headers, notes = bindings(node, self._schemas)
            unused = [str(one) for one in node.get("messages").value or ()]
            if unused and name not in operations and name not in self._replies:
                notes.append(f"No operation says who sends {', '.join(unused)}.")
            yield Channel(
                name=name,
                address=node.text("address") if node.get("address") else None,
                summary=node.text("description") or node.text("summary") or node.text("title"),
                parameters=tuple(parameter(*pair) for pair in node.get("parameters").items()),
                query=query,
                headers=headers,
                servers=tuple(self._servers_of(node)),
                operations=tuple(operations.get(name, ())),
                notes=tuple(notes),
            )

    def _servers_of(self, channel: Node) -> Sequence[Server]:
        named = list(channel.get("servers").members())
        if not named:
            return list(self._servers.values())
        names = [self._server_names.get(one.identity) for one in named if one]
        return [self._servers[one] for one in names if one is not None]

    def _operation(self, name: str, node: Node) -> Iterator[tuple[str, Operation]]:
        part = Overlaid(node, traits_win=False)
        action, channel = part.text("action"), node.get("channel")
        if action not in ACTIONS:
            hint = nearest(action, ACTIONS, "allowed: send, receive")
            node.child("action").fail(f"{action!r} is no action; {hint}")
            return
        if not channel:
            if node.child("channel").value is None:
                node.fail("an operation needs a channel")
            return
        owner = self._names.get(channel.identity)
        if owner is None:
            node.child("channel").fail("the reference does not lead to one of the channels")
            return
        yield (
            owner,
            Operation(
                name=name,
                is_from_client=ACTIONS[action],
                messages=tuple(self._messages_of(node, channel)),
                summary=part.summary(),
                reply=self._reply(part.get("reply"), channel),
                notes=is_secured(part, name),
            ),
        )

    def _messages_of(self, operation: Node, channel: Node) -> Iterator[Message]:
        """Yield the messages of an operation, by default all that its channel has."""
        if operation.child("messages").value is None:
            for name, node in channel.get("messages").items():
                yield self._messages.read(node, name)
            return
        for node in operation.get("messages").members():
            if node:
                yield self._messages.read(node, node.label)

    def _reply(self, node: Node, channel: Node) -> Reply | None:
        if not node:
            return None
        target = node.get("channel")
        messages = tuple(self._messages_of(node, target or channel))
        name = self._names.get(target.identity) if target else None
        self._replies.add(name)
        has_address = bool(target.get("address")) if target else False
        is_own = target.get("address").value == channel.get("address").value if target else True
        return Reply(messages, None if is_own or not has_address else name)
