"""Base of the actors that exist once per server, each on a thread of its own."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar

import pykka

CrashHandler = Callable[[str, BaseException], None]
"""Called with an actor's name and its error, on the thread of the actor that broke."""


class SingletonActor(pykka.ThreadingActor):
    """An actor whose crash is told to its supervisor, whichever way it crashed.

    pykka calls no hook when ``on_start`` raises or when a handler raises under ask; here both
    count as a crash, like a handler that raises under tell. An asker still gets the exception.

    Args:
        on_crash: called when the actor crashes, on its thread.
    """

    use_daemon_thread = True
    name: ClassVar[str]

    def __init__(self, on_crash: CrashHandler) -> None:
        super().__init__()
        self._on_crash = on_crash

    def on_start(self) -> None:
        """Name the thread after the actor. The actor's thread."""
        threading.current_thread().name = self.name

    def _actor_loop_setup(self) -> None:
        try:
            self.on_start()
        except Exception as error:  # noqa: BLE001 - told first, then handled as pykka does
            self._on_crash(self.name, error)
            self._handle_failure(type(error), error, error.__traceback__)

    def on_receive(self, message: Any) -> Any:  # noqa: ANN401 - narrowed by each actor's `handle`
        """Handle a message; any exception is a bug and ends the actor."""
        try:
            return self.handle(message)
        except Exception as error:
            self._on_crash(self.name, error)
            self.stop()
            raise

    def handle(self, message: Any) -> Any:  # noqa: ANN401 - narrowed by each actor
        """Handle one message of the actor's union and return the reply, if it is a query."""
        raise NotImplementedError

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Do nothing: `on_receive` has told the supervisor already."""
