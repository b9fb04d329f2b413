"""One load from the first connection to the report. The main thread directs the workers."""

import concurrent.futures
import queue
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

from websocket_mock.scripts.load.ledger import count_lost
from websocket_mock.scripts.load.report import (
    Report,
    summarize_deliveries,
    summarize_errors,
    summarize_round_trips,
)
from websocket_mock.scripts.load.workers import CLOSE_TIMEOUT, OPEN_TIMEOUT, LoadPlan, Worker
from websocket_mock.scripts.signals import handling

_POLL = 0.2
_DRAIN_POLL = 0.02
_SETTLE = 0.2
"""Seconds after the last answer in which duplicates may still arrive."""
_SLACK = 5.0
"""Seconds for a busy machine, in addition to the workers' own deadlines."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the load is."""

    phase: str
    connected: int
    answered: int
    received: int
    errors: int


class Interrupts:
    """Requests by Ctrl-C: the first stops early, the second stops without waiting."""

    def __init__(self) -> None:
        # A signal handler may run while its thread holds the lock of an Event or a Queue.
        # Putting into a SimpleQueue is documented to be safe even then.
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._count = 0

    def ask(self) -> None:
        """Ask to stop; a second call asks to stop waiting. For any thread and signal handler."""
        self._asked.put(None)

    def is_stopped(self, within: float = 0) -> bool:
        """Return whether it was asked to stop. Waits up to `within` seconds. For one thread."""
        return self._has_been_asked(1, within)

    def is_aborted(self, within: float = 0) -> bool:
        """Return whether it was asked twice. Waits up to `within` seconds. For one thread."""
        return self._has_been_asked(2, within)

    @contextmanager
    def from_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as requests to stop. Main thread only."""
        with handling((signal.SIGINT, signal.SIGTERM), self._on_signal):
            yield

    def _has_been_asked(self, times: int, within: float) -> bool:
        if self._count < times:
            with suppress(queue.Empty):
                self._asked.get(timeout=within)
                self._count += 1
        return self._count >= times

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.ask()


class LoadRun:
    """Runs a load once. For one thread, which should be the main one."""

    def __init__(
        self, plan: LoadPlan, interrupts: Interrupts, show: Callable[[Progress], None]
    ) -> None:
        """Prepare the threads.

        Args:
            plan: the load.
            interrupts: asks to stop early.
            show: gets the progress a few times per second, on the calling thread.
        """
        self._plan = plan
        self._interrupts = interrupts
        self._show = show
        self._workers = [Worker(index, plan) for index in range(plan.threads)]
        self._elapsed = 0.0
        self._at_end = self._progress("")

    def execute(self) -> Report:
        """Connect, load, wait for the last answers, disconnect, report. Blocks for all of it."""
        for worker in self._workers:
            worker.start()
        try:
            self._connect()
            self._load()
            self._drain()
            self._on_all("disconnecting", Worker.hang_up, CLOSE_TIMEOUT + _SLACK)
        finally:
            for worker in self._workers:
                worker.stop()
        return self._report()

    def _connect(self) -> None:
        ramp = self._plan.rules.clients / self._plan.connect_rate
        begin = time.monotonic()
        self._on_all(
            "connecting",
            lambda worker: worker.connect(begin),
            ramp + 2 * OPEN_TIMEOUT + _SLACK,
            may_stop=True,
        )

    def _load(self) -> None:
        if self._interrupts.is_stopped():
            return
        begun = time.monotonic()
        end = begun + self._plan.duration
        self._on_all("starting", Worker.begin_load, _SLACK)
        while (left := end - time.monotonic()) > 0 and self._open_clients() > 0:
            self._show(self._progress("loading"))
            if self._interrupts.is_stopped(min(_POLL, left)):
                break
        self._elapsed = time.monotonic() - begun
        self._at_end = self._progress("")
        self._on_all("stopping", Worker.end_load, _SLACK)

    def _drain(self) -> None:
        """Wait for answers that are still under way, and a moment more for duplicates."""
        end = time.monotonic() + self._plan.grace
        while time.monotonic() < end and not self._is_drained():
            self._show(self._progress("waiting for the last answers"))
            if self._interrupts.is_aborted(_DRAIN_POLL):
                return
        self._interrupts.is_aborted(_SETTLE)

    def _is_drained(self) -> bool:
        tallies = [worker.tally for worker in self._workers]
        answered = sum(tally.answered for tally in tallies)
        # With a dropped client the sum is unknown, and the grace period decides.
        awaited = sum(tally.broadcasts for tally in tallies) * (self._open_clients() - 1)
        delivered = sum(tally.delivered for tally in tallies)
        return answered == sum(tally.sent for tally in tallies) and delivered >= awaited

    def _open_clients(self) -> int:
        return sum(worker.tally.connected - worker.tally.dropped for worker in self._workers)

    def _on_all(
        self,
        phase: str,
        work: Callable[[Worker], Coroutine[Any, Any, None]],
        timeout: float,
        *,
        may_stop: bool = False,
    ) -> None:
        """Let all workers do something, wait for them, and show the progress.

        Args:
            phase: its name in the progress.
            work: makes the coroutine of one worker.
            timeout: seconds after which unfinished work is cancelled.
            may_stop: whether a request to stop also cancels it.

        Raises:
            Exception: a worker failed, which is a bug.
        """
        futures = [worker.submit(work(worker)) for worker in self._workers]
        end = time.monotonic() + timeout
        waiting = set(futures)
        while waiting and time.monotonic() < end:
            if may_stop and self._interrupts.is_stopped():
                break
            self._show(self._progress(phase))
            waiting = concurrent.futures.wait(waiting, timeout=_DRAIN_POLL).not_done
        for future in futures:
            if future in waiting:
                future.cancel()
            else:
                future.result(timeout=0)

    def _progress(self, phase: str) -> Progress:
        tallies = [worker.tally for worker in self._workers]
        return Progress(
            phase,
            connected=self._open_clients(),
            answered=sum(tally.answered for tally in tallies),
            received=sum(tally.received for tally in tallies),
            errors=sum(tally.errors for tally in tallies),
        )

    def _report(self) -> Report:
        tallies = [worker.tally for worker in self._workers]
        seconds = self._elapsed or 1.0
        return Report(
            url=self._plan.url,
            scenario=self._plan.rules.scenario,
            clients=self._plan.rules.clients,
            threads=self._plan.threads,
            duration_seconds=round(self._elapsed, 3),
            was_interrupted=self._interrupts.is_stopped(),
            connected=sum(tally.connected for tally in tallies),
            dropped=sum(tally.dropped for tally in tallies),
            messages_sent=sum(tally.sent for tally in tallies),
            messages_received=sum(tally.received for tally in tallies),
            answered=sum(tally.answered for tally in tallies),
            broadcasts_delivered=sum(tally.delivered for tally in tallies),
            unrelated=sum(tally.unrelated for tally in tallies),
            requests_per_second=round(self._at_end.answered / seconds, 1),
            received_per_second=round(self._at_end.received / seconds, 1),
            latency_ms=summarize_round_trips(tallies),
            broadcast_latency_ms=summarize_deliveries(tallies),
            lost=self._count_lost(),
            duplicated=sum(tally.duplicated for tally in tallies),
            errors=summarize_errors(tallies),
        )

    def _count_lost(self) -> int:
        clients = [client for worker in self._workers for client in worker.clients]
        dropped = {client.ledger.number for client in clients if client.was_dropped}
        return count_lost((client.ledger for client in clients), dropped)
