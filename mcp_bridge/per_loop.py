"""A value that each event loop has for itself, such as a limiter, which belongs to its loop."""

from collections.abc import Callable
from typing import Generic, TypeVar

from anyio.lowlevel import RunVar

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Makes the value of a loop when it is first asked for. Only on an event loop's thread.

    Args:
        name: for debuggers.
        make: makes the value.
    """

    def __init__(self, name: str, make: Callable[[], T]) -> None:
        self._values = RunVar[T](name)
        self._make = make

    def get(self) -> T:
        """Return the value of the running loop."""
        try:
            return self._values.get()
        except LookupError:
            self._values.set(value := self._make())
            return value
