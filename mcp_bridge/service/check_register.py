"""The waits and verifications under way, and the last ones that have ended."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE, Scope

MAX_ENDED = 100
"""The most checks that have ended to keep. One more drops the oldest."""

CheckVerb = Literal["wait", "verify"]

CheckStatus = Literal[
    "running", "happened", "quiet", "timed_out", "passed", "failed", "left", "error"
]
"""left: the caller has left. error: it could not be done."""


class Progress:
    """How many entries a check has read. Its thread counts; any thread may look."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries = 0


@dataclass(frozen=True, slots=True)
class TrafficCheck:
    """One wait or verification. The values of its result are empty while it runs."""

    number: int
    """Of all checks since the start, from 1."""
    verb: CheckVerb
    conditions: Mapping[str, Any]
    scope: Scope
    limit: float
    """The longest time that it takes, in seconds."""
    began: float
    """Unix seconds."""
    began_monotonic: float
    progress: Progress = field(default_factory=Progress, compare=False)
    status: CheckStatus = "running"
    text: str = ""
    nearest_miss: str | None = None
    evidence: tuple[int, ...] = ()
    seconds: float | None = None
    """How long it took; None while it runs."""


class Report:
    """What the thread of a check works with: its progress, and what it says in the end."""

    def __init__(self, check: TrafficCheck) -> None:
        self.progress = check.progress
        self.ended: TrafficCheck | None = None
        self._check = check

    def end(
        self,
        status: CheckStatus,
        text: str = "",
        nearest_miss: str | None = None,
        evidence: tuple[int, ...] = (),
    ) -> None:
        """Say how it has ended."""
        self.ended = replace(
            self._check, status=status, text=text, nearest_miss=nearest_miss, evidence=evidence
        )


class CheckRegister:
    """Knows which checks run and how the last ones ended. Any thread.

    Each check that runs has a thread of its caller, so their number is bounded by the callers.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._numbers = itertools.count(1)
        self._running: dict[int, TrafficCheck] = {}
        self._ended: deque[TrafficCheck] = deque(maxlen=MAX_ENDED)

    @contextmanager
    def running(
        self, verb: CheckVerb, conditions: Mapping[str, Any], scope: Scope, limit: float
    ) -> Iterator[Report]:
        """Keep a check in the register while it runs. What it raises ends it as an error.

        Args:
            verb: what it is.
            conditions: what is waited for or verified, as it was written.
            scope: the namespaces that it looks at.
            limit: the longest time that it takes, in seconds.
        """
        number = next(self._numbers)
        check = TrafficCheck(number, verb, conditions, scope, limit, time.time(), time.monotonic())
        report = Report(check)
        with self._mutex:
            self._running[number] = check
        try:
            yield report
        except Exception as error:
            report.end("error", str(error))
            raise
        finally:
            ended = report.ended or replace(check, status="left")
            seconds = time.monotonic() - check.began_monotonic
            with self._mutex:
                del self._running[number]
                self._ended.append(replace(ended, seconds=seconds))

    def count_running(self) -> int:
        """Return how many checks run."""
        return len(self._running)

    def list(self, scope: Scope) -> tuple[list[TrafficCheck], list[TrafficCheck]]:
        """Return the checks of a scope that run, and those that have ended, newest first."""
        with self._mutex:
            both = list(self._running.values()), list(self._ended)
        running, ended = (
            [one for one in reversed(checks) if scope in (EVERY_NAMESPACE, one.scope)]
            for checks in both
        )
        return running, ended
