"""Well-behaved clients that count while something else goes on: nothing is lost or out of order."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from websockets.asyncio.client import connect

from tests.helpers.wait import PATIENCE


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the clients have seen."""

    answers: list[int]
    """The right answers of each client."""


class Witnesses:
    """Clients on a thread of their own. Each sends numbers, and the echo must send them back.

    Args:
        url: the address of an echo.
        count: how many clients.
    """

    def __init__(self, url: str, count: int) -> None:
        self._url = url
        self._answers = [0] * count
        self._failure: BaseException | None = None
        self._is_over = False
        self._are_here = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witnesses")

    def start(self) -> None:
        """Connect all; returns when each has had an answer."""
        self._thread.start()
        assert self._are_here.wait(PATIENCE) or self._failure is not None
        self._check()

    def stop(self) -> Witnessed:
        """End in order; raise what any of them has met."""
        self._is_over = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._check()
        return Witnessed(list(self._answers))

    @property
    def answers(self) -> int:
        return sum(self._answers)

    def _check(self) -> None:
        if self._failure is not None:
            raise AssertionError("a well-behaved client was disturbed") from self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._witness())
        except BaseException as error:  # noqa: BLE001 - `stop` raises it
            self._failure = error
            self._are_here.set()

    async def _witness(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(len(self._answers)):
                group.create_task(self._count(number))

    async def _count(self, number: int) -> None:
        async with connect(self._url, open_timeout=PATIENCE, proxy=None) as client:
            while not self._is_over:
                # Two under way, so that an order can be wrong.
                sent = [f"{number} {self._answers[number] + step}" for step in range(2)]
                for message in sent:
                    await client.send(message)
                for message in sent:
                    answer = await asyncio.wait_for(client.recv(), PATIENCE)
                    assert answer == message, (answer, message)
                    self._answers[number] += 1
                if all(self._answers):
                    self._are_here.set()
                await asyncio.sleep(0.02)


@contextmanager
def witnessing(url: str, count: int = 10) -> Iterator[Witnesses]:
    """Have clients count for the length of a `with` block; it fails if one is disturbed."""
    witnesses = Witnesses(url, count)
    try:
        witnesses.start()
        yield witnesses
    finally:
        witnesses.stop()
