"""Ctrl-C that cannot be lost while a command waits."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from websocket_mock.scripts.signals import handling


class CtrlC:
    """Remembers that Ctrl-C was pressed, and raises KeyboardInterrupt. Main thread only.

    Python drops the exception of a signal handler that runs inside a finaliser or a weak
    reference's callback (`sys.unraisablehook`). A command that waits in short steps and calls
    `raise_if_pressed` between them ends even then.
    """

    def __init__(self) -> None:
        self._is_pressed = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Handle SIGINT inside the block; restore the previous handler after it."""
        with handling((signal.SIGINT,), self._on_signal):
            yield

    def raise_if_pressed(self) -> None:
        """Raise the exception that Python may have dropped.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        if self._is_pressed:
            raise KeyboardInterrupt

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._is_pressed = True
        raise KeyboardInterrupt
