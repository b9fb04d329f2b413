"""Makes a mocks document of a description."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import shorten

from websocket_mock.scripts.importing.asyncapi.contracts import contract
from websocket_mock.scripts.importing.asyncapi.conversation import Conversation, Exchange
from websocket_mock.scripts.importing.asyncapi.handshakes import (
    binding_rules,
    credential_rules,
    listed,
    parameter_rules,
    subprotocols_of,
)
from websocket_mock.scripts.importing.asyncapi.model import Channel, Description, Server
from websocket_mock.scripts.importing.asyncapi.paths import path_of, shape_of, split_segments
from websocket_mock.scripts.importing.draft import EndpointDraft, MocksDraft

MAX_TEXT = 600
"""The most characters of a description that a comment repeats."""


@dataclass(slots=True)
class _Place:
    """A path, and the channels that are there."""

    path: str
    captures: dict[str, str]
    server: Server | None
    channels: list[Channel] = field(default_factory=list)


def mocks_of(
    description: Description, wanted: Sequence[Channel], seed: str, origin: str
) -> MocksDraft:
    """Return the mocks that act as the application of a description.

    Args:
        description: what is described.
        wanted: those of its channels that become endpoints.
        seed: the seed of what is generated.
        origin: how the file was made, for its first comment.
    """
    channels, notes = _websocket_channels(wanted)
    places = _places(channels)
    names = _names(places)
    conversation = Conversation(description, seed, _endpoint_by_channel(places, names))
    endpoints = [_endpoint(one, names[one.path], description, conversation) for one in places]
    title = " ".join(one for one in (description.title, description.version) if one)
    comments = [title, _beginning(description.summary), origin, *description.notes, *notes]
    return MocksDraft([one for one in comments if one], endpoints)


def _beginning(text: str) -> str:
    """Return the first paragraph of a text, shortened if it is long."""
    paragraph = text.strip().replace("\r\n", "\n").partition("\n\n")[0]
    return shorten(paragraph, MAX_TEXT, placeholder=" …")


def _websocket_channels(wanted: Sequence[Channel]) -> tuple[list[Channel], list[str]]:
    """Return the channels that a WebSocket server has, and comments on the others."""
    # One without an address and without operations is only where answers come from.
    channels = [one for one in wanted if one.address is not None or one.operations]
    if not any(server.is_websocket for one in channels for server in one.servers):
        return channels, ["No server speaks ws or wss, so each channel has a path here."]
    kept = [one for one in channels if any(server.is_websocket for server in one.servers)]
    left_out = [one.name for one in channels if one not in kept]
    if not left_out:
        return kept, []
    return kept, [f"Left out, because no WebSocket server has them: {listed(left_out)}."]


def _places(channels: Sequence[Channel]) -> list[_Place]:
    places: dict[str, _Place] = {}
    for channel in channels:
        servers: dict[str, Server] = {}
        for one in channel.servers:
            if one.is_websocket:
                servers.setdefault(one.path, one)
        for server in servers.values() or [None]:
            prefix = "" if server is None else server.path
            path, captures = path_of(prefix, channel.address or "")
            place = places.setdefault(shape_of(path), _Place(path, captures, server))
            place.channels.append(channel)
    return list(places.values())


def _names(places: Sequence[_Place]) -> dict[str, str]:
    """Return the names of endpoints by their paths: the channel, if it is there and only there."""
    counts: dict[str, int] = {}
    for place in places:
        for channel in place.channels:
            counts[channel.name] = counts.get(channel.name, 0) + 1
    paths = {one.path for one in places}
    names: dict[str, str] = {}
    for place in places:
        name = place.channels[0].name
        is_own = len(place.channels) == 1 and counts[name] == 1 and name not in paths
        names[place.path] = name if is_own and name else place.path
    return names


def _endpoint_by_channel(places: Sequence[_Place], names: Mapping[str, str]) -> dict[str, str]:
    return {
        channel.name: names[place.path] for place in reversed(places) for channel in place.channels
    }


def _endpoint(
    place: _Place, name: str, description: Description, conversation: Conversation
) -> EndpointDraft:
    definitions = description.definitions
    draft = EndpointDraft({"path": place.path})
    if name != place.path:
        draft.keys = {"name": name, **draft.keys}
    if place.server is not None:
        draft.handshake += credential_rules(place.server)
        draft.comments += place.server.notes
    if len(place.channels) > 1:
        names = [one.name for one in place.channels]
        draft.comments.append(f"These channels are all at this path: {listed(names)}.")
    for channel in place.channels:
        draft.keys |= subprotocols_of(channel, definitions)
        draft.handshake += parameter_rules(channel, place.path, place.captures)
        rules, notes = binding_rules(channel, definitions)
        draft.handshake += rules
        draft.comments += [*_about(channel, place), *channel.notes, *notes]
    exchange = Exchange([one for each in place.channels for one in each.operations])
    draft.rules, notes = conversation.rules(exchange, name)
    draft.comments += notes
    accepts, notes = contract("accepts", exchange.received, definitions)
    sends, more = contract("sends", exchange.sent, definitions, conversation.breaking)
    draft.comments += [*notes, *more]
    contracts = {"accepts": accepts, "sends": sends}
    draft.contracts = {key: one for key, one in contracts.items() if one is not None}
    draft.comments = list(dict.fromkeys(draft.comments))
    return draft


def _about(channel: Channel, place: _Place) -> Iterator[str]:
    """Yield what a channel says about itself."""
    if channel.summary:
        yield _beginning(channel.summary)
    if channel.address is None:
        yield f"{channel.name} has no address, so it is at the path of its server."
    elif "?" in channel.address:
        yield f"The address {channel.address} has a query; a path has none."
    for parameter in channel.parameters:
        if parameter.summary:
            name = place.captures.get(parameter.name, parameter.name)
            yield f"{{{name}}}: {_beginning(parameter.summary)}"
    for segment in split_segments(channel.address or ""):
        yield f"{segment} is a capture here, because one takes a whole segment of a path."
