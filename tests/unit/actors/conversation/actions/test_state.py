"""The actions `state` and `set`."""

from types import TracebackType

from tests.helpers.actions import SCOPE, Bench, compiled
from websocket_mock.actors.conversation.actions.state import DoSet, DoState
from websocket_mock.actors.conversation.variables import Change, apply_changes
from websocket_mock.actors.library.memories import Memories
from websocket_mock.actors.values.effects import SendText


def test_state_is_compiled() -> None:
    assert compiled({"state": "live"}) == DoState("live")


def test_variables_keep_the_type_of_an_expression() -> None:
    action = compiled({"set": {"a": "{{ n }}", "b": ["{{ n }} x"], "c": None}})
    assert isinstance(action, DoSet)
    rendered = {one.name(SCOPE): one.render(SCOPE) for one in action.setters}
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


class Interrupted:
    """A mutex that another connection holds before this one: it adds to a list then."""

    def __init__(self, bench: Bench, most: int) -> None:
        self._scopes = bench.runner.memory.scopes
        self._left = most

    def __enter__(self) -> None:
        if self._left:
            self._left -= 1
            apply_changes(self._scopes, [Change("endpoint_vars", "queue", "append", "late")])

    def __exit__(self, *_: object) -> None:
        """Give it back."""


def test_list_that_is_taken_loses_nothing_that_comes_meanwhile(bench: Bench) -> None:
    bench.run({"set": {"endpoint_vars.queue": ["early"]}})
    take = {"set": {"taken": "{{ endpoint_vars.queue }}", "endpoint_vars.queue": []}}
    bench.runner.memory.shared.mutex = Interrupted(bench, 1)
    assert bench.run(take) == []
    assert bench.render("{{ vars.taken }} {{ endpoint_vars.queue }}") == "['early', 'late'] []"


def test_change_that_is_always_disturbed_is_made_all_the_same(bench: Bench) -> None:
    bench.runner.memory.shared.mutex = Interrupted(bench, 1_000)
    bench.run({"set": {"endpoint_vars.n": "{{ endpoint_vars.queue | default([]) | length }}"}})
    assert bench.render("{{ endpoint_vars.n }}") == "9"


# --- names and clients ----------------------------------------------------------------------------


def test_names_of_variables_are_templates(bench: Bench) -> None:
    bench.run({"set": {"symbol": "btc@trade"}})
    bench.run({"set": {"endpoint_vars.{{ vars.symbol }}": {"increment": 1}, "n{{ 1 }}": 2}})
    assert bench.render("{{ endpoint_vars['btc@trade'] }} {{ vars.n1 }}") == "1 2"


def test_variables_of_no_scope_belong_to_the_connection_whatever_their_name(bench: Bench) -> None:
    bench.run({"set": {"other.n": 1}})
    assert bench.render("{{ vars['other.n'] }}") == "1"


def test_empty_variables_are_an_empty_object(bench: Bench) -> None:
    values = {name: f"{{{{ {name} }}}}" for name in ("vars", "client_vars", "endpoint_vars")}
    (effect,) = bench.run({"send": {"json": values}})
    assert effect == SendText(b'{"vars":{},"client_vars":{},"endpoint_vars":{}}')


def test_connection_that_is_identified_uses_the_memory_of_that_client() -> None:
    memories = Memories()
    first, second = (Bench(shared=memories.of("/mock", "192.0.2.7")) for _ in range(2))
    kept = {"send": {"text": "kept", "number": 1}}
    first.run({"identify": "session {{ 1 }}"}, {"set": {"client_vars.n": 5}}, kept)
    assert second.render("{{ client_vars.n is defined }} {{ replay.count }}") == "False 0"
    assert second.run({"identify": "session 1"}, {"send": {"missed": {"after": 0}}}) == [
        SendText(b"kept")
    ]
    assert second.render("{{ client_vars.n }} {{ replay.last }}") == "5 1"
    assert memories.client_vars("/mock") == {"session 1": {"n": 5}}
