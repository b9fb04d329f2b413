"""The named `every` and `after` of one connection, so that a later action can stop them. Pure."""

from dataclasses import dataclass
from weakref import WeakValueDictionary


@dataclass(slots=True, weakref_slot=True)
class Stream:
    """One run of a named `every` or `after`. All that it starts shares it, and ends with it."""

    name: str
    has_ended: bool = False


class Streams:
    """Which streams run. Confined to its connection.

    Only the timers of a stream keep it: one whose last timer is gone is forgotten by itself, so
    there are never more than a connection may have timers, whatever names its messages make up.
    """

    def __init__(self) -> None:
        self._running: WeakValueDictionary[str, Stream] = WeakValueDictionary()

    def start(self, name: str) -> Stream:
        """Return a new stream; one of the same name that runs is ended."""
        self.stop(name)
        stream = self._running[name] = Stream(name)
        return stream

    def stop(self, name: str) -> None:
        """End the stream of a name, if there is one."""
        stream = self._running.pop(name, None)
        if stream is not None:
            stream.has_ended = True
