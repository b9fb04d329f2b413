"""Contracts in a document: where a schema comes from, what is refused, what is warned of."""

import json
from pathlib import Path
from typing import Any

import pytest

from websocket_mock.actors.conversation.contract import CompiledContract
from websocket_mock.actors.documents.problems import BadDocument, parse_mocks
from websocket_mock.actors.library.compiler import CompiledMocks, compile_mocks
from websocket_mock.actors.library.reading import compile_document

NUMBERS = {"type": "integer"}


def compiled(directory: Path | None = None, **fields: Any) -> CompiledMocks:
    return compile_mocks(parse_mocks([{"path": "/mock", **fields}]), directory)


def contract(directory: Path | None = None, **fields: Any) -> CompiledContract:
    (endpoint,) = compiled(directory, **fields).endpoints
    assert endpoint.contract is not None
    return endpoint.contract


def problems(directory: Path | None = None, **fields: Any) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        compiled(directory, **fields)
    return [str(problem) for problem in caught.value.problems]


def warnings(**fields: Any) -> list[str]:
    return [str(one) for one in compiled(**fields).warnings]


def test_endpoint_without_schemas_has_no_contract() -> None:
    (endpoint,) = compiled().endpoints
    assert endpoint.contract is None


@pytest.mark.parametrize(
    ("schema", "conforms"), [(True, True), (False, False), (NUMBERS, True), ({}, True)]
)
def test_schema_is_a_mapping_or_true_or_false(schema: Any, *, conforms: bool) -> None:
    made = contract(accepts=schema)
    assert (made.why_broken("accepts", "1") == "") is conforms
    assert made.sends is None


@pytest.mark.parametrize("name", ["schemas/order.json", "schemas/order.yaml", "schemas/order.yml"])
def test_schema_may_be_in_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / name).write_text(json.dumps(NUMBERS))
    made = contract(tmp_path, sends={"file": name})
    assert made.why_broken("sends", "1") == ""
    assert made.why_broken("sends", "null") == "$: None is not of type 'integer'"


def test_yaml_file_is_read_with_the_types_of_json(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("enum: [on, 2020-01-01]\n")
    made = contract(tmp_path, accepts={"file": "a.yaml"})
    assert made.why_broken("accepts", '"on"') == made.why_broken("accepts", '"2020-01-01"') == ""


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.json", b"{", "file 'a.json': not valid JSON: "),
        ("a.json", b"\xff", "file 'a.json': not valid JSON: "),
        ("a.json", b"[" * 100_000, "file 'a.json': not valid JSON: "),
        ("a.yaml", b"a: [", "file 'a.yaml': line 1, column 5: not valid YAML: "),
        ("a.json", b"[]", "file 'a.json': not a valid JSON Schema: give a mapping"),
        ("a.json", b'{"type": 5}', "file 'a.json': not a valid JSON Schema: "),
        ("a.json", b'{"$ref": "b.json"}', "file 'a.json': the reference 'b.json' leads to nothing"),
        ("a.txt", b"{}", "file 'a.txt': give a file whose name ends in .json, .yaml or .yml"),
        ("../a.json", b"{}", "file '../a.json' is not below the directory of the mocks file"),
    ],
)
def test_file_that_has_no_schema_is_refused(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    base = tmp_path / "mocks"
    base.mkdir()
    (base / name).write_bytes(content)
    (problem,) = problems(base, accepts={"file": name})
    assert problem.startswith(f"endpoints[0].accepts: {why}")


def test_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, sends={"file": "a.json"})
    assert problem.startswith("endpoints[0].sends: file 'a.json' cannot be read: ")


def test_files_are_for_mocks_from_a_file() -> None:
    assert problems(accepts={"file": "a.json"}) == [
        "endpoints[0].accepts: file 'a.json': only mocks from a file can name files"
    ]


