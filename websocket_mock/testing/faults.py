"""Faults that a test sets and clears."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from websocket_mock.testing.errors import BadDefinition, MockError
from websocket_mock.testing.traffic import Traffic
from websocket_mock.testing.twins import to_the_end
from websocket_mock.testing.values import plain_value


class Fault:
    """A fault in force. As a context manager it is cleared at the end of the block.

    It can be used with `with`, and with `async with` in an event loop.

    >>> with mock.fault(latency={"mean": "80ms"}) as fault:
    ...     fault.name
    'latency'

    Args:
        traffic: the traffic of the namespace.
        name: the name of the fault.
    """

    def __init__(self, traffic: Traffic, name: str) -> None:
        self.name = name
        self._traffic = traffic

    def clear(self) -> None:
        """Clear the fault. Idempotent."""
        self._traffic.call("set_websocket_faults", clear=[self.name])

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
        word: the name of a kind that needs no parameters; None: it is in the definition.
        definition: the fault as in a mocks file.

    Raises:
        BadDefinition: it is not valid. Nothing was changed.
    """
    if word is not None and word in definition:
        raise MockError(f"Give {word} either as a word or as a keyword.")
    document = {**({} if word is None else {word: {}}), **plain_value(definition)}
    result = traffic.call("set_websocket_faults", faults=[document])
    if result["errors"]:
        raise BadDefinition("the fault", result["errors"])
    (name,) = result["set"]
    return Fault(traffic, str(name))
