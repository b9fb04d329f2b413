"""The verb `explain`: which rule matches a message, and why the others do not."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from websocket_mock.actors.conversation.explain import explain
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.units import parse_bytes
from websocket_mock.actors.values.explanations import Explanation
from websocket_mock.actors.values.namespaces import Scope
from websocket_mock.mcp_bridge.service.errors import (
    BadArgument,
    NotFound,
    NotPossible,
    argument,
    verb,
)
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.history import RECORDING_IS_OFF
from websocket_mock.mcp_bridge.service.mocks import find_endpoint
from websocket_mock.mcp_bridge.service.namespaces import one_namespace
from websocket_mock.mcp_bridge.service.sizes import take_fitting

NEXT_ENTRIES = 50
"""The most entries after a message among which the one is searched that tells the state."""


class ExplainedRule(BaseModel):
    """The result of one rule, or of one script step that expects a message."""

    rule: str
    matches: bool
    why: str = Field(description="the first difference; empty if it matches")
    note: str | None = Field(
        description="what else decides whether it acts and is not checked here: the current step "
        "of a script and, without a client, the counts of the connection"
    )


class ExplainResult(BaseModel):
    """What an endpoint would do with a message, and why."""

    endpoint: str
    state: str = Field(description="the state in which the rules were tried")
    acts: str | None = Field(description="the rule that would act: the first that matches")
    otherwise: str | None = Field(
        description="what happens if no rule matches, or if that rule does not act (see its note)"
    )
    contract: str | None = Field(
        description="what is wrong with the message by the endpoint's accepts; null: nothing"
    )
    rules: list[ExplainedRule] = Field(description="in the order in which they are tried")
    rules_left_out: int = Field(description="the number of rules at the end that did not fit")


@dataclass(frozen=True, slots=True)
class Tried:
    """The message that is explained. Exactly one of the fields is given."""

    text: str | None = None
    binary: str | None = None
    """hex:… or base64:…."""
    seq: int | None = None
    """The number of a message in the journal."""


@verb
def explain_message(
    gateway: Gateway,
    tried: Tried,
    endpoint: str | None = None,
    in_state: str | None = None,
    client: str | None = None,
    namespace: str | None = None,
) -> ExplainResult:
    """Explain for each rule, or step, of an endpoint whether it matches a message, and why not.

    Sends nothing and counts nothing. Blocks for at most 5 s.

    Args:
        gateway: gives access to the actors.
        tried: the message.
        endpoint: the name of a programmed endpoint. Give either `endpoint` or `client`.
        in_state: the state of the connection; None: that in which a message of the journal came,
            that of the client, or else the initial one.
        client: the id of a connected client: its endpoint, its state, its variables and
            the counts of its rules are used.
        namespace: of the endpoint; None: outside namespaces.

    Raises:
        ServiceError: the endpoint or the message does not exist, or an argument cannot be used.
    """
    message = _message(gateway, tried, namespace)
    if tried.seq is not None and client is None and in_state is None:
        in_state = _state_then(gateway, tried.seq, namespace)
    explanation = _explain(gateway, endpoint, client, message, in_state, namespace)
    rules = explanation.rules
    redaction = gateway.redaction
    shown = take_fitting(
        ExplainedRule(
            rule=one.rule,
            matches=one.matches,
            why=redaction.reason(one.why),
            note=one.note or None,
        )
        for one in rules
    )
    acting = next((rule.rule for rule in rules if rule.acts), None)
    return ExplainResult(
        endpoint=explanation.endpoint,
        state=explanation.state,
        acts=acting,
        otherwise=explanation.otherwise,
        contract=redaction.breach(explanation.breach) or None,
        rules=shown,
        rules_left_out=len(rules) - len(shown),
    )


def _explain(
    gateway: Gateway,
    endpoint: str | None,
    client: str | None,
    message: MessageView,
    in_state: str | None,
    namespace: str | None,
) -> Explanation:
    if (endpoint is None) == (client is None) or (client is not None and in_state is not None):
        raise BadArgument("Give either endpoint, with in_state if needed, or client.")
    if client is not None:
        explanation = gateway.explain(client, message, namespace)
        if explanation is None:
            raise NotFound(
                f"There is no client {client!r} at a programmed endpoint. "
                "Call get_websocket_clients for the ids."
            )
        return explanation
    found = find_endpoint(one_namespace(gateway, namespace), endpoint or "")
    return explain(found, message, in_state or found.initial_state)


def _state_then(gateway: Gateway, seq: int, scope: Scope) -> str | None:
    """Return the state in which a message came; None: the initial one, or nothing tells it.

    Rules and strict endpoints note the state with what they did about the message.
    """
    message = gateway.history.get(seq, scope)
    if message is None or message.source.client_id is None:
        return None
    of_client = EntryMatch(client=message.source.client_id)
    for entry in gateway.history.read(of_client, seq, NEXT_ENTRIES, scope).entries:
        if entry.kind == "rule" or entry.details.get("strict"):
            state: str | None = entry.details.get("state")
            return state
        if entry.direction == "received":
            break
    return None


def _message(gateway: Gateway, tried: Tried, scope: Scope) -> MessageView:
    text, binary, seq = tried.text, tried.binary, tried.seq
    given = [one for one in (text, binary, seq) if one is not None]
    if len(given) != 1:
        raise BadArgument("Give exactly one of text, binary and seq.")
    if text is not None:
        return MessageView(text=text, size=len(text.encode()))
    if binary is not None:
        with argument("binary"):
            data = parse_bytes(binary)
        return MessageView(binary=data, size=len(data))
    history = gateway.history
    if not history.is_recording:
        raise NotPossible(RECORDING_IS_OFF)
    message = history.see(seq or 0, scope)
    if message is None:
        raise NotFound(f"The journal has no message {seq}. Call get_websocket_traffic.")
    return message
