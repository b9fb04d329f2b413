"""Says that a question names what the server does not have: it may be misspelt.

A question about such a name finds nothing, which is what `never` expects.
"""

from collections.abc import Iterable

from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope
from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.mcp_bridge.service.gateway import Gateway


def unknown_names(
    gateway: Gateway, scope: Scope, questions: Iterable[EntryMatch], entries: int
) -> str:
    """Return what the questions name and nothing has; empty: nothing. Does not block.

    Args:
        gateway: gives access to the actors.
        scope: the namespaces of the questions.
        questions: conditions that nothing has matched.
        entries: the number of entries that were looked at.
    """
    if scope == EVERY_NAMESPACE:
        return ""
    space = gateway.library.find(scope)
    known = [] if space is None else [one.name for one in space.book.endpoints]
    if scope is not None and not known and not entries:
        others = [name for name in gateway.library.names() if name != scope]
        hint = nearest(scope, others, "", cutoff=0.6)
        text = f"the namespace {scope!r} has no endpoints and nothing happened in it"
        return f"{text}, {hint}" if hint else text
    named = dict.fromkeys(one.endpoint for one in questions if one.endpoint is not None)
    return "; ".join(
        f"there is no endpoint {name!r}, {nearest(name, known) if known else 'there are none'}"
        for name in named
        if name not in known
    )
