"""The contract of an endpoint: what the messages of its connections must conform to.

A contract changes no answer. A message that breaks it is only noted, as a failed verdict. Text
messages are checked that the client sends, and those that the behaviour answers to the client
itself; binary messages, control frames and what others send are not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from websocket_mock.actors.conversation.batches import MAX_PARTS, split_text
from websocket_mock.actors.conversation.core import ContractSide, Effect, Event, ReportVerdict
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.effects import SendFragments, SendText
from websocket_mock.actors.values.inbound import TextReceived

MAX_VERDICTS = 100
"""How many breaches are noted on one connection. After one more, nothing is checked."""

Check = Callable[[Any], str]
"""Returns where and why a JSON value does not conform; empty if it does. It may raise anything."""


@dataclass(frozen=True, slots=True)
class CompiledContract:
    """What an endpoint accepts and sends. Any thread may use it."""

    accepts: Check | None
    sends: Check | None
    separator: str | None = None
    """What texts are split at; each part must conform. None: a text is one message."""

    def why_broken(self, side: ContractSide, text: str) -> str:
        """Return what is wrong with a text message; empty if it conforms. It does not raise."""
        check = self.accepts if side == "accepts" else self.sends
        if check is None:
            return ""
        if self.separator is None:
            return why_not_conforming(check, text)
        parts = split_text(TextReceived(text, len(text)), self.separator)[:MAX_PARTS]
        problems = (why_not_conforming(check, part.text) for part in parts)
        return next(filter(None, problems), "")


def why_not_conforming(check: Check, text: str) -> str:
    """Return what is wrong with a text message; empty if it conforms. It does not raise."""
    message = MessageView(text=text)
    value = message.json
    if not message.is_json:
        return "the message is not JSON"
    try:
        return check(value)
    except Exception as error:  # noqa: BLE001 - a JSON Schema may raise anything
        return f"cannot be checked: {type(error).__name__}: {error}"


class ContractNotes:
    """Notes which messages of one connection break the contract. Only its connection uses it."""

    def __init__(self) -> None:
        self._count = 0

    def add(
        self, contract: CompiledContract, event: Event, effects: Sequence[Effect]
    ) -> list[Effect]:
        """Return the effects of an event with a verdict for each message that breaks the contract.

        The verdict on the event comes first, and that on a sent message behind it.
        """
        noted: list[Effect] = []
        if isinstance(event, TextReceived):
            noted += self._judge(contract, "accepts", event.text)
        for effect in effects:
            noted.append(effect)
            match effect:
                case SendText(payload=payload) | SendFragments(payload=payload, is_text=True):
                    noted += self._judge(contract, "sends", payload.decode(errors="replace"))
        return noted

    def _judge(
        self, contract: CompiledContract, side: ContractSide, text: str
    ) -> Iterator[ReportVerdict]:
        if self._count > MAX_VERDICTS:
            return
        why = contract.why_broken(side, text)
        if not why:
            return
        self._count += 1
        if self._count > MAX_VERDICTS:
            why = f"more than {MAX_VERDICTS} messages broke the contract; no more are checked"
        yield ReportVerdict(passed=False, text=f"{side}: {why}", contract=side)
