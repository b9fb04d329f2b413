"""What compiled actions do for one connection."""

import uuid
from typing import Any, NoReturn

import pytest

from tests.helpers.conversation import CLIENT, make_context
from tests.helpers.fakes import START_TIME
from websocket_mock.actors.conversation.core import (
    Effect,
    JoinGroup,
    LeaveGroup,
    Publish,
    ReportProblem,
    StartTimer,
)
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.conversation.timer_payloads import Occasion, Repeat, Resume
from websocket_mock.actors.documents.mocks import Action
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.library.action_compiler import Setting, compile_actions
from websocket_mock.actors.matching.message_view import NOTHING, MessageView
from websocket_mock.actors.values.effects import (
    Abort,
    SendBinary,
    SendFragments,
    SendPing,
    SendText,
    StartClose,
)
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.models import ClientId
from websocket_mock.actors.values.targets import (
    AtEndpoint,
    Everyone,
    EveryoneBut,
    InGroup,
    OneClient,
    Target,
)

REQUEST = HandshakeRequest(
    "/mock/7",
    query={"device": "d1"},
    headers={"x-a": "1"},
    cookies={"sid": "s"},
    remote_address="192.0.2.7",
    attempt=3,
)
WHY = Occasion("key", "the rule", NOTHING)


def refuse(place: Place, problem: object) -> NoReturn:
    raise AssertionError(f"{place}: {problem}")


SETTING = Setting(None, refuse)


class Bench:
    """A runner and the time."""

    def __init__(self, seed: str = "seed") -> None:
        context = make_context(REQUEST, "v2")
        self.runner = ActionRunner(context, {"id": "7"}, seed, "initial")
        self.now = START_TIME

    def run(self, *actions: Any, why: Occasion = WHY) -> list[Effect]:
        compiled = compile_actions([Action.model_validate(one) for one in actions], SETTING, ())
        return self.runner.run(compiled, why, self.now)

    def render(self, template: str, why: Occasion = WHY) -> str:
        """What a text of this template becomes."""
        (effect,) = self.run({"send": {"text": template}}, why=why)
        assert isinstance(effect, SendText), effect
        return effect.payload.decode()


@pytest.fixture
def bench() -> Bench:
    return Bench()


# --- each action ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "effect"),
    [
        ({"send": {"text": "a"}}, SendText(b"a")),
        ({"send": {"json": [1]}}, SendText(b"[1]")),
        ({"send": {"binary": "hex:00"}}, SendBinary(b"\x00")),
        (
            {"send": {"text": "abc", "fragments": 2}},
            SendFragments(b"abc", is_text=True, fragments=2, compress=True),
        ),
        (
            {"send": {"binary": "hex:00", "compress": False}},
            SendFragments(b"\x00", is_text=False, fragments=1, compress=False),
        ),
        ({"ping": {"payload": "p"}}, SendPing(b"p")),
        ({"close": {"code": 4000, "reason": "bye {{ path.id }}"}}, StartClose(4000, "bye 7")),
        ({"abort": "reset"}, Abort(is_reset=True)),
        ({"abort": "close"}, Abort(is_reset=False)),
        ({"join": "room {{ path.id }}"}, JoinGroup("room 7")),
        ({"leave": "room"}, LeaveGroup("room")),
    ],
)
def test_action_has_its_effect(bench: Bench, action: Any, effect: Effect) -> None:
    assert bench.run(action) == [effect]


@pytest.mark.parametrize(
    ("to", "target"),
    [
        ("others", EveryoneBut(CLIENT)),
        ("all", Everyone()),
        ({"group": "room {{ path.id }}"}, InGroup("room 7")),
        ({"client": "{{ client.id }}"}, OneClient(CLIENT)),
        ({"client": "0000000b"}, OneClient(ClientId("0000000b"))),
        ({"endpoint": "orders"}, AtEndpoint("orders")),
    ],
)
def test_message_for_others_is_published(bench: Bench, to: Any, target: Target) -> None:
    assert bench.run({"send": {"to": to, "text": "a"}}) == [Publish(target, b"a", is_text=True)]
    (binary,) = bench.run({"send": {"to": to, "binary": "hex:00"}})
    assert binary == Publish(target, b"\x00", is_text=False)


def test_actions_run_in_order(bench: Bench) -> None:
    effects = bench.run({"send": {"text": "1"}}, {"ping": {}}, "ignore", {"send": {"text": "2"}})
    assert effects == [SendText(b"1"), SendPing(b""), SendText(b"2")]


