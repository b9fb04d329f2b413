"""The names that the templates of one list of actions see."""

from tests.helpers.actions import WHY, Bench
from websocket_mock.actors.conversation.names import NAMES
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.matching.message_view import NOTHING
from websocket_mock.actors.values.effects import SendText


def test_names_are_a_mapping_of_all_that_templates_see(bench: Bench) -> None:
    why = Occasion("", "", NOTHING, bound={"item": 1})
    names = bench.runner.names(why, bench.now)
    assert {*names} == {*NAMES, "item"}
    assert len(names) == len(NAMES) + 1
    assert "missing" not in names
    assert dict(names)["item"] == names["item"] == 1


def test_counters_are_those_before_the_list_of_actions(bench: Bench) -> None:
    count = {"send": {"text": "{{ counters.sent }}"}}
    assert bench.run(count, count) == [SendText(b"0"), SendText(b"0")]
    assert bench.run(count) == [SendText(b"2")]


def test_what_a_name_stands_for_stays_the_same(bench: Bench) -> None:
    names = bench.runner.names(WHY, bench.now)
    before = names["endpoint_vars"]
    bench.run({"set": {"endpoint_vars.a": 1}})
    assert names["endpoint_vars"] is before
    assert bench.render("{{ endpoint_vars.a }}") == "1"


def test_change_of_names_leaves_the_names_before_as_they_were(bench: Bench) -> None:
    names = bench.runner.names(WHY, bench.now)
    names["state"] = "b"
    later = names.changed({"repeat": {"index": 7}})
    assert (later["repeat"], later["state"]) == ({"index": 7}, "b")
    assert names["repeat"] == {"index": 0}
