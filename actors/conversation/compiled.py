"""What a mock is compiled to. Everything here is immutable, and any thread may use it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from websocket_mock.actors.conversation.action import Actions
from websocket_mock.actors.conversation.contract import CompiledContract
from websocket_mock.actors.conversation.core import RuleFired
from websocket_mock.actors.conversation.expressions import Computed, Number, When
from websocket_mock.actors.conversation.http_rules import NO_HTTP, CompiledHttp
from websocket_mock.actors.documents.actions import AbortKind
from websocket_mock.actors.documents.mocks import (
    Accept,
    ClientKey,
    Endpoint,
    Reject,
    Trigger,
    Unmatched,
)
from websocket_mock.actors.documents.paths import PathPattern
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.matching.conditions import Condition
from websocket_mock.actors.matching.layout import Layout, PacketEnd
from websocket_mock.actors.matching.lookup import Lookup
from websocket_mock.actors.matching.message_view import MessageView


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule, ready to be tried."""

    key: str
    """Identifies the rule in later versions of its endpoint: its name, or else its content."""
    label: str
    """What people see: its name, or its place in the list."""
    trigger: Trigger
    condition: Condition
    when: When | None
    states: frozenset[str] | None
    times: int | Computed[int] | None
    after_times: int
    every_nth: int
    after: float | None
    interval: float | None
    actions: Actions
    fingerprint: str
    """Changes when the actions change."""
    fired: RuleFired
    """Says that it fired in the initial state."""


class RuleList(tuple[CompiledRule, ...]):  # noqa: SLOT001 - a tuple has no room for slots
    """The rules of one trigger in the order in which they are tried. Immutable; any thread."""

    find: Callable[[MessageView], Iterable[CompiledRule]]
    """Returns the rules that may match a message. Trying any other would change nothing."""

    def __new__(cls, rules: Iterable[CompiledRule] = ()) -> Self:
        """Index the rules."""
        made = super().__new__(cls, rules)
        made.find = Lookup([(rule.condition, rule) for rule in made]).find
        return made


NO_RULES = RuleList()


@dataclass(frozen=True, slots=True)
class CompiledStep:
    """A step of a script: either something to expect, or actions."""

    label: str
    expect: Condition | None
    within: Number[float] | None
    actions: Actions
    fingerprint: str
    """Changes when the step changes."""


HandshakeDecision = Accept | Reject | AbortKind | float
"""What a handshake rule does. A number is a stall in seconds, `FOR_EVER` a stall without end."""


@dataclass(frozen=True, slots=True)
class CompiledHandshakeRule:
    """A handshake rule, ready to be tried."""

    label: str
    condition: Condition
    decision: HandshakeDecision


@dataclass(frozen=True, slots=True)
class CompiledEndpoint:
    """An endpoint, ready to serve."""

    name: str
    pattern: PathPattern
    seed: str
    subprotocols: tuple[str, ...]
    required_subprotocol: bool
    client_key: ClientKey | None
    initial_state: str
    handshake: tuple[CompiledHandshakeRule, ...]
    rules: Mapping[Trigger, RuleList]
    rules_by_key: Mapping[str, CompiledRule]
    script: tuple[CompiledStep, ...]
    unmatched: Unmatched
    contract: CompiledContract | None
    """What its messages must conform to; None: they are not checked."""
    split_by: str | None
    split_after: PacketEnd | None
    """Where the packets of its binary messages end; None: each message is one."""
    layout: Layout | None
    """The names of the parts of binary messages; None: they have none."""
    faults: tuple[CompiledFault, ...]
    """In the order in which they act."""
    source: Endpoint
    """What it was compiled from."""
    http: CompiledHttp = NO_HTTP
    """How plain HTTP requests are answered."""
    text: str | None = None
    """The YAML text that it was written as; None: it did not come as text of its own."""

    @property
    def tolerates_unexpected(self) -> bool:
        """Whether its script keeps waiting after a message that the step does not expect."""
        return "unmatched" in self.source.model_fields_set and self.unmatched != "strict"


@dataclass(frozen=True, slots=True)
class Found:
    """The endpoint of a path, and what its pattern captured."""

    endpoint: CompiledEndpoint
    captures: Mapping[str, str]
