"""Actors that share one thread: their mailboxes, and the queue that runs them.

How it works. A `Dispatcher` is a queue of actors that have mail. It has no thread of its own: its
owner (a reader thread of the transport, or a test) calls `run_ready` again and again. Each actor
belongs to one dispatcher for life, so two threads never run it, and data that only the actors of
one dispatcher touch needs no lock.

When mail is put into a mailbox, its actor is queued, but only once. If that happens on another
thread, it also wakes the owner, once per pass of the owner's loop. `wake` must make the owner's
blocking poll return.

An actor gets at most `MESSAGES_PER_TURN` messages, then the next actor has its turn. pykka's own
receive loop handles them, so failures are handled as pykka handles them. The mailbox ends the turn
by raising from `get`, which pykka calls outside its `try`.

What comes from the actor's own socket takes a shorter way, `Mailbox.hand_over`: if no mail waits,
the actor handles it at once. Queueing it took 3 µs, a third of the cost of an echo. Mail that waits
is still handled first, and a failure still goes through pykka's loop.

Only this module and `dispatched_actor` use pykka's private hooks. When a new version of pykka
changes them, `tests/unit/test_library_internals.py` fails.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, TypeVar

import pykka
from pykka._envelope import Envelope
from pykka.messages import ProxyCall

from websocket_mock.actors.kernel.errors import ActorGone
from websocket_mock.actors.kernel.refs import tell
from websocket_mock.actors.kernel.scheduler import Scheduler
from websocket_mock.actors.values.ports import Clock

R = TypeVar("R")

MESSAGES_PER_TURN = 64

SETTLE_PASSES = 3
"""After so many passes of the owner, `submit_settled` looks at the time, too."""

SETTLE_SECONDS = 0.05
"""The longest that `submit_settled` waits for an owner that always has something to do."""

SETTLE_PAUSE = 0.001
"""Seconds between two looks whether the rest of a long message has arrived."""


class TurnOverError(Exception):
    """Raised by a mailbox to take the thread back from pykka's receive loop."""


class _Runnable(Protocol):
    def run_turn(self, max_messages: int) -> None: ...


class _Actor(_Runnable, Protocol):
    def on_receive(self, message: Any) -> Any: ...  # noqa: ANN401 - pykka's signature


class Mailbox:
    """The inbox of a dispatched actor.

    `put` and `len` may be called on any thread, the rest on the dispatcher's. Nothing blocks.
    """

    __slots__ = ("_is_queued", "_mail", "actor", "backlog", "dispatcher", "remaining")

    def __init__(self) -> None:
        self._mail: deque[Any] = deque()
        self.backlog = self._mail.__len__
        """Returns how many messages are waiting, as `len` does, in less time. Any thread."""
        self.dispatcher: Dispatcher | None = None
        """Runs the actor; None before its start."""
        self.actor: _Actor | None = None
        """The actor; None before its start and after its end."""
        self._is_queued = False
        self.remaining = 0
        """How many messages may still be taken in this turn."""

    def __len__(self) -> int:
        """Return how many messages are waiting."""
        return len(self._mail)

    def put(self, envelope: Any, /) -> None:  # noqa: ANN401 - pykka's envelope is private
        """Add mail, and queue the actor if it is not queued. Any thread."""
        self._mail.append(envelope)
        # No lock is needed. `open_turn` clears the flag before the mail is taken, so a thread that
        # still sees it set has added its mail in time. If two threads both see it cleared, they
        # queue the actor twice, and its second turn finds no mail.
        if not self._is_queued and self.dispatcher is not None:
            self._is_queued = True
            self.dispatcher.enqueue(self.actor or self)

    def idle_at(self) -> "Dispatcher | None":
        """Return the dispatcher if the actor lives, is not queued and has no mail. Any thread."""
        if self._is_queued or self._mail or self.actor is None:
            return None
        return self.dispatcher

    def hand_over(self, message: object) -> None:
        """Let the actor handle a message now, or after the mail that waits.

        Does nothing if the actor has stopped. Only on the dispatcher's thread, and not while one of
        its actors handles a message.
        """
        if self._is_queued or self._mail:
            self.put(Envelope(message))
            return
        # `unbind` has let an actor go that has stopped.
        actor = self.actor
        if actor is not None:
            try:
                actor.on_receive(message)
            except BaseException as error:  # noqa: BLE001 - pykka's loop decides what it means
                self.fail(actor, error)

    def fail(self, actor: _Actor, error: BaseException) -> None:
        """Let pykka's loop handle an error that the actor has raised outside it."""
        self._mail.appendleft(Envelope(_failure(error)))
        actor.run_turn(MESSAGES_PER_TURN)

    def get(self) -> Any:  # noqa: ANN401 - pykka's envelope is private
        """Take the oldest mail, or raise to end the turn."""
        if self.remaining <= 0 or not self._mail:
            raise TurnOverError
        self.remaining -= 1
        return self._mail.popleft()

    def empty(self) -> bool:
        """Tell whether no mail is waiting."""
        return not self._mail

    def bind(self, dispatcher: "Dispatcher", actor: _Actor) -> None:
        """Set the actor and its dispatcher, and queue the actor for its first turn."""
        self.dispatcher, self.actor = dispatcher, actor
        self._is_queued = True
        dispatcher.enqueue(actor)

    def unbind(self) -> None:
        """Let the actor go, because it has stopped; mail that still comes is refused.

        Otherwise the two would keep each other, and all that belongs to the connection, until the
        next garbage collection.
        """
        self.actor = None

    def run_turn(self, max_messages: int) -> None:
        """Refuse the mail that came after the end of the actor, as pykka does."""
        self.open_turn(max_messages)
        while self._mail:
            reply_to = self._mail.popleft().reply_to
            if reply_to is not None:
                gone = pykka.ActorDeadError("the actor stopped before handling the message")
                reply_to.set_exception((pykka.ActorDeadError, gone, None))

    def open_turn(self, max_messages: int) -> None:
        """Allow up to `max_messages` messages to be taken."""
        self._is_queued = False
        self.remaining = max_messages

    def close_turn(self) -> None:
        """Queue the actor again if it has mail left."""
        if self._mail and not self._is_queued and self.dispatcher and self.actor:
            self._is_queued = True
            self.dispatcher.enqueue(self.actor)


