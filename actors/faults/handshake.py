"""Finds the fault of an opening handshake."""

from collections.abc import Iterable

from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.connection import concerns
from websocket_mock.actors.faults.kinds.wrong_accept import WrongAccept
from websocket_mock.actors.values.randomness import seeded


def find_wrong_accept(
    faults: Iterable[CompiledFault], endpoint: str | None, attempt: int, seed: str, now: float
) -> str | None:
    """Return the label of the fault that gives a handshake a wrong accept key, or None.

    Args:
        faults: the faults that may apply to it.
        endpoint: the endpoint of the mocks; None: there is none.
        attempt: the number of this connection of the same client.
        seed: of all random choices on the connection.
        now: monotonic seconds.
    """
    for fault in faults:
        is_in_force = not fault.is_over(now) and concerns(fault, endpoint, attempt)
        if isinstance(fault.behaviour, WrongAccept) and is_in_force:
            luck = seeded(f"{fault.seed}/{seed}").random()
            if luck < fault.source.probability:
                return fault.label
    return None
