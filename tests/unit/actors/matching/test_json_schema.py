"""JSON Schema as a matcher: its drafts, its errors, and that it stays inside the process."""

from itertools import combinations
from typing import Any

import jsonschema.validators
import pytest
import referencing.exceptions
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.json_values import JSON_VALUES
from websocket_mock.actors.matching import json_schema
from websocket_mock.actors.matching.json_schema import MAX_WHY, compile_check
from websocket_mock.actors.matching.matchers import (
    BadMatcher,
    CompiledMatcher,
    compile_matcher,
    json_equal,
)
from websocket_mock.actors.matching.schema import Tests
from websocket_mock.actors.matching.steps import TooManySteps


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


NAMED_DRAFT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def test_part_that_names_its_draft_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("re.search", None)
    part = {**NAMED_DRAFT, "pattern": "^(a+)+$"}
    test = schema_matcher({"properties": {"a": part}})
    assert test({"a": "aa"}).matched
    assert not test({"a": "a" * 100 + "!"}).matched


def doubling(depth: int, **leaf: Any) -> dict[str, Any]:
    """A schema in which each reference leads to two others."""
    parts = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(depth)}
    return {"$ref": "#/$defs/a0", "$defs": {**parts, f"a{depth}": leaf}}


@pytest.mark.parametrize("part", [{}, NAMED_DRAFT, {"unevaluatedProperties": False}])
def test_check_that_would_take_for_ever_ends(
    monkeypatch: pytest.MonkeyPatch, part: dict[str, Any]
) -> None:
    monkeypatch.setattr(json_schema, "MAX_STEPS", 5_000)
    assert schema_matcher({**part, **doubling(5, type="object")})({}).matched
    test = schema_matcher({**part, **doubling(60, type="object")})
    with pytest.raises(TooManySteps, match="more than 5,000 steps"):
        test({})


def test_each_check_has_steps_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "MAX_STEPS", 200)
    test = schema_matcher(doubling(5))
    assert all(test({}).matched for _ in range(10))
    with pytest.raises(TooManySteps):
        schema_matcher(doubling(6))({})


def test_texts_of_errors_do_not_grow_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are several at each level, and each has all that is below."""
    monkeypatch.setattr(json_schema, "MAX_STEPS", 5_000)
    tree = {"anyOf": [{"type": "number"}, {"type": "array", "items": {"$ref": "#"}}]}
    value: Any = "x" * 100_000
    assert "is not" in compile_check(tree)([[value]])
    for _ in range(40):
        value = [value]
    with pytest.raises(TooManySteps):
        compile_check(tree)(value)


def test_value_that_is_nested_too_deeply_is_not_checked() -> None:
    check = compile_check({"type": "array"})
    value: Any = {"a": 1}
    for _ in range(99):
        value = [value]
    assert check(value) == ""
    with pytest.raises(TooManySteps, match="more than 100 lists and objects in each other"):
        check([value])


@given(st.lists(JSON_VALUES, max_size=5))
def test_items_are_unique_if_no_two_are_equal(items: list[Any]) -> None:
    is_unique = not any(json_equal(one, other) for one, other in combinations(items, 2))
    assert schema_matcher({"uniqueItems": True})(items).matched == is_unique


@pytest.mark.parametrize(
    ("items", "is_unique"),
    [
        ([1, True, "1", None, "", [], {}, [[]], 0, False, "[]"], True),
        ([1, 1.0], False),
        ([2.0**80, 2**80], False),
        ([10**5000, 10**5000 + 1], True),
        ([{"a": 1, "b": [True]}, {"b": [True], "a": 1.0}], False),
        ([{"a": 1}, {"a": True}], True),
        (["a,b", "a", "b"], True),
        ([["a,b"], ["a", "b"]], True),
        ([{"a": "'b':1"}, {"a": "", "b": 1}], True),
    ],
)
def test_items_are_compared_as_json(items: list[Any], is_unique: bool) -> None:
    assert schema_matcher({"uniqueItems": True})(items).matched is is_unique
    assert schema_matcher({"uniqueItems": False})(items).matched


def test_message_of_many_objects_is_checked_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library would compare each with all others, 12 million times."""
    monkeypatch.setattr("jsonschema._utils.equal", None)
    assert schema_matcher({"uniqueItems": True})([{"n": n} for n in range(5_000)]).matched


