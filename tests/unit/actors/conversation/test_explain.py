"""Why rules match a message, or do not."""

from typing import Any

import pytest

from tests.helpers.conversation import Conversation, texts
from tests.helpers.mocks import compile_endpoint
from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.conversation.core import ReportVerdict
from websocket_mock.actors.conversation.explain import explain
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.explanations import Explained

SUBSCRIBE = '{"type": "subscribe", "depth": 5}'


def rule(name: str, match: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": name, "match": match, "do": [{"send": {"text": name}}]} | fields


def explained(
    endpoint: CompiledEndpoint, text: str, state: str | None = None
) -> tuple[Explained, ...]:
    seen = MessageView(text=text, size=len(text.encode()))
    return explain(endpoint, seen, state or endpoint.initial_state).rules


def otherwise(endpoint: CompiledEndpoint, text: str) -> str | None:
    """What happens when the rule that acts on a text must not."""
    return explain(endpoint, MessageView(text=text), endpoint.initial_state).otherwise


def test_each_rule_tells_the_first_field_that_differs() -> None:
    endpoint = compile_endpoint(
        rules=[
            rule("type", {"json": {"$.type": "unsubscribe"}}),
            rule("depth", {"json": {"$.type": "subscribe", "$.depth": {"less_than": 5}}}),
            rule("binary", {"type": "binary"}),
            rule("right", {"json": {"$.type": "subscribe"}}),
        ]
    )
    rules = explained(endpoint, SUBSCRIBE)

    assert [(one.rule, one.matches) for one in rules] == [
        ("type", False),
        ("depth", False),
        ("binary", False),
        ("right", True),
    ]
    assert rules[0].why == 'json $.type: expected "unsubscribe", got "subscribe"'
    assert rules[1].why.startswith("json $.depth: ")
    assert rules[2].why.startswith("type: ")
    assert rules[3].why == ""


def test_first_rule_that_matches_is_the_one_that_acts() -> None:
    endpoint = compile_endpoint(rules=[rule(name, {"text": SUBSCRIBE}) for name in "abc"])

    rules = explained(endpoint, SUBSCRIBE)
    assert [one.matches for one in rules] == [True] * 3
    assert [one.rule for one in rules if one.acts] == ["a"]


def test_rules_are_tried_by_their_priority() -> None:
    endpoint = compile_endpoint(rules=[rule("low", {}), rule("high", {}, priority=5)])

    assert [one.rule for one in explained(endpoint, "x")] == ["high", "low"]


def test_rule_of_another_state_does_not_match() -> None:
    endpoint = compile_endpoint(
        initial_state="new",
        rules=[rule("late", {}, state=["ready", "busy"])],
    )

    (before,) = explained(endpoint, "x")
    (after,) = explained(endpoint, "x", state="busy")
    assert (before.matches, before.why) == (False, "state: expected busy or ready, is new")
    assert after.matches


def test_rules_of_other_triggers_are_left_out() -> None:
    greet = {"name": "greet", "trigger": "connect", "do": [{"send": {"text": "hi"}}]}
    endpoint = compile_endpoint(rules=[greet, rule("any", {})])

    assert [one.rule for one in explained(endpoint, "x")] == ["any"]


def test_condition_that_raises_is_explained() -> None:
    match = {"json": {"$.type": {"schema": {"$ref": "#/nowhere"}}}}
    (one,) = explained(compile_endpoint(rules=[rule("bad", match)]), SUBSCRIBE)

    assert not one.matches
    assert "nowhere" in one.why


def test_explaining_counts_nothing() -> None:
    endpoint = compile_endpoint(rules=[rule("once", {}, times=1)])
    talk = Conversation(endpoint)
    talk.open()
    for _ in range(3):
        assert explained(endpoint, "x")[0].acts

    assert texts(talk.text("x")) == ["once"]
    assert texts(talk.text("x")) == []
    assert explained(endpoint, "x")[0].acts


@pytest.mark.parametrize(
    ("limits", "note"),
    [
        ({}, ""),
        ({"times": 2}, "at most 2 times (times), per connection"),
        ({"after_times": 3}, "not the first 3 times (after_times), per connection"),
        (
            {"every_nth": 4, "times": 1},
            "at most 1 times (times), only once every 4 times (every_nth), per connection",
        ),
    ],
    ids=str,
)
def test_rule_that_is_limited_by_counts_says_so(limits: dict[str, int], note: str) -> None:
    (one,) = explained(compile_endpoint(rules=[rule("a", {}, **limits)]), "x")

    assert (one.matches, one.note) == (True, note)


@pytest.mark.parametrize(
    ("limits", "whys"),
    [
        ({"times": 2}, ["", "", "times: it has fired 2 of 2 times"]),
        ({"times": "{{ vars.most | default(1) }}"}, ["", "times: it has fired 1 of 1 times"]),
        (
            {"after_times": 2},
            [
                "after_times: this is match 1, and it skips the first 2",
                "after_times: this is match 2, and it skips the first 2",
                "",
            ],
        ),
        (
            {"every_nth": 2, "times": 1},
            [
                "every_nth: this is match 1, and it fires only once every 2",
                "",
                "times: it has fired 1 of 1 times",
            ],
        ),
        (
            {"every_nth": 2, "after_times": 1},
            [
                "after_times: this is match 1, and it skips the first 1",
                "every_nth: this is match 1 after the first 1, and it fires only once every 2",
                "",
            ],
        ),
    ],
    ids=str,
)
def test_counts_of_a_connection_decide_what_acts(limits: dict[str, Any], whys: list[str]) -> None:
    rules = [rule("limited", {}, **limits), rule("other", {})]
    mock = Conversation(compile_endpoint(rules=rules))
    mock.open()
    for why in whys:
        limited, other = mock.explain("x").rules
        assert (limited.why, limited.note, limited.acts) == (why, "", not why)
        assert other.acts is bool(why)
        assert texts(mock.text("x")) == ["other" if why else "limited"]


def test_template_for_times_that_fails_is_explained() -> None:
    mock = Conversation(compile_endpoint(rules=[rule("a", {}, times="{{ vars.none + 1 }}")]))
    mock.open()
    assert mock.explain("x").rules[0].why.startswith("endpoints[0].rules[0].times: ")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], "unmatched: echo"),
        ([rule("other", {"text": "y"})], "unmatched: echo"),
        ([rule("a", {})], None),
        ([rule("a", {}), rule("b", {})], None),
        ([rule("a", {}, times=1)], "unmatched: echo"),
        ([rule("a", {}, times=1), rule("other", {"text": "y"}), rule("b", {})], "b"),
        (
            [rule("a", {}, times=1), rule("b", {}, every_nth=2)],
            "b, else unmatched: echo",
        ),
    ],
    ids=str,
)
def test_what_happens_otherwise(rules: list[dict[str, Any]], expected: str | None) -> None:
    endpoint = compile_endpoint(rules=rules, unmatched="echo")

    assert otherwise(endpoint, "x") == expected


