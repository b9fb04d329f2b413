"""Compiles faults. Every error that a fault can have is found here."""

from collections.abc import Iterable, Sequence

from websocket_mock.actors.faults.compiled import CompiledFault, Way
from websocket_mock.actors.faults.kind import HandshakeFault, TlsFault
from websocket_mock.actors.faults.schema import Fault, TargetedFault
from websocket_mock.actors.matching.conditions import compile_message_match
from websocket_mock.actors.matching.matchers import BadMatcher, compile_matcher
from websocket_mock.actors.matching.schema import MessageMatch

_WAYS: dict[str, tuple[Way, ...]] = {
    "to_client": ("to_client",),
    "from_client": ("from_client",),
    "both": ("to_client", "from_client"),
}


class BadFault(ValueError):
    """Raised when a fault cannot be compiled; the text begins with the key that is wrong."""


def compile_fault(fault: Fault, key: str, label: str, seed: str = "") -> CompiledFault:
    """Return the compiled form of a fault.

    Args:
        fault: as a person wrote it.
        key: unique among the faults of a connection.
        label: its name for people and the journal.
        seed: of its random numbers, together with the seed of the connection.

    Raises:
        BadFault: a matcher in it is not valid, or it is a fault of TLS at an endpoint.
    """
    if isinstance(fault.behaviour, TlsFault) and not isinstance(fault, TargetedFault):
        raise BadFault(
            f"{fault.kind} happens before the path is known; put it under the `faults` of the "
            "document, not of an endpoint"
        )
    try:
        condition = compile_message_match(fault.match or MessageMatch())
    except BadMatcher as error:
        raise BadFault(f"match: {error}") from None
    try:
        has_attempt = "attempt" in fault.model_fields_set
        attempt = compile_matcher(fault.attempt) if has_attempt else None
    except BadMatcher as error:
        raise BadFault(f"attempt: {error}") from None
    return CompiledFault(
        key=key,
        label=label,
        behaviour=fault.behaviour,
        ways=_WAYS[fault.direction],
        condition=condition,
        attempt=attempt,
        seed=f"{seed}/{key}",
        target=fault if isinstance(fault, TargetedFault) else None,
        source=fault,
    )


def compile_action_fault(fault: Fault) -> CompiledFault:
    """Return a fault that an action raises. Raising the same fault again starts it over.

    Raises:
        BadFault: a matcher in it is not valid, or it is a fault of the handshake.
    """
    if isinstance(fault.behaviour, HandshakeFault):
        raise BadFault(f"{fault.kind} happens at the handshake; put it under `faults`")
    key = fault.name or fault.model_dump_json(by_alias=True, exclude_unset=True)
    return compile_fault(fault, f"raised {key}", fault.name or fault.kind)


def name_faults(faults: Sequence[Fault], taken: Iterable[str] = ()) -> list[str]:
    """Return a name for each fault: its own, or its kind, with a number if that is taken.

    Raises:
        BadFault: two of them have the same name.
    """
    own = [fault.name for fault in faults if fault.name is not None]
    twice = next((name for name in own if own.count(name) > 1), None)
    if twice is not None:
        raise BadFault(f"two faults are named {twice!r}")
    used = {*own, *taken}
    names = []
    for fault in faults:
        name, number = fault.name or fault.kind, 1
        while fault.name is None and name in used:
            number += 1
            name = f"{fault.kind}-{number}"
        used.add(name)
        names.append(name)
    return names
