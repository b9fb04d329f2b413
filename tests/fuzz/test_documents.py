"""Whatever stands in a mocks document: it is compiled, or refused with its own errors."""

import json
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.helpers.made_dialects import made_dialects
from tests.helpers.mock_strategies import ENDPOINTS, SCOPED_FAULTS
from tests.helpers.spoiling import DEEP, ODD_TEXTS, spoilt, spoilt_tree
from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.documents.yaml_files import MAX_TEXT, NotYaml, read_yaml
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.mocks_file import load

MOST = settings(suppress_health_check=[HealthCheck.too_slow])

DIALECT = """
parameters:
  name: {default: talk}
  path: {default: /talk, schema: {type: string}}
  rest: {default: []}
matchers: {hello: {text: hi}}
endpoints:
  - name: ${name}
    path: ${path}
    fields: {kind: {at: 0, as: uint8}}
    rules: [{name: "${name}", match: {use: hello}, do: [{send: {json: "${rest}"}}]}]
"""


@pytest.fixture(scope="module", autouse=True)
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with made_dialects(tmp_path_factory.mktemp("dialects"), {"talk.yaml": DIALECT}):
        yield


EXTENDED = st.sampled_from(
    [
        "dialect:talk",
        "dialect:tlak",
        {"from": "dialect:talk", "with": {"path": "${a}", "rest": {"${a}": ["$${", "${b}"]}}},
        {"from": "dialect:talk", "with": {"name": "a", "path": "/${a}", "rest": None}},
        {"from": "other.yaml"},
    ]
)

DOCUMENTS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "endpoints": ENDPOINTS.map(lambda one: [{"path": "/a", **one}])
        | st.tuples(ENDPOINTS, EXTENDED).map(lambda one: [{"extends": one[1], **one[0]}]),
    },
    optional={
        "seed": st.integers() | st.text(max_size=3),
        "faults": st.lists(SCOPED_FAULTS, max_size=2),
        "actions": st.just({"a": ["ignore"]}),
        "matchers": st.just({"m": {"text": "a"}}),
        "defaults": st.just({"unmatched": "echo"}),
        "include": st.just(["other.yaml"]) | st.lists(EXTENDED, max_size=2),
        "parameters": st.just({"a": {"default": "/b", "schema": {"type": "string"}}}),
        "use": st.just(["code.py"]),
    },
)


@given(spoilt_tree(DOCUMENTS))
@example({"endpoints": [{"path": "/a", "rules": [{"do": [{"send": {"json": "\ud800"}}]}]}]})
@MOST
def test_document_near_a_good_one_is_compiled_or_refused(document: Any) -> None:
    try:
        compile_document(document)
    except BadDocument as error:
        assert error.problems  # noqa: PT017 - either is right


CHARACTERS = st.sampled_from(
    ["\n", "  ", "\t", ": ", "- ", "&a ", "*a", "<<: ", "!!binary ", "!x", "|", ">", "{", "[", "'"]
)
YAML_TEXTS = spoilt(
    DOCUMENTS.map(lambda one: str(yaml.safe_dump(one, allow_unicode=True))),
    CHARACTERS | ODD_TEXTS | st.text(max_size=4),
)
NESTED = st.sampled_from(
    [one * DEEP for one in ("{a: ", "- ")]
    + [one * 500 for one in ("[", '{"a":[', "[[],")]  # more of them take YAML a second
    + ["a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairwise("abcdefgh"))]
)


@given(YAML_TEXTS | NESTED | st.text(max_size=40))
@MOST
def test_any_yaml_is_read_and_compiled_or_refused(text: str) -> None:
    try:
        document = read_yaml(text, json_types=True, max_values=MAX_TEXT)
        compile_document(document)
    except NotYaml as error:
        assert "\n" not in str(error)  # noqa: PT017
    except BadDocument:
        pass


JSON_TEXTS = spoilt(DOCUMENTS.map(json.dumps), ODD_TEXTS | st.text(max_size=4)).map(
    lambda text: text.encode(errors="surrogatepass")
)


@given(
    JSON_TEXTS | NESTED.map(str.encode) | st.binary(max_size=40), st.sampled_from(["json", "yaml"])
)
@example(b'{"seed": %b}' % (b"9" * 5_000), "json")
@MOST
def test_any_file_is_loaded_or_refused(content: bytes, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mocks.{kind}"
        path.write_bytes(content)
        try:
            load(path)
        except BadFile as error:
            assert str(error).startswith(str(path))  # noqa: PT017
