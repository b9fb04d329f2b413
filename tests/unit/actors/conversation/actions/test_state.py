"""The actions `state` and `set`."""

from types import TracebackType

from tests.helpers.actions import SCOPE, Bench, compiled
from websocket_mock.actors.conversation.actions.state import DoSet, DoState
from websocket_mock.actors.conversation.variables import Change, apply_changes
from websocket_mock.actors.values.effects import SendText


def test_state_is_compiled() -> None:
    assert compiled({"state": "live"}) == DoState("live")


def test_variables_keep_the_type_of_an_expression() -> None:
    action = compiled({"set": {"a": "{{ n }}", "b": ["{{ n }} x"], "c": None}})
    assert isinstance(action, DoSet)
    rendered = {one.name: one.render(SCOPE) for one in action.setters}
    assert rendered == {"a": 3, "b": ["3 x"], "c": None}


def test_state_is_set_for_what_follows(bench: Bench) -> None:
    (effect,) = bench.run({"state": "live"}, {"send": {"text": "{{ state }}"}})
    assert effect == SendText(b"live")
    assert bench.runner.memory.state == "live"
    assert bench.render("{{ state }}") == "live"


def test_variables_are_set_for_what_follows(bench: Bench) -> None:
    assert bench.run({"set": {"n": 1, "list": "{{ [1, 2] }}"}}) == []
    assert bench.render("{{ vars.n }} {{ vars.list[1] }}") == "1 2"
    bench.run({"set": {"n": "{{ vars.n + 1 }}"}})
    assert bench.render("{{ vars.n }} {{ vars.list|length }}") == "2 2"


class Contested:
    """A mutex for which another connection waits; it increments a variable as soon as it can."""

    def __init__(self, bench: Bench) -> None:
        self._scopes = bench.runner.memory.scopes

    def __enter__(self) -> None:
        """Take it."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        apply_changes(self._scopes, [Change("endpoint_vars", "n", "increment", 1)])


def test_number_that_was_drawn_stays_the_same_while_others_draw_theirs(bench: Bench) -> None:
    bench.runner.memory.shared.mutex = Contested(bench)
    draw, own = {"set": {"endpoint_vars.n": {"increment": 1}}}, {"set": {"own": 1}}
    answer = {"send": {"text": "{{ endpoint_vars.n }}"}}
    assert bench.run(draw, own, answer) == [SendText(b"1")]
    assert bench.run(draw, own, answer) == [SendText(b"3")]
    assert bench.render("{{ endpoint_vars.n }}") == "4"
