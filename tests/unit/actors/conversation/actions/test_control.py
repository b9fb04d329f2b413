"""The actions `ping`, `close`, `abort` and `ignore`."""

from typing import Any

import pytest

from tests.helpers.actions import SCOPE, WHY, Bench, compiled
from websocket_mock.actors.conversation.action import BadAction, CompiledAction
from websocket_mock.actors.conversation.actions.control import DoAbort, DoClose, DoIgnore, DoPing
from websocket_mock.actors.conversation.core import Effect, ReportProblem
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.effects import Abort, SendPing, SendText, StartClose


@pytest.mark.parametrize(
    ("written", "action"), [({"abort": "reset"}, DoAbort("reset")), ("ignore", DoIgnore())]
)
def test_action_is_compiled(written: Any, action: CompiledAction) -> None:
    assert compiled(written) == action


@pytest.mark.parametrize(
    ("action", "effect"),
    [
        ({"ping": {"payload": "p"}}, SendPing(b"p")),
        ({"close": {"code": 4000, "reason": "bye {{ path.id }}"}}, StartClose(4000, "bye 7")),
        ({"abort": "reset"}, Abort(is_reset=True)),
        ({"abort": "close"}, Abort(is_reset=False)),
    ],
)
def test_action_has_its_effect(bench: Bench, action: Any, effect: Effect) -> None:
    assert bench.run(action) == [effect]


def test_ignore_has_no_effect_of_its_own(bench: Bench) -> None:
    assert bench.run("ignore") == []


def test_reason_of_a_close_is_a_template() -> None:
    action = compiled({"close": {"code": 4000, "reason": "bye {{ name }}"}})
    assert isinstance(action, DoClose)
    assert (action.code(SCOPE), action.reason(SCOPE)) == (4000, "bye world")


def test_close_whose_reason_becomes_too_long_still_fits_its_frame(bench: Bench) -> None:
    message = Occasion("", "the rule", MessageView(text="€" * 100))
    (effect,) = bench.run({"close": {"code": 4000, "reason": "{{ message.text }}"}}, why=message)
    assert isinstance(effect, StartClose)
    assert effect.code == 4000
    assert len(effect.reason.encode()) <= 123  # RFC 6455 section 5.5


@pytest.mark.parametrize(
    ("payload", "expected"), [("€", "€".encode()), ("", b""), ("{{ name }}", b"world")]
)
def test_payload_of_a_ping_is_a_template(payload: str, expected: bytes) -> None:
    action = compiled({"ping": {"payload": payload}})
    assert isinstance(action, DoPing)
    assert action.payload(SCOPE) == expected


@pytest.mark.parametrize("payload", ["x" * 126, "€" * 42])
def test_ping_with_too_much_payload_is_refused(payload: str) -> None:
    with pytest.raises(BadAction, match="at most 125 bytes"):
        compiled({"ping": {"payload": payload}})


def test_ping_that_becomes_too_large_is_a_problem_and_the_rest_goes_on() -> None:
    effects = Bench().run({"ping": {"payload": "{{ 'x' * 126 }}"}}, {"send": {"text": "on"}})
    problem = ReportProblem(WHY.label, "a ping has at most 125 bytes, this one 126")
    assert effects == [problem, SendText(b"on")]
