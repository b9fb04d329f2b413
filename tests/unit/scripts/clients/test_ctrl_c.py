import signal
import sys
import weakref

import pytest

from tests.helpers.faulty_server import Faults, faulty_server
from websocket_mock.scripts.clients.checks import run_checks
from websocket_mock.scripts.clients.ctrl_c import CtrlC


class Thing:
    """Something a weak reference can refer to."""


def press_in_a_callback() -> None:
    """Press Ctrl-C where Python drops what the handler raises."""
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    del thing
    assert reference() is None


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[type[BaseException]]:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: seen.append(args.exc_type))
    return seen


def test_ctrl_c_in_a_callback_is_dropped_by_python_and_kept_here(
    dropped: list[type[BaseException]],
) -> None:
    ctrl_c = CtrlC()
    with ctrl_c.watched():
        ctrl_c.raise_if_pressed()
        press_in_a_callback()
        assert dropped == [KeyboardInterrupt]
        with pytest.raises(KeyboardInterrupt):
            ctrl_c.raise_if_pressed()


def test_dropped_ctrl_c_ends_the_wait_of_a_check(dropped: list[type[BaseException]]) -> None:
    ctrl_c = CtrlC()
    with ctrl_c.watched(), faulty_server(Faults(silent=True)) as server:
        press_in_a_callback()
        with pytest.raises(KeyboardInterrupt):
            next(run_checks(server.url, 600.0, ctrl_c))


def test_former_handler_is_back_afterwards() -> None:
    former = signal.getsignal(signal.SIGINT)
    with CtrlC().watched():
        assert signal.getsignal(signal.SIGINT) != former
    assert signal.getsignal(signal.SIGINT) == former