def test_state_is_set_for_what_follows(bench: Bench) -> None:
    (effect,) = bench.run({"state": "live"}, {"send": {"text": "{{ state }}"}})
    assert effect == SendText(b"live")
    assert bench.runner.state == "live"
    assert bench.render("{{ state }}") == "live"


def test_variables_are_set_for_what_follows(bench: Bench) -> None:
    assert bench.run({"set": {"n": 1, "list": "{{ [1, 2] }}"}}) == []
    assert bench.render("{{ vars.n }} {{ vars.list[1] }}") == "1 2"
    bench.run({"set": {"n": "{{ vars.n + 1 }}"}})
    assert bench.render("{{ vars.n }} {{ vars.list|length }}") == "2 2"


def test_close_whose_reason_becomes_too_long_still_fits_its_frame(bench: Bench) -> None:
    message = Occasion("", "the rule", MessageView(text="€" * 100))
    (effect,) = bench.run({"close": {"code": 4000, "reason": "{{ message.text }}"}}, why=message)
    assert isinstance(effect, StartClose)
    assert effect.code == 4000
    assert len(effect.reason.encode()) <= 123  # RFC 6455 section 5.5


# --- time -----------------------------------------------------------------------------------------


def test_wait_keeps_the_rest_of_the_list_for_later(bench: Bench) -> None:
    sent, timer = bench.run(
        {"send": {"text": "1"}}, {"wait": "2s"}, {"send": {"text": "2"}}, {"wait": 1}, "ignore"
    )
    assert sent == SendText(b"1")
    assert isinstance(timer, StartTimer)
    assert timer.delay == 2.0
    assert isinstance(timer.payload, Resume)
    assert timer.payload.occasion is WHY
    rest = bench.runner.run(timer.payload.actions, WHY, bench.now)
    assert rest[0] == SendText(b"2")
    assert isinstance(rest[1], StartTimer)


def test_after_does_not_keep_the_list(bench: Bench) -> None:
    after = {"after": {"delay": "2s", "do": [{"send": {"text": "late"}}]}}
    timer, sent = bench.run(after, {"send": {"text": "now"}})
    assert sent == SendText(b"now")
    assert isinstance(timer, StartTimer)
    assert isinstance(timer.payload, Resume)
    assert timer.delay == 2.0
    assert bench.runner.run(timer.payload.actions, WHY, bench.now) == [SendText(b"late")]


def repetitions(bench: Bench, every: dict[str, Any], most: int) -> tuple[list[str], list[float]]:
    """What an `every` sends, and its delays, for at most so many turns."""
    (timer,) = bench.run({"every": every})
    sent, delays = [], []
    for _ in range(most):
        assert isinstance(timer, StartTimer)
        assert isinstance(timer.payload, Repeat)
        delays.append(timer.delay)
        *done, last = bench.runner.repeat(timer.payload, bench.now)
        effects = done if isinstance(last, StartTimer) else [*done, last]
        sent += [one.payload.decode() for one in effects if isinstance(one, SendText)]
        if not isinstance(last, StartTimer):
            break
        timer = last
    return sent, delays


def test_repetition_counts_from_zero_up_to_its_count(bench: Bench) -> None:
    every = {"interval": "2s", "count": 3, "do": [{"send": {"text": "{{ repeat.index }}"}}]}
    assert repetitions(bench, every, 10) == (["0", "1", "2"], [2.0, 2.0, 2.0])


def test_repetition_without_a_count_goes_on(bench: Bench) -> None:
    every = {"interval": 1, "do": [{"send": {"text": "a"}}]}
    assert repetitions(bench, every, 50)[0] == ["a"] * 50


def test_jitter_stays_within_its_bounds_and_follows_the_seed() -> None:
    every = {"interval": "1s", "jitter": "300ms", "count": 50, "do": [{"send": {"text": "a"}}]}
    _, delays = repetitions(Bench("one"), every, 50)
    assert all(0.7 <= delay <= 1.3 for delay in delays)
    assert max(delays) - min(delays) > 0.3
    assert repetitions(Bench("one"), every, 50)[1] == delays
    assert repetitions(Bench("other"), every, 50)[1] != delays


def test_jitter_beyond_the_interval_never_leads_to_a_negative_delay(bench: Bench) -> None:
    every = {"interval": "1ms", "jitter": "1s", "count": 50, "do": [{"send": {"text": "a"}}]}
    assert min(repetitions(bench, every, 50)[1]) == 0.001


