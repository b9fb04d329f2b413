"""The verb `explain`: which rule matches a message, and why the others do not."""

from pydantic import BaseModel, Field

from websocket_mock.actors.conversation.explain import explain, otherwise
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.units import parse_bytes
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


class ExplainedRule(BaseModel):
    """The result of one rule, or of one script step that expects a message."""

    rule: str
    matches: bool
    why: str = Field(description="the first difference; empty if it matches")
    note: str | None = Field(
        description="what else decides whether it acts and is not checked here: the counts of the "
        "connection, the current step of its script"
    )


class ExplainResult(BaseModel):
    """What an endpoint would do with a message, and why."""

    endpoint: str
    acts: str | None = Field(description="the rule that would act: the first that matches")
    otherwise: str | None = Field(
        description="what happens if no rule matches, or if that rule does not act (see its note)"
    )
    rules: list[ExplainedRule] = Field(description="in the order in which they are tried")
    rules_left_out: int = Field(description="the number of rules at the end that did not fit")


@verb
def explain_message(
    gateway: Gateway,
    endpoint: str,
    text: str | None = None,
    binary: str | None = None,
    seq: int | None = None,
    in_state: str | None = None,
    namespace: str | None = None,
) -> ExplainResult:
    """Explain for each rule, or step, of an endpoint whether it matches a message, and why not.

    Sends nothing and counts nothing. Blocks for at most 5 s.

    Args:
        gateway: gives access to the actors.
        endpoint: the name of a programmed endpoint.
        text: a text message. Give exactly one of `text`, `binary` and `seq`.
        binary: hex:… or base64:….
        seq: the number of a message in the journal.
        in_state: the state of the connection; None: its initial state.
        namespace: of the endpoint; None: outside namespaces.

    Raises:
        ServiceError: the endpoint or the message does not exist, or an argument cannot be used.
    """
    found = find_endpoint(one_namespace(gateway, namespace), endpoint)
    message = _message(gateway, text, binary, seq, namespace)
    rules = explain(found, message, in_state or found.initial_state)
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
        endpoint=found.name,
        acts=acting,
        otherwise=otherwise(found, rules),
        rules=shown,
        rules_left_out=len(rules) - len(shown),
    )


def _message(
    gateway: Gateway, text: str | None, binary: str | None, seq: int | None, scope: Scope
) -> MessageView:
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
