"""What a model sees of the tools before it calls one, and what it must not send."""

import json
from typing import Any

import pytest

from tests.helpers.mcp_session import McpSession
from websocket_mock.mcp_bridge.mcp_tools import SHORT_OUTPUT
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS
from websocket_mock.mcp_bridge.tools.schemas import whole_output

STATUS = "get_websocket_server_status"
CLIENTS = "get_websocket_clients"
SEND = "send_websocket_message"
TEST = "test_websocket_connection"

ANNOTATIONS = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")


READING = [
    STATUS,
    CLIENTS,
    "list_websocket_mocks",
    "explain_websocket_message",
    "get_websocket_traffic",
    "wait_for_websocket_event",
    "verify_websocket_traffic",
    "get_websocket_schema",
    "list_websocket_checks",
]
CHANGING = [
    "set_websocket_mock",
    "set_websocket_faults",
    "remove_websocket_mock",
    "close_websocket_client",
    "reset_websocket_server",
]


def test_there_are_no_more_tools_than_a_model_can_tell_apart(session: McpSession) -> None:
    assert set(session.tools()) == {SEND, TEST, *READING, *CHANGING}
    assert len(session.tools()) <= 16


def test_list_of_tools_is_cheap_for_a_model(session: McpSession) -> None:
    sizes = {
        name: len(tool.model_dump_json(by_alias=True, exclude_none=True))
        for name, tool in session.tools().items()
    }

    # With the commas between them.
    assert sum(sizes.values()) + len(sizes) <= 20_000, sizes
    assert max(sizes.values()) <= 2_500, sizes


def test_defaults_that_say_nothing_are_left_out(session: McpSession) -> None:
    properties = session.tools()["get_websocket_traffic"].input_schema["properties"]
    assert "default" not in properties["match"]
    assert properties["limit"]["default"] == 50


def test_every_tool_sets_all_four_annotations(session: McpSession) -> None:
    for tool in session.tools().values():
        assert tool.annotations is not None
        hints = [getattr(tool.annotations, name) for name in ANNOTATIONS]
        assert None not in hints, tool.name


def test_reading_and_changing_tools_are_called_so(session: McpSession) -> None:
    hints = {name: tool.annotations for name, tool in session.tools().items()}
    reads = {name for name, hint in hints.items() if hint and hint.read_only_hint}
    changes = {name for name, hint in hints.items() if hint and hint.destructive_hint}

    assert reads == set(READING)
    assert changes == set(CHANGING)


def test_only_short_schemas_of_results_are_listed(session: McpSession) -> None:
    for name, tool in session.tools().items():
        whole = whole_output(TOOLS[name])
        is_short = len(json.dumps(whole, separators=(",", ":"))) <= SHORT_OUTPUT
        assert tool.output_schema == (whole if is_short else None), name


def test_every_tool_returns_an_object(session: McpSession) -> None:
    for name in session.tools():
        schema = whole_output(TOOLS[name])
        assert schema["type"] == "object"
        assert schema["required"]


def test_every_tool_of_the_json_protocol_tells_the_time() -> None:
    for name in (STATUS, CLIENTS, SEND, TEST):
        assert {"timestamp"} < set(whole_output(TOOLS[name])["required"]), name


def test_the_outcomes_are_listed_in_the_output_schema() -> None:
    def outcomes(name: str) -> list[str]:
        found: list[str] = whole_output(TOOLS[name])["properties"]["status"]["enum"]
        return found

    assert outcomes(CLIENTS) == ["success", "server_not_running", "error"]
    assert outcomes(SEND) == ["sent", "no_clients", "server_not_running", "error"]
    assert outcomes(TEST) == [
        "test_completed",
        "stress_test_completed",
        "no_clients",
        "error",
    ]


def test_every_tool_that_works_with_clients_takes_a_namespace(session: McpSession) -> None:
    for name, tool in session.tools().items():
        if name == "get_websocket_schema":
            continue
        assert "namespace" in tool.input_schema["properties"], name
        assert "namespace" not in tool.input_schema.get("required", []), name


def test_every_tool_shows_an_example(session: McpSession) -> None:
    without = [
        name for name, tool in session.tools().items() if "Example" not in str(tool.description)
    ]
    assert without == []


def test_every_tool_and_parameter_is_described(session: McpSession) -> None:
    for tool in session.tools().values():
        assert tool.description
        for name, schema in tool.input_schema.get("properties", {}).items():
            assert schema.get("description"), (tool.name, name)


@pytest.mark.parametrize(
    ("tool", "parameter", "bounds"),
    [
        (CLIENTS, "limit", {"minimum": 1, "maximum": 100, "default": 50}),
        (TEST, "test_type", {"enum": ["ping", "echo", "broadcast", "stress"]}),
        (TEST, "window_seconds", {"exclusiveMinimum": 0, "maximum": 30, "default": 2.0}),
        (TEST, "burst_messages", {"minimum": 1, "maximum": 10_000, "default": 100}),
    ],
)
def test_bounds_stand_in_the_input_schema(
    session: McpSession, tool: str, parameter: str, bounds: dict[str, Any]
) -> None:
    schema = session.tools()[tool].input_schema["properties"][parameter]

    assert {key: schema.get(key) for key in bounds} == bounds


@pytest.mark.parametrize(
    ("tool", "arguments", "complaint"),
    [
        (CLIENTS, {"limit": 0}, "at least 1"),
        (CLIENTS, {"limit": 101}, "at most 100"),
        (CLIENTS, {"cursor": "9" * 5000}, "at most 20 characters"),
        (SEND, {"message_type": ""}, "at least 1 character"),
        (SEND, {"message_type": "x" * 201}, "at most 200 characters"),
        (TEST, {"test_type": "ping", "window_seconds": 0}, "above 0"),
        (TEST, {"test_type": "ping", "window_seconds": 30.5}, "at most 30"),
        (TEST, {"test_type": "stress", "burst_messages": 10_001}, "at most"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_bound(
    session: McpSession, tool: str, arguments: dict[str, Any], complaint: str
) -> None:
    assert complaint in session.refusal(tool, **arguments)


def test_text_and_structured_answer_are_the_same(session: McpSession) -> None:
    result = session.try_call(CLIENTS)

    (content,) = result.content
    assert json.loads(getattr(content, "text", "")) == result.structured_content


def test_unknown_tool_is_refused_with_the_nearest_name(session: McpSession) -> None:
    told = session.refusal("get_websocket_client")

    assert told == (
        "There is no tool 'get_websocket_client'; did you mean 'get_websocket_clients'?"
    )


def test_null_means_that_an_argument_is_not_given(session: McpSession) -> None:
    arguments = dict.fromkeys(session.tools()[CLIENTS].input_schema["properties"])
    arguments["limit"] = 5

    assert session.call(CLIENTS, **arguments)["status"] == "success"
