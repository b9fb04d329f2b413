"""Actions as a person writes them, compiled, and done for one connection."""

from collections.abc import Mapping
from typing import Any, NoReturn

from tests.helpers.conversation import make_context
from tests.helpers.fakes import START_TIME
from websocket_mock.actors.conversation.action import BadAction, CompiledAction
from websocket_mock.actors.conversation.action_compiler import ActionCompiler
from websocket_mock.actors.conversation.core import Effect
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.replay import SharedMemory
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.library.own_code import Functions
from websocket_mock.actors.matching.message_view import NOTHING
from websocket_mock.actors.values.effects import SendText
from websocket_mock.actors.values.handshake_request import HandshakeRequest

NO_FUNCTIONS = Functions()

SCOPE = {"name": "world", "n": 3, "data": b"\x00\xff"}
"""What templates see that are rendered without a connection."""

REQUEST = HandshakeRequest(
    "/mock/7",
    query={"device": "d1"},
    headers={"x-a": "1"},
    cookies={"sid": "s"},
    remote_address="192.0.2.7",
    attempt=3,
)
WHY = Occasion("key", "the rule", NOTHING)


def compiled(written: Any, files: Mapping[str, bytes] | None = None) -> CompiledAction:
    """Compile one action.

    Raises:
        BadAction: it, or an action inside of it, cannot be compiled.
    """
    compiler = ActionCompiler((files or {}).__getitem__, refuse, 100, NO_FUNCTIONS.find)
    action = compiler.compile_action(Action.model_validate(written), ("do", 0))
    assert action is not None
    return action


def refuse(place: Place, problem: object) -> NoReturn:
    assert place[:2] == ("do", 0)
    raise BadAction(str(problem))


class Bench:
    """A runner and the time."""

    def __init__(self, seed: str = "seed", shared: SharedMemory | None = None) -> None:
        context = make_context(REQUEST, "v2")
        self.runner = ActionRunner(context, {"id": "7"}, seed, "initial", shared)
        self.now = START_TIME

    def run(self, *actions: Any, why: Occasion = WHY) -> list[Effect]:
        return self.runner.run([compiled(one) for one in actions], why, self.now)

    def render(self, template: str, why: Occasion = WHY) -> str:
        """What a text of this template becomes."""
        (effect,) = self.run({"send": {"text": template}}, why=why)
        assert isinstance(effect, SendText), effect
        return effect.payload.decode()
