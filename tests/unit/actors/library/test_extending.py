"""What endpoints of plain documents have from those that they extend, and from defaults."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.helpers.made_dialects import made_dialects
from tests.unit.actors.library.test_including import Folder
from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.library.expansion import expand
from websocket_mock.actors.library.extending import extend
from websocket_mock.actors.library.including import gather
from websocket_mock.actors.library.reading import compile_document

DIALECTS = {
    "talk.yaml": """
title: Talk
parameters:
  name: {default: talk, description: the name of the endpoint}
  path: {default: /talk, description: its path}
  pause: {default: 1s, description: how long it waits}
matchers:
  hello: {text: hello}
endpoints:
  - name: ${name}
    path: ${path}
    subprotocols: [talk]
    fields: {kind: {as: uint8, at: 0}}
    rules:
      - {name: greet, match: {use: hello}, do: [{wait: "${pause}"}, {send: {text: hi}}]}
      - {name: other, match: {type: text}, do: [{send: {text: no}}]}
    faults: [{drop: {}}]
""",
    "two.yaml": "endpoints: [{path: /a}, {path: /b, name: b}]",
    "chain.yaml": "{include: 'dialect:talk', endpoints: [{extends: talk, unmatched: strict}]}",
    "low.yaml": "{include: other.yaml}",
}


@pytest.fixture(scope="module", autouse=True)
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with made_dialects(tmp_path_factory.mktemp("dialects"), DIALECTS):
        yield


def compiled(text: str, **files: str) -> Any:
    folder = Folder({f"{name}.yaml": yaml.safe_load(one) for name, one in files.items()})
    return compile_document(yaml.safe_load(text), reader=folder)


def sources(text: str, **files: str) -> dict[str, Any]:
    """The endpoints that are in force, as they would have to be written."""
    return {
        one.name: one.source.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for one in compiled(text, **files).endpoints
    }


def problems(text: str, **files: str) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        compiled(text, **files)
    return list(map(str, caught.value.problems))


def rule_names(endpoint: Any) -> list[str]:
    return [one.get("name", "own") for one in endpoint["rules"]]


OWN = "rules: [{match: {text: a}, do: [ignore]}]"


def test_included_dialect_is_there_with_its_defaults() -> None:
    (found,) = sources("{include: 'dialect:talk'}").values()
    assert (found["name"], found["path"]) == ("talk", "/talk")
    assert found["rules"][0]["do"][0] == {"wait": 1.0}


def test_dialect_can_be_included_twice_with_other_values() -> None:
    item = "{from: 'dialect:talk', with: {name: second, path: /second, pause: 2}}"
    found = sources(f"{{include: ['dialect:talk', {item}, 'dialect:talk']}}")
    assert {name: one["path"] for name, one in found.items()} == {
        "talk": "/talk",
        "second": "/second",
    }
    assert found["second"]["rules"][0]["do"][0] == {"wait": 2.0}


def test_own_rules_come_in_front_and_take_the_place_of_the_endpoint() -> None:
    (found,) = sources(f"include: dialect:talk\nendpoints: [{{extends: talk, {OWN}}}]").values()
    assert rule_names(found) == ["own", "greet", "other"]
    assert found["path"] == "/talk"
    assert "extends" not in found


def test_rule_of_the_same_name_replaces_the_other_in_its_place() -> None:
    own = "rules: [{do: [ignore]}, {name: greet, match: {text: hey}, do: [ignore]}]"
    (found,) = sources(f"include: dialect:talk\nendpoints: [{{extends: talk, {own}}}]").values()
    assert rule_names(found) == ["own", "greet", "other"]
    assert found["rules"][1]["match"] == {"text": "hey"}


def test_faults_come_in_front_fields_are_put_together_and_other_keys_replace() -> None:
    own = """
      - extends: talk
        subprotocols: [other]
        fields: {more: {as: uint16, at: 1}}
        faults: [{latency: {mean: 1}}]
        handshake: [{reject: {status: 401}}]
    """
    (found,) = sources(f"include: dialect:talk\nendpoints: {own}").values()
    assert list(found["fields"]) == ["kind", "more"]
    assert [next(iter(one)) for one in found["faults"]] == ["latency", "drop"]
    assert found["subprotocols"] == ["other"]
    assert found["handshake"] == [{"reject": {"status": 401}}]


def test_endpoint_with_a_name_of_its_own_leaves_the_other_one_there() -> None:
    text = f"include: dialect:talk\nendpoints: [{{extends: talk, name: n, path: /n, {OWN}}}]"
    found = sources(text)
    assert {name: rule_names(one) for name, one in found.items()} == {
        "talk": ["greet", "other"],
        "n": ["own", "greet", "other"],
    }


def test_dialect_can_be_extended_without_being_included() -> None:
    text = "{extends: {from: 'dialect:talk', with: {path: /t}}, " + OWN + "}"
    for document in (text, f"[{text}]", f"endpoints: [{text}]"):
        (found,) = sources(document).values()
        assert found["path"] == "/t"
        assert rule_names(found) == ["own", "greet", "other"]
    (found,) = sources("{extends: 'dialect:talk'}").values()
    assert found["path"] == "/talk"


def test_extended_endpoint_can_be_extended_again() -> None:
    (found,) = sources("{extends: 'dialect:chain', " + OWN + "}").values()
    assert found["unmatched"] == "strict"
    assert rule_names(found) == ["own", "greet", "other"]
    main = "{include: [middle.yaml, 'dialect:talk'], endpoints: [{extends: talk, " + OWN + "}]}"
    middle = "{include: 'dialect:talk', endpoints: [{extends: talk, unmatched: echo}]}"
    (found,) = sources(main, middle=middle).values()
    assert found["unmatched"] == "echo"
    assert rule_names(found) == ["own", "greet", "other"]


def test_defaults_are_for_what_neither_has() -> None:
    text = (
        "{defaults: {unmatched: echo, subprotocols: [d]}, endpoints: [{extends: 'dialect:talk'}]}"
    )
    (found,) = sources(text).values()
    assert (found["unmatched"], found["subprotocols"]) == ("echo", ["talk"])


def test_block_of_a_dialect_can_be_used_and_gives_way_to_that_of_a_file() -> None:
    rule = "rules: [{match: {use: hello}, do: [ignore]}]"
    for include in ("[low.yaml, 'dialect:talk']", "['dialect:talk', low.yaml]"):
        text = f"include: {include}\nendpoints: [{{path: /a, {rule}}}]"
        found = sources(text, low="{matchers: {other: {text: x}}}")
        assert found["/a"]["rules"][0]["match"] == {"text": "hello"}
        found = sources(text, low="{matchers: {hello: {text: x}}}")
        assert found["/a"]["rules"][0]["match"] == {"text": "x"}
        assert found["talk"]["rules"][0]["match"] == {"text": "hello"}


# --- problems -------------------------------------------------------------------------------------


def test_unknown_dialect_and_parameter_are_told_with_the_nearest() -> None:
    assert problems("include: dialect:tlk") == [
        "include: there is no dialect 'tlk'; did you mean 'talk'?"
    ]
    assert problems("include: [{from: 'dialect:tlk'}]") == [
        "include[0].from: there is no dialect 'tlk'; did you mean 'talk'?"
    ]
    text = "include: [{from: 'dialect:talk', with: {pahs: 1}}]\nendpoints: [{extends: talk}]"
    assert problems(text) == [
        "include[0].with.pahs: there is no parameter 'pahs'; did you mean 'path'?"
    ]
    assert problems("{extends: {from: 'dialect:talk', with: {pth: /x}}}") == [
        "extends.with.pth: there is no parameter 'pth'; did you mean 'path'?"
    ]


def test_value_that_does_not_fit_is_told_where_it_was_given() -> None:
    text = "include: [{from: 'dialect:talk', with: {path: x, pause: 1 parsec}}]"
    found = problems(text)
    assert found[0] == "include[0].with.path: give text that begins with /, not 'x'"
    assert found[1].startswith("include[0].with.pause: ")
    assert len(found) == 2
    text = "{extends: {from: low.yaml, with: {a: x}}}"
    extended = "{extends: {from: 'dialect:talk', with: {path: '${a}'}}}"
    low = f"{{parameters: {{a: {{}}}}, endpoints: [{extended}]}}"
    assert problems(text, low=low) == ["extends.with.a: give text that begins with /, not 'x'"]


def test_problem_of_what_is_extended_is_told_once_where_it_is() -> None:
    low = "{endpoints: [{path: /a, rules: [{do: [{sned: 1}]}]}]}"
    text = "{include: low.yaml, endpoints: [{extends: /a, rules: [{do: [{wiat: 1}]}]}]}"
    assert [one.partition(";")[0] for one in problems(text, low=low)] == [
        "low.yaml: endpoints[0].rules[0].do[0].sned: unknown key 'sned'",
        "endpoints[0].rules[0].do[0].wiat: unknown key 'wiat'",
    ]


def test_unknown_endpoint_is_told_with_the_nearest() -> None:
    assert problems("{include: 'dialect:talk', endpoints: [{extends: takl}]}") == [
        "endpoints[0].extends: no included endpoint is named 'takl'; did you mean 'talk'?"
    ]
    assert problems("{endpoints: [{path: /a}, {extends: /a}]}") == [
        "endpoints[1].extends: no included endpoint is named '/a'; nothing is included here"
    ]


def test_file_with_several_endpoints_is_included_first() -> None:
    assert problems("{extends: 'dialect:two'}") == [
        "extends: it has '/a', 'b'; include it, and extend one endpoint by its name"
    ]
    (found,) = (
        one
        for one in sources(
            "{include: 'dialect:two', endpoints: [{extends: b, replay: 1}]}"
        ).values()
        if one["path"] == "/b"
    )
    assert found["replay"] == 1


def test_endpoint_is_replaced_once_only() -> None:
    for text in (
        "{include: 'dialect:talk', endpoints: [{extends: talk}, {extends: talk, path: /b}]}",
        "[{extends: 'dialect:talk'}, {extends: 'dialect:talk', path: /b}]",
    ):
        found = problems(text)
        assert (
            "endpoints[1].extends: another endpoint extends 'talk', too; "
            "give one of the two a name of its own" in found
        )


def test_dialects_that_have_the_same_name_are_told_by_the_parameter() -> None:
    text = "include: ['dialect:talk', {from: 'dialect:talk', with: {path: /b}}]"
    assert problems(text) == [
        "dialect:talk: parameters.name.default: another endpoint is also named 'talk'"
    ]
    text = "include: ['dialect:talk', {from: 'dialect:talk', with: {path: /b, name: talk}}]"
    assert problems(text) == ["include[1].with.name: another endpoint is also named 'talk'"]


def test_files_are_refused_where_there_is_no_directory_but_dialects_are_not() -> None:
    document = {"include": ["dialect:talk", {"from": "a.yaml"}, "b.yaml"]}
    with pytest.raises(BadDocument) as caught:
        compile_document(document)
    assert str(caught.value) == "include: only mocks from a file can include files"
    with pytest.raises(BadDocument) as caught:
        compile_document({"extends": {"from": "a.yaml"}})
    assert str(caught.value) == "extends: only mocks from a file can include files"
    assert compile_document({"include": ["dialect:talk"]}).endpoints


def test_dialect_includes_no_files() -> None:
    assert problems("include: dialect:low", other="{}") == [
        "dialect:low: include: a dialect includes dialects only"
    ]


def test_what_is_malformed_is_left_to_the_schema() -> None:
    assert problems("{extends: 5}")[0].startswith("extends: ")
    assert [one.partition(":")[0] for one in problems("{extends: {form: x}}")] == [
        "extends.from",
        "extends.form",
    ]
    assert problems("{include: [{from: 5}, 5]}")[0].startswith("include[0].from: ")


def test_extending_changes_nothing_of_what_it_is_given() -> None:
    document = {"include": "dialect:talk", "endpoints": [{"extends": "talk", "rules": []}]}
    before = repr(document)
    sources, _ = gather(document, None)
    files, _ = expand(sources)
    was = repr(files)
    assert extend(files, sources).replaced == {("dialect:talk", 0)}
    assert (repr(document), repr(files)) == (before, was)


# --- defaults -------------------------------------------------------------------------------------


def refused(document: Any) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        compile_document(document)
    return list(map(str, caught.value.problems))


def plain(document: Any) -> Any:
    sources, _ = gather(document, None)
    return extend(expand(sources)[0], sources).files[-1].document


def test_defaults_are_the_keys_that_an_endpoint_does_not_give() -> None:
    defaults = {"unmatched": "strict", "client_key": {"query": "d"}, "subprotocols": ["a"]}
    own = {"path": "/b", "unmatched": "echo", "client_key": {"header": "x"}}
    one, other = plain({"defaults": defaults, "endpoints": [{"path": "/a"}, own]})["endpoints"]
    assert one == {"path": "/a", **defaults}
    assert other == {**own, "subprotocols": ["a"]}


@pytest.mark.parametrize("key", ["name", "path", "rules", "script"])
def test_what_each_endpoint_has_of_its_own_has_no_default(key: str) -> None:
    document = {"defaults": {key: "/x"}, "endpoints": [{"path": "/a"}]}
    (problem,) = refused(document)
    assert problem.startswith(f"defaults.{key}: unknown key '{key}'; ")


def test_problem_of_a_default_is_told_once_and_the_endpoints_are_still_compiled() -> None:
    do = [{"send": {"text": "{{"}}]
    endpoints = [{"path": "/a", "rules": [{"do": do}]}, {"path": "/b"}]
    assert refused({"defaults": {"unmatched": "ecko"}, "endpoints": endpoints}) == [
        "defaults.unmatched: 'ecko' is not allowed; did you mean 'echo'?",
        "endpoints[0].rules[0].do[0].send: not a valid template: unexpected 'end of template'",
    ]


def test_null_of_an_endpoint_is_not_replaced_by_the_default() -> None:
    document = {"defaults": {"unmatched": "echo"}, "endpoints": [{"path": "/a", "unmatched": None}]}
    assert refused(document) == ["endpoints[0]: 'unmatched' has no value"]


def test_defaults_of_a_file_are_for_its_own_endpoints() -> None:
    low = "{defaults: {unmatched: echo}, endpoints: [{path: /l}]}"
    main = "{include: low.yaml, defaults: {initial_state: x}, endpoints: [{path: /m}]}"
    assert sources(main, low=low) == {
        "/l": {"path": "/l", "unmatched": "echo"},
        "/m": {"path": "/m", "initial_state": "x"},
    }
