"""Signal handlers for a while."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def handling(
    signals: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], None]
) -> Iterator[None]:
    """Handle signals inside the block; the former handlers are back after it. Main thread only."""
    former = {one: signal.signal(one, handler) for one in signals}
    try:
        yield
    finally:
        for one, former_handler in former.items():
            signal.signal(one, former_handler)