SCRIPT: list[dict[str, Any]] = [
    {"expect": {"text": "a"}},
    {"send": {"text": "A"}},
    {"expect": {"text": {"starts_with": "b"}}},
    {"expect": {"text": "b"}},
]


def test_steps_of_a_script_that_expect_something_are_tried() -> None:
    tried = explained(compile_endpoint(script=SCRIPT), "b")

    assert [(one.rule, one.matches, one.acts) for one in tried] == [
        ("script[0]", False, False),
        ("script[2]", True, True),
        ("script[3]", True, False),
    ]
    assert tried[0].why == 'text: expected "a", got "b"'
    assert {one.note for one in tried} == {"when the script waits at this step"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "the script fails, and the connection is closed with 1008"),
        ({"unmatched": "strict"}, "the script fails, and the connection is closed with 1008"),
        ({"unmatched": "echo"}, "unmatched: echo; the script keeps waiting"),
    ],
    ids=str,
)
def test_script_tells_what_a_message_does_at_another_step(
    fields: dict[str, str], expected: str
) -> None:
    endpoint = compile_endpoint(script=SCRIPT, **fields)

    assert otherwise(endpoint, "b") == expected


# --- conditions -----------------------------------------------------------------------------------


def test_condition_that_needs_the_connection_is_noted() -> None:
    endpoint = compile_endpoint(rules=[rule("a", {}, when="{{ vars.n == 1 }}", times=2)])
    (tried,) = explained(endpoint, "x")
    assert tried.matches
    assert tried.note.startswith("if {{ vars.n == 1 }} (when), at most 2 times")


def test_condition_on_the_message_alone_is_tried() -> None:
    when = "{{ message.json.depth > match.least | int and state == 'live' }}"
    match = {"text": {"matches": '"depth": (?P<least>.)'}}
    endpoint = compile_endpoint(rules=[rule("deep", match, when=when)])
    (tried,) = explained(endpoint, SUBSCRIBE)
    assert tried.why == (
        f'when: {when} is false; match.least is "5", message.json.depth is 5, state is "initial"'
    )


