"""What the tools on traffic say where the journal is switched off."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.fakes import CrashLog
from tests.helpers.json_client import websocket
from tests.helpers.mcp_session import McpSession
from tests.helpers.server import VERSION, InProcessServer
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.system import JournalLimits
from websocket_mock.mcp_bridge.service.history import RECORDING_IS_OFF
from websocket_mock.scripts.runtime import Options, Runtime
from websocket_mock.transport.config import TransportConfig


@pytest.fixture
def server() -> Iterator[InProcessServer]:
    config = TransportConfig(host="127.0.0.1", port=0)
    crash_log = CrashLog()
    runtime = Runtime(config, VERSION, crash_log, Options(history=JournalLimits(max_entries=0)))
    runtime.start()
    yield InProcessServer(runtime, crash_log)
    runtime.stop()
    assert crash_log.crashes == []


@pytest.fixture(autouse=True)
def _traffic(server: InProcessServer) -> None:
    with websocket(server.url("/echo")) as connection:
        connection.send("hello")
        assert connection.recv(PATIENCE) == "hello"


@pytest.mark.parametrize("arguments", [{}, {"seq": 1}])
def test_reading_gives_nothing_and_says_that_recording_is_off(
    session: McpSession, arguments: dict[str, Any]
) -> None:
    result = session.call("get_websocket_traffic", **arguments)
    assert (result["entries"], result["matched"]) == ([], 0)
    assert result["hint"] == RECORDING_IS_OFF


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("wait_for_websocket_event", {"match": {"kind": "open"}}),
        ("wait_for_websocket_event", {"match": {}, "quiet": "1s"}),
        ("verify_websocket_traffic", {"expect": {"kind": "open", "never": True}}),
        ("verify_websocket_traffic", {"sequence": {"entries": [{}]}, "within": 60}),
    ],
)
def test_what_would_wait_in_vain_or_judge_nothing_is_refused(
    session: McpSession, tool: str, arguments: dict[str, Any]
) -> None:
    assert session.refusal(tool, **arguments) == RECORDING_IS_OFF


def test_message_of_the_journal_cannot_be_explained(session: McpSession) -> None:
    session.call("set_websocket_mock", endpoint={"name": "a", "path": "/a"})
    assert session.refusal("explain_websocket_message", endpoint="a", seq=1) == RECORDING_IS_OFF


def test_counters_count_all_the_same(server: InProcessServer) -> None:
    assert server.stats().total_messages == 1