def test_every_draft_is_known_by_its_address() -> None:
    for address in ("draft-04/schema#", "draft-07/schema#", "draft/2020-12/schema"):
        start = "http" if address.startswith("draft-") else "https"
        full = f"{start}://json-schema.org/{address}"
        assert jsonschema.validators.validator_for({"$schema": full}) is not None
        assert schema_matcher({"$schema": full, "type": "string"})("x").matched


@pytest.mark.parametrize("address", [5, [], None])
def test_draft_is_named_by_a_text(address: Any) -> None:
    with pytest.raises(BadMatcher, match=r"give the address of a draft as \$schema"):
        schema_matcher({"$schema": address})


def test_key_that_yaml_reads_as_a_number_is_a_text() -> None:
    test = schema_matcher({"properties": {1: False}, "patternProperties": {2: False}})
    assert test({"3": 0}).matched
    assert not test({"1": 0}).matched
    assert not test({"2": 0}).matched


# --- checks of contracts --------------------------------------------------------------------------

ORDER = {
    "required": ["type", "quantity"],
    "properties": {"type": {"const": "order"}, "quantity": {"minimum": 1}, "zip": {"type": "null"}},
}
CANCEL = {"required": ["type", "id"], "properties": {"type": {"enum": ["cancel"]}}}


def test_value_that_conforms_has_no_problem() -> None:
    assert compile_check({"type": "integer"})(1) == ""
    assert compile_check(True)(None) == ""


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"type": "order", "quantity": -1}, "$.quantity: -1 is less than the minimum of 1"),
        ({"type": "order"}, "$: 'quantity' is a required property"),
        ({"type": "order", "quantity": 1, "zip": 0}, "$.zip: 0 is not of type 'null'"),
        ({"type": "cancel"}, "$: 'id' is a required property"),
        ({"type": "x", "id": 1}, "$.type: 'x' is not one of 'order', 'cancel'"),
        ({"id": 1}, "$: 'type' is a required property"),
        ([0], "$[0]: 0 is not of type 'string'"),
    ],
)
@pytest.mark.parametrize("alternatives", ["oneOf", "anyOf"])
def test_problem_is_that_of_the_alternative_that_comes_closest(
    alternatives: str, value: Any, why: str
) -> None:
    texts = {"type": "array", "items": {"type": "string"}}
    objects = {"type": "object", alternatives: [ORDER, CANCEL]}
    assert compile_check({alternatives: [objects, texts]})(value) == why


def test_problem_is_short_and_keeps_the_reason() -> None:
    why = compile_check({"maxItems": 3})(list(range(1000)))
    assert len(why) <= MAX_WHY
    assert why.startswith("$: [0, 1, ")
    assert why.endswith("… is too long")
    words = [f"word {number}" for number in range(1000)]
    assert len(compile_check({"enum": words})(1)) < MAX_WHY + len("$: …") + 1


@pytest.mark.parametrize(
    "reference", ["#/nowhere", "#name", "other.json", "http://localhost:1/x", "http://[", "#/%zz"]
)
def test_reference_that_leads_out_of_the_schema_is_refused_at_once(reference: str) -> None:
    with pytest.raises(ValueError, match="leads to nothing inside the schema") as caught:
        compile_check({"properties": {"a": {"items": {"$ref": reference}}}})
    assert repr(reference) in str(caught.value)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": {"$anchor": "b"}, "c": {"$ref": "#b"}}},
        {
            "$ref": "https://x/a",
            "$defs": {"a": {"$id": "https://x/a", "$ref": "#/$defs/b", "$defs": {"b": True}}},
        },
        {"const": {"$ref": "#/nowhere"}},
        {"properties": {"$ref": {"type": "string"}}},
        {"$schema": "http://localhost:1/of-nobody", "$ref": "#/$defs/a", "$defs": {"a": True}},
    ],
)
def test_reference_inside_the_schema_is_allowed(schema: Any) -> None:
    compile_check(schema)({"a": 1})


@pytest.mark.parametrize("schema", [1, "x", None, [], {"type": "nothing"}])
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(ValueError, match="not a valid JSON Schema"):
        compile_check(schema)


def test_schema_that_is_nested_too_deeply_is_refused() -> None:
    schema: Any = True
    for _ in range(100_000):
        schema = {"not": schema}
    with pytest.raises(ValueError, match="nested too deeply"):
        compile_check(schema)
