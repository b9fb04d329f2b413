"""What a person is told about a document that is not valid."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.documents.problems import (
    BadDocument,
    Problem,
    parse,
    parse_mocks,
    show_place,
)
from websocket_mock.actors.journal.schema import EntryMatch, EntrySequence, Expectation
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.actors.matching.schema import NOT_TEXT, Tests


def problems(document: object) -> list[str]:
    """Each problem of a document that is not valid, as one line."""
    with pytest.raises(BadDocument) as caught:
        parse_mocks(document)
    assert str(caught.value) == "; ".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def with_rule(**rule: Any) -> dict[str, Any]:
    return {"endpoints": [{"path": "/a", "rules": [{"do": ["ignore"], **rule}]}]}


def test_list_is_a_list_of_endpoints() -> None:
    assert [one.path for one in parse_mocks([{"path": "/a"}, {"path": "/b"}]).endpoints] == [
        "/a",
        "/b",
    ]


@pytest.mark.parametrize("document", [None, "text", 1])
def test_what_is_no_mapping_is_refused_as_a_whole(document: object) -> None:
    (problem,) = problems(document)
    assert problem.startswith("the document: ")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"endpoint": []},
            "endpoint: unknown key 'endpoint'; did you mean 'endpoints'?",
        ),
        (
            {"endpoints": [{"path": "/a", "zzz": 1}]},
            "endpoints[0].zzz: unknown key 'zzz'; allowed: accepts, client_key, cors, extends, ",
        ),
        (
            with_rule(mach={}),
            "endpoints[0].rules[0].mach: unknown key 'mach'; did you mean 'match'?",
        ),
        (
            with_rule(match={"txt": "a"}),
            "endpoints[0].rules[0].match.txt: unknown key 'txt'; did you mean 'text'?",
        ),
        (
            with_rule(match={"text": {"startswith": "a"}}),
            (
                "endpoints[0].rules[0].match.text.startswith: unknown key 'startswith'; "
                "did you mean 'starts_with'?"
            ),
        ),
        (
            with_rule(match={"json": {"$.a": {"equal": "a"}}}),
            (
                "endpoints[0].rules[0].match.json.$.a.equal: unknown key 'equal'; "
                "did you mean 'equals'?"
            ),
        ),
        (
            with_rule(match={"json": {"$.a": {"order": 1}}}),
            (
                "endpoints[0].rules[0].match.json.$.a.order: unknown key 'order'; allowed: all, "
                "any, at_least, at_most, contains, ends_with, equals, greater_than, includes, "
                "length, less_than, matches, not, one_of, present, schema, starts_with; "
                "to compare with an object, write {equals: {order: …}}"
            ),
        ),
        (
            with_rule(match={"text": {"regex": "a"}}),
            (
                "endpoints[0].rules[0].match.text.regex: unknown key 'regex'; "
                "did you mean 'matches'?"
            ),
        ),
        (
            with_rule(match={"text": {"all": [{"not": {"contain": "a"}}]}}),
            (
                "endpoints[0].rules[0].match.text.all[0].not.contain: unknown key 'contain'; "
                "did you mean 'contains'?"
            ),
        ),
        (
            with_rule(do=[{"sned": {}}]),
            "endpoints[0].rules[0].do[0].sned: unknown key 'sned'; did you mean 'send'?",
        ),
        (
            with_rule(do=[{"after": {"delay": 1, "do": [{"send": {"txt": "a"}}]}}]),
            (
                "endpoints[0].rules[0].do[0].after.do[0].send.txt: unknown key 'txt'; "
                "did you mean 'text'?"
            ),
        ),
        (
            with_rule(do=[{"send": {"id": 1}}]),
            "endpoints[0].rules[0].do[0].send.id: unknown key 'id'; allowed: binary, compress, ",
        ),
        (
            with_rule(do=[{"send": {"text": "a", "to": {"group": "g", "clients": "c"}}}]),
            (
                "endpoints[0].rules[0].do[0].send.to.clients: unknown key 'clients'; "
                "did you mean 'client'?"
            ),
        ),
        (
            {"endpoints": [{"path": "/a", "handshake": [{"accept": {"header": {}}}]}]},
            (
                "endpoints[0].handshake[0].accept.header: unknown key 'header'; "
                "did you mean 'headers'?"
            ),
        ),
        (
            {"endpoints": [{"path": "/a", "script": [{"expects": {}}]}]},
            "endpoints[0].script[0].expects: unknown key 'expects'; did you mean 'expect'?",
        ),
        (
            with_rule(on="message", do=["ignore"]),
            "endpoints[0].rules[0].on: unknown key 'on'; did you mean 'trigger'?",
        ),
        (
            with_rule(do=[{"reply": {"text": "a"}}]),
            "endpoints[0].rules[0].do[0].reply: unknown key 'reply'; did you mean 'send'?",
        ),
        (
            with_rule(do=[{"json": {"a": 1}}]),
            "endpoints[0].rules[0].do[0].json: unknown key 'json'; it belongs under 'send'",
        ),
        (
            with_rule(match={"$.type": "a"}),
            "endpoints[0].rules[0].match.$.type: unknown key '$.type'; it belongs under 'json'",
        ),
        (
            with_rule(**{"$.type": "a"}),
            "endpoints[0].rules[0].$.type: unknown key '$.type'; it belongs under 'match.json'",
        ),
    ],
)
def test_unknown_key_is_told_with_its_place_and_the_nearest(document: Any, expected: str) -> None:
    assert problems(document)[0].startswith(expected)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"endpoints": [{}]}, "endpoints[0].path: this key is needed"),
        (
            {"endpoints": [{"path": "/a", "unmatched": True}]},
            "endpoints[0].unmatched: true is not allowed; allowed: ignore",
        ),
        ({"endpoints": {}}, "endpoints: give a list"),
        (
            {"endpoints": [{"path": "a"}]},
            "endpoints[0].path: give text that begins with /, not 'a'",
        ),
        (
            with_rule(match={"json_of": {"as": "1"}}),
            (
                "endpoints[0].rules[0].match.json_of.as: give text of letters, digits and _, "
                "without a digit in front, not '1'"
            ),
        ),
        (
            with_rule(do=[{"for_each": {"in": [], "as": "_", "do": []}}]),
            (
                "endpoints[0].rules[0].do[0].for_each.as: give text of letters, digits and _, "
                "with a letter in front, not '_'"
            ),
        ),
        (
            with_rule(match={"json": {"$.a": {}}}),
            (
                "endpoints[0].rules[0].match.json.$.a: give at least one test, such as equals, "
                "contains or matches; for an empty object write {equals: {}}"
            ),
        ),
        ({"endpoints": ["a"]}, "endpoints[0]: give a mapping of keys to values"),
        (with_rule(trigger=None), "endpoints[0].rules[0]: 'trigger' has no value"),
        (
            with_rule(do=[{"send": {"text": 1}}]),
            "endpoints[0].rules[0].do[0].send.text: give text, not 1",
        ),
        (
            with_rule(do=[{"wait": "soon"}]),
            "endpoints[0].rules[0].do[0].wait: give a duration such as 250ms, 3s, 2m",
        ),
        (
            with_rule(do=[{"send": {"binary": "0a"}}]),
            "endpoints[0].rules[0].do[0].send.binary: give binary data as hex:… or base64:…",
        ),
        (
            with_rule(do=[{"send": {"text": "a", "to": "nobody"}}]),
            "endpoints[0].rules[0].do[0].send.to: 'nobody' is not allowed; allowed: sender, others",
        ),
        (
            with_rule(trigger="mesage"),
            "endpoints[0].rules[0].trigger: 'mesage' is not allowed; did you mean 'message'?",
        ),
        (
            with_rule(match={"json": {"a": 1}}),
            "endpoints[0].rules[0].match.json.a: unknown key 'a'; a path into JSON begins with $",
        ),
        (
            with_rule(do=["ignored"]),
            "endpoints[0].rules[0].do[0]: there is no action 'ignored'; did you mean 'ignore'?",
        ),
        (
            with_rule(do=["close"]),
            "endpoints[0].rules[0].do[0]: write the action as `close: …`; only `ignore` may stand",
        ),
        (
            with_rule(match={"json": {"$.a": {"schema": 1}}}),
            "endpoints[0].rules[0].match.json.$.a.schema: ",
        ),
        (
            with_rule(do=[{}]),
            "endpoints[0].rules[0].do[0]: give exactly one of send, ping, close, ",
        ),
    ],
)
def test_wrong_value_is_told_with_its_place(document: Any, expected: str) -> None:
    assert problems(document)[0].startswith(expected)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"send": "hi"}, """such as {"text": "hi"}, not 'hi'"""),
        ({"send": "h" * 50}, 'such as {"text": …}, not '),
        ({"close": 4401}, 'such as {"code": 4401}, not 4401'),
        ({"fault": {"latency": "1s"}}, """such as {"mean": "1s"}, not '1s'"""),
        ({"every": "1s"}, "give a mapping of keys to values, not '1s'"),
    ],
)
def test_value_that_stands_alone_is_told_how_it_is_written(action: Any, told: str) -> None:
    (problem,) = problems(with_rule(do=[action]))
    assert told in problem


def test_all_problems_are_told_at_once() -> None:
    found = problems({"sed": 1, "endpoints": [{"path": "a"}, {"path": "/b", "rules": [{}]}]})
    assert [line.partition(":")[0] for line in found] == [
        "endpoints[0].path",
        "endpoints[1].rules[0].do",
        "sed",
    ]


def test_problem_is_one_line_of_place_and_text() -> None:
    assert str(Problem(("endpoints", 0, "path"), "is wrong")) == "endpoints[0].path: is wrong"
    assert str(Problem((), "is wrong")) == "the document: is wrong"
    assert str(Problem(("seed",), "is wrong", file="a/b.yaml")) == "a/b.yaml: seed: is wrong"


def with_faults(*faults: Any) -> dict[str, Any]:
    return {"endpoints": [{"path": "/a", "faults": list(faults)}]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            with_faults("drop", {"drop": {}, "frames": {"nth": 0}}),
            "endpoints[0].faults[1].frames.nth: give a number that is at least 1, not 0",
        ),
        (with_faults("dropp"), "endpoints[0].faults[0]: there is no fault 'dropp'; did you mean"),
        (
            with_faults({"dropp": {}}),
            "endpoints[0].faults[0].dropp: unknown key 'dropp'; did you mean 'drop'?",
        ),
        (
            with_faults({"drop": {}, "frames": {"ntth": 1}}),
            "endpoints[0].faults[0].frames.ntth: unknown key 'ntth'; did you mean 'nth'?",
        ),
        (with_faults("latency"), "endpoints[0].faults[0]: latency needs parameters; write "),
        (
            with_faults({"latency": {}}),
            "endpoints[0].faults[0].latency.mean: this key is needed",
        ),
        (
            with_faults({"drop": {}, "group": "g"}),
            "endpoints[0].faults[0].group: unknown key 'group'; ",
        ),
        (
            {"faults": [{"wrong_accept": {}, "group": "g"}]},
            "faults[0]: wrong_accept happens before there is a client; give an endpoint",
        ),
        (
            {"faults": [{"drip": {"interval": 0}}]},
            "faults[0].drip: give an interval of at least 1ms",
        ),
        (
            with_rule(do=[{"fault": {"latency": {"mean": "soon"}}}]),
            "endpoints[0].rules[0].do[0].fault.latency.mean: give a duration such as 250ms",
        ),
    ],
)
def test_place_of_a_problem_leads_into_the_fault(document: Any, expected: str) -> None:
    found = problems(document)
    assert any(problem.startswith(expected) for problem in found), found


# --- any model, and all in one round --------------------------------------------------------------


def test_any_model_can_be_parsed_and_has_its_place_in_something_larger() -> None:
    with pytest.raises(BadDocument) as caught:
        parse(EntryMatch, {"knd": "open", "match": {"txt": 1}}, ("match",))
    assert list(map(str, caught.value.problems)) == [
        "match.match.txt: unknown key 'txt'; did you mean 'text'?",
        "match.knd: unknown key 'knd'; did you mean 'kind'?",
    ]
    with pytest.raises(BadDocument, match=r'a list goes under its key: \{"entries": \[…\]\}'):
        parse(EntrySequence, [{"kind": "open"}])


def test_key_is_told_what_it_belongs_under() -> None:
    with pytest.raises(BadDocument) as caught:
        parse(Expectation, {"json": {}, "count": 3, "grows": True, "type": "open"})
    assert list(map(str, caught.value.problems)) == [
        "json: unknown key 'json'; it belongs under 'match'",
        "count: unknown key 'count'; did you mean 'exactly'?",
        "grows: unknown key 'grows'; it belongs under 'spacing'",
        "type: unknown key 'type'; it belongs under 'match'",
    ]


def test_block_is_refused_where_there_is_no_document() -> None:
    with pytest.raises(BadDocument) as caught:
        parse(EntryMatch, {"kind": "message", "match": {"use": "login"}})
    assert list(map(str, caught.value.problems)) == [
        "match.use: named blocks can be used in mocks files only; write out what it stands for"
    ]


def test_form_and_content_are_told_in_one_round() -> None:
    document = {
        "endpoints": [
            {"path": "/a", "rules": [{"do": ["ignored"]}, {"do": [{"send": {"text": "{{"}}]}]},
            {"path": 1},
            {"path": "/c", "rules": [{"match": {"text": {"matches": "("}}, "do": ["ignore"]}]},
        ],
        "faults": ["dropp", {"drop": {}, "attempt": {"matches": "("}}],
    }
    with pytest.raises(BadDocument) as caught:
        compile_document(document)
    assert [show_place(one.place) for one in caught.value.problems] == [
        "endpoints[0].rules[0].do[0]",
        "endpoints[1].path",
        "faults[0]",
        "endpoints[0].rules[1].do[0].send",
        "endpoints[2].rules[0].match",
        "faults[1]",
    ]


KEYS = st.sampled_from(
    ["do", "match", "json", "text", "send", "every", "trigger", "path", "rules", "faults", "state"]
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner),
    max_leaves=20,
)


@given(JSON)
def test_no_document_shows_pydantic(document: Any) -> None:
    try:
        compile_document({"endpoints": [{"path": "/a", "rules": [document]}, document]})
    except BadDocument as error:
        shown = str(error)
        assert "https://" not in shown
        assert "Input should" not in shown
        assert "validation error" not in shown


def test_keys_of_other_tools_are_translated_into_keys_that_exist() -> None:
    assert set(Tests.foreign_keys.values()) <= {
        field.alias or name for name, field in Tests.model_fields.items()
    }
    assert not Tests.foreign_keys.keys() & Tests.model_fields.keys()


def test_half_of_a_surrogate_pair_is_refused_in_its_place_except_as_a_seed() -> None:
    rules = [{"do": [{"send": {"json": {"a": ["\ud800"], "\udc00": 1}}}]}]
    with pytest.raises(BadDocument) as caught:
        parse_mocks({"seed": "\ud800", "endpoints": [{"path": "/a", "rules": rules}]})
    place = "endpoints[0].rules[0].do[0].send.json"
    assert {show_place(one.place) for one in caught.value.problems} == {place, f"{place}.a[0]"}
    assert {one.text for one in caught.value.problems} == {NOT_TEXT}