def test_condition_is_explained_with_the_values_of_the_connection() -> None:
    is_known = "{{ message.json.id in vars.ids }}"
    mock = Conversation(
        compile_endpoint(
            rules=[
                rule("add", {"text": "add"}, do=[{"set": {"ids": {"append": 1}}}]),
                rule("known", {"json": {"present": True}}, when=is_known),
            ]
        )
    )
    mock.open()

    def why(text: str) -> str:
        return mock.explain(text).rules[1].why

    condition = f"when: {is_known} is false; "
    assert why('{"id": 1}') == f"{condition}message.json.id is 1, vars.ids is missing"
    mock.text("add")
    assert why('{"id": 1}') == ""
    assert why('{"id": 2}') == f"{condition}message.json.id is 2, vars.ids is [1]"


def test_condition_that_fails_is_explained() -> None:
    endpoint = compile_endpoint(rules=[rule("bad", {}, when="{{ message.text + 1 }}")])
    (tried,) = explained(endpoint, "x")
    assert tried.why.startswith("when: {{ message.text + 1 }} fails: TypeError")


def test_strict_endpoint_tells_why_the_condition_of_the_nearest_rule_is_false() -> None:
    strict = rule("known", {}, when="{{ vars.n == 1 }}")
    mock = Conversation(compile_endpoint(rules=[strict], unmatched="strict"))
    mock.open()
    verdict = mock.text("x")[0]
    assert isinstance(verdict, ReportVerdict)
    assert verdict.text == (
        "no rule matches; the nearest is known: when: {{ vars.n == 1 }} is false; vars.n is missing"
    )


# --- what the endpoint adds to a message ----------------------------------------------------------


def test_fields_of_the_endpoint_are_explained() -> None:
    endpoint = compile_endpoint(
        fields={"id": {"at": 0, "as": "uint8"}}, rules=[rule("seven", {"fields": {"id": 7}})]
    )
    (right,) = explain(endpoint, MessageView(binary=b"\x07"), "initial").rules
    (wrong,) = explain(endpoint, MessageView(binary=b"\x08"), "initial").rules
    assert (right.matches, wrong.why) == (True, "fields.id: expected 7, got 8")


def test_condition_on_what_json_of_captured_is_explained() -> None:
    chat = rule("chat", {"json_of": {"prefix": "42", "as": "event"}})
    endpoint = compile_endpoint(rules=[{**chat, "when": "{{ match.event[0] == 'chat' }}"}])
    assert explained(endpoint, '42["chat"]')[0].matches
    assert explained(endpoint, '42["x"]')[0].why.startswith("when: ")
    assert explained(endpoint, "42")[0].why == 'json_of: expected JSON, got ""'


def test_first_part_of_a_text_is_explained() -> None:
    endpoint = compile_endpoint(split_by="\n", rules=[rule("a", {"text": "a"})])
    assert explained(endpoint, "\na\nb")[0].matches
    assert not explained(endpoint, "b\na")[0].matches
    assert not explained(endpoint, "\n")[0].matches


def test_first_packet_of_a_binary_message_is_explained() -> None:
    endpoint = compile_endpoint(
        split_after="packet",
        fields={"packet": {"at": 0, "as": "text", "length": "uint8"}},
        rules=[rule("a", {"fields": {"packet": "a"}, "size": 2})],
    )
    for data, matches in ((b"\x01a\x01b", True), (b"\x01b\x01a", False), (b"\x02a", False)):
        explanation = explain(endpoint, MessageView(binary=data, size=len(data)), "initial")
        assert explanation.rules[0].matches is matches


def test_connection_explains_with_its_fields_and_parts() -> None:
    endpoint = compile_endpoint(
        split_by="\n",
        fields={"id": {"at": 0, "as": "uint8"}},
        rules=[
            {"name": "id", "match": {"fields": {"id": 7}}, "when": TRUE_OF_SEVEN, "do": ["ignore"]},
            rule("a", {"text": "a"}),
        ],
    )
    conversation = Conversation(endpoint)._mock
    binary = conversation.explain(MessageView(binary=b"\x07"), 0.0).rules
    text = conversation.explain(MessageView(text="a\nb"), 0.0).rules
    assert [one.matches for one in binary] == [True, False]
    assert [one.matches for one in text] == [False, True]


TRUE_OF_SEVEN = "{{ message.fields.id == 7 and counters.received == 0 }}"
