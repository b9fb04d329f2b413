"""The outcomes of the faults of a connection. The client actor carries them out."""

from dataclasses import dataclass

from websocket_mock.actors.faults.compiled import CompiledFault, Way
from websocket_mock.actors.faults.parcels import Item, is_text, payload_of
from websocket_mock.actors.values.effects import WireEffect
from websocket_mock.actors.values.frames import Pacing
from websocket_mock.actors.values.immutable import immutable
from websocket_mock.actors.values.inbound import Inbound


@immutable
class Transmit:
    """Send something to the client now."""

    effect: WireEffect
    pacing: Pacing | None = None


@immutable
class Arrive:
    """Something has arrived from the client."""

    event: Inbound


@dataclass(frozen=True, slots=True)
class Acted:
    """Note in the journal that a fault has acted."""

    label: str
    kind: str
    way: Way
    payload: bytes | None = None
    """The payload of the message that it hit, before the change."""
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """Note in the journal that a fault could not be applied."""

    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop reading from the client, or start again."""

    is_held: bool


@dataclass(frozen=True, slots=True)
class Freeze:
    """Make the line dead in both directions, or alive again."""

    is_frozen: bool


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Close the connection: too much waits for the client, and all of it is lost."""


Outcome = Transmit | Arrive | Acted | Failed | Hold | Freeze | GiveUp


def acted(fault: CompiledFault, way: Way, item: Item | None = None) -> Acted:
    """Return the note that a fault has acted, on a message or on the connection."""
    if item is None:
        return Acted(fault.label, fault.kind, way)
    return Acted(fault.label, fault.kind, way, payload_of(item), is_text(item))
