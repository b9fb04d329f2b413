"""REST beside MCP over stdio, and REST without FastMCP."""

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.helpers.http_client import get, initialize, post, taken_port
from tests.helpers.json_client import websocket
from tests.helpers.program import launch, run_to_end, serving
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.e2e

LAUNCH = """\
import sys
sys.modules["fastmcp"] = None
from websocket_mock.scripts.launch import main
sys.exit(main())
"""

WITHOUT_FASTMCP = (sys.executable, "-c", LAUNCH)

ENDPOINT = {
    "path": "/prices",
    "rules": [{"match": {"text": "hi"}, "do": [{"send": {"text": "hello"}}]}],
}


def check_rest(control_url: str, websocket_url: str) -> None:
    """Program an endpoint over REST, use it, and verify what happened."""
    api = f"{control_url}/api"
    assert post(f"{api}/set_websocket_mock", {"endpoint": ENDPOINT}).status == 200
    with websocket(f"{websocket_url}/prices") as client:
        client.send("hi")
        assert client.recv(PATIENCE) == "hello"
    verified = post(
        f"{api}/verify_websocket_traffic",
        {"expect": {"kind": "text", "match": {"text": "hi"}, "exactly": 1}},
    )
    assert verified.json()["passed"]


def test_server_without_fastmcp_offers_rest_and_no_mcp(tmp_path: Path) -> None:
    with serving(tmp_path, program=WITHOUT_FASTMCP) as server:
        check_rest(server.control_url, server.websocket_url)
        assert not server.mcp_url
        assert initialize(f"{server.control_url}/mcp").status == 404
        assert get(f"{server.control_url}/health").status == 200
        assert server.stop(signal.SIGTERM) == 143
    log = (tmp_path / "server.log").read_text()
    assert "FastMCP is not installed" in log
    assert "Traceback" not in log


def test_server_without_fastmcp_ends_on_ctrl_c(tmp_path: Path) -> None:
    with serving(tmp_path, program=WITHOUT_FASTMCP) as server:
        assert server.stop(signal.SIGINT) == 130


def test_stdio_without_fastmcp_is_refused_with_a_way_out() -> None:
    process = launch("--transport=stdio", "--websocket-port=0", program=WITHOUT_FASTMCP)
    _, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 2
    assert "install fastmcp, or use --transport http" in err


def test_stdio_offers_rest_on_a_port_of_its_own(tmp_path: Path) -> None:
    with serving(tmp_path, "--transport=stdio", "--control-port=0") as server:
        check_rest(server.control_url, server.websocket_url)
        assert not server.mcp_url
        assert initialize(f"{server.control_url}/mcp").status == 404
        assert server.stop(signal.SIGTERM) == 143


def test_stdio_offers_no_rest_unless_asked(tmp_path: Path) -> None:
    with serving(tmp_path, "--transport=stdio") as server:
        assert not server.control_url


def test_control_port_in_use_is_a_warning(tmp_path: Path) -> None:
    """An error would close the connection of the MCP client without a word."""
    log = tmp_path / "server.log"
    with (
        taken_port() as port,
        serving(tmp_path, "--transport=stdio", f"--control-port={port}") as server,
    ):
        assert not server.control_url
        told = eventually(lambda: re.search(r"WARNING.*control port (\d+)", log.read_text()))
        assert told is not None
        assert told[1] == str(port)


def test_control_port_over_http_is_refused() -> None:
    exit_code, _, err = run_to_end("--control-port=0", "--port=0", "--websocket-port=0")

    assert exit_code == 2
    assert "over http use --port" in err
