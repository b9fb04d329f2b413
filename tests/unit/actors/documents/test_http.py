"""What a person may write under `http`."""

from typing import Any

import pytest

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.library.reading import compile_document


def problems(rule: dict[str, Any], **endpoint: Any) -> list[str]:
    """What is wrong with a rule, each with its place in the rule."""
    document = {"endpoints": [{"path": "/a", "http": [rule], **endpoint}]}
    try:
        compile_document(document)
    except BadDocument as error:
        return [str(one).removeprefix("endpoints[0].http[0]") for one in error.problems]
    return []


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({}, "give exactly one of respond, stall, abort and session"),
        ({"respond": {}, "abort": "reset"}, "give exactly one of respond, stall, abort"),
        ({"respond": {}, "session": {"poll": "a"}}, "give exactly one of respond, stall, abort"),
        ({"session": {}}, "give exactly one of open, poll, events, receive and end"),
        ({"session": {"poll": "a", "end": "a"}}, "give exactly one of open, poll, events, receive"),
        ({"session": {"end": "a"}, "timeout": "1s"}, "or with a session that is polled"),
        ({"session": {"poll": "{{ x"}}, ".session.poll: not a valid template"),
        ({"session": {"open": {"id": "{{ x"}}}, ".session.open.id: not a valid template"),
        ({"respond": {"text": "a", "json": 1}}, "at most one of text, json, binary, file"),
        ({"respond": {"status": 101}}, ".respond.status"),
        ({"respond": {"statsu": 200}}, "did you mean 'status'?"),
        ({"respond": {"headers": {"A b": "c"}}}, "the name of a header"),
        ({"respond": {"headers": {"A": "b\nc"}}}, "the value of a header"),
        ({"respond": {"headers": {"Content-Length": "1"}}}, "made from the body"),
        ({"respond": {"headers": {"transfer-encoding": "x"}}}, "made from the body"),
        ({"respond": {"text": "{{ x"}}, ".respond.text: not a valid template"),
        ({"respond": {"headers": {"A": "{{ x"}}}, ".respond.headers.A: not a valid template"),
        ({"respond": {"status": "{{ x"}}, ".respond.status"),
        ({"respond": {"file": "a.txt"}}, "only mocks from a file can name files"),
        ({"respond": {"files": "public"}}, "the path of the endpoint must end with /**"),
        ({"respond": {"afterwards": "end"}}, "`afterwards` goes with events"),
        ({"respond": {"events": []}}, ".respond.events"),
        (
            {"respond": {"events": [{"data": "x"}], "afterwards": "repeat"}},
            "`after` of at least 1ms, or `wait_for`",
        ),
        ({"respond": {"events": [{"data": "x", "json": 1}]}}, "give data or json, not both"),
        ({"respond": {"events": [{"data": "{{ x"}]}}, ".respond.events[0].data"),
        ({"respond": {}, "wait_for": "true"}, "give one whole expression"),
        ({"respond": {}, "timeout": "1s"}, "`timeout` goes with wait_for"),
        ({"respond": {}, "match": {"method": {"matches": "("}}}, ".match: method"),
        ({"respond": {}, "match": {"json": {"$[": 1}}}, ".match"),
        ({"respond": {}, "do": [{"close": {"code": 1000}}]}, "close needs a WebSocket connection"),
        ({"respond": {}, "do": [{"wait": "1s"}]}, "wait needs a WebSocket connection"),
        ({"respond": {}, "do": [{"send": {"text": "x"}}]}, "gets its answer from `respond`"),
        (
            {"respond": {}, "do": [{"for_each": {"in": [1], "do": [{"ping": {}}]}}]},
            "ping needs a WebSocket connection",
        ),
    ],
    ids=str,
)
def test_mistake_is_told(rule: dict[str, Any], problem: str) -> None:
    found = problems(rule)
    assert any(problem in one for one in found), found


def test_folder_over_the_wire_is_refused() -> None:
    (problem,) = problems({"respond": {"files": "public"}}, path="/a/**")
    assert "only mocks from a file can name files" in problem


def test_two_rules_of_one_name_are_refused() -> None:
    rule = {"name": "a", "respond": {}}
    document = {"endpoints": [{"path": "/a", "http": [rule, rule]}]}
    with pytest.raises(BadDocument, match="another rule is also named 'a'"):
        compile_document(document)


@pytest.mark.parametrize(
    ("rule", "warning"),
    [
        ({"respond": {"text": "{{ mesage.text }}"}}, "did you mean 'message'?"),
        ({"respond": {"headers": {"A": "{{ formm.a }}"}}}, "did you mean 'form'?"),
        ({"respond": {"events": [{"data": "{{ methd }}"}]}}, "did you mean 'method'?"),
        ({"respond": {}, "wait_for": "{{ clientvars.a }}"}, "did you mean 'client_vars'?"),
        ({"respond": {}, "do": [{"set": {"a": "{{ qery.b }}"}}]}, "did you mean 'query'?"),
    ],
    ids=str,
)
def test_unknown_name_in_a_template_is_a_warning(rule: dict[str, Any], warning: str) -> None:
    compiled = compile_document({"endpoints": [{"path": "/a", "http": [rule]}]})
    assert [warning in str(one) for one in compiled.warnings] == [True]


@pytest.mark.parametrize(
    ("first", "is_warned"),
    [
        ({"respond": {}}, True),
        ({"stall": "forever"}, True),
        ({"abort": "reset"}, True),
        ({"stall": "1s"}, False),
        ({"respond": {}, "times": 1}, False),
        ({"respond": {}, "when": "{{ attempt == 1 }}"}, False),
        ({"respond": {}, "wait_for": "{{ client_vars.a }}"}, False),
        ({"respond": {}, "match": {"method": "GET"}}, False),
    ],
    ids=str,
)
def test_rule_that_never_answers_is_a_warning(first: dict[str, Any], is_warned: bool) -> None:
    http = [first, {"respond": {}}]
    compiled = compile_document({"endpoints": [{"path": "/a", "http": http}]})
    texts = [one.text for one in compiled.warnings]
    expected = "http[1] never answers: http[0] comes first and always answers"
    assert texts == ([expected] if is_warned else [])


def test_names_of_http_are_known_there_alone() -> None:
    http = [{"respond": {"text": "{{ method }} {{ form.a }}"}}]
    rules = [{"do": [{"send": {"text": "{{ method }}"}}]}]
    compiled = compile_document({"endpoints": [{"path": "/a", "http": http, "rules": rules}]})
    assert [one.place for one in compiled.warnings] == [
        ("endpoints", 0, "rules", 0, "do", 0, "send", "text")
    ]
