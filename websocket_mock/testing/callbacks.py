"""Runs the Python callbacks of rules: on threads of their own, so that they may block."""

import inspect
import threading
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from websocket_mock.actors.conversation.own_code import Connection, Event, Function
from websocket_mock.testing.conversation import Conversation
from websocket_mock.testing.errors import NotConnected
from websocket_mock.testing.traffic import Traffic

SETTLE_SECONDS = 5.0
"""The longest wait for callbacks of which none has begun."""

MAX_THREADS = 16
"""The most callbacks that run at a time; more of them queue."""

MAX_QUEUED = 10_000
"""The most callbacks that queue. Further ones are failures."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a callback gets: the message that made its rule fire.

    >>> @chat.on_message(text={"matches": "say (?P<word>.*)"})
    ... def answer(message):
    ...     return message.captures["word"]
    >>> with connect(chat.url()) as client:
    ...     client.send("say cheese")
    ...     client.recv()
    'cheese'
    """

    text: str | None
    """The content of a text message."""
    json: Any
    """The text, read as JSON; None if it is not JSON."""
    data: bytes | None
    """The content of a binary message."""
    captures: Mapping[str, Any]
    """What the conditions of the rule captured, by name."""
    connection: Connection
    """The connection at that moment: headers, path, state, variables and more."""
    conversation: Conversation
    """The live connection: to send more than one answer, to close, to receive."""


Callback = Callable[[Message], object | Awaitable[object]]
"""A callback. It returns an answer for the client: str is sent as text, bytes as binary, anything
else as JSON, and None not at all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A callback that failed."""

    name: str
    text: str
    error: BaseException | None = None
    """What it raised, with the traceback from the callback on."""

    def __str__(self) -> str:
        shown = f"The callback {self.name} failed: {self.text}"
        if self.error is None:
            return shown
        return f"{shown}\n{''.join(traceback.format_exception(self.error)).rstrip()}"


@dataclass(slots=True)
class _Job:
    name: str
    callback: Callback
    message: Message
    deadline: float
    started: float | None = None


@dataclass(slots=True)
class _Lane:
    """The callbacks of one connection. They run one after the other."""

    jobs: deque[_Job] = field(default_factory=deque)
    current: _Job | None = None


class Callbacks:
    """Runs callbacks in the order of the messages of each connection. Any thread.

    Args:
        traffic: where the answers are sent.
    """

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._mutex = threading.Lock()
        self._changed = threading.Condition(self._mutex)
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[str] = deque()
        """The connections with waiting callbacks of which none runs."""
        self._threads = 0
        self._queued = 0
        self._failures: list[Failure] = []

    def function(self, name: str, callback: Callback, deadline: float) -> Function:
        """Return the function that a `call` action runs. It only queues the callback.

        Args:
            name: what failures call it.
            callback: the callback; a coroutine function gets an event loop of its own.
            deadline: seconds it may take.
        """

        def queue(event: Event, connection: Connection) -> None:
            live = Conversation(
                self._traffic, connection.id, connection.attempt, connection.received
            )
            message = Message(
                event.text, event.json, event.binary, event.captures, connection, live
            )
            self._put(connection.id, _Job(name, callback, message, deadline))

        return queue

    def failures(self) -> list[Failure]:
        """Return the callbacks that have failed so far, with those that take too long."""
        now = time.monotonic()
        with self._mutex:
            running = [lane.current for lane in self._lanes.values()]
            late = [
                Failure(job.name, _too_slow(job))
                for job in running
                if job is not None and job.started is not None and now - job.started > job.deadline
            ]
            return [*self._failures, *late]

    def forget(self) -> None:
        """Forget the failures so far."""
        with self._mutex:
            self._failures.clear()

    def settle(self) -> None:
        """Wait until all callbacks are done, or one takes too long. Blocks for a few seconds."""
        with self._changed:
            while self._lanes and (left := self._time_left()) > 0:
                self._changed.wait(left)

    def _time_left(self) -> float:
        now = time.monotonic()
        jobs = [lane.current for lane in self._lanes.values() if lane.current is not None]
        limits = [job.deadline - (now - (job.started or now)) for job in jobs]
        return min(limits, default=SETTLE_SECONDS)

    def _put(self, client: str, job: _Job) -> None:
        with self._mutex:
            if self._queued >= MAX_QUEUED:
                self._failures.append(Failure(job.name, f"more than {MAX_QUEUED:,} were waiting"))
                return
            self._queued += 1
            lane = self._lanes.get(client)
            if lane is None:
                lane = self._lanes[client] = _Lane()
                self._ready.append(client)
            lane.jobs.append(job)
            if self._ready and self._threads < MAX_THREADS:
                self._threads += 1
                # A callback that never ends must not keep the process alive.
                threading.Thread(target=self._work, name="mock-callback", daemon=True).start()

    def _work(self) -> None:
        while (job := self._take()) is not None:
            client, one = job
            self._done(client, self._run(one))

    def _take(self) -> tuple[str, _Job] | None:
        with self._mutex:
            if not self._ready:
                self._threads -= 1
                return None
            client = self._ready.popleft()
            lane = self._lanes[client]
            lane.current = job = lane.jobs.popleft()
            job.started = time.monotonic()
            self._queued -= 1
            return client, job

    def _done(self, client: str, failure: Failure | None) -> None:
        with self._changed:
            if failure is not None:
                self._failures.append(failure)
            lane = self._lanes[client]
            lane.current = None
            if lane.jobs:
                self._ready.append(client)
            else:
                del self._lanes[client]
            self._changed.notify_all()

    def _run(self, job: _Job) -> Failure | None:
        assert job.started is not None
        try:
            answer = job.callback(job.message)
            if inspect.isawaitable(answer):
                answer = anyio.run(_await, answer, job.deadline)
            if time.monotonic() - job.started > job.deadline:
                return Failure(job.name, _too_slow(job))
            if answer is not None:
                _reply(job.message.conversation, answer)
        except NotConnected:
            # The client may leave at any time; that is not the callback's mistake.
            return None
        except BaseException as error:  # noqa: BLE001 - whatever it raises is shown at the test
            return Failure(job.name, f"{type(error).__name__}: {error}", _from_callback(error))
        return None


async def _await(answer: Awaitable[object], deadline: float) -> object:
    with anyio.move_on_after(deadline):
        return await answer
    return None


def _reply(conversation: Conversation, answer: object) -> None:
    match answer:
        case str():
            conversation.send(text=answer)
        case bytes() | bytearray() | memoryview():
            conversation.send(binary=bytes(answer))
        case _:
            conversation.send(json=answer)


def _too_slow(job: _Job) -> str:
    return f"it took longer than {job.deadline:g} s; its answer was not sent"


def _from_callback(error: BaseException) -> BaseException:
    """Return an error whose traceback begins in the callback, without our own frames."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename == __file__:
        frame = frame.tb_next
    return error.with_traceback(frame or error.__traceback__)
