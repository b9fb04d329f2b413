"""What every fault is made of: one class that says what it is, what it hits, and how it acts.

A fault is a class in a module of `kinds`, which the registry finds. Its fields are what a person
writes under its key; an instance holds them. It derives from one of the families below. It knows
no connection, no clock and no counts: those are the business of `ActiveFault` and
`ConnectionFaults`.
"""

from random import Random
from typing import Any, ClassVar, Literal

from pydantic import Field

from websocket_mock.actors.faults.in_flight import InFlight
from websocket_mock.actors.faults.lane import Lane
from websocket_mock.actors.faults.parcels import Item, is_message
from websocket_mock.actors.matching.schema import Model
from websocket_mock.actors.values.effects import Abort, SendRaw
from websocket_mock.actors.values.tls import TlsPlan


class FaultKind(Model):
    """Base of all faults. An instance is immutable."""

    key: ClassVar[str]
    """What a person writes."""
    summary: ClassVar[str]
    """What it does, in a few words, for the reference and for editors."""
    needs_parameters: ClassVar[bool] = False
    """Whether it must have parameters."""
    is_two_way: ClassVar[bool] = False
    """Whether it can also act on messages from the client."""
    takes_match: ClassVar[bool] = True
    """Whether it can be limited to certain messages."""
    is_noted_once: ClassVar[bool] = False
    """Whether the journal notes only that it began, not each message."""
    hits_everything: ClassVar[bool] = False
    """Whether it hits pings, pongs and closes too, unless certain messages are named."""
    line: ClassVar[Literal["held", "frozen"] | None] = None
    """What it does to the line while it lasts: a held line is not read, a frozen line is dead."""
    ending: ClassVar[Abort | None] = None
    """How it ends the connection; None: it does not end it."""

    def hits(self, item: Item) -> bool:
        """Return whether it acts on an item of this kind."""
        return is_message(item)

    def is_blocked(self, lane: Lane) -> bool:  # noqa: ARG002 - for those that are
        """Return whether items under way keep it from acting now."""
        return False

    def memory(self) -> Any:  # noqa: ANN401 - each fault's own
        """Return its state for one connection and direction; it is kept between messages."""
        return None

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401
        """Act on a message.

        Args:
            message: the message under way.
            random: its own random numbers.
            memory: the result of `memory` for this connection and direction.
        """


class MessageFault(FaultKind):
    """Something happens to data messages."""


class FrameFault(FaultKind):
    """Frames go out that break the protocol (RFC 6455 section 5), whole and uncompressed."""

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Replace the message by the frames."""
        message.change(lambda item: self.frames(item, random))

    def frames(self, item: Item, random: Random) -> SendRaw:
        """Return the frames that are sent instead of a data message."""
        raise NotImplementedError


class AnswerFault(FaultKind):
    """An answer that the protocol demands is missing."""

    takes_match = False

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Lose the answer."""
        message.lose()


class ConnectionFault(FaultKind):
    """Something happens to the connection: at once, or with a certain message."""

    loses_message: ClassVar[bool] = True
    """Whether the message that it waited for is lost."""

    def act(self, message: InFlight, random: Random, memory: Any) -> None:  # noqa: ANN401, ARG002
        """Lose the message if the fault takes it along."""
        if self.loses_message:
            message.lose()


class HandshakeFault(FaultKind):
    """Something is wrong with the opening handshake."""

    takes_match = False


class TlsFault(HandshakeFault):
    """Something is wrong with TLS. It is chosen when the ClientHello has arrived.

    The path is not known then, so it cannot be limited to an endpoint.
    """

    server_name: str | None = Field(
        default=None, description="only for clients that want this host name (SNI)"
    )

    def plan(self) -> TlsPlan:
        """Return what it does to the TLS handshake."""
        raise NotImplementedError
