"""Faults that a test sets and clears."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from websocket_mock.actors.faults.presets import PRESETS
from websocket_mock.testing.errors import BadDefinition, MockError
from websocket_mock.testing.traffic import Traffic
from websocket_mock.testing.twins import to_the_end
from websocket_mock.testing.values import plain_value


class Fault:
    """A fault in force, or those of a preset. As a context manager it is cleared at the end.

    It can be used with `with`, and with `async with` in an event loop.

    >>> with mock.fault(latency={"mean": "80ms"}) as fault:
    ...     fault.name
    'latency'

    Args:
        traffic: the traffic of the namespace.
        names: the names of the faults.
    """

    def __init__(self, traffic: Traffic, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._traffic = traffic

    @property
    def name(self) -> str:
        """The name of the fault; of the first one of a preset."""
        return self.names[0]

    def clear(self) -> None:
        """Clear the fault. Idempotent."""
        self._traffic.call("set_websocket_faults", clear=list(self.names))

    def __enter__(self) -> Self:
        """Return the fault, which is already in force."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Clear the fault."""
        self.clear()

    async def __aenter__(self) -> Self:
        """Return the fault, which is already in force."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Clear the fault."""
        await to_the_end(self.clear)


def set_fault(traffic: Traffic, word: str | None, definition: Mapping[str, Any]) -> Fault:
    """Set a fault; it acts at once on open and future connections.

    Args:
        traffic: the traffic of the namespace.
        word: the name of a preset, or of a kind that needs no parameters; None: it is in the
            definition.
        definition: the fault as in a mocks file, and `expires_after`, its lifetime.

    Raises:
        BadDefinition: it is not valid. Nothing was changed.
    """
    if word is not None and word in definition:
        raise MockError(f"Give {word} either as a word or as a keyword.")
    document = dict(plain_value(definition))
    expires_after = document.pop("expires_after", None)
    if word in PRESETS:
        document["preset"] = word
    elif word is not None:
        document[word] = {}
    result = traffic.call("set_websocket_faults", faults=[document], expires_after=expires_after)
    if result["errors"]:
        raise BadDefinition("the fault", result["errors"])
    return Fault(traffic, result["set"])
