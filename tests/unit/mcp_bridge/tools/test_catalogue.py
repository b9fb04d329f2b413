"""The tools as both skins see them: their examples, their schemas, and how they read arguments."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from tests.helpers.bridge import IDENTITY, FakeGateway
from websocket_mock.mcp_bridge.service.errors import BadArgument, NotFound
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS, find_tool
from websocket_mock.mcp_bridge.tools.parameters import AlsoAsText, Brief
from websocket_mock.mcp_bridge.tools.schemas import brief_input, whole_input, whole_output
from websocket_mock.mcp_bridge.tools.tool import Call, Effect, Tool, tool


def examples(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that stand behind the word Example."""
    decoder = json.JSONDecoder(strict=False)
    rest = text[text.index("Example") :]
    while (begin := rest.find("{")) >= 0:
        value, end = decoder.raw_decode(rest, begin)
        yield value
        rest = rest[end:]


every_tool = pytest.mark.parametrize("each", TOOLS.values(), ids=lambda each: each.name)


@every_tool
def test_examples_are_arguments_of_the_tool(each: Tool) -> None:
    found = list(examples(each.description))
    assert found
    for example in found:
        each.arguments.model_validate(example)


@every_tool
def test_examples_fit_both_schemas(each: Tool) -> None:
    for schema in (brief_input(each), whole_input(each)):
        Draft202012Validator.check_schema(schema)
        for example in examples(each.description):
            Draft202012Validator(schema).validate(example)


@every_tool
def test_schema_of_the_result_is_valid(each: Tool) -> None:
    Draft202012Validator.check_schema(whole_output(each))


def test_example_of_conditions_is_valid() -> None:
    whole = TOOLS["wait_for_websocket_event"]
    (example,) = examples(brief_input(whole)["properties"]["match"]["description"])

    whole.arguments.model_validate({"match": example})


def test_unknown_tool_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NotFound, match="did you mean 'set_websocket_mock'"):
        find_tool("set_websocket_mok")


class Sum(BaseModel):
    total: int


@tool("Add numbers", Effect.READS)
def add(
    _call: Call,
    numbers: Annotated[list[int], AlsoAsText, Field(description="what to add")],
    plus: Annotated[int | None, Field(ge=0, description="what to add at last")] = None,
    anything: Annotated[dict[str, Any], Brief({}), Field(description="ignored")] = {},  # noqa: B006 - never changed
) -> Sum:
    """Add numbers."""
    assert isinstance(anything, dict)
    return Sum(total=sum(numbers) + (plus or 0))


CALL = Call(FakeGateway(), IDENTITY)


def test_tool_is_described_by_its_function() -> None:
    assert (add.name, add.title, add.description) == ("add", "Add numbers", "Add numbers.")
    assert add.result is Sum
    assert brief_input(add) == {
        "type": "object",
        "properties": {
            "numbers": {
                "type": "array",
                "items": {"type": "integer"},
                "description": "what to add",
            },
            "plus": {"type": "integer", "minimum": 0, "description": "what to add at last"},
            "anything": {"description": "ignored"},
        },
        "required": ["numbers"],
    }


@pytest.mark.parametrize(
    ("given", "total"),
    [
        ({"numbers": [1, 2]}, 3),
        ({"numbers": "[1, 2]", "plus": 4}, 7),
        ({"numbers": [], "plus": None}, 0),
    ],
)
def test_arguments_are_read(given: dict[str, Any], total: int) -> None:
    assert add.run(CALL, given) == Sum(total=total)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "numbers: this argument is needed"),
        ({"numbers": ["x"]}, "numbers[0]: give a whole number, not 'x'"),
        ({"numbers": "[1"}, "numbers: give a list, not '[1'"),
        (
            {"numbers": [], "pluss": 1},
            "pluss: unknown argument 'pluss'; did you mean 'plus'?",
        ),
        ({"numbers": [], "plus": -1}, "plus: give a number that is at least 0, not -1"),
    ],
)
def test_argument_that_cannot_be_used_is_named(given: dict[str, Any], told: str) -> None:
    with pytest.raises(BadArgument) as caught:
        add.run(CALL, given)
    assert str(caught.value) == told
