"""A quiet reference: the place of what is told, and when the actor's thread is woken."""

from typing import Any, ClassVar

from tests.helpers.fakes import CrashLog, ManualClock
from tests.helpers.singletons import running
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.quiet_ref import QuietRef
from websocket_mock.actors.kernel.refs import Ref, ask, tell
from websocket_mock.actors.kernel.singleton import SingletonActor
from websocket_mock.actors.messages import Ping


class Notes(SingletonActor):
    """Notes what it is told."""

    name: ClassVar[str] = "notes"
    noted: ClassVar[list[Any]]

    def set_up(self) -> None:
        type(self).noted = []

    def handle(self, message: Any) -> None:
        self.noted.append(message)


def quiet(ref: Ref) -> tuple[QuietRef, Dispatcher]:
    dispatcher = Dispatcher("test", ManualClock())
    dispatcher.adopt()
    return QuietRef(ref, dispatcher), dispatcher


def test_thread_is_woken_in_the_next_pass_of_the_dispatcher() -> None:
    with running(Notes, CrashLog()) as ref:
        ask(ref, Ping(), timeout=PATIENCE)
        told, dispatcher = quiet(ref)
        for number in range(3):
            assert tell(told, number)
        assert dispatcher.seconds_until_due() == 0
        dispatcher.run_ready()
        assert dispatcher.is_idle
        eventually(lambda: Notes.noted[1:] == [0, 1, 2])


def test_what_is_told_keeps_its_place_before_other_mail() -> None:
    with running(Notes, CrashLog()) as ref:
        told, _ = quiet(ref)
        tell(told, "quiet")
        ask(ref, Ping(), timeout=PATIENCE)
        assert Notes.noted == ["quiet", Ping()]


def test_actor_that_has_stopped_is_told_nothing() -> None:
    with running(Notes, CrashLog()) as ref:
        told, dispatcher = quiet(ref)
    assert not tell(told, "late")
    assert dispatcher.is_idle
