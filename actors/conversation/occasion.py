"""The reason why actions run."""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from websocket_mock.actors.conversation.streams import Stream
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.immutable import immutable

_NONE: dict[str, Any] = {}


@immutable
class Occasion:
    """The reason why actions run: their templates and error reports use it."""

    rule_key: str
    """The key of their rule; when the rule is removed, they stop. Empty in a script."""
    label: str
    message: MessageView
    """The message that caused them."""
    captures: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    repeat: int = 0
    """The number of this turn of an `every`, from 0."""
    fingerprint: str = ""
    """The fingerprint of the rule; when it changes, they stop."""
    bound: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    """The items of the `for_each` that they are part of, by their names."""
    streams: tuple[Stream, ...] = ()
    """The named `every` and `after` that they are part of; when one of these ends, they stop."""

    @property
    def has_ended(self) -> bool:
        """Whether a stream that they are part of has ended."""
        return bool(self.streams) and any(stream.has_ended for stream in self.streams)

    def next_turn(self) -> "Occasion":
        """Return the occasion of the next turn of an `every`."""
        # Each turn makes one. `dataclasses.replace` would take four times as long.
        return Occasion(
            self.rule_key,
            self.label,
            self.message,
            self.captures,
            self.repeat + 1,
            self.fingerprint,
            self.bound,
            self.streams,
        )

    def within(self, stream: Stream) -> "Occasion":
        """Return the occasion of actions that are also part of `stream`."""
        # A stream that restarts itself is not part of its previous run, which has just ended.
        outer = (one for one in self.streams if not one.has_ended)
        return replace(self, streams=(*outer, stream))
