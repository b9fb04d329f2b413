"""A typed `ask` and a safe `tell`: the only places where pykka's errors become ours."""

import time
from typing import Any, Generic, TypeVar

import pykka

from websocket_mock.actors.kernel.errors import ActorGone, AskTimeout

Ref = pykka.ActorRef[Any]
"""A reference to any of our actors. An actor takes the messages of its union."""

R_co = TypeVar("R_co", covariant=True)


class Query(Generic[R_co]):
    """A message that is answered with an ``R_co``, or with a future of one."""

    __slots__ = ()


R = TypeVar("R")


def ask(ref: pykka.ActorRef[Any], query: Query[R], *, timeout: float) -> R:
    """Ask an actor and wait for its answer. For threads outside the actors only.

    If the answer is itself a future, this waits for that too. Blocks for up to `timeout` seconds.

    Args:
        ref: the actor to ask.
        query: the question.
        timeout: seconds for everything. An actor that answers too late still does the work.

    Raises:
        AskTimeout: there was no answer in time.
        ActorGone: the actor has stopped, before the question or before its answer.
    """
    deadline = time.monotonic() + timeout
    reply: R = wait(wait(ref.ask(query, block=False), deadline=deadline), deadline=deadline)
    return reply


def wait(reply: Any, *, deadline: float) -> Any:  # noqa: ANN401 - pykka's futures are untyped
    """Return the value of a future. Blocks until a deadline on the monotonic clock at most.

    Anything that is not a future is returned unchanged.

    Raises:
        AskTimeout: there was no answer before the deadline.
        ActorGone: the actor stopped before it answered.
    """
    if not isinstance(reply, pykka.Future):
        return reply
    try:
        return reply.get(timeout=max(0.0, deadline - time.monotonic()))
    except pykka.Timeout as error:
        raise AskTimeout("no answer in time") from error
    except pykka.ActorDeadError as error:
        raise ActorGone(str(error)) from error


def tell(ref: pykka.ActorRef[Any], message: object) -> bool:
    """Send a message to an actor; return False if it has stopped, which is not an error.

    Any thread; never blocks.
    """
    try:
        ref.tell(message)
    except pykka.ActorDeadError:
        return False
    return True
