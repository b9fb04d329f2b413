"""The verb `faults`: sets, clears and lists faults of open and future connections."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.compiler import name_faults
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.actors.matching.units import parse_duration
from websocket_mock.mcp_bridge.service.errors import argument, verb
from websocket_mock.mcp_bridge.service.fault_presets import Definition, Expanded, expand
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.namespaces import one_namespace
from websocket_mock.mcp_bridge.service.sizes import take_fitting
from websocket_mock.mcp_bridge.service.targets import choose_target

Definitions = Sequence[Definition]
"""Faults as in a mocks file: mappings, or only the name of a kind; and presets."""


class FaultModel(BaseModel):
    """A fault in force."""

    name: str
    kind: str
    of_endpoint: str | None = Field(
        description="the endpoint whose definition contains it; null: this tool can clear it"
    )
    definition: dict[str, Any] = Field(description="as it was written")
    expires_in_seconds: float | None

    @classmethod
    def of(cls, fault: CompiledFault, endpoint: str | None, now: float) -> "FaultModel":
        """Return the public form of a fault. `now` is in monotonic seconds."""
        left = None if fault.expires_at is None else round(max(0.0, fault.expires_at - now), 3)
        return cls(
            name=fault.key if endpoint is None else fault.label,
            kind=fault.kind,
            of_endpoint=endpoint,
            definition=fault.source.model_dump(mode="json", by_alias=True, exclude_unset=True),
            expires_in_seconds=left,
        )


class FaultsResult(BaseModel):
    """The faults in force after the call."""

    status: Literal["ok", "error"] = Field(description="error: nothing was changed")
    set: list[str] = Field(description="the names of the faults that were set, in their order")
    cleared: list[str]
    unknown: list[str] = Field(description="names to clear that do not exist")
    faults: list[FaultModel] = Field(
        description="all faults in force, in the order in which they act"
    )
    total: int
    warnings: list[str]
    errors: list[str] = Field(description="each with its place in the definition")


@verb
def set_faults(
    gateway: Gateway,
    definitions: Definitions = (),
    clear: Sequence[str] | Literal["all"] = (),
    expires_after: str | float | None = None,
    seed: int | str = 0,
    namespace: str | None = None,
) -> FaultsResult:
    """Clear faults, then set others; without either, list them. Blocks for at most 5 s.

    A preset that closes clients closes them when its faults are in force.

    Args:
        gateway: gives access to the actors.
        definitions: the faults to set. A fault replaces one of the same name.
        clear: the names of the faults to clear, or "all".
        expires_after: lifetime of the faults set by this call, a duration; None: no limit.
        seed: of all random choices of the faults set by this call.
        namespace: the namespace of the faults; None: outside namespaces.

    Raises:
        ServiceError: the namespace or the lifetime cannot be used, or nothing answers. Errors in
            a definition are in the result, and then nothing is changed.
    """
    space = one_namespace(gateway, namespace)
    lifetime = _seconds(expires_after)
    in_force = [fault.key for fault in gateway.faults(space)]
    gone = in_force if clear == "all" else [name for name in in_force if name in clear]
    unknown = [] if clear == "all" else [name for name in clear if name not in in_force]
    stay = [name for name in in_force if name not in gone]
    expanded = tuple(expand(definitions))
    try:
        new = _compile([fault for one in expanded for fault in one.faults], stay, seed)
    except BadDocument as error:
        problems = [str(problem) for problem in error.problems]
        return _result(gateway, space, status="error", errors=problems)
    if lifetime is not None:
        end = gateway.library.clock.monotonic() + lifetime
        new = [fault.expiring(end) for fault in new]
    if new or gone:
        gateway.set_faults(space, new, gone)
    _close_clients(gateway, space, expanded)
    names = [fault.key for fault in new]
    return _result(
        gateway,
        space,
        set=names,
        cleared=[name for name in gone if name not in names],
        unknown=unknown,
        warnings=list(_warnings(gateway, space, new)),
    )


def _close_clients(gateway: Gateway, space: Namespace, expanded: Sequence[Expanded]) -> None:
    for one in expanded:
        if one.preset is not None and one.preset.close is not None:
            wanted = [(one.target or {}).get(key) for key in ("client", "group", "endpoint")]
            gateway.close_clients(choose_target(*wanted), space.name, *one.preset.close)


def _warnings(
    gateway: Gateway, namespace: Namespace, faults: Sequence[CompiledFault]
) -> Iterator[str]:
    for fault in faults:
        endpoint = None if fault.target is None else fault.target.endpoint
        client = None if fault.target is None else fault.target.client
        if endpoint is not None and namespace.get(endpoint) is None:
            yield f"{fault.label}: there is no endpoint {endpoint!r} yet"
        if client is not None and not gateway.is_connected(client, namespace.name):
            yield f"{fault.label}: no client {client!r} is connected"


def _result(
    gateway: Gateway,
    namespace: Namespace,
    status: Literal["ok", "error"] = "ok",
    **fields: list[str],
) -> FaultsResult:
    now = gateway.library.clock.monotonic()
    models = [FaultModel.of(one, None, now) for one in gateway.faults(namespace)]
    models += [
        FaultModel.of(fault, endpoint.name, now)
        for endpoint in namespace.book.endpoints
        for fault in endpoint.faults
    ]
    lists = {name: fields.get(name, []) for name in _LISTS}
    return FaultsResult(status=status, faults=take_fitting(models), total=len(models), **lists)


_LISTS = ("set", "cleared", "unknown", "warnings", "errors")


def _compile(
    definitions: Definitions, taken: Sequence[str], seed: int | str
) -> list[CompiledFault]:
    compiled = compile_document({"seed": seed, "faults": list(definitions)}).faults
    # A fault without a name gets one that no fault in force has.
    names = name_faults([one.source for one in compiled], taken)
    return [
        replace(fault, key=name, label=name) for fault, name in zip(compiled, names, strict=True)
    ]


def _seconds(expires_after: str | float | None) -> float | None:
    if expires_after is None:
        return None
    with argument("expires_after"):
        return parse_duration(expires_after)
