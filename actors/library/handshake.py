"""What happens to an opening handshake: pure, from the endpoint's rules and the request."""

from collections.abc import Sequence
from dataclasses import dataclass

from websocket_mock.actors.conversation.compiled import CompiledEndpoint, Found
from websocket_mock.actors.documents.actions import AbortKind
from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.values.handshake_request import HandshakeRequest

Ending = Accept | Reject | AbortKind


@dataclass(frozen=True, slots=True)
class HandshakePlan:
    """What is done with a handshake that is valid in itself."""

    request: HandshakeRequest
    found: Found | None
    """The endpoint of the mocks that answers; None for what is built in."""
    delay: float
    """Seconds before anything is answered; `FOR_EVER`: nothing ever is."""
    ending: Ending
    subprotocols: tuple[str, ...]
    """What we speak, by preference; empty takes the client's first offer."""
    requires_subprotocol: bool = False
    problems: tuple[str, ...] = ()
    """Rules that could not be tried, and why; they were passed over."""
    seed: str = ""
    """Of all chance on the connection: the endpoint's, who the client is, and its attempt."""
    wrong_accept: str | None = None
    """The fault by which it is accepted with a wrong key; None: as it should be."""
    namespace: Namespace | None = None
    """Where the client is; None where it is refused because there are too many namespaces."""

    @property
    def status(self) -> int | None:
        """The HTTP status it is answered with; None where it is not answered."""
        if self.delay == FOR_EVER:
            return None
        match self.ending:
            case Accept():
                return 101
            case Reject(status=status):
                return status
            case _:
                return None

    @property
    def outcome(self) -> str:
        """What becomes of it, in a word."""
        if self.delay == FOR_EVER:
            return "stall"
        match self.ending:
            case Accept():
                return "accept"
            case Reject():
                return "reject"
            case _:
                return "abort"

    def choose_subprotocol(self, offered: Sequence[str]) -> str | None:
        """Return the subprotocol of the connection, or None for none."""
        if isinstance(self.ending, Accept) and self.ending.subprotocol is not None:
            return self.ending.subprotocol
        wanted = self.subprotocols or offered
        return next((name for name in wanted if name in offered), None)


def plan(found: Found, request: HandshakeRequest) -> HandshakePlan:
    """Return what an endpoint does with a request: the first rule that decides, after stalls."""
    endpoint = found.endpoint
    problems: list[str] = []
    delay, ending = _decide(endpoint, request, problems)
    return HandshakePlan(
        request,
        found,
        delay,
        ending,
        endpoint.subprotocols,
        endpoint.required_subprotocol,
        tuple(problems),
    )


def _decide(
    endpoint: CompiledEndpoint, request: HandshakeRequest, problems: list[str]
) -> tuple[float, Ending]:
    delay = 0.0
    for rule in endpoint.handshake:
        try:
            is_match = rule.condition.test(request).matched
        except Exception as error:  # noqa: BLE001 - a JSON Schema may lead anywhere
            problems.append(f"{rule.label}: {type(error).__name__}: {error}")
            continue
        if not is_match:
            continue
        if isinstance(rule.decision, float):
            delay += rule.decision
        else:
            return delay, rule.decision
    return delay, Accept()
