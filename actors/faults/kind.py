"""What every fault is made of: one class that says what it is, what it hits, and how it acts.

A fault is a class in a module of `kinds`, which the registry finds. Its fields are what a person
writes behind its key; an instance holds them. It derives from one of the families below. It knows
no connection, no clock and no counts: those are the business of `ActiveFault` and
`ConnectionFaults`.
"""

from random import Random
from typing import Any, ClassVar, Literal

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.lane import Lane
from websocket_mock.actors.faults.parcels import Item, is_message
from websocket_mock.actors.matching.schema import Model
from websocket_mock.actors.values.effects import Abort, SendRaw


class FaultKind(Model):
    """Base of all faults. An instance is immutable."""

    key: ClassVar[str]
    """What a person writes."""
    summary: ClassVar[str]
    """What it does, in a few words, for the reference and for editors."""
    needs_parameters: ClassVar[bool] = False
    """Whether it says nothing without its parameters."""
    is_two_way: ClassVar[bool] = False
    """Whether it can also happen to what comes from the client."""
    takes_match: ClassVar[bool] = True
    """Whether it can be limited to certain messages."""
    is_noted_once: ClassVar[bool] = False
    """Whether the journal notes only that it began, not each message."""
    hits_everything: ClassVar[bool] = False
    """Whether it hits pings, pongs and closes too, unless certain messages are named."""
    line: ClassVar[Literal["held", "frozen"] | None] = None
    """What it does to the line while it lasts: held is not read, frozen is dead."""
    ending: ClassVar[Abort | None] = None
    """How it ends the connection; None: it does not."""

    def hits(self, item: Item) -> bool:
        """Tell whether it is meant for something that is sent or came."""
        return is_message(item)

    def is_blocked(self, lane: Lane) -> bool:  # noqa: ARG002 - for those that are
        """Tell whether what is on the way keeps it from acting for now."""
        return False

    def memory(self) -> Any:  # noqa: ANN401 - each fault's own
        """Return what it remembers on one connection and direction from one message to the next."""
        return None

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401
        """Change what becomes of a message.

        Args:
            message: on its way.
            random: its own random numbers.
            memory: what `memory` returned for this connection and direction.
        """


class MessageFault(FaultKind):
    """Something happens to data messages."""


class FrameFault(FaultKind):
    """Frames go out that break the protocol (RFC 6455 section 5), whole and uncompressed."""

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Put the frames in the place of the message."""
        message.change(lambda item: self.frames(item, random))

    def frames(self, item: Item, random: Random) -> SendRaw:
        """Return what goes out instead of a data message."""
        raise NotImplementedError


class AnswerFault(FaultKind):
    """An answer that the protocol asks for is missing."""

    takes_match = False

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Lose the answer."""
        message.lose()


class ConnectionFault(FaultKind):
    """Something happens to the connection: at once, or with a message that is named."""

    loses_message: ClassVar[bool] = True
    """Whether a message it waited for is lost."""

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Take the message with it."""
        if self.loses_message:
            message.lose()


class HandshakeFault(FaultKind):
    """Something is wrong with the opening handshake."""

    takes_match = False
