"""MCP over stdio to the real process: every tool, and nothing but the protocol on stdout."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastmcp.client.transports import PythonStdioTransport

from tests.helpers.http_client import INITIALIZE
from tests.helpers.json_client import websocket
from tests.helpers.mcp_session import mcp_session
from tests.helpers.mock_server import Talker
from tests.helpers.peers import peer
from tests.helpers.program import ROOT, environment, launch, serving
from tests.helpers.tool_tour import check_every_tool
from tests.helpers.wait import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("measured_processes")]

FLAGS = ("--transport=stdio", "--websocket-port=0")


def test_script_is_started_by_its_path_and_every_tool_works(tmp_path: Path) -> None:
    """As the configuration files of MCP clients do, from a folder of their own."""
    for word in ("one", "two"):
        mock = f"endpoints: [{{path: /{word}, rules: [{{do: [{{send: {{text: {word}}}}}]}}]}}]"
        (tmp_path / f"{word}.yaml").write_text(mock)
    transport = PythonStdioTransport(
        ROOT / "scripts" / "launch.py",
        args=list(FLAGS),
        env=environment({"WEBSOCKET_MOCKS": "one.yaml,two.yaml"}),
        cwd=str(tmp_path),
        python_cmd=sys.executable,
        keep_alive=False,
        log_file=tmp_path / "server.log",
    )
    with mcp_session(transport) as session:
        url = session.call("get_websocket_server_status")["websocket_server"]["url"]
        check_every_tool(session, url)
        for word in ("one", "two"):
            with websocket(f"{url}/{word}") as client:
                client.send("?")
                assert client.recv(PATIENCE) == word
    assert "Traceback" not in (tmp_path / "server.log").read_text()


class Wire:
    """The two pipes of a server on stdio, line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def send(self, **message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()

    def answer(self, request_id: int) -> dict[str, Any]:
        """Return the answer to a request; whatever comes before must be the protocol, too."""
        assert self._process.stdout is not None
        while True:
            message = parse(self._process.stdout.readline())
            if message.get("id") == request_id:
                return message


def parse(line: str) -> dict[str, Any]:
    """Return the message of a line; anything else on stdout breaks MCP clients."""
    message: dict[str, Any] = json.loads(line)
    assert message["jsonrpc"] == "2.0"
    return message


def test_stdout_carries_nothing_but_the_protocol_until_stdin_is_closed(tmp_path: Path) -> None:
    """Over the protocol with a handshake, and after a line that is no JSON."""
    with serving(tmp_path, "--transport=stdio", "--log-level=TRACE") as server:
        wire = Wire(server.process)
        assert server.process.stdin is not None
        server.process.stdin.write("this is no JSON\n")
        wire.send(**INITIALIZE)
        assert wire.answer(1)["result"]["serverInfo"]["name"] == "WebSocketMockMCP"
        wire.send(method="notifications/initialized")
        with peer(server.websocket_url) as client:
            # What logs most: an exception in a handler, with its traceback.
            client.ask(type="error_test", error_type="exception")
            arguments: dict[str, Any] = {"test_type": "echo", "window_seconds": 0.1}
            call = {"name": "test_websocket_connection", "arguments": arguments}
            wire.send(id=2, method="tools/call", params=call)
            assert not wire.answer(2)["result"]["isError"]
            call = {"name": "get_websocket_clients", "arguments": {"cursor": "x"}}
            wire.send(id=3, method="tools/call", params=call)
            assert wire.answer(3)["result"]["isError"]

            # As an MCP client does on leaving.
            server.process.stdin.close()
            server.process.stdin = None
            assert Talker(client.connection).end() == (1001, "server shutting down")
        rest, _ = server.process.communicate(timeout=PATIENCE)

        assert server.process.returncode == 0
        assert not (tmp_path / "ready.json").exists()
        assert [parse(line) for line in rest.splitlines()] == []
        # That of the handler, and none of the end.
        assert (tmp_path / "server.log").read_text().count("Traceback") == 1


def test_stdin_that_ends_at_once_is_no_error() -> None:
    process = launch(*FLAGS)
    out, err = process.communicate(timeout=PATIENCE)

    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