class Dispatcher:
    """A queue of actors that have mail, and the timers of those actors.

    The owner's thread calls the methods, unless they say "any thread". Nothing here blocks.

    Args:
        name: the name in logs and errors.
        clock: the time for the timers.
        wake: makes the owner's blocking poll return; called on other threads.
    """

    def __init__(self, name: str, clock: Clock, wake: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self.clock = clock
        self.scheduler = Scheduler(clock)
        self.wake = wake
        self.has_input = False
        """Whether the owner has found something to read in this pass. The owner writes it."""
        self.is_mid_message: Callable[[], bool] = lambda: False
        """Tells whether what the owner read last ends in the middle of a message."""
        self._ready: deque[_Runnable] = deque()
        self._calls: deque[Callable[[], object]] = deque()
        self._owner: int | None = None
        self._is_awake = False
        self._is_closed = False

    def adopt(self) -> None:
        """Make the calling thread the owner."""
        self._owner = threading.get_ident()

    def close(self) -> None:
        """Run the calls that wait and refuse further ones. The owner calls this last."""
        self._is_closed = True
        self._run_calls()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called, so that there will be no further pass."""
        return self._is_closed

    @property
    def has_mail(self) -> bool:
        """Whether an actor is waiting for the owner."""
        return bool(self._ready)

    @property
    def is_idle(self) -> bool:
        """Whether no actor and no call is waiting for the owner."""
        return not self._ready and not self._calls

    def seconds_until_due(self) -> float | None:
        """Return how many seconds the owner may block: 0 if there is work, None without timers."""
        return self.scheduler.seconds_until_due() if self.is_idle else 0.0

    def enqueue(self, actor: _Runnable) -> None:
        """Queue an actor for a turn. Any thread; only mailboxes call this."""
        self._ready.append(actor)
        self._wake_owner()

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Run a callback on the owner's thread. Any thread; returns at once."""
        self._calls.append(callback)
        self._wake_owner()

    def submit(self, function: Callable[[], R]) -> "pykka.Future[R]":
        """Run a function on the owner's thread, and return a future of its result.

        Any thread; returns at once. Once the dispatcher is closed, the future raises `ActorGone`.
        """
        future: pykka.ThreadingFuture[R] = pykka.ThreadingFuture()
        self.call_soon(partial(_set_result, future, function))
        if self._is_closed:
            # Nobody will run it any more, unless `close` has just done so.
            self._refuse(future)
        return future

    def submit_settled(self, function: Callable[[], R]) -> "pykka.Future[R]":
        """Run a function when everything that had been sent before the call has been handled.

        It runs in the first pass of the owner that finds nothing to read and no actor with mail.
        If a long message has begun to arrive, it waits for the rest. On a busy owner, and if the
        rest does not come, it runs after `SETTLE_SECONDS`. Otherwise like `submit`.
        """
        future: pykka.ThreadingFuture[R] = pykka.ThreadingFuture()
        run = partial(_set_result, future, function)
        self.call_soon(_Settling(self, run).begin)
        if self._is_closed:
            self._refuse(future)
        return future

    def run_ready(self) -> None:
        """Run the timers that are due, the waiting calls, and one turn of each queued actor."""
        self._is_awake = False
        self.scheduler.run_due()
        self._run_calls()
        for _ in range(len(self._ready)):
            self._ready.popleft().run_turn(MESSAGES_PER_TURN)

    def _run_calls(self) -> None:
        for _ in range(len(self._calls)):
            self._calls.popleft()()

    def _refuse(self, future: "pykka.ThreadingFuture[Any]") -> None:
        error = ActorGone(f"dispatcher {self.name} has stopped")
        with suppress(queue.Full):  # the call did run in time
            future.set_exception((ActorGone, error, None))

    def _wake_owner(self) -> None:
        if not self._is_awake and threading.get_ident() != self._owner:
            self._is_awake = True
            self.wake()


class _Settling:
    """Runs a function when a dispatcher has settled. On the thread of the dispatcher's owner."""

    def __init__(self, dispatcher: Dispatcher, run: Callable[[], None]) -> None:
        self._dispatcher = dispatcher
        self._run = run
        self._latest = dispatcher.clock.monotonic() + SETTLE_SECONDS
        self._passes = 0

    def begin(self) -> None:
        """Wait for the next pass: this one may have looked for something to read before."""
        if self._dispatcher.is_closed:
            self._run()
        else:
            self._dispatcher.call_soon(self._look)

    def _look(self) -> None:
        dispatcher = self._dispatcher
        self._passes += 1
        is_late = self._passes >= SETTLE_PASSES and dispatcher.clock.monotonic() >= self._latest
        if is_late or dispatcher.is_closed:
            self._run()
        elif dispatcher.has_input or dispatcher.has_mail:
            dispatcher.call_soon(self._look)
        elif dispatcher.is_mid_message():
            dispatcher.scheduler.call_later(SETTLE_PAUSE, self._look)
        else:
            self._run()


def _set_result(future: "pykka.ThreadingFuture[R]", function: Callable[[], R]) -> None:
    with suppress(queue.Full):  # `close` came first, and the future was refused
        try:
            future.set(function())
        except Exception:  # noqa: BLE001 - the future passes it on
            future.set_exception()


def tell_all(refs: Iterable["pykka.ActorRef[Any]"], message: object) -> int:
    """Send one message to many actors; return how many of them have not stopped.

    Any thread; returns at once. The idle actors of one dispatcher get it in one call there, one
    after the other, which takes half the time of a turn for each. What one thread sends to an actor
    arrives in its order: mail that waits at that moment goes before, and mail that comes after it
    is handled after it.
    """
    living = 0
    groups: dict[Dispatcher, list[Mailbox]] = {}
    for ref in refs:
        inbox = ref.actor_inbox
        if isinstance(inbox, Mailbox) and (dispatcher := inbox.idle_at()) is not None:
            groups.setdefault(dispatcher, []).append(inbox)
        else:
            living += tell(ref, message)
    for dispatcher, mailboxes in groups.items():
        living += len(mailboxes)
        dispatcher.call_soon(partial(_hand_over_to_all, mailboxes, message))
    return living


def _hand_over_to_all(mailboxes: Sequence[Mailbox], message: object) -> None:
    # As `Mailbox.hand_over` does, but the message goes before mail that has come since. It is no
    # call for each actor, because calls are most of what a broadcast costs without the sockets.
    for mailbox in mailboxes:
        actor = mailbox.actor
        if actor is not None:
            try:
                actor.on_receive(message)
            except BaseException as error:  # noqa: BLE001 - pykka's loop decides what it means
                mailbox.fail(actor, error)


def _failure(error: BaseException) -> ProxyCall:
    """Return a message that fails with an error that was raised outside pykka's loop."""
    return ProxyCall(attr_path=("raise_again",), args=(error,), kwargs={})
