"""What the real process is told, by whom, and how it says that something is wrong."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.helpers.http_client import taken_port
from tests.helpers.json_client import websocket
from tests.helpers.mcp_session import McpSession, mcp_session
from tests.helpers.peers import peer
from tests.helpers.program import ROOT, RunningServer, environment, run_to_end, serving
from tests.helpers.wait import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("measured_processes")]

SERVERS = """
servers:
  - name: "First"
    config: {websocket_host: "no.such.host.invalid"}
  - name: "Second"
    enabled: false
    port: 1
    log_level: "ERROR"
    mocks: ["mocks.yaml"]
    config: {websocket_host: "127.0.0.1", websocket_port: 1}
"""


def refused(*flags: str, **env: str) -> str:
    """Return the one line with which the program refuses to start."""
    exit_code, out, err = run_to_end(*flags, env=env)
    assert (exit_code, out) == (2, ""), err
    (line,) = err.splitlines()
    return line.removeprefix("websocket-mock-server: ")


@dataclass(frozen=True, slots=True)
class Configured:
    server: RunningServer
    session: McpSession
    log: Path
    taken: int
    """The WebSocket port that it was told to take, and that was in use."""


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Configured]:
    """Every source gives what only it may decide: the ports; the level; name, host and mocks."""
    directory = tmp_path_factory.mktemp("configured")
    file = directory / "servers.yaml"
    file.write_text(SERVERS)
    file.with_name("mocks.yaml").write_text("endpoints: [{path: /of-the-file, unmatched: echo}]")
    with taken_port() as taken:
        env = {"MCP_PORT": "2", "WEBSOCKET_PORT": "2", "LOG_LEVEL": "INFO"}
        flags = (f"--config={file}", "--server=Second", f"--websocket-port={taken}")
        with serving(directory, *flags, env=env) as server, mcp_session(server.mcp_url) as session:
            yield Configured(server, session, directory / "server.log", taken)


def test_flags_win_over_environment_over_file_over_defaults(configured: Configured) -> None:
    answer = configured.session.call("get_websocket_server_status")

    assert answer["mcp_server"]["mcp_server_name"] == "Second"
    assert answer["mcp_server"]["mcp_server_version"] == version("websocket-mock-server")
    assert urlsplit(configured.server.websocket_url).hostname == "127.0.0.1"
    assert urlsplit(configured.server.mcp_url).hostname == "localhost"
    assert "INFO" in configured.log.read_text()


def test_websocket_port_in_use_is_left_for_the_next_and_that_is_told_everywhere(
    configured: Configured,
) -> None:
    url, session = configured.server.websocket_url, configured.session
    port = urlsplit(url).port
    status = session.call("get_websocket_server_status")["websocket_server"]
    with peer(url) as client:
        told = client.ask(type="get_stats")["stats"]["server_info"]

    assert port != configured.taken
    assert (status["port"], status["url"]) == (port, url)
    assert session.call("get_websocket_clients")["server_info"]["port"] == port
    assert told == {"host": "127.0.0.1", "port": port, "is_running": True}
    log = configured.log.read_text()
    assert f"port {configured.taken} is in use, listening on {port}" in log


def test_mocks_of_the_file_are_served_from_beside_it(configured: Configured) -> None:
    with websocket(f"{configured.server.websocket_url}/of-the-file") as client:
        client.send("hello")
        assert client.recv(PATIENCE) == "hello"


def test_mcp_port_in_use_is_one_line() -> None:
    with taken_port() as taken:
        line = refused(f"--port={taken}", "--websocket-port=0", MCP_TOKEN="swordfish")

    assert line == (
        f"MCP port {taken} on localhost is in use: choose another with --port, or 0 for any"
    )


def test_unknown_key_is_named_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "servers.yaml"
    file.write_text("websocket_mock: {prot: 8004}")

    line = refused(f"--config={file}")
    assert line.startswith(f"{file}: ")
    assert "'prot'" in line


def test_ready_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """As all that fails only when the server starts, inside of FastMCP and uvicorn."""
    file = tmp_path / "nowhere" / "ready.json"

    flags = ("--port=0", "--websocket-port=0", "--log-level=ERROR")
    line = refused(f"--ready-file={file}", *flags)
    assert line.startswith(f"{file}: ")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([sys.executable, "-m", "scripts.launch"], id="module of the checkout"),
        pytest.param([sys.executable, "-m", "websocket_mock"], id="module"),
        pytest.param([str(Path(sys.executable).with_name("websocket-mock-server"))], id="command"),
    ],
)
def test_module_and_command_are_the_same_program(tmp_path: Path, command: list[str]) -> None:
    """The command works in any folder, and so does the module; that of the checkout in its root."""
    shown = subprocess.run(
        [*command, "--version"],
        cwd=ROOT if "scripts.launch" in command else tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )

    assert (shown.stdout, shown.stderr) == (f"{version('websocket-mock-server')}\n", "")
