"""A small actor for tests of the dispatcher: it keeps its mail and does as it is told."""

from collections.abc import Callable
from typing import Any

from websocket_mock.actors.kernel.dispatched_actor import DispatchedActor
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.refs import Ref


class Worker(DispatchedActor):
    """Calls a message that can be called and returns its result; keeps any other.

    Args:
        dispatcher: whose owner runs it.
        kept: where it keeps its mail.
        hooks: what to do in `on_start`, `on_stop` and `on_failure`, by name.
    """

    def __init__(
        self, dispatcher: Dispatcher, kept: list[Any], **hooks: Callable[[], object]
    ) -> None:
        super().__init__(dispatcher)
        self._kept = kept
        self._hooks = hooks

    def on_start(self) -> None:
        self._run_hook("on_start")

    def on_stop(self) -> None:
        self._run_hook("on_stop")

    def on_failure(self, *_: object) -> None:
        self._run_hook("on_failure")

    def on_receive(self, message: Any) -> Any:
        if callable(message):
            return message()
        self._kept.append(message)
        return message

    def _run_hook(self, name: str) -> None:
        self._hooks.get(name, lambda: None)()


def boom() -> None:
    raise RuntimeError("boom")


class Workplace:
    """A dispatcher that the test owns, and the workers on it."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher
        self._refs: list[Ref] = []

    def hire(self, kept: list[Any] | None = None, **hooks: Callable[[], object]) -> Ref:
        """Start a worker; it runs when the dispatcher does."""
        ref = Worker.start(self.dispatcher, [] if kept is None else kept, **hooks)
        self._refs.append(ref)
        return ref

    def run(self) -> None:
        """Work until nothing is left to do now."""
        while not self.dispatcher.is_idle:
            self.dispatcher.run_ready()

    def close(self) -> None:
        for ref in self._refs:
            ref.stop(block=False)
        self.run()
