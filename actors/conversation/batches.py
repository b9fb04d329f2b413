"""Several messages in one text: it is split at a separator. Pure."""

from collections.abc import Callable, Sequence

from websocket_mock.actors.conversation.core import Effect, ReportProblem
from websocket_mock.actors.values.effects import Abort, AnswerClose, FailConnection, StartClose
from websocket_mock.actors.values.inbound import TextReceived

MAX_PARTS = 1_000
"""The most parts of one text that are handled."""

TOO_MANY_PARTS = f"the text has more than {MAX_PARTS:,} parts; the others are not handled"

_ENDS = (Abort, AnswerClose, FailConnection, StartClose)


def split_text(event: TextReceived, separator: str) -> list[TextReceived]:
    """Return the parts of a text that are not empty, each as a message of its own."""
    parts = [part for part in event.text.split(separator) if part]
    if parts == [event.text]:
        return [event]
    return [TextReceived(part, len(part.encode())) for part in parts]


def handle_parts(
    parts: Sequence[TextReceived], handle: Callable[[TextReceived], Sequence[Effect]]
) -> list[Effect]:
    """Return the effects of all parts, up to one that ends the connection.

    Args:
        parts: the parts, in their order.
        handle: returns the effects of one part.
    """
    effects: list[Effect] = []
    for part in parts[:MAX_PARTS]:
        caused = handle(part)
        effects += caused
        if any(isinstance(one, _ENDS) for one in caused):
            return effects
    if len(parts) > MAX_PARTS:
        effects.append(ReportProblem("split_by", TOO_MANY_PARTS))
    return effects
