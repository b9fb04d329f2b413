"""Decides what happens to an opening handshake, from the rules of the endpoint. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from websocket_mock.actors.conversation.compiled import CompiledEndpoint, Found
from websocket_mock.actors.documents.actions import AbortKind
from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.values.handshake_request import HandshakeRequest

Ending = Accept | Reject | AbortKind

_ACCEPT = Accept()


@dataclass(frozen=True, slots=True)
class HandshakePlan:
    """What to do with a handshake that is valid by RFC 6455."""

    request: HandshakeRequest
    found: Found | None
    """The endpoint that answers; None: a built-in behaviour answers."""
    delay: float
    """Seconds to wait before the answer; `FOR_EVER`: there is no answer."""
    ending: Ending
    subprotocols: tuple[str, ...]
    """The supported subprotocols, most preferred first; empty: the client's first offer wins."""
    requires_subprotocol: bool = False
    problems: tuple[str, ...] = ()
    """The rules that were skipped because they could not be tried, and why."""
    seed: str = ""
    """The seed of the connection: the endpoint's seed, the logical client and its attempt."""
    client_key: str = ""
    """Identifies the logical client among those of the endpoint. It may be a credential."""
    logical_client: str = ""
    """Stands for the key in public: eight hexadecimal characters that do not tell it."""
    wrong_accept: str | None = None
    """The fault that makes the server accept with a wrong key; None: the key is right."""
    refused_by: str | None = None
    """The fault that refuses the handshake; None: the rules of the endpoint decide."""
    namespace: Namespace | None = None
    """The client's namespace; None if it is refused because there are too many."""

    @property
    def status(self) -> int | None:
        """The HTTP status of the answer; None if there is no answer."""
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
        """What happens to the handshake, in one word."""
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
        """Return the subprotocol of the connection; None if it has none."""
        if isinstance(self.ending, Accept) and self.ending.subprotocol is not None:
            return self.ending.subprotocol
        wanted = self.subprotocols or offered
        return next((name for name in wanted if name in offered), None)


def plan(
    found: Found,
    request: HandshakeRequest,
    make_plan: Callable[..., HandshakePlan] = HandshakePlan,
) -> HandshakePlan:
    """Return the plan of an endpoint for a request. The first match that is no stall decides.

    Args:
        found: the endpoint.
        request: the request.
        make_plan: makes the plan of the request, with what else is known about it.
    """
    endpoint = found.endpoint
    problems: list[str] = []
    delay, ending = _decide(endpoint, request, problems)
    return make_plan(
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
        except Exception as error:  # noqa: BLE001 - a JSON Schema may raise anything
            problems.append(f"{rule.label}: {type(error).__name__}: {error}")
            continue
        if not is_match:
            continue
        if isinstance(rule.decision, float):
            delay += rule.decision
        else:
            return delay, rule.decision
    return delay, _ACCEPT
