"""Finds the fault of an opening handshake, and that of the TLS handshake before it."""

from collections.abc import Iterable

from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.connection import concerns
from websocket_mock.actors.faults.kind import HandshakeFault, TlsFault
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
        kind = fault.behaviour
        if isinstance(kind, TlsFault) or not isinstance(kind, HandshakeFault):
            continue
        if _hits(fault, endpoint, attempt, seed, now):
            return fault.label, kind
    return None


def find_tls_fault(
    faults: Iterable[CompiledFault], server_name: str | None, attempt: int, seed: str, now: float
) -> tuple[str, TlsFault] | None:
    """Return the first fault that hits a TLS handshake, with its label, or None.

    Args:
        faults: the faults that may apply to it.
        server_name: the host name that the client wants (SNI).
        attempt: the number of this connection from the same address to the same name.
        seed: of all random choices on the connection.
        now: monotonic seconds.
    """
    for fault in faults:
        kind = fault.behaviour
        if (
            isinstance(kind, TlsFault)
            and kind.server_name in (None, server_name)
            and _hits(fault, None, attempt, seed, now)
        ):
            return fault.label, kind
    return None


def _hits(fault: CompiledFault, endpoint: str | None, attempt: int, seed: str, now: float) -> bool:
    if fault.is_over(now) or not concerns(fault, endpoint, attempt):
        return False
    return seeded(f"{fault.seed}/{seed}").random() < fault.source.probability
