"""Parts of a running server that hang, until the test lets go of them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from tests.helpers.fakes import RecordingRef
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.kernel.refs import Ref
from websocket_mock.actors.messages import CallRoll, ReportStats


class _HangingRef(RecordingRef):
    """A reference that keeps whoever tells it something."""

    def __init__(self) -> None:
        super().__init__("hanging")
        self.has_caught = threading.Event()
        self.release = threading.Event()

    def tell(self, message: Any) -> None:
        self.has_caught.set()
        self.release.wait(PATIENCE)


@contextmanager
def _hanging(ref: Ref, ask_for: Callable[[Ref], ReportStats | CallRoll]) -> Iterator[None]:
    trap = _HangingRef()
    ref.tell(ask_for(trap))
    try:
        assert trap.has_caught.wait(PATIENCE)
        yield
    finally:
        trap.release.set()


@contextmanager
def stuck_stats_collector(server: InProcessServer) -> Iterator[None]:
    with _hanging(server.runtime._system.stats_ref, ReportStats):
        yield


@contextmanager
def stuck_registry(server: InProcessServer) -> Iterator[None]:
    with _hanging(server.runtime._system.registry_ref, partial(CallRoll, None)):
        yield


@contextmanager
def stuck_reader(server: InProcessServer) -> Iterator[None]:
    """Keep the thread that serves the clients."""
    has_caught, release = threading.Event(), threading.Event()

    def hang() -> None:
        has_caught.set()
        release.wait(PATIENCE)

    (environment,) = server.runtime._system.environments()
    environment.dispatcher.call_soon(hang)
    try:
        assert has_caught.wait(PATIENCE)
        yield
    finally:
        release.set()
