"""The base class of actors that exist once per server, each on its own thread."""

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, final

import pykka

CrashHandler = Callable[[str, BaseException], None]
"""Called with the name of an actor that broke and its error, on that actor's thread."""


class SingletonInbox(queue.Queue[Any]):
    """The mail of a singleton. Any thread."""

    def put_quietly(self, mail: object) -> None:
        """Add mail, but leave the actor's thread asleep until `wake` or other mail wakes it."""
        with self.mutex:
            self._put(mail)

    def wake(self) -> None:
        """Let the actor's thread look for mail."""
        with self.mutex:
            self.not_empty.notify()


class SingletonActor(pykka.ThreadingActor):
    """An actor that tells its supervisor when it crashes, and ends.

    A crash is any exception in `set_up` or `handle`. pykka calls ``on_failure`` only for messages
    that were told; here an exception under ask is a crash too, and the asker gets it as well.

    Args:
        on_crash: called once when the actor crashes, on the actor's thread.
    """

    use_daemon_thread = True
    name: ClassVar[str]

    def __init__(self, on_crash: CrashHandler) -> None:
        super().__init__()
        self._on_crash = on_crash

    @staticmethod
    def _create_actor_inbox() -> SingletonInbox:
        return SingletonInbox()

    @final
    def on_start(self) -> None:
        """Name the thread after the actor and set the actor up; pykka stops it if that raises."""
        threading.current_thread().name = self.name
        try:
            self.set_up()
        except Exception as error:
            self._on_crash(self.name, error)
            raise

    def set_up(self) -> None:
        """Prepare for the first message. On the actor's thread; does nothing by default."""

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
        """Do nothing: `on_receive` has already told the supervisor."""