def test_repetition_may_end_with_a_wait(bench: Bench) -> None:
    every = {"interval": 1, "count": 2, "do": [{"wait": 1}, {"send": {"text": "a"}}]}
    (timer,) = bench.run({"every": every})
    assert isinstance(timer, StartTimer)
    assert isinstance(timer.payload, Repeat)
    effects = bench.runner.repeat(timer.payload, bench.now)
    assert [type(one.payload) for one in effects if isinstance(one, StartTimer)] == [Resume, Repeat]


# --- what templates see ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ path.id }}", "7"),
        ("{{ query.device }}", "d1"),
        ("{{ headers['x-a'] }}", "1"),
        ("{{ cookies.sid }}", "s"),
        ("{{ attempt }}", "3"),
        ("{{ client.id }} {{ client.remote_address }}", f"{CLIENT} 192.0.2.7"),
        ("{{ client.subprotocol }}", "v2"),
        ("{{ state }}", "initial"),
        ("{{ now|int }}", "1750000000"),
        ("{{ now_iso() }}", "2025-06-15T15:06:40.000Z"),
        ("{{ repeat.index }}", "0"),
        ("{{ vars|length }}", "0"),
        ("{{ query.missing|default('none') }}", "none"),
    ],
)
def test_template_sees_the_connection(bench: Bench, template: str, text: str) -> None:
    assert bench.render(template) == text


def test_template_sees_the_message_and_what_was_captured(bench: Bench) -> None:
    why = Occasion("", "", MessageView(text='{"id": 9}', size=9), {"word": "w"})
    assert bench.render("{{ message.json.id }} {{ message.size }} {{ match.word }}", why) == "9 9 w"


def test_counters_count_what_this_client_sent_and_got(bench: Bench) -> None:
    bench.runner.received = 4
    bench.run({"send": {"text": "a"}}, {"send": {"text": "b", "to": "all"}})
    assert bench.render("{{ counters.received }} {{ counters.sent }}") == "4 1"


def test_chance_follows_the_seed() -> None:
    template = "{{ random.int(1, 1000000) }} {{ random.float() }} {{ random.choice('abc') }}"
    one, same, other = Bench("one"), Bench("one"), Bench("other")
    first = one.render(template)
    assert same.render(template) == first
    assert other.render(template) != first
    assert one.render(template) != first


def test_chance_stays_within_its_bounds(bench: Bench) -> None:
    drawn = {int(bench.render("{{ random.int(1, 3) }}")) for _ in range(100)}
    assert drawn == {1, 2, 3}
    assert all(5 <= float(bench.render("{{ random.float(5, 6) }}")) <= 6 for _ in range(20))


def test_identifiers_are_valid_and_follow_the_seed() -> None:
    one, same = Bench("one"), Bench("one")
    first = one.render("{{ uuid() }}")
    assert uuid.UUID(first).version == 4
    assert same.render("{{ uuid() }}") == first
    assert one.render("{{ uuid() }}") != first


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [
        {"send": {"text": "{{ missing }}"}},
        {"send": {"json": "{{ message }}"}},
        {"send": {"json": {"a": "{{ uuid }}"}}},
        {"send": {"text": "a", "to": {"group": "{{ missing }}"}}},
        {"set": {"a": "{{ missing }}"}},
        {"join": "{{ missing }}"},
        {"leave": "{{ missing }}"},
        {"close": {"reason": "{{ missing }}"}},
    ],
    ids=str,
)
def test_action_that_fails_is_reported_and_the_others_go_on(bench: Bench, action: Any) -> None:
    effects = bench.run({"send": {"text": "1"}}, action, {"send": {"text": "2"}})
    assert effects[0] == SendText(b"1")
    assert isinstance(effects[1], ReportProblem)
    assert effects[1].rule == "the rule"
    assert effects[1].reason
    assert effects[2:] == [SendText(b"2")]


def test_variable_that_holds_all_variables_does_no_harm(bench: Bench) -> None:
    bench.run({"set": {"a": "{{ vars }}"}})
    (effect,) = bench.run({"send": {"json": "{{ vars }}"}})
    assert isinstance(effect, ReportProblem)


def test_ping_that_becomes_too_large_is_a_problem_and_the_rest_goes_on() -> None:
    effects = Bench().run({"ping": {"payload": "{{ 'x' * 126 }}"}}, {"send": {"text": "on"}})
    problem = ReportProblem(WHY.label, "a ping has at most 125 bytes, this one 126")
    assert effects == [problem, SendText(b"on")]
