"""Typed ask and safe tell: the only places where pykka's errors become ours."""

import time
from typing import Any, Generic, TypeVar

import pykka

from websocket_mock.actors.kernel.errors import ActorGone, AskTimeout

Ref = pykka.ActorRef[Any]
"""A reference to any actor of ours; what it takes is its union of messages."""

R_co = TypeVar("R_co", covariant=True)


class Query(Generic[R_co]):
    """A message that is answered with an ``R_co``, or with a future of one."""

    __slots__ = ()


R = TypeVar("R")


def ask(ref: pykka.ActorRef[Any], query: Query[R], *, timeout: float) -> R:
    """Ask an actor and wait for its answer. For threads outside the actors only.

    Args:
        ref: who is asked.
        query: what is asked; an answer that is itself a future is waited for, too.
        timeout: seconds for all of it. An actor that answers too late still does the work.

    Raises:
        AskTimeout: no answer in time.
        ActorGone: the actor has stopped, or stopped before it answered.
    """
    deadline = time.monotonic() + timeout
    reply: R = wait(wait(ref.ask(query, block=False), deadline=deadline), deadline=deadline)
    return reply


def wait(reply: Any, *, deadline: float) -> Any:  # noqa: ANN401 - pykka's futures are untyped
    """Return the value of a future, waiting until a deadline on the monotonic clock.

    Anything that is no future is returned as it is.

    Raises:
        AskTimeout: no answer before the deadline.
        ActorGone: the actor has stopped before it answered.
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
    """Tell an actor something; return False where it has stopped, which is no error.

    Never blocks.
    """
    try:
        ref.tell(message)
    except pykka.ActorDeadError:
        return False
    return True
