"""What the real process is told, by whom, and how it says that something is wrong."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.helpers.http_client import taken_port
from tests.helpers.mcp_session import mcp_session
from tests.helpers.peers import peer
from tests.helpers.program import ROOT, environment, run_to_end, serving
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.e2e

ANY_PORTS = ("--port=0", "--websocket-port=0")

SERVERS = """
servers:
  - name: "First"
    config: {websocket_host: "no.such.host.invalid"}
  - name: "Second"
    enabled: false
    port: 1
    log_level: "ERROR"
    config: {websocket_host: "127.0.0.1", websocket_port: 1}
"""


def refused(*flags: str, **env: str) -> str:
    """Return the one line with which the program refuses to start."""
    exit_code, out, err = run_to_end(*flags, env=env)
    assert (exit_code, out) == (2, ""), err
    (line,) = err.splitlines()
    return line.removeprefix("websocket-mock-server: ")


def test_flags_win_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    """Every source gives what only it may decide: the ports, the level, the name and host."""
    file = tmp_path / "servers.yaml"
    file.write_text(SERVERS)
    env = {"MCP_PORT": "2", "WEBSOCKET_PORT": "2", "LOG_LEVEL": "INFO"}
    flags = (f"--config={file}", "--server=Second", *ANY_PORTS)
    with serving(tmp_path, *flags, env=env) as server, mcp_session(server.mcp_url) as session:
        answer = session.call("get_websocket_server_status")

        assert answer["mcp_server"]["mcp_server_name"] == "Second"
        assert answer["mcp_server"]["mcp_server_version"] == version("websocket-mock-server")
        assert urlsplit(server.websocket_url).hostname == "127.0.0.1"
        assert urlsplit(server.mcp_url).hostname == "localhost"
        assert "INFO" in (tmp_path / "server.log").read_text()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_websocket_port_in_use_is_left_for_the_next_and_that_is_told_everywhere(
    tmp_path: Path, host: str
) -> None:
    with (
        taken_port(host) as taken,
        serving(tmp_path, f"--websocket-port={taken}") as server,
        mcp_session(server.mcp_url) as session,
    ):
        port = urlsplit(server.websocket_url).port
        status = session.call("get_websocket_server_status")["websocket_server"]
        with peer(server.websocket_url) as client:
            told = client.ask(type="get_stats")["stats"]["server_info"]

        assert port != taken
        assert (status["port"], status["url"]) == (port, server.websocket_url)
        assert session.call("get_websocket_clients")["server_info"]["port"] == port
        assert told == {"host": "localhost", "port": port, "is_running": True}
        log = (tmp_path / "server.log").read_text()
        assert f"port {taken} is in use, listening on {port}" in log


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
    file = tmp_path / "nowhere" / "ready.json"

    line = refused(*ANY_PORTS, f"--ready-file={file}", "--log-level=ERROR")
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
