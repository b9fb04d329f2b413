"""The target of a message: some of the clients of its scope (see `namespaces`)."""

from dataclasses import dataclass

from websocket_mock.actors.values.models import ClientId


@dataclass(frozen=True, slots=True)
class Everyone:
    """All connected clients of the scope."""


@dataclass(frozen=True, slots=True)
class EveryoneBut:
    """All connected clients of the scope but one."""

    client_id: ClientId


@dataclass(frozen=True, slots=True)
class BuiltInClientsBut:
    """The clients of the scope that speak the built-in JSON protocol, but one."""

    client_id: ClientId


@dataclass(frozen=True, slots=True)
class OneClient:
    """A single client."""

    client_id: ClientId


@dataclass(frozen=True, slots=True)
class InGroup:
    """The clients that have joined a group, or all of them but one."""

    group: str
    but: ClientId | None = None


@dataclass(frozen=True, slots=True)
class AtEndpoint:
    """The clients of an endpoint of the mocks."""

    endpoint: str


Target = Everyone | EveryoneBut | BuiltInClientsBut | OneClient | InGroup | AtEndpoint
