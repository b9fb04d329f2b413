"""Why actions run."""

from dataclasses import dataclass, field, replace

from websocket_mock.actors.conversation.streams import Stream
from websocket_mock.actors.matching.message_view import MessageView


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why actions run, for their templates and for reports."""

    rule_key: str
    """The rule they belong to, and end with; empty in a script."""
    label: str
    message: MessageView
    """What it began with."""
    captures: dict[str, str] = field(default_factory=dict)
    repeat: int = 0
    """Which turn of an `every` this is, from 0."""
    fingerprint: str = ""
    """Of what the rule does; they end when it does something else."""
    streams: tuple[Stream, ...] = ()
    """The named `every` and `after` they are part of; they end with any of these."""

    @property
    def has_ended(self) -> bool:
        """Whether a stream that they are part of has ended."""
        return any(stream.has_ended for stream in self.streams)

    def within(self, stream: Stream) -> "Occasion":
        """Return the occasion of actions that are part of a stream, too."""
        # One that restarts itself is not part of the run that has ended by that.
        outer = (one for one in self.streams if not one.has_ended)
        return replace(self, streams=(*outer, stream))
