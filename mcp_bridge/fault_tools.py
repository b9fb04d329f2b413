"""The MCP tool that lets things go wrong. Sync, so FastMCP runs it on a worker thread."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic import BaseModel, Field

from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.compiler import name_faults
from websocket_mock.actors.library.compiler import BadMocks, compile_mocks
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.library.problems import parse_mocks
from websocket_mock.actors.matching.units import parse_duration
from websocket_mock.mcp_bridge.annotations import CHANGES
from websocket_mock.mcp_bridge.errors import translated
from websocket_mock.mcp_bridge.gateway import Gateway
from websocket_mock.mcp_bridge.namespaces import InNamespace, one_namespace
from websocket_mock.mcp_bridge.sizes import take_fitting
from websocket_mock.mcp_bridge.state import BridgeState

Definitions = Annotated[
    list[dict[str, Any] | str],
    Field(
        description="each with one kind (latency, bandwidth, drop, duplicate, reorder, corrupt, "
        "truncate, split, drip, invalid_utf8, reserved_bit, reserved_opcode, masked, "
        "oversized_control, fragmented_control, raw, no_pong, no_close_reply, stop_reading, "
        "half_open, reset, hang_up, wrong_accept), and what you need of name, endpoint, group, "
        "client, direction, frames, probability, match, attempt, after, duration; a kind alone, "
        "such as drop, is short for {kind: {}}",
    ),
]
Cleared = Annotated[
    list[str] | Literal["all"], Field(description='names of faults to clear, or "all"')
]


class FaultModel(BaseModel):
    """A fault in force."""

    name: str
    kind: str
    of_endpoint: str | None = Field(
        description="the mock it is part of, and changed with; null: it can be cleared here"
    )
    definition: dict[str, Any] = Field(description="as it was set")
    expires_in_seconds: float | None

    @classmethod
    def of(cls, fault: CompiledFault, endpoint: str | None, now: float) -> "FaultModel":
        """Return the public form of a fault; `now` in monotonic seconds."""
        left = None if fault.expires_at is None else round(max(0.0, fault.expires_at - now), 3)
        return cls(
            name=fault.key if endpoint is None else fault.label,
            kind=fault.kind,
            of_endpoint=endpoint,
            definition=fault.source.model_dump(mode="json", by_alias=True, exclude_unset=True),
            expires_in_seconds=left,
        )


class FaultsResult(BaseModel):
    """The faults in force, after what was asked for."""

    status: Literal["ok", "error"] = Field(description="error: nothing was changed")
    set: list[str] = Field(description="names of those that were set, in their order")
    cleared: list[str]
    unknown: list[str] = Field(description="names to clear that no fault has")
    faults: list[FaultModel] = Field(description="in force, in the order they act")
    total: int
    warnings: list[str]
    errors: list[str] = Field(description="each with the place in the definition")


def add_fault_tools(mcp: FastMCP, state: BridgeState) -> None:
    """Register the tool."""

    @mcp.tool(annotations=CHANGES, title="Set WebSocket faults")
    def set_websocket_faults(
        faults: Definitions = [],  # noqa: B006 - never changed
        clear: Cleared = [],  # noqa: B006 - never changed
        expires_after: Annotated[
            str | float | None,
            Field(description="those that are set are over after so long, such as 30s"),
        ] = None,
        seed: Annotated[int | str, Field(description="of all chance in those that are set")] = 0,
        namespace: InNamespace = None,
    ) -> FaultsResult:
        """Let things go wrong on live and coming connections, or stop it; without arguments, list.

        First `clear`, then `faults`; one of the same name is replaced. They act at once, and those
        without an endpoint, group or client on all connections. What they do is in the traffic
        as entries of the kind `fault`.

        Example, a bad line, and the third message of each second connection attempt broken:
        set_websocket_faults([{"latency": {"mean": "80ms", "jitter": "40ms"}, "direction": "both"},
        {"invalid_utf8": {}, "endpoint": "prices", "attempt": 2, "frames": {"nth": 3}}]).
        """
        with translated():
            desk = _Desk(state.gateway, one_namespace(state, namespace))
            return desk.set(faults, clear, expires_after, seed)


@dataclass(frozen=True, slots=True)
class _Desk:
    """The faults of one namespace."""

    gateway: Gateway
    namespace: Namespace

    def set(
        self,
        definitions: Sequence[dict[str, Any] | str],
        clear: Sequence[str] | Literal["all"],
        expires_after: str | float | None,
        seed: int | str,
    ) -> FaultsResult:
        in_force = [fault.key for fault in self.gateway.faults(self.namespace)]
        gone = in_force if clear == "all" else [name for name in in_force if name in clear]
        unknown = [] if clear == "all" else [name for name in clear if name not in in_force]
        stay = [name for name in in_force if name not in gone]
        try:
            new = _compile(definitions, stay, seed)
        except BadMocks as error:
            problems = [str(problem) for problem in error.problems]
            return self._result(status="error", errors=problems)
        lasting = _seconds(expires_after)
        if lasting is not None:
            end = self.gateway.library.clock.monotonic() + lasting
            new = [fault.expiring(end) for fault in new]
        if new or gone:
            self.gateway.set_faults(self.namespace, new, gone)
        names = [fault.key for fault in new]
        return self._result(
            set=names,
            cleared=[name for name in gone if name not in names],
            unknown=unknown,
            warnings=list(self._warnings(new)),
        )

    def _warnings(self, faults: Sequence[CompiledFault]) -> Iterator[str]:
        for fault in faults:
            endpoint = None if fault.scope is None else fault.scope.endpoint
            client = None if fault.scope is None else fault.scope.client
            if endpoint is not None and self.namespace.get(endpoint) is None:
                yield f"{fault.label}: there is no endpoint {endpoint!r} yet"
            if client is not None and not self.gateway.is_connected(client, self.namespace.name):
                yield f"{fault.label}: no client {client!r} is connected"

    def _result(self, status: Literal["ok", "error"] = "ok", **fields: list[str]) -> FaultsResult:
        now = self.gateway.library.clock.monotonic()
        models = [FaultModel.of(one, None, now) for one in self.gateway.faults(self.namespace)]
        models += [
            FaultModel.of(fault, endpoint.name, now)
            for endpoint in self.namespace.book.endpoints
            for fault in endpoint.faults
        ]
        lists = {name: fields.get(name, []) for name in _LISTS}
        return FaultsResult(status=status, faults=take_fitting(models), total=len(models), **lists)


_LISTS = ("set", "cleared", "unknown", "warnings", "errors")


def _compile(
    definitions: Sequence[dict[str, Any] | str], taken: Sequence[str], seed: int | str
) -> list[CompiledFault]:
    mocks = parse_mocks({"seed": seed, "faults": list(definitions)})
    compiled = compile_mocks(mocks).faults
    # Those without a name get one that nothing in force has.
    names = name_faults(mocks.faults, taken)
    return [
        replace(fault, key=name, label=name) for fault, name in zip(compiled, names, strict=True)
    ]


def _seconds(expires_after: str | float | None) -> float | None:
    if expires_after is None:
        return None
    try:
        return parse_duration(expires_after)
    except ValueError as error:
        raise ToolError(f"expires_after: {error}.") from None
