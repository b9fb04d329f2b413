"""The faults of one connection, with time in the test's hands."""

from collections.abc import Collection, Sequence
from typing import Any

from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.compiler import compile_fault, name_faults
from websocket_mock.actors.faults.connection import ConnectionFaults, ConnectionIdentity
from websocket_mock.actors.faults.outcomes import Acted, Arrive, Outcome, Transmit
from websocket_mock.actors.faults.parcels import payload_of
from websocket_mock.actors.faults.schema import TargetedFault
from websocket_mock.actors.values.effects import SendText, WireEffect
from websocket_mock.actors.values.inbound import Inbound, TextReceived

IDENTITY = ConnectionIdentity("0000000a", "/mock", 1, "//127.0.0.1/1")

Document = dict[str, Any] | str


def compile_faults(*documents: Document, seed: str = "0") -> list[CompiledFault]:
    """Faults as a person writes them, compiled; they must be valid."""
    faults = [TargetedFault.model_validate(document) for document in documents]
    names = name_faults(faults)
    return [
        compile_fault(fault, name, name, seed) for fault, name in zip(faults, names, strict=True)
    ]


def text(message: str) -> TextReceived:
    """A text message from the client."""
    return TextReceived(message, len(message.encode()))


class Line:
    """Both ways of a connection, and all that has come of its faults.

    Faults that change are given whole: `set` takes all that are in force.
    """

    def __init__(
        self,
        *documents: Document,
        seed: str = "0",
        groups: Collection[str] = (),
        identity: ConnectionIdentity = IDENTITY,
    ) -> None:
        self.now = 0.0
        self.faults = ConnectionFaults(identity, groups)
        self.log: list[tuple[float, Outcome]] = []
        """Each outcome with its time."""
        self._seed = seed
        self.set(*documents)

    def set(self, *documents: Document, forgets_raised: bool = False) -> list[Outcome]:
        """Put these faults in force, and no others."""
        found = compile_faults(*documents, seed=self._seed)
        return self._keep(self.faults.refresh(found, self.now, forgets_raised=forgets_raised))

    def put(self, found: Sequence[CompiledFault]) -> list[Outcome]:
        """Put compiled faults in force, and no others."""
        return self._keep(self.faults.refresh(found, self.now))

    def raise_fault(self, fault: CompiledFault) -> list[Outcome]:
        return self._keep(self.faults.raise_fault(fault, self.now))

    def send(self, *items: str | WireEffect) -> list[Outcome]:
        """Send text messages, or anything else, to the client."""
        outcomes: list[Outcome] = []
        for item in items:
            effect = SendText(item.encode()) if isinstance(item, str) else item
            outcomes += self._keep(self.faults.send(effect, self.now))
        return outcomes

    def receive(self, *items: str | Inbound) -> list[Outcome]:
        """Let text messages, or anything else, come from the client."""
        outcomes: list[Outcome] = []
        for item in items:
            event = text(item) if isinstance(item, str) else item
            outcomes += self._keep(self.faults.receive(event, self.now))
        return outcomes

    def advance(self, seconds: float) -> list[Outcome]:
        """Let time pass, and wake the faults whenever they ask for it."""
        end, outcomes = self.now + seconds, []
        while (due := self.faults.next_wake(self.now)) is not None and due <= end:
            self.now = max(self.now, due)
            outcomes += self._keep(self.faults.wake(self.now))
        self.now = end
        return outcomes

    @property
    def sent(self) -> list[tuple[float, bytes]]:
        """The messages that went to the client, each with its time."""
        return [
            (time, payload)
            for time, one in self.log
            if isinstance(one, Transmit) and (payload := payload_of(one.effect)) is not None
        ]

    @property
    def came(self) -> list[tuple[float, bytes]]:
        """The messages that have come from the client, each with its time."""
        return [
            (time, payload)
            for time, one in self.log
            if isinstance(one, Arrive) and (payload := payload_of(one.event)) is not None
        ]

    @property
    def noted(self) -> list[str]:
        """The labels of the faults that have acted."""
        return [one.label for _, one in self.log if isinstance(one, Acted)]

    def _keep(self, outcomes: list[Outcome]) -> list[Outcome]:
        self.log += [(self.now, one) for one in outcomes]
        return outcomes


def payloads(outcomes: Sequence[Outcome]) -> list[bytes]:
    """The messages that go to the client, or have come from it."""
    return [
        payload
        for one in outcomes
        if isinstance(one, Transmit | Arrive)
        and (payload := payload_of(one.effect if isinstance(one, Transmit) else one.event))
        is not None
    ]


def without_notes(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What happens, beside what the journal has to say of it."""
    return [one for one in outcomes if not isinstance(one, Acted)]
