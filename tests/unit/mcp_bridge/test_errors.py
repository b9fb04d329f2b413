"""What a model reads when something fails: the cause, and what to do next; no internals."""

from typing import Any

import pytest
from fastmcp.exceptions import ToolError
from mcp.shared.exceptions import MCPError

from tests.helpers.bridge import FakeGateway, bridge_over
from tests.helpers.mcp_session import McpSession, Mode, mcp_session
from tests.helpers.server import serving_here
from websocket_mock.actors.kernel.errors import ActorError, ActorGone, AskTimeout
from websocket_mock.mcp_bridge.mcp_tools import translated
from websocket_mock.mcp_bridge.service.errors import NoAnswer, verb

CALLS: dict[str, dict[str, Any]] = {
    "get_websocket_server_status": {},
    "get_websocket_clients": {},
    "send_websocket_message": {"message_type": "hello"},
    "test_websocket_connection": {"test_type": "ping"},
}

TIMEOUT = AskTimeout("no answer in time")
GONE = ActorGone("broadcaster not found")

every_tool = pytest.mark.parametrize("tool", CALLS)
every_failure = pytest.mark.parametrize(
    ("error", "cause"),
    [
        pytest.param(TIMEOUT, "The server is busy", id="timeout"),
        pytest.param(GONE, "A part of the server has stopped", id="gone"),
    ],
)


@every_tool
@every_failure
def test_every_tool_tells_the_cause_and_the_next_step(
    gateway: FakeGateway, fake_session: McpSession, tool: str, error: ActorError, cause: str
) -> None:
    gateway.error = error
    refusal = fake_session.refusal(tool, **CALLS[tool])

    assert refusal.startswith(f"{cause}: {error}")
    assert "Call get_websocket_server_status" in refusal


@every_failure
def test_list_of_clients_has_the_status_error_too(
    gateway: FakeGateway, fake_session: McpSession, error: ActorError, cause: str
) -> None:
    gateway.error = error
    content = fake_session.try_call("get_websocket_clients").structured_content or {}

    assert (content["status"], content["clients"], content["total_clients"]) == ("error", [], 0)
    assert content["error"].startswith(f"{cause}: {error}")
    assert content["server_info"]["url"] == "ws://localhost:9004"


@every_failure
def test_resources_tell_the_same_in_both_modes(
    gateway: FakeGateway, mode: Mode, error: ActorError, cause: str
) -> None:
    gateway.error = error
    with mcp_session(bridge_over(gateway), mode) as session:
        for uri in ("websocket://status", "websocket://clients"):
            with pytest.raises(MCPError, match=f"{cause}: {error}"):
                session.read(uri)


@every_tool
def test_an_unforeseen_error_shows_nothing_of_the_inside(
    gateway: FakeGateway, fake_session: McpSession, tool: str
) -> None:
    gateway.error = RuntimeError("the password is swordfish")

    assert fake_session.refusal(tool, **CALLS[tool]) == f"Error calling tool {tool!r}"


@every_tool
def test_session_goes_on_after_a_failure(
    gateway: FakeGateway, fake_session: McpSession, tool: str
) -> None:
    gateway.error = TIMEOUT
    fake_session.refusal(tool, **CALLS[tool])
    gateway.error = None

    assert fake_session.call(tool, **CALLS[tool])


@pytest.mark.parametrize(
    "tool", ["get_websocket_clients", "send_websocket_message", "test_websocket_connection"]
)
def test_broken_part_of_a_real_server_is_told_as_such(tool: str) -> None:
    with serving_here() as server, mcp_session(bridge_over(server.gateway)) as session:
        for ref in server.runtime._system.singletons().values():
            ref.stop()
        refusal = session.refusal(tool, **CALLS[tool])

    assert "A part of the server has stopped" in refusal
    assert "Call get_websocket_server_status" in refusal


def test_other_errors_pass_untranslated() -> None:
    with pytest.raises(KeyError), translated():
        raise KeyError("a bug")


def test_translation_keeps_the_error_as_its_cause() -> None:
    @verb
    def fail() -> None:
        raise TIMEOUT

    with pytest.raises(ToolError) as caught, translated():
        fail()
    refused = caught.value.__cause__
    assert isinstance(refused, NoAnswer)
    assert refused.__cause__ is TIMEOUT
