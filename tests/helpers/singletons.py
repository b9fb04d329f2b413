"""Singleton actors under test: started, waited for and stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.helpers.wait import PATIENCE
from websocket_mock.actors.kernel.refs import Ref, ask
from websocket_mock.actors.messages import Ping


@contextmanager
def running(actor_class: Any, *arguments: Any) -> Iterator[Ref]:
    """Start an actor and stop it again, whatever became of it."""
    ref: Ref = actor_class.start(*arguments)
    try:
        yield ref
    finally:
        ref.stop(timeout=PATIENCE)


def settle(ref: Ref) -> None:
    """Wait until an actor has handled all its mail: a mailbox barrier."""
    ask(ref, Ping(), timeout=PATIENCE)
