"""The fastmcp command line on this project: list, inspect, call and run.

`list` and `call` start the server as `fastmcp run` and pass no environment on, so there it takes
its default port or, where that is in use, the next one. Everything else gets ports of its own.
"""

import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.helpers.http_client import free_port, get, initialize
from tests.helpers.mcp_session import McpSession, mcp_session, stdio_transport
from tests.helpers.peers import peer
from tests.helpers.program import ROOT, RunningServer, environment
from tests.helpers.tool_tour import check_every_tool
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.e2e

BIN = Path(sys.executable).parent
FASTMCP = str(BIN / "fastmcp")

TOOLS = {
    "get_websocket_schema",
    "get_websocket_server_status",
    "get_websocket_clients",
    "send_websocket_message",
    "test_websocket_connection",
    "list_websocket_mocks",
    "set_websocket_mock",
    "remove_websocket_mock",
    "explain_websocket_message",
    "get_websocket_traffic",
    "wait_for_websocket_event",
    "verify_websocket_traffic",
    "list_websocket_checks",
    "set_websocket_faults",
    "close_websocket_client",
    "reset_websocket_server",
}

README = (ROOT / "README.md").read_text()
CALL = "fastmcp call http://localhost:8004/mcp"

STARTS_SLOWLY = 2 * PATIENCE


def cli_environment(**extra: str) -> dict[str, str]:
    # `list` and `call` look for `fastmcp` on the path; the banner asks the network for updates.
    path = f"{BIN}:{environment()['PATH']}"
    return environment({"PATH": path, "FASTMCP_CHECK_FOR_UPDATES": "off", **extra})


def fastmcp(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [FASTMCP, *arguments],
        cwd=ROOT,
        env=cli_environment(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=STARTS_SLOWLY,
        check=False,
    )


class TestOneShot:
    def test_list_shows_every_tool(self) -> None:
        done = fastmcp("list", "scripts/launch.py", "--json")

        assert done.returncode == 0, done.stderr
        assert {tool["name"] for tool in json.loads(done.stdout)["tools"]} == TOOLS

    def test_call_gives_the_answer_of_the_tool(self) -> None:
        done = fastmcp("call", "scripts/launch.py", "get_websocket_clients", "--json")

        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)["structured_content"]
        assert answer["status"] == "success"
        assert answer["server_info"]["url"].startswith("ws://localhost:")

    def test_inspect_starts_nothing(self) -> None:
        """With a setting that would keep the server from starting."""
        done = fastmcp("inspect", "scripts/launch.py:mcp", WEBSOCKET_PORT="many")

        assert done.returncode == 0, done.stderr
        assert "WebSocketMockMCP" in done.stdout
        assert re.search(rf"Tools: +{len(TOOLS)}\b", done.stdout)

    def test_inspect_shows_the_schemas(self) -> None:
        """In this format it connects to the server, and so starts it for a moment."""
        done = fastmcp("inspect", "scripts/launch.py:mcp", "--format=mcp", WEBSOCKET_PORT="0")

        assert done.returncode == 0, done.stderr
        tools = {tool["name"]: tool for tool in json.loads(done.stdout)["tools"]}
        assert set(tools) == TOOLS
        for tool in tools.values():
            assert tool["inputSchema"]["type"] == "object"
            assert tool["annotations"]["readOnlyHint"] is not None


@contextmanager
def running(*arguments: str, **env: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Serve over http with `fastmcp run`; give the process and its base URL."""
    port = free_port()
    process = subprocess.Popen(
        [FASTMCP, "run", *arguments, f"--port={port}"],
        cwd=ROOT,
        env=cli_environment(WEBSOCKET_PORT="0", **env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    url = f"http://localhost:{port}"
    try:
        eventually(lambda: answers(url, process), STARTS_SLOWLY)
        yield process, url
    finally:
        process.kill()
        process.wait(PATIENCE)


def answers(url: str, process: "subprocess.Popen[str]") -> bool:
    assert process.poll() is None, f"fastmcp ended with {process.returncode}"
    try:
        return get(f"{url}/health").status == 200
    except OSError:
        return False


def websocket_url(session: McpSession) -> str:
    url: str = session.call("get_websocket_server_status")["websocket_server"]["url"]
    return url


class TestReadme:
    """The calls that the README shows, of a server that runs, with a client connected."""

    def test_calls_do_what_it_says(self, running_server: RunningServer) -> None:
        calls = [shlex.split(line) for line in README.splitlines() if line.startswith(CALL)]
        assert [call[3] for call in calls] == [
            "get_websocket_clients",
            "send_websocket_message",
            "test_websocket_connection",
        ]
        with peer(running_server.websocket_url) as client:
            for _, command, _, *arguments in calls:
                done = fastmcp(command, running_server.mcp_url, *arguments)
                assert done.returncode == 0, done.stdout + done.stderr
            received = json.loads(client.connection.recv(PATIENCE))

        assert received["type"] == "price"
        assert received["payload"] == {"bid": 12.5}
        assert '`{"type":"price","from_mcp_server":true,"payload":{"bid":12.5},…}`' in README


class TestRun:
    @pytest.mark.parametrize(
        ("arguments", "how", "exit_code"),
        [
            pytest.param((), signal.SIGTERM, 143, id="fastmcp.json"),
            pytest.param(
                ("scripts/launch.py", "--transport=http"), signal.SIGINT, 130, id="launch.py"
            ),
        ],
    )
    def test_serves_over_http_guarded_and_ends_in_order(
        self, arguments: tuple[str, ...], how: signal.Signals, exit_code: int
    ) -> None:
        with running(*arguments) as (process, url):
            assert initialize(f"{url}/mcp", {"Host": "evil.example"}).status == 421
            assert initialize(f"{url}/mcp", {"Origin": "http://evil.example"}).status == 403
            with mcp_session(f"{url}/mcp") as session:
                check_every_tool(session, websocket_url(session))
                clients_url = websocket_url(session)
            with peer(clients_url) as client:
                process.send_signal(how)
                with pytest.raises(ConnectionClosed) as closed:
                    client.connection.recv(PATIENCE)
            assert process.wait(PATIENCE) == exit_code

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001

    def test_serves_over_stdio(self, tmp_path: Path) -> None:
        """With the banner, which must keep off stdout, to a client of the older protocol."""
        log_file = tmp_path / "server.log"
        transport = stdio_transport(FASTMCP, "run", "scripts/launch.py", log_file=log_file)
        transport.env = cli_environment(WEBSOCKET_PORT="0")
        with mcp_session(transport, "legacy") as session:
            check_every_tool(session, websocket_url(session))

        assert "FastMCP" in log_file.read_text()

    @pytest.mark.parametrize(
        ("flags", "env", "cause"),
        [
            pytest.param(("--host=0.0.0.0",), {"MCP_TOKEN": ""}, "give a token", id="public"),
            pytest.param((), {"WEBSOCKET_PORT": "many"}, "WEBSOCKET_PORT", id="variable"),
        ],
    )
    def test_refuses_what_the_program_refuses(
        self, flags: tuple[str, ...], env: dict[str, str], cause: str
    ) -> None:
        flags = ("--transport=http", "--no-banner", f"--port={free_port()}", *flags)
        done = fastmcp("run", "scripts/launch.py", *flags, **{"WEBSOCKET_PORT": "0", **env})

        assert done.returncode == 1
        assert cause in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr


def test_configuration_file_has_the_ports_of_the_program() -> None:
    deployment: dict[str, Any] = json.loads((ROOT / "fastmcp.json").read_text())["deployment"]

    assert deployment == {"transport": "http", "host": "localhost", "port": 8004}