def test_all_problems_come_at_once() -> None:
    found = problems(accepts={"type": 5}, sends={"$ref": "#/a"}, rules=[{"do": [{"join": "{{"}]}])
    assert [one.partition(": ")[0] for one in found] == [
        "endpoints[0].rules[0].do[0].join",
        "endpoints[0].accepts",
        "endpoints[0].sends",
    ]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"file": "a.json", "type": "object"}, "endpoints[0].accepts.type: unknown key 'type'"),
        ({"file": 5}, "endpoints[0].accepts.file: give text, not 5"),
        (
            "a.json",
            'endpoints[0].accepts: give a mapping of keys to values, such as {"file": "a.json"},',
        ),
    ],
)
def test_what_is_no_contract_is_refused_in_its_place(given: Any, why: str) -> None:
    assert problems(accepts=given)[0].startswith(why)


def test_endpoints_of_a_file_may_share_a_contract(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(NUMBERS))
    endpoints = [{"path": "/a"}, {"path": "/b", "accepts": True}]
    document = {"defaults": {"accepts": {"file": "a.json"}}, "endpoints": endpoints}
    shared, own = (one.contract for one in compile_document(document, tmp_path).endpoints)
    assert shared is not None
    assert shared.why_broken("accepts", '"x"') == "$: 'x' is not of type 'integer'"
    assert own is not None
    assert own.why_broken("accepts", '"x"') == ""


# --- warnings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("send", "why"),
    [
        ({"json": {"n": "x"}}, "$: {'n': 'x'} is not of type 'integer'"),
        ({"json": None}, "$: None is not of type 'integer'"),
        ({"text": "hi"}, "the message is not JSON"),
        ({"text": "{{ now }}", "template": False}, "the message is not JSON"),
        ({"json": "{{ now }}", "template": False}, "$: '{{ now }}' is not of type 'integer'"),
        ({"text": "hi", "fragments": 2}, "the message is not JSON"),
        ({"json": 1, "prefix": "n"}, "the message is not JSON"),
        ({"text": "1", "suffix": ".5"}, "$: 1.5 is not of type 'integer'"),
    ],
)
def test_constant_that_does_not_conform_is_warned_of_in_its_place(
    send: dict[str, Any], why: str
) -> None:
    place, text = "endpoints[0].rules[0].do[0].send", f"does not conform to `sends`: {why}"
    assert warnings(sends=NUMBERS, rules=[{"do": [{"send": send}]}]) == [f"{place}: {text}"]


@pytest.mark.parametrize(
    "send",
    [
        {"json": 1},
        {"text": "1"},
        {"text": "{{ now }}"},
        {"json": {"n": "{{ now }}"}},
        {"json": {"{{ now }}": 1}},
        {"json": "x", "prefix": "{{ now }}"},
        {"text": "1", "suffix": "2"},
        {"text": "hi", "to": "others"},
        {"binary": "hex:00"},
    ],
)
def test_what_conforms_or_may_conform_or_is_not_checked_has_no_warning(
    send: dict[str, Any],
) -> None:
    assert warnings(sends=NUMBERS, accepts=False, rules=[{"do": [{"send": send}]}]) == []


def test_parts_of_a_text_are_looked_at_one_by_one() -> None:
    rules = [{"do": [{"send": {"json": 1, "suffix": "|"}}, {"send": {"text": "1|x"}}]}]
    (warning,) = warnings(sends=NUMBERS, split_by="|", rules=rules)
    assert warning.startswith("endpoints[0].rules[0].do[1].send: ")


def test_actions_inside_others_and_in_scripts_are_looked_at() -> None:
    sending = {"send": {"text": "hi"}}
    every = {"every": {"interval": 1, "do": [sending]}}
    (inner,) = warnings(sends=NUMBERS, rules=[{"do": [every]}])
    assert inner.startswith("endpoints[0].rules[0].do[0].every.do[0].send: ")
    (step,) = warnings(sends=NUMBERS, script=[{"wait": 1}, sending])
    assert step.startswith("endpoints[0].script[1].send: ")
