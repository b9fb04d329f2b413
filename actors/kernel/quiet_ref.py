"""A reference to a singleton that wakes its thread once for many messages."""

from typing import Any

import pykka
from pykka._envelope import Envelope

from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.singleton import SingletonInbox


class QuietRef(pykka.ActorRef[Any]):
    """Refers to a singleton for the actors of one dispatcher. Only for the dispatcher's thread.

    What is told has its place among the actor's mail at once. Its thread is woken in the next pass
    of the dispatcher, or by other mail. To wake it for each message took 6 % of a short connection.

    Args:
        ref: the singleton.
        dispatcher: calls back in its next pass.
    """

    actor_inbox: SingletonInbox

    def __init__(self, ref: "pykka.ActorRef[Any]", dispatcher: Dispatcher) -> None:
        # Not the constructor of pykka: it takes the actor itself, which nobody has.
        vars(self).update(vars(ref))
        self._dispatcher = dispatcher
        self._is_wake_due = False

    def tell(self, message: object) -> None:
        """Add a message to the actor's mail; see `tell` of pykka."""
        if not self.is_alive():
            raise pykka.ActorDeadError(f"{self} not found")
        self.actor_inbox.put_quietly(Envelope(message))
        if not self._is_wake_due:
            self._is_wake_due = True
            self._dispatcher.call_soon(self._wake)

    def _wake(self) -> None:
        self._is_wake_due = False
        self.actor_inbox.wake()
