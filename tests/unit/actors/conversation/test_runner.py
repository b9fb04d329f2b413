"""What a list of compiled actions does for one connection, and what its templates see."""

import uuid
from typing import Any

import pytest

from tests.helpers.actions import Bench
from tests.helpers.conversation import CLIENT
from websocket_mock.actors.conversation.core import ReportProblem
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.effects import SendPing, SendText


def test_actions_run_in_order(bench: Bench) -> None:
    effects = bench.run({"send": {"text": "1"}}, {"ping": {}}, "ignore", {"send": {"text": "2"}})
    assert effects == [SendText(b"1"), SendPing(b""), SendText(b"2")]


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
        ("{{ client.server_url }}", "ws://"),
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


def test_variable_may_hold_all_variables_as_they_were(bench: Bench) -> None:
    bench.run({"set": {"a": "{{ vars }}"}})
    assert bench.run({"send": {"json": "{{ vars }}"}}) == [SendText(b'{"a":{}}')]
