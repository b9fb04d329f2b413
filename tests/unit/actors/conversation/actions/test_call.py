"""The action `call`: what a function gets, and what happens with what it returns."""

from typing import Any

import pytest

from tests.helpers.actions import WHY, Bench
from websocket_mock import own_code
from websocket_mock.actors.conversation.actions.call import MAX_EFFECTS, DoCall
from websocket_mock.actors.conversation.core import Effect, JoinGroup, Publish, ReportProblem
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.own_code import Connection, Event, Function
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.effects import Abort, SendBinary, SendPing, SendText, StartClose
from websocket_mock.actors.values.targets import Everyone, InGroup


def call(bench: Bench, function: Function, why: Occasion = WHY) -> list[Effect]:
    return bench.runner.run([DoCall("function", function)], why, bench.now)


def test_function_sees_the_message_and_the_connection(bench: Bench) -> None:
    seen: list[tuple[Event, Connection]] = []
    bench.run({"set": {"n": 1, "client_vars.c": 2, "endpoint_vars.e": 3}}, {"join": "red"})
    bench.run({"state": "live"}, {"send": {"text": "x"}})
    why = Occasion(
        "key", "rule", MessageView(text="[1]"), {"word": "w"}, repeat=4, bound={"item": 5}
    )
    assert call(bench, lambda event, connection: seen.append((event, connection)), why) == []
    ((event, connection),) = seen
    assert (event.text, event.json, event.binary) == ("[1]", [1], None)
    assert (event.captures, event.turn, event.items) == ({"word": "w"}, 4, {"item": 5})
    assert (connection.vars, connection.client_vars, connection.endpoint_vars) == (
        {"n": 1},
        {"c": 2},
        {"e": 3},
    )
    assert (connection.state, connection.groups, connection.sent) == ("live", ("red",), 1)
    assert (connection.path, connection.query, connection.attempt) == (
        {"id": "7"},
        {"device": "d1"},
        3,
    )
    assert (connection.now, connection.subprotocol) == (bench.now, "v2")


@pytest.mark.parametrize(
    ("returned", "effect"),
    [
        (own_code.send_text("€"), SendText("€".encode())),
        (own_code.send_json({"a": 1}), SendText(b'{"a":1}')),
        (own_code.send_binary(b"\x00"), SendBinary(b"\x00")),
        (own_code.ping(b"p"), SendPing(b"p")),
        (own_code.close(4000, "€" * 50), StartClose(4000, "€" * 41)),
        (own_code.abort(is_reset=True), Abort(is_reset=True)),
        (own_code.join("red"), JoinGroup("red")),
        (own_code.publish("x"), Publish(Everyone(), b"x", is_text=True)),
        (own_code.publish("x", group="red"), Publish(InGroup("red"), b"x", is_text=True)),
    ],
)
def test_effect_is_carried_out(bench: Bench, returned: Any, effect: Effect) -> None:
    assert call(bench, lambda _, __: [returned]) == [effect]


def test_state_and_variables_are_set_for_what_follows(bench: Bench) -> None:
    call(
        bench,
        lambda _, __: [
            own_code.set_state("live"),
            own_code.set_variables(n=1),
            own_code.set_variables("client_vars", n=2),
            own_code.join("red"),
            own_code.send_text("x"),
        ],
    )
    text = "{{ state }} {{ vars.n }} {{ client_vars.n }} {{ groups }} {{ counters.sent }}"
    assert bench.render(text) == "live 1 2 ['red'] 1"
    call(bench, lambda _, __: [own_code.leave("red")])
    assert bench.render("{{ groups }}") == "[]"


def fail(_: Event, __: Connection) -> Any:
    raise ValueError("no luck")


def yield_and_fail(_: Event, __: Connection) -> Any:
    yield own_code.send_text("a")
    raise KeyError("late")


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (fail, "call function: ValueError: no luck"),
        (yield_and_fail, "call function: KeyError: 'late'"),
        (lambda _, __: 5, "call function: TypeError: "),
        (
            lambda _, __: ["text"],
            "call function: return a list of effects from websocket_mock.own_code, not 'text'",
        ),
        (
            lambda _, __: iter(lambda: own_code.send_text("x"), None),
            f"call function: more than {MAX_EFFECTS:,} effects",
        ),
        (
            lambda _, __: [own_code.set_variables(x="x" * 2_000_000)],
            "x would have more than 1,048,576 characters",
        ),
    ],
)
def test_function_that_fails_is_reported_and_nothing_is_sent(
    bench: Bench, function: Function, why: str
) -> None:
    (problem,) = call(bench, function)
    assert isinstance(problem, ReportProblem)
    assert problem.reason.startswith(why)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: own_code.close(1005), "1005 cannot be sent"),
        (lambda: own_code.ping(b"x" * 126), "at most 125 bytes"),
    ],
)
def test_effect_that_cannot_be_sent_is_refused_where_it_is_made(make: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make()
