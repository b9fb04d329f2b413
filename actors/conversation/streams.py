"""The named `every` and `after` of one connection, so that `stop` can end them. Pure."""

from dataclasses import dataclass
from weakref import WeakValueDictionary


@dataclass(slots=True, weakref_slot=True)
class Stream:
    """One run of a named `every` or `after`. Everything that it starts ends with it."""

    name: str
    has_ended: bool = False


class Streams:
    """The streams that run. Only its connection uses it.

    Only its timers refer to a stream, so it is forgotten with its last timer. A connection
    therefore never has more streams than timers, even if names come from its messages.
    """

    def __init__(self) -> None:
        self._running: WeakValueDictionary[str, Stream] = WeakValueDictionary()

    def start(self, name: str) -> Stream:
        """Start a stream and return it. A running stream of the same name ends."""
        self.stop(name)
        stream = self._running[name] = Stream(name)
        return stream

    def stop(self, name: str) -> None:
        """End the stream of this name, if it runs."""
        stream = self._running.pop(name, None)
        if stream is not None:
            stream.has_ended = True
