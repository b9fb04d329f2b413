"""Each file of `config/dialects` is a dialect that anybody can use."""

from typing import Any

import pytest

from websocket_mock.actors.library import dialects
from websocket_mock.actors.library.compiler import CompiledMocks
from websocket_mock.actors.library.reading import compile_document

NAMES = dialects.names()


def included(*uses: Any) -> CompiledMocks:
    return compile_document({"include": list(uses)})


@pytest.mark.parametrize("name", NAMES)
def test_dialect_is_described(name: str) -> None:
    dialect = dialects.find(name)
    assert dialect.title
    assert "\n" not in dialect.title
    assert [one.name for one in dialect.parameters if not one.description] == []
    assert {"name", "path"} <= {one.name for one in dialect.parameters}


@pytest.mark.parametrize("name", NAMES)
def test_dialect_is_valid_with_its_defaults(name: str) -> None:
    compiled = included(f"dialect:{name}")
    assert [one.name for one in compiled.endpoints] == [name]
    assert compiled.warnings == ()
    assert compiled.faults == ()


@pytest.mark.parametrize("name", NAMES)
def test_dialect_can_be_included_twice(name: str) -> None:
    (path,) = (one.default for one in dialects.find(name).parameters if one.name == "path")
    other = {"from": f"dialect:{name}", "with": {"name": "other", "path": f"/other{path}"}}
    compiled = included(f"dialect:{name}", other)
    assert {one.name for one in compiled.endpoints} == {name, "other"}
    assert compiled.warnings == ()


@pytest.mark.parametrize("name", NAMES)
def test_dialect_can_be_extended(name: str) -> None:
    rule = {"match": {"text": "own"}, "do": ["ignore"]}
    endpoint = {"extends": f"dialect:{name}", "rules": [rule]}
    (compiled,) = compile_document({"endpoints": [endpoint]}).endpoints
    assert compiled.name == name
    assert compiled.source.rules[0].match.text == "own"
