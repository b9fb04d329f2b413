"""From the schema to what runs, and what is found wrong on the way."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.mocks import compile_endpoint, compile_endpoints
from websocket_mock.actors.conversation.compiled import CompiledRule
from websocket_mock.actors.conversation.expressions import Constant
from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.documents.problems import BadDocument, parse_mocks, show_place
from websocket_mock.actors.library.compiler import compile_mocks
from websocket_mock.actors.matching.units import FOR_EVER


def compile_problems(*endpoints: dict[str, Any], directory: Path | None = None) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        compile_mocks(parse_mocks(list(endpoints)), directory)
    return [str(problem) for problem in caught.value.problems]


def warnings(*endpoints: dict[str, Any]) -> list[str]:
    found = compile_mocks(parse_mocks(list(endpoints))).warnings
    assert all(warning.is_warning for warning in found)
    return [str(warning) for warning in found]


def rule(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "do": ["ignore"], **fields}


def labels(rules: tuple[CompiledRule, ...]) -> list[str]:
    return [one.label for one in rules]


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ((), "the document"),
        (("endpoints", 0, "rules", 2, "match"), "endpoints[0].rules[2].match"),
        ((0, "a"), "[0].a"),
    ],
)
def test_place_is_shown_as_a_person_would_write_it(
    place: tuple[str | int, ...], shown: str
) -> None:
    assert show_place(place) == shown


# --- binary fields, JSON in texts -----------------------------------------------------------------

FIELDS = {"id": {"at": 0, "as": "uint8"}, "name": {"after": "id", "as": "text", "length": 4}}


def test_endpoint_has_a_layout_only_if_it_names_fields() -> None:
    plain, named = compile_endpoints({"path": "/a"}, {"path": "/b", "fields": FIELDS})
    assert plain.layout is None
    assert named.layout is not None
    assert named.layout.read(b"\x07abcd") == {"id": 7, "name": "abcd"}


def test_problem_of_a_layout_has_its_place_and_causes_no_other() -> None:
    fields = {**FIELDS, "name": {"after": "idd", "as": "text", "length": "uint9"}}
    rules = [rule("a", match={"fields": {"id": 7, "name": "a"}})]
    assert compile_problems({"path": "/a", "fields": fields, "rules": rules}) == [
        "endpoints[0].fields.name.after: there is no field 'idd'; did you mean 'id'?",
        "endpoints[0].fields.name.length: there is no field or type 'uint9'; did you mean 'uint8'?",
    ]


def test_field_that_the_layout_does_not_have_is_a_problem_of_the_match() -> None:
    rules = [rule("a", match={"fields": {"idd": 7}})]
    (problem,) = compile_problems({"path": "/a", "fields": FIELDS, "rules": rules})
    why = "fields.idd: the endpoint has no such field; did you mean 'id'?"
    assert problem == f"endpoints[0].rules[0].match: {why}"
    script = [{"expect": {"fields": {"id": 7}}}]
    (problem,) = compile_problems({"path": "/a", "script": script})
    assert problem.startswith("endpoints[0].script[0].expect: fields: nothing names the parts")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            {"fields": {"a": {"at": 0, "type": "uint8"}}},
            "endpoints[0].fields.a.type: unknown key 'type'; did you mean 'as'?",
        ),
        (
            {"fields": {"a": {"at": 0, "as": "unit8"}}},
            "endpoints[0].fields.a.as: 'unit8' is not allowed; did you mean 'uint8'?",
        ),
        (
            {"fields": {"a": {"as": "uint8"}}},
            "endpoints[0].fields.a: give exactly one of at and after",
        ),
        ({"split_by": ""}, "endpoints[0].split_by: give at least 1 characters, not ''"),
        (
            {"split_by": "x" * 17},
            "endpoints[0].split_by: give at most 16 characters, not 'xxxxxxxxxxxxxxxxx'",
        ),
        (
            {"fields": {f"f{n}": {"at": n, "as": "uint8"} for n in range(101)}},
            "endpoints[0].fields: give at most 100 of them, not ",
        ),
        (
            {"rules": [rule("a", match={"json_of": {"json": 1}})]},
            "endpoints[0].rules[0].match.json_of: give prefix, suffix or group; for the whole",
        ),
    ],
)
def test_mistake_is_told_with_its_place(document: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadDocument) as caught:
        parse_mocks([{"path": "/a", **document}])
    assert any(str(one).startswith(problem) for one in caught.value.problems)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "there is no field 'packet'; name the parts of a packet under `fields`"),
        ({"paket": {"at": 0, "as": "uint8"}}, "there is no field 'packet'; did you mean 'paket'?"),
        (
            {"packet": {"at": 0, "as": "bytes"}},
            "the place of 'packet' depends on the end of the message",
        ),
    ],
)
def test_packets_end_at_a_field_with_an_end(fields: dict[str, Any], problem: str) -> None:
    endpoint = {"path": "/a", "split_after": "packet", "fields": fields}
    assert compile_problems(endpoint) == [f"endpoints[0].split_after: {problem}"]


def test_templates_may_use_the_payload_and_the_fields() -> None:
    text = "{{ message.bytes }}{{ message.hex }}{{ message.fields.id }}{{ message.json }}"
    fields = {"id": {"at": 0, "as": "uint8"}}
    rules = [{"do": [{"send": {"text": text}}]}]
    assert warnings({"path": "/a", "fields": fields, "rules": rules}) == []
    unknown = {"send": {"binary": "hex:{{ message.hxe }}"}}
    assert warnings({"path": "/a", "rules": [{"do": [unknown]}]}) == [
        "endpoints[0].rules[0].do[0].send.binary: 'message' has no 'hxe'; did you mean 'hex'?"
    ]


# --- endpoints ------------------------------------------------------------------------------------


def test_endpoint_is_named_by_its_path_unless_it_has_a_name() -> None:
    plain, named = compile_endpoints({"path": "/a/{b}"}, {"path": "/c", "name": "see"})
    assert (plain.name, named.name) == ("/a/{b}", "see")


def test_seed_is_that_of_the_document_and_the_endpoint() -> None:
    one, other = compile_endpoints({"path": "/a"}, {"path": "/b"}, seed=42)
    assert one.seed != other.seed
    assert compile_endpoints({"path": "/a"}, seed=42)[0].seed == one.seed
    assert compile_endpoints({"path": "/a"}, seed=43)[0].seed != one.seed


def test_what_needs_no_compiling_is_carried_over() -> None:
    endpoint = compile_endpoint(
        subprotocols=["b", "a"],
        required_subprotocol=True,
        client_key={"query": "device"},
        initial_state="new",
        unmatched="strict",
    )
    assert endpoint.subprotocols == ("b", "a")
    assert endpoint.required_subprotocol
    assert endpoint.client_key is not None
    assert endpoint.client_key.query == "device"
    assert (endpoint.initial_state, endpoint.unmatched) == ("new", "strict")
    assert endpoint.source.path == endpoint.pattern.source


# --- rules ----------------------------------------------------------------------------------------


def test_rules_are_tried_by_priority_then_in_their_order() -> None:
    endpoint = compile_endpoint(
        rules=[
            rule("a", state="x"),
            rule("b", priority=1, state="x"),
            rule("c", priority=-1, state="x"),
            rule("d", state="x"),
            rule("e", priority=1, state="x"),
        ]
    )
    assert labels(endpoint.rules["message"]) == ["b", "e", "a", "d", "c"]


def test_rules_are_kept_apart_by_trigger() -> None:
    endpoint = compile_endpoint(
        rules=[rule("a"), rule("b", trigger="ping"), rule("c"), rule("d", trigger="connect")]
    )
    assert {trigger: labels(rules) for trigger, rules in endpoint.rules.items()} == {
        "message": ["a", "c"],
        "ping": ["b"],
        "connect": ["d"],
    }


def test_rule_without_a_name_is_called_by_its_place() -> None:
    endpoint = compile_endpoint(rules=[{"do": ["ignore"]}, {"do": ["ignore"], "priority": 1}])
    assert labels(endpoint.rules["message"]) == ["rules[1]", "rules[0]"]


def test_named_rule_keeps_its_key_when_its_content_changes() -> None:
    before = compile_endpoint(rules=[rule("a")]).rules["message"][0]
    after = compile_endpoint(rules=[rule("a", times=3)]).rules["message"][0]
    assert before.key == after.key


def test_rule_without_a_name_keeps_its_key_as_long_as_its_content() -> None:
    same: dict[str, Any] = {"match": {"text": "a"}, "do": ["ignore"]}
    before = compile_endpoint(rules=[same]).rules["message"][0]
    moved = compile_endpoint(rules=[rule("x", state="s"), same]).rules["message"][1]
    changed = compile_endpoint(rules=[{**same, "times": 2}]).rules["message"][0]
    assert before.key == moved.key
    assert before.key != changed.key


def test_endpoint_knows_its_rules_by_their_keys() -> None:
    endpoint = compile_endpoint(rules=[rule("a"), rule("b", trigger="timer", after=1)])
    assert endpoint.rules_by_key["a"].label == "a"
    assert endpoint.rules_by_key["b"].trigger == "timer"
    assert "c" not in endpoint.rules_by_key


@pytest.mark.parametrize(
    ("written", "states"),
    [({}, None), ({"state": "a"}, {"a"}), ({"state": ["a", "b"]}, {"a", "b"})],
)
def test_state_is_one_or_several(written: dict[str, Any], states: set[str] | None) -> None:
    (found,) = compile_endpoint(rules=[rule("a", **written)]).rules["message"]
    assert found.states == states


# --- handshakes and scripts -----------------------------------------------------------------------


def test_handshake_rules_keep_their_order_and_outcome() -> None:
    endpoint = compile_endpoint(
        handshake=[
            {"match": {"attempt": 1}, "accept": None},
            {"name": "busy", "reject": {"status": 503}},
            {"stall": "2s"},
            {"stall": 0},
            {"stall": "forever"},
            {"abort": "close"},
        ]
    )
    assert [(one.label, one.decision) for one in endpoint.handshake] == [
        ("handshake[0]", Accept()),
        ("busy", Reject(status=503)),
        ("handshake[2]", 2.0),
        ("handshake[3]", 0.0),
        ("handshake[4]", FOR_EVER),
        ("handshake[5]", "close"),
    ]


def test_script_is_steps_that_expect_or_act() -> None:
    endpoint = compile_endpoint(
        script=[{"expect": {"text": "a"}, "within": 2}, {"send": {"text": "b"}}, {"wait": 1}]
    )
    first, second, third = endpoint.script
    assert [step.label for step in endpoint.script] == ["script[0]", "script[1]", "script[2]"]
    assert (first.expect is None, first.within, first.actions) == (False, Constant(2.0), ())
    assert (second.expect, len(second.actions)) == (None, 1)
    assert (third.expect, len(third.actions)) == (None, 1)


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ({"path": "/{a}/{a}"}, "endpoints[0].path: path '/{a}/{a}': each capture needs"),
        (
            {"path": "/a", "rules": [rule("a"), rule("b", match={"text": {"matches": "("}})]},
            "endpoints[0].rules[1].match: text: not a valid regular expression (RE2): ",
        ),
        (
            {"path": "/a", "rules": [rule("a", match={"json": {"$[": 1}})]},
            "endpoints[0].rules[0].match: '$[' is not a valid JSONPath",
        ),
        (
            {"path": "/a", "rules": [rule("a", do=[{"send": {"text": "{{ a"}}])]},
            "endpoints[0].rules[0].do[0].send: not a valid template: ",
        ),
        (
            {"path": "/a", "rules": [rule("a", do=[{"send": {"file": "a.txt"}}])]},
            "endpoints[0].rules[0].do[0].send: file 'a.txt': only mocks from a file can name files",
        ),
        (
            {"path": "/a", "handshake": [{"match": {"path": {"matches": "("}}, "accept": {}}]},
            "endpoints[0].handshake[0].match: path: not a valid regular expression",
        ),
        (
            {"path": "/a", "script": [{"wait": 1}, {"expect": {"text": {"matches": "("}}}]},
            "endpoints[0].script[1].expect: text: not a valid regular expression",
        ),
        (
            {"path": "/a", "script": [{"close": {"reason": "{% if %}"}}]},
            "endpoints[0].script[0].close: not a valid template: ",
        ),
    ],
)
def test_what_cannot_work_is_told_with_its_place(endpoint: dict[str, Any], problem: str) -> None:
    (found,) = compile_problems(endpoint)
    assert found.startswith(problem)


def test_place_is_that_in_the_document_whatever_the_priority() -> None:
    bad = rule("b", priority=9, match={"text": {"matches": "("}})
    (found,) = compile_problems({"path": "/a", "rules": [rule("a"), bad]})
    assert found.startswith("endpoints[0].rules[1].match: ")


def test_all_that_is_wrong_is_told_at_once() -> None:
    bad = rule("a", match={"text": {"matches": "("}}, do=[{"send": {"text": "{{"}}])
    found = compile_problems({"path": "/{1}"}, {"path": "/b", "rules": [bad]})
    assert [line.partition(":")[0] for line in found] == [
        "endpoints[0].path",
        "endpoints[1].rules[0].match",
        "endpoints[1].rules[0].do[0].send",
    ]


def test_two_endpoints_of_one_name_are_refused() -> None:
    found = compile_problems({"path": "/a"}, {"path": "/b", "name": "/a"})
    assert found == ["endpoints[1].name: another endpoint is also named '/a'"]


def test_same_rule_without_a_name_counts_for_itself_each_time() -> None:
    rules = [{"times": 1, "do": ["ignore"]}] * 3
    found = compile_endpoint(rules=rules)
    assert len({one.key for one in found.rules["message"]}) == 3
    again = compile_endpoint(rules=rules)
    assert [one.key for one in again.rules["message"]] == [
        one.key for one in found.rules["message"]
    ]


def test_two_rules_of_one_name_are_refused() -> None:
    found = compile_problems({"path": "/a", "rules": [rule("a", state="s"), rule("a")]})
    assert found == ["endpoints[0].rules[1].name: another rule is also named 'a'"]


# --- what cannot be meant -------------------------------------------------------------------------


def test_endpoint_behind_another_of_the_same_path_is_warned_of() -> None:
    found = warnings({"path": "/a", "name": "one"}, {"path": "/a", "name": "two"})
    assert found == ["endpoints[1].path: never reached: 'one' comes first and has the same path"]


def test_path_with_the_prefix_of_a_namespace_is_warned_of() -> None:
    assert warnings({"path": "/ns/x/orders/{id}"}) == [
        "endpoints[0].path: never reached: its clients are in the namespace 'x', at '/orders/{id}'"
    ]
    assert warnings({"path": "/ns"}, {"path": "/nsx/a"}) == []


def test_rule_behind_one_that_takes_everything_is_warned_of() -> None:
    found = warnings({"path": "/a", "rules": [rule("a"), rule("b", match={"text": "x"})]})
    assert found == ["endpoints[0].rules: b never fires: a comes first and always fires"]


def test_rule_is_warned_of_by_the_order_in_which_it_is_tried() -> None:
    rules = [rule("a", match={"text": "x"}), rule("b", priority=1)]
    found = warnings({"path": "/a", "rules": rules})
    assert found == ["endpoints[0].rules: a never fires: b comes first and always fires"]


@pytest.mark.parametrize(
    "first",
    [
        rule("a", match={"text": "x"}),
        rule("a", state="s"),
        rule("a", times=1),
        rule("a", after_times=1),
        rule("a", every_nth=2),
        rule("a", trigger="connect"),
    ],
)
def test_rule_that_may_fire_is_not_warned_of(first: dict[str, Any]) -> None:
    assert warnings({"path": "/a", "initial_state": "s", "rules": [first, rule("b")]}) == []


@pytest.mark.parametrize("trigger", ["idle", "timer"])
def test_timed_rules_do_not_hide_one_another(trigger: str) -> None:
    rules = [rule("a", trigger=trigger, after=1), rule("b", trigger=trigger, after=2)]
    assert warnings({"path": "/a", "rules": rules}) == []


@pytest.mark.parametrize("outcome", [{"accept": {}}, {"reject": {}}, {"stall": "forever"}])
def test_handshake_rule_behind_one_that_always_decides_is_warned_of(
    outcome: dict[str, Any],
) -> None:
    found = warnings({"path": "/a", "handshake": [outcome, {"name": "b", "abort": "reset"}]})
    assert found == [
        "endpoints[0].handshake: b never decides: handshake[0] comes first and always decides"
    ]


@pytest.mark.parametrize("first", [{"stall": "1s"}, {"match": {"attempt": 1}, "accept": {}}])
def test_handshake_rule_that_may_decide_is_not_warned_of(first: dict[str, Any]) -> None:
    assert warnings({"path": "/a", "handshake": [first, {"reject": {}}]}) == []


def test_stop_of_a_name_that_nothing_starts_is_warned_of() -> None:
    (found,) = warnings({"path": "/a", "rules": [rule("a", do=[{"stop": "ticks"}])]})
    place, _, text = found.partition(": ")
    assert place == "endpoints[0].rules[0].do[0].stop"
    assert text == "stops nothing: no every or after of this endpoint is named 'ticks'"
