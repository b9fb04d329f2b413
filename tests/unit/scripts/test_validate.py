"""What the sub-commands about mocks files say, and with which exit code."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.helpers.examples import EXAMPLES
from websocket_mock.scripts import launch, schema
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.mocks_file import load_all

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str, name: str = "mocks.yaml") -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return write_file


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str]]]:
    def run_command(*arguments: object) -> tuple[int, list[str]]:
        """Return the exit code and the lines on stdout."""
        exit_code = launch.main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        assert err == ""
        return exit_code, out.splitlines()

    return run_command


Run = Callable[..., tuple[int, list[str]]]

VALID = """
endpoints:
  - path: /a
    handshake: [{reject: {status: 503}, match: {attempt: 1}}]
    rules: [{trigger: connect, do: [{send: {text: hi}}]}, {do: [ignore]}]
  - path: /b
    script: [{expect: {text: a}}, {close: {}}]
"""


class TestValidate:
    def test_valid_file_is_summed_up(self, write: Write, run: Run) -> None:
        file = write(VALID)
        summary = "valid, 2 endpoints, 2 rules, 1 handshake rule, 2 script steps"
        assert run("validate", file) == (0, [f"{file}: {summary}"])

    def test_use_of_a_dialect_is_checked(self, write: Write, run: Run) -> None:
        file = write("include: [{from: dialect:json-rpc, with: {path: rpc}}, dialect:json-rcp]")
        assert run("validate", file) == (
            1,
            [
                f"{file}: include[1]: there is no dialect 'json-rcp'; did you mean 'json-rpc'?",
                f"{file}: include[0].with.path: give text that begins with /, not 'rpc'",
            ],
        )
        file = write("include: [dialect:json-rpc, {from: dialect:json-rpc, with: {path: /a}}]")
        place = "dialect:json-rpc: parameters.name.default"
        assert run("validate", file) == (1, [f"{place}: another endpoint is also named 'json-rpc'"])

    def test_json_file_and_a_list_of_endpoints_are_valid(self, write: Write, run: Run) -> None:
        file = write('[{"path": "/a"}]', "mocks.json")
        assert run("validate", file) == (0, [f"{file}: valid, 1 endpoint, 0 rules"])

    def test_one_endpoint_at_the_top_is_valid(self, write: Write, run: Run) -> None:
        file = write("path: /a\nname: a\nrules: [{do: [ignore]}]\n")
        assert run("validate", file) == (0, [f"{file}: valid, 1 endpoint, 1 rule"])

    def test_places_in_one_endpoint_begin_at_the_endpoint(self, write: Write, run: Run) -> None:
        file = write("path: /a\nruels: []\nrules: [{do: [{use: block}, {sned: {text: a}}]}]\n")
        exit_code, lines = run("validate", file)
        assert exit_code == 1
        assert [line.removeprefix(f"{file}: ").partition(": ")[0] for line in lines] == [
            "rules[0].do[0].use",
            "rules[0].do[1].sned",
            "ruels",
        ]

    def test_file_may_name_its_schema_for_editors(self, write: Write, run: Run) -> None:
        file = write('{"$schema": "mocks.schema.json", "endpoints": []}', "mocks.json")
        assert run("validate", file) == (0, [f"{file}: valid, 0 endpoints, 0 rules"])

    def test_every_problem_of_every_file_is_a_line(
        self, write: Write, run: Run, tmp_path: Path
    ) -> None:
        first = write("endpoints: [{path: /a, ruels: []}, {path: b}]", "first.yaml")
        second, missing = write(VALID, "second.yaml"), tmp_path / "missing.yaml"
        exit_code, lines = run("validate", first, second, missing)
        assert exit_code == 1
        assert lines == [
            f"{first}: endpoints[0].ruels: unknown key 'ruels'; did you mean 'rules'?",
            f"{first}: endpoints[1].path: give text that begins with /, not 'b'",
            f"{second}: valid, 2 endpoints, 2 rules, 1 handshake rule, 2 script steps",
            f"{missing}: there is no such mocks file",
        ]

    def test_rule_that_never_fires_is_a_warning(self, write: Write, run: Run) -> None:
        file = write("endpoints: [{path: /a, rules: [{do: [ignore]}, {name: x, do: [ignore]}]}]")
        exit_code, (warning, summary) = run("validate", file)
        assert exit_code == 0
        assert warning.startswith(f"{file}: endpoints[0].rules")
        assert "warning: x never fires" in warning
        assert summary.endswith("valid, 1 endpoint, 2 rules")

    @pytest.mark.parametrize(
        "arguments", [["validate"], ["validate", "--fast", "a.yaml"], ["vaidate"]]
    )
    def test_wrong_usage_is_one_line_and_exit_code_2(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            launch.main(arguments)
        out, err = capsys.readouterr()
        assert (ended.value.code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert "--help" in err

    @pytest.mark.parametrize(
        ("document", "problem"),
        [
            ("", "the document: give a mapping of keys to values"),
            ("endpoints: 5", "endpoints: give a list"),
            ("endpoints: [{}]", "endpoints[0].path: this key is needed"),
            ("a: [", "line 1, column 5: not valid YAML: expected the node content"),
            ("a: 1\na: 2", "line 2, column 1: not valid YAML: the key 'a' is given twice"),
            ("a: !!set {b}", "line 1, column 4: not valid YAML: the tag !!set is not known"),
            ("a: b\x00", "not valid YAML in UTF-8"),
            ("[" * 5000, "not valid YAML: nested too deeply"),
        ],
    )
    def test_wrong_document_is_one_line(
        self, write: Write, run: Run, document: str, problem: str
    ) -> None:
        file = write(document)
        exit_code, (line,) = run("validate", file)
        assert exit_code == 1
        assert line.startswith(f"{file}: {problem}")

    @pytest.mark.parametrize(
        ("rule", "problem"),
        [
            ("{do: [{clsoe: {}}]}", "do[0].clsoe: unknown key 'clsoe'; did you mean 'close'?"),
            (
                "{do: [{every: {interval: 1s, do: [{send: {txet: a}}]}}]}",
                "do[0].every.do[0].send.txet: unknown key 'txet'; did you mean 'text'?",
            ),
            (
                "{match: {json: {$.a: {contain: b}}}, do: [ignore]}",
                "match.json.$.a.contain: unknown key 'contain'; did you mean 'contains'?",
            ),
            (
                "{match: {text: {less_than: }}, do: [ignore]}",
                "match.text: 'less_than' has no value",
            ),
            ("{times: , do: [ignore]}", ": 'times' has no value"),
            ("{do: [{send: }]}", "do[0]: 'send' has no value"),
            ("{do: [ignor]}", "do[0]: there is no action 'ignor'; did you mean 'ignore'?"),
            (
                "{match: {text: {matches: '('}}, do: [ignore]}",
                "match: text: not a valid regular expression (RE2): missing ): (",
            ),
            ("{do: [{send: {text: '{{'}}]}", "do[0].send: not a valid template: "),
            (
                "{do: [{send: {text: '{{ 1 | nonsense }}'}}]}",
                "do[0].send: not a valid template: No filter named 'nonsense'.",
            ),
            (
                "{when: '{{ 1 | nonsense }}', do: [ignore]}",
                "when: not a valid template: No filter named 'nonsense'.",
            ),
        ],
    )
    def test_problem_of_a_rule_has_its_place_and_no_python(
        self, write: Write, run: Run, rule: str, problem: str
    ) -> None:
        file = write(f"endpoints: [{{path: /a, rules: [{rule}]}}]")
        exit_code, (line,) = run("validate", file)
        assert exit_code == 1
        separator = "" if problem.startswith(":") else "."
        assert line.startswith(f"{file}: endpoints[0].rules[0]{separator}{problem}")

    def test_choice_of_forms_is_told_at_one_place(self, write: Write, run: Run) -> None:
        file = write("endpoints: [{path: /a, handshake: [{stall: soon}]}]")
        _, lines = run("validate", file)
        place = f"{file}: endpoints[0].handshake[0].stall: "
        assert [line.removeprefix(place) for line in lines] == [
            "give a duration such as 250ms, 3s, 2m or a number of seconds, up to 24h",
            "'soon' is not allowed; allowed: forever",
        ]


class TestYaml:
    """What YAML 1.1 takes for something else than text."""

    @pytest.mark.parametrize(
        "word", ["on", "off", "yes", "no", "2026-11-23", "2026-11-23T01:02:03Z"]
    )
    def test_word_is_text(self, write: Write, run: Run, word: str) -> None:
        file = write(f"endpoints: [{{path: /a, initial_state: {word}, rules: []}}]")
        assert run("validate", file)[0] == 0

    def test_mapping_may_be_merged_into_another(self, write: Write, run: Run) -> None:
        file = write("endpoints: [&one {path: /a, unmatched: echo}, {<<: *one, path: /b}]")
        assert run("validate", file) == (0, [f"{file}: valid, 2 endpoints, 0 rules"])


class TestBareKeys:
    @pytest.mark.parametrize(
        "document",
        [
            "endpoints: [{path: /a, handshake: [{accept: }, {reject: }]}]",
            "endpoints: [{path: /a, rules: [{do: [ping: , close: ]}]}]",
            "endpoints: [{path: /a, rules: [{match: {json: null}, do: [{send: {json: null}}]}]}]",
        ],
    )
    def test_key_without_a_value_means_the_default(
        self, write: Write, run: Run, document: str
    ) -> None:
        assert run("validate", write(document))[0] == 0


class TestLoadAll:
    def test_it_tells_of_all_files_at_once(self, write: Write) -> None:
        files = [write("5", "a.yaml"), write(VALID, "b.yaml"), write("[5]", "c.yaml")]
        with pytest.raises(BadFile) as bad:
            load_all(files)
        assert [line.partition(": ")[0] for line in str(bad.value).splitlines()] == [
            str(files[0]),
            str(files[2]),
        ]


class TestSchema:
    def test_it_is_valid_and_says_what_it_is(self, run: Run) -> None:
        exit_code, lines = run("schema")
        schema = json.loads("\n".join(lines))
        assert exit_code == 0
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["title"]
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["properties"]["endpoints"]["type"] == "array"

    @pytest.mark.parametrize("example", sorted(EXAMPLES.iterdir()), ids=lambda file: file.stem)
    def test_examples_are_valid_under_it(self, example: Path) -> None:
        assert errors(yaml.safe_load(example.read_text(encoding="utf-8"))) == []

    @pytest.mark.parametrize(
        "rule",
        [
            {"do": ["ignore", {"ping": None}, {"close": None}]},
            {"match": {"json": {"equals": 5}}, "do": ["ignore"]},
            {"match": {"json": {"$.a": None}, "text": {"schema": {"oneOf": []}}}, "do": ["ignore"]},
            {"trigger": "idle", "after": 5, "do": [{"wait": "5ms"}]},
        ],
    )
    def test_short_forms_are_valid_under_it(self, rule: dict[str, Any]) -> None:
        assert errors({"endpoints": [{"path": "/", "rules": [rule]}]}) == []

    def test_shared_parts_and_their_uses_are_valid_under_it(self) -> None:
        rule = {"match": {"use": "m", "size": 1}, "do": [{"use": "a"}]}
        script = [{"expect": {"use": "m"}}, {"use": "a"}]
        document = {
            "include": ["a.yaml"],
            "actions": {"a": ["ignore", {"use": "b"}]},
            "matchers": {"m": {"use": "n", "text": "x"}},
            "defaults": {"unmatched": "strict", "faults": [{"drop": {}, "match": {"use": "m"}}]},
            "endpoints": [{"path": "/a", "rules": [rule]}, {"path": "/b", "script": script}],
        }
        assert errors(document) == []
        assert errors({**document, "include": "a.yaml"}) == []
        assert errors({**document, "include": 5}) != []
        assert errors({**document, "defaults": {"path": "/a"}}) != []

    @pytest.mark.parametrize(
        "rule",
        [
            {"do": ["ignor"]},
            {"do": [{"sned": {}}]},
            {"do": [{"wait": "soon"}]},
            {"trigger": "open", "do": ["ignore"]},
            {"json_": 5, "do": ["ignore"]},
        ],
    )
    def test_mistakes_are_not(self, rule: dict[str, Any]) -> None:
        assert errors({"endpoints": [{"path": "/", "rules": [rule]}]}) != []


def errors(document: object) -> Sequence[object]:
    return list(jsonschema.Draft202012Validator(schema.schema()).iter_errors(document))
