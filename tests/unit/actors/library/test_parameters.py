"""The values of parameters in a plain document."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.library import parameters
from websocket_mock.actors.library.parameters import Budget, Filled, bind, fill, size_of
from websocket_mock.actors.library.reading import compile_document

KEY = "low.yaml"
ASKED = (None, ("include", 0))


def filled(document: Any, **given: Any) -> Filled:
    """The document with the values; nothing may be wrong."""
    arguments, problems = bind(document, given, KEY, ASKED)
    done, more = fill(document, arguments, KEY, Budget())
    assert [*problems, *more] == []
    return done


def value(text: Any, **given: Any) -> Any:
    declared: dict[str, Any] = {name: {} for name in given}
    return filled({"parameters": declared, "x": text}, **given).document["x"]  # type: ignore[index]


def problems(document: Any, **given: Any) -> list[str]:
    arguments, found = bind(document, given, KEY, ASKED)
    return list(map(str, [*found, *fill(document, arguments, KEY, Budget())[1]]))


@pytest.mark.parametrize("given", ["text", 5, 1.5, True, None, [1, {"a": []}], {"a": {"b": None}}])
def test_text_that_is_a_parameter_becomes_its_value(given: Any) -> None:
    assert value("${a}", a=given) == given
    assert type(value("${a}", a=given)) is type(given)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("/${a}/${n}", "/x/5"),
        ("is ${yes}, ${no}", "is true, null"),
        ("${list} ", '[1,{"ä": 2}] '.replace(",", ", ")),
        ("$${a}", "${a}"),
        ("$$${a}", "$${a}"),
        ("$${", "${"),
        ("${", "${"),
        ("$a {a} ${{a}", "$a {a} ${{a}"),
        ("${a}${a}", "xx"),
    ],
)
def test_parameter_inside_a_text_is_the_text_of_its_value(written: str, found: str) -> None:
    assert value(written, a="x", n=5, yes=True, no=None, list=[1, {"ä": 2}]) == found


def test_keys_and_all_that_is_inside_have_values_but_not_the_parameters_themselves() -> None:
    declared = {"a": {"default": "x", "description": "not ${a}"}}
    document = {"parameters": declared, "endpoints": [{"${a}": ["${a}"], "n ${a}": {"b": "${a}"}}]}
    done = filled(document).document
    assert done == {"parameters": declared, "endpoints": [{"x": ["x"], "n x": {"b": "x"}}]}


def test_value_is_not_looked_through_for_parameters() -> None:
    assert value("${a} ${b}", a="${b}", b="$${c}") == "${b} $${c}"


def test_document_without_parameters_stays_as_it_is() -> None:
    document = {"x": "${a} $${b}"}
    assert filled(document).document is document
    assert filled(["${a}"]).document == ["${a}"]
    assert filled(None).document is None


def test_default_is_the_value_unless_one_is_given() -> None:
    document = {"parameters": {"a": {"default": 1}, "b": {"default": None}}, "x": ["${a}", "${b}"]}
    assert filled(document).document["x"] == [1, None]  # type: ignore[index]
    assert filled(document, a=2, b=[]).document["x"] == [2, []]  # type: ignore[index]


def test_list_that_yaml_uses_again_is_filled_once() -> None:
    shared: list[Any] = ["${a}"]
    for _ in range(40):
        shared = [shared, shared]
    inside: list[Any] = ["${a}"]
    inside.append(inside)
    done = value({"many": shared, "round": inside}, a=1)
    assert done["many"][0] is done["many"][1]
    assert done["round"][0] == 1
    assert done["round"][1] is done["round"]


# --- problems -------------------------------------------------------------------------------------

PATH: Any = {"parameters": {"path": {"description": "where it is"}}, "x": "${path}"}


def test_parameter_that_is_not_known_is_told_with_the_nearest() -> None:
    assert problems(PATH, path="/a", paht="/b") == [
        "include[0].with.paht: there is no parameter 'paht'; did you mean 'path'?"
    ]
    assert problems({"x": 1}, path="/a") == [
        "include[0].with.path: there is no parameter 'path'; it has none"
    ]


def test_parameter_without_a_value_is_told_where_the_file_is_included() -> None:
    assert problems(PATH) == ["include[0]: the parameter 'path' needs a value (where it is)"]


def test_main_file_is_given_no_values() -> None:
    with pytest.raises(BadDocument) as caught:
        compile_document({"parameters": {"a": {}}})
    (problem,) = caught.value.problems
    assert str(problem) == "parameters.a: give a default; only a file that is included gets values"


def test_name_in_a_text_that_is_no_parameter_is_told_with_the_nearest() -> None:
    document = {**PATH, "x": ["a ${paht}", {"${q}": 1}], "y": "${path }"}
    assert problems(document, path="/a") == [
        "low.yaml: x[0]: there is no parameter 'paht'; did you mean 'path'?",
        "low.yaml: x[1].${q}: there is no parameter 'q'; write $${ for a ${ of its own",
        "low.yaml: y: there is no parameter 'path '; did you mean 'path'?",
    ]


def test_two_keys_that_become_one_are_refused() -> None:
    document = {"parameters": {"a": {"default": "x"}}, "at": {"x": 1, "${a}": 2}}
    assert problems(document) == ["low.yaml: at.${a}: the key 'x' is given twice"]


def test_value_is_checked_with_the_schema_where_it_was_given() -> None:
    document = {"parameters": {"n": {"default": -1, "schema": {"minimum": 0}}}}
    text = "not a value of the parameter 'n'"
    assert problems(document, n=-2) == [
        f"include[0].with.n: {text}: -2 is less than the minimum of 0"
    ]
    assert problems(document) == [
        f"low.yaml: parameters.n.default: {text}: -1 is less than the minimum of 0"
    ]
    document = {"parameters": {"n": {"default": [1], "schema": {"items": {"type": "string"}}}}}
    assert problems(document) == [
        f"low.yaml: parameters.n.default: {text}: $[0]: 1 is not of type 'string'"
    ]


def test_schema_that_is_none_is_told() -> None:
    (found,) = problems({"parameters": {"n": {"default": 1, "schema": {"type": "numbr"}}}})
    assert found.startswith("low.yaml: parameters.n.schema: not a valid JSON Schema")
    (found,) = problems({"parameters": {"n": {"default": 1, "schema": {"$ref": "#"}}}})
    assert found.startswith("low.yaml: parameters.n.default: not a value of the parameter 'n': ")


def test_parameters_that_are_not_valid_are_left_to_the_schema() -> None:
    assert problems({"parameters": ["a"], "x": "${a}"}) == []
    assert problems({"parameters": {"a": 5, 1: {}}, "x": "${a}"}) == []


def test_values_that_add_up_to_too_much_are_refused() -> None:
    long = "x" * (parameters.MAX_SIZE // 10)
    document = {"parameters": {"a": {}}, "x": ["${a}"] * 20, "y": "${a}"}
    assert problems(document, a=long) == [
        "low.yaml: x[9]: the values of parameters add up to more than 1,000,000 characters"
    ]
    assert problems({"parameters": {"a": {}}}, a=long * 11) == [
        "include[0].with.a: longer than 1,000,000 characters"
    ]


def test_size_of_a_value_that_is_used_again_is_known_at_once() -> None:
    value: list[Any] = [1]
    for _ in range(200):
        value = [value, value]
    assert size_of(value) > 2**200
    value.append(value)
    assert size_of(value) > 2**200


# --- properties -----------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab${}", max_size=6)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
TEXTS = st.lists(st.sampled_from(["${a}", "${bc}", "$${", "$", "{", "}", "a", "/"]), max_size=6)
PLACED = st.recursive(
    TEXTS.map("".join) | st.integers(0, 3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS.map("".join), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(PLACED, VALUES, VALUES)
@example({"${a}": {}, "$${a}": []}, None, None)
def test_every_place_of_a_filled_document_leads_to_what_was_written(
    written: Any, a: Any, b: Any
) -> None:
    document = {"parameters": {"a": {}, "bc": {"default": b}}, "x": written}
    arguments, none = bind(document, {"a": a}, KEY, ASKED)
    assert none == []
    before = json.dumps(document)
    done, found = fill(document, arguments, KEY, Budget())
    assert json.dumps(document) == before
    if any("given twice" in one.text for one in found):
        return
    user = {"include": [{"with": {"a": a}}]}
    for place, value in places(done.document):
        key, start = done.where(KEY, place)
        there = reached(document if key == KEY else user, start)
        if isinstance(value, list | dict):
            assert type(there) is type(value)
        elif "${" not in str(there) or key != KEY:
            assert there == value


def places(value: Any, start: tuple[Any, ...] = ()) -> Any:
    yield start, value
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from places(one, (*start, index))
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from places(one, (*start, key))


def reached(value: Any, place: tuple[Any, ...]) -> Any:
    for part in place:
        value = value[part]
    return value
