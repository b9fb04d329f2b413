"""The shell around the faults of one connection: it carries out what they decide.

While a connection has faults, this stands between the client actor and its `Sender`. Otherwise the
actor uses its sender directly, and faults cost nothing.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol, assert_never

from websocket_mock.actors.clients.receiver import Receiver
from websocket_mock.actors.clients.sender import Sender
from websocket_mock.actors.clients.timers import Timers
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.connection import ConnectionFaults
from websocket_mock.actors.faults.outcomes import (
    Acted,
    Arrive,
    Failed,
    Freeze,
    GiveUp,
    Hold,
    Outcome,
    Transmit,
)
from websocket_mock.actors.values.effects import SendText, WireEffect
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.ports import Clock, Outbox

SLOW_CONSUMER = (1013, "slow consumer")
"""The close code and reason when faults hold up too many messages (RFC 6455 section 7.4)."""


class Owner(Protocol):
    """The client actor that the faults belong to."""

    def arrive(self, event: Inbound) -> None:
        """Handle something from the client that the faults have let through."""

    def choose_way(self, *, is_faulty: bool) -> None:
        """Send through the faults from now on, or directly."""

    def report_problem(self, rule: str, reason: str) -> None:
        """Report that a fault could not do its work."""


class FaultInjector:
    """Applies faults to both directions of one connection. The dispatcher's thread only.

    Args:
        faults: decide what happens; they are pure.
        sender: sends what the faults let through.
        outbox: changes how the line behaves.
        receiver: records what the faults did.
        owner: the actor.
        timers: the timers of the actor.
        clock: the time.
    """

    def __init__(
        self,
        faults: ConnectionFaults,
        sender: Sender,
        outbox: Outbox,
        receiver: Receiver,
        owner: Owner,
        timers: Timers,
        clock: Clock,
    ) -> None:
        self._faults = faults
        self._sender = sender
        self._outbox = outbox
        self._receiver = receiver
        self._owner = owner
        self._clock = clock
        self._alarm = timers.alarm(self._wake)
        self._is_in_the_way = False
        """Whether the owner sends through the faults."""
        self._outcomes: deque[Outcome] = deque()
        """The outcomes that are still to be carried out, in their order."""
        self._is_busy = False
        self._now = 0.0
        """The time of the latest outcomes; monotonic seconds."""

    # --- faults -------------------------------------------------------------------------------

    def refresh(self, found: Sequence[CompiledFault], *, forgets_raised: bool = False) -> None:
        """Use the faults that are active now; `forgets_raised` drops those that actions raised."""
        now = self._clock.monotonic()
        self._do(self._faults.refresh(found, now, forgets_raised=forgets_raised), now)

    def raise_fault(self, fault: CompiledFault) -> None:
        """Add a fault for this connection only."""
        now = self._clock.monotonic()
        self._do(self._faults.raise_fault(fault, now), now)

    # --- traffic: like a sender ---------------------------------------------------------------

    def send_text(self, payload: bytes) -> None:
        """Send a text message, encoded as UTF-8, if the faults let it through."""
        self.carry_out(SendText(payload))

    def carry_out(self, effect: WireEffect) -> None:
        """Do what the effect says, if the faults let it through."""
        now = self._clock.monotonic()
        self._do(self._faults.send(effect, now), now)

    def receive(self, event: Inbound) -> None:
        """Handle something from the client, if the faults let it through."""
        now = self._clock.monotonic()
        if not self._is_busy and self._faults.lets_in(now):
            self._owner.arrive(event)
        else:
            self._do(self._faults.receive(event, now), now)

    def end(self) -> None:
        """Let everything arrive that the client has sent, because the connection is lost."""
        self._do(self._faults.flush(), self._clock.monotonic())

    # --- outcomes -----------------------------------------------------------------------------

    def _do(self, outcomes: Sequence[Outcome], now: float) -> None:
        self._now = now
        self._outcomes.extend(outcomes)
        if self._is_busy:
            # An outcome has led to more outcomes. They come after those that came with it.
            return
        if self._outcomes:
            self._carry_out_all()
            now = self._now
        # This uses the time of the outcomes, because what became due since has not happened yet.
        self._alarm.set(self._faults.next_wake(now))
        is_faulty = not self._faults.is_idle(now)
        if is_faulty != self._is_in_the_way:
            self._is_in_the_way = is_faulty
            self._owner.choose_way(is_faulty=is_faulty)

    def _carry_out_all(self) -> None:
        self._is_busy = True
        try:
            while self._outcomes:
                self._carry_out(self._outcomes.popleft())
        finally:
            self._is_busy = False

    def _carry_out(self, outcome: Outcome) -> None:
        # Most outcomes are these, and to match a pattern takes twice as long.
        if isinstance(outcome, Transmit) and outcome.pacing is None:
            self._sender.carry_out(outcome.effect)
            return
        match outcome:
            case Transmit(effect=effect, pacing=pacing):
                self._outbox.pace(pacing)
                self._sender.carry_out(effect)
                self._outbox.pace(None)
            case Arrive(event=event):
                self._owner.arrive(event)
            case Acted():
                self._receiver.note_fault(outcome)
            case Failed(label=label, reason=reason):
                self._owner.report_problem(f"fault {label}", reason)
            case Hold(is_held=is_held):
                self._outbox.hold_reading(is_held=is_held)
            case Freeze(is_frozen=is_frozen):
                self._outbox.freeze(is_frozen=is_frozen)
            case GiveUp():
                self._sender.close(*SLOW_CONSUMER)
            case _:
                assert_never(outcome)

    def _wake(self) -> None:
        now = self._clock.monotonic()
        self._do(self._faults.wake(now), now)
