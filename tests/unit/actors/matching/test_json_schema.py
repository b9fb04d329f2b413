"""JSON Schema as a matcher: its drafts, its errors, and that it stays inside the process."""

from typing import Any

import jsonschema.validators
import pytest
import referencing.exceptions

from websocket_mock.actors.matching.matchers import BadMatcher, CompiledMatcher, compile_matcher
from websocket_mock.actors.matching.schema import Tests


def schema_matcher(schema: Any) -> CompiledMatcher:
    return compile_matcher(Tests.model_validate({"schema": schema}))


def test_schema_says_its_draft() -> None:
    draft_4 = "http://json-schema.org/draft-04/schema#"
    schema = {"$schema": draft_4, "minimum": 3, "exclusiveMinimum": True}
    assert not schema_matcher(schema)(3).matched
    assert schema_matcher(schema)(4).matched
    with pytest.raises(BadMatcher, match="not a valid JSON Schema"):
        schema_matcher({"minimum": 3, "exclusiveMinimum": True})


def test_reference_within_the_schema_is_followed() -> None:
    test = schema_matcher({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}})
    assert test(1).matched
    assert test("x").why == "not valid at $: 'x' is not of type 'integer'"


def test_reference_that_leads_nowhere_raises_when_it_is_followed() -> None:
    test = schema_matcher({"properties": {"a": {"$ref": "#/nowhere"}}})
    assert test({}).matched
    with pytest.raises(referencing.exceptions.Unresolvable):
        test({"a": 1})


@pytest.mark.parametrize("address", ["http://localhost:1/schema", "file:///etc/hostname"])
def test_reference_to_somewhere_else_is_not_fetched(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    fetched: list[str] = []
    monkeypatch.setattr("urllib.request.urlopen", fetched.append)
    test = schema_matcher({"$ref": address})
    with pytest.raises(referencing.exceptions.Unresolvable):
        test(1)
    assert fetched == []


@pytest.mark.parametrize(
    ("schema", "taken", "refused"),
    [
        ({"pattern": "^a+$"}, ["aa", 1], ["ab"]),
        (
            {"patternProperties": {"^n_": {"type": "integer"}}},
            [{"n_a": 1, "x": "y"}],
            [{"n_a": "y"}],
        ),
        (
            {"patternProperties": {"^n_": {}}, "additionalProperties": False},
            [{"n_a": 1}],
            [{"x": 1}],
        ),
    ],
)
def test_patterns_are_searched(schema: Any, taken: list[Any], refused: list[Any]) -> None:
    test = schema_matcher(schema)
    assert all(test(value).matched for value in taken)
    assert not any(test(value).matched for value in refused)


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "^(a+)+$"},
        {"patternProperties": {"^(a+)+$": False}},
        {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
    ],
)
def test_patterns_take_linear_time(monkeypatch: pytest.MonkeyPatch, schema: Any) -> None:
    # The engine that could hang must not be asked at all, so nothing has to hang to find out.
    test = schema_matcher(schema)
    searched: list[Any] = []

    class Spy:
        def __getattr__(self, name: str) -> Any:
            return lambda *args: searched.append(args)

    for module in ("jsonschema._keywords", "jsonschema._utils"):
        monkeypatch.setattr(f"{module}.re", Spy())
    test("aab")
    test({"aab": 1})
    assert searched == []


def test_every_draft_is_known_by_its_address() -> None:
    for address in ("draft-04/schema#", "draft-07/schema#", "draft/2020-12/schema"):
        start = "http" if address.startswith("draft-") else "https"
        full = f"{start}://json-schema.org/{address}"
        assert jsonschema.validators.validator_for({"$schema": full}) is not None
        assert schema_matcher({"$schema": full, "type": "string"})("x").matched
