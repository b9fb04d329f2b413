"""Finds the fault of an opening handshake."""

from collections.abc import Iterable

from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.connection import concerns
from websocket_mock.actors.faults.kind import HandshakeFault
from websocket_mock.actors.values.randomness import seeded


def find_handshake_fault(
    faults: Iterable[CompiledFault], endpoint: str | None, attempt: int, seed: str, now: float
) -> tuple[str, HandshakeFault] | None:
    """Return the first fault that hits a handshake, with its label, or None.

    Args:
        faults: the faults that may apply to it.
        endpoint: the endpoint of the mocks; None: there is none.
        attempt: the number of this connection of the same client.
        seed: of all random choices on the connection.
        now: monotonic seconds.
    """
    for fault in faults:
        is_in_force = not fault.is_over(now) and concerns(fault, endpoint, attempt)
        if isinstance(fault.behaviour, HandshakeFault) and is_in_force:
            luck = seeded(f"{fault.seed}/{seed}").random()
            if luck < fault.source.probability:
                return fault.label, fault.behaviour
    return None
