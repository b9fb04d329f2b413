"""The actor type for pykka whose actors run on a dispatcher, see `kernel.dispatcher`."""

import sys
import threading
from typing import Any

import pykka

from websocket_mock.actors.kernel.dispatcher import Dispatcher, Mailbox, TurnOverError


class _StopFlag(threading.Event):
    """The part of an `Event` that pykka uses, without the lock and the queue of those who wait."""

    __slots__ = ("_is_set",)

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True


class DispatchedActor(pykka.Actor):
    """A pykka actor that runs on the thread of a dispatcher's owner, and must never block.

    It is not in pykka's registry, which takes longer to remove an actor the more there are: with
    10,000 clients 0.3 ms for each.

    Args:
        dispatcher: runs the actor, from its start to its end.
        name: the name in logs.
    """

    actor_inbox: Mailbox

    def __init__(self, dispatcher: Dispatcher, name: str = "") -> None:
        # Not the constructor of pykka: its random URN and its `Event` took 1 KiB of each client.
        self.actor_urn = name
        self.actor_inbox = self._create_actor_inbox()
        self.actor_stopped = _StopFlag()
        self._actor_ref = pykka.ActorRef(self)
        self.dispatcher = dispatcher
        self._is_set_up = False

    @classmethod
    def start(cls, *args: Any, **kwargs: Any) -> "pykka.ActorRef[Any]":  # noqa: ANN401 - as pykka
        """Start an actor with the arguments of its class, and return its reference."""
        actor = cls(*args, **kwargs)
        actor._start_actor_loop()
        return actor.actor_ref

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    @staticmethod
    def _create_future() -> "pykka.Future[Any]":
        return pykka.ThreadingFuture()

    def _start_actor_loop(self) -> None:
        self.actor_inbox.bind(self.dispatcher, self)

    def raise_again(self, error: BaseException) -> None:
        """Raise an error again, so that pykka's loop handles it."""
        raise error

    def run_turn(self, max_messages: int) -> None:
        """Handle up to `max_messages` messages. On the thread of the dispatcher's owner."""
        mailbox = self.actor_inbox
        mailbox.open_turn(max_messages)
        if not self._is_set_up:
            self._is_set_up = True
            self._actor_loop_setup()
        try:
            self._actor_loop_running()
        except TurnOverError:
            mailbox.close_turn()
        else:
            # No limit: another thread may still be adding mail, and all of it must be answered.
            mailbox.open_turn(sys.maxsize)
            self._actor_loop_teardown()
            mailbox.unbind()
