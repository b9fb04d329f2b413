"""MCP over http to the real process: every tool, health, and who may come in."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastmcp.client.transports import StreamableHttpTransport

from tests.helpers.bridge import UNBINDABLE_HOST
from tests.helpers.http_client import free_port, get, initialize
from tests.helpers.mcp_session import MODES, McpSession, mcp_session
from tests.helpers.peers import peer
from tests.helpers.program import RunningServer, launch, run_to_end, serving
from tests.helpers.tool_tour import check_every_tool
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.e2e

TOKEN = "swordfish"


@pytest.fixture(scope="module", params=MODES)
def session(request: pytest.FixtureRequest, running_server: RunningServer) -> Iterator[McpSession]:
    with mcp_session(running_server.mcp_url, request.param) as connected:
        yield connected


def test_every_tool_works_while_clients_are_connected(
    session: McpSession, running_server: RunningServer
) -> None:
    check_every_tool(session, running_server.websocket_url)


class TestHealth:
    def test_server_that_runs_is_healthy(self, running_server: RunningServer) -> None:
        answer = get(f"{running_server.http_url}/health")

        assert answer.status == 200
        health = answer.json()
        assert health["healthy"]
        assert all(check["healthy"] for check in health["checks"])
        assert health["checks"][0]["name"] == "listener"

    @pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
    def test_localhost_is_ipv4_and_ipv6(self, running_server: RunningServer, host: str) -> None:
        port = urlsplit(running_server.http_url).port

        assert get(f"http://{host}:{port}/health").status == 200

    def test_server_that_cannot_listen_stays_up_and_says_why(self) -> None:
        http_url = f"http://localhost:{free_port()}"
        port = urlsplit(http_url).port
        process = launch(f"--port={port}", f"--websocket-host={UNBINDABLE_HOST}")
        try:
            health = eventually(lambda: try_health(http_url), 3 * PATIENCE)
            with mcp_session(f"{http_url}/mcp") as session:
                status = session.call("get_websocket_server_status")
                sent = session.call("send_websocket_message", message_type="hello")
        finally:
            process.terminate()
            _, err = process.communicate(timeout=PATIENCE)

        assert not health["healthy"]
        (failed,) = [check for check in health["checks"] if not check["healthy"]]
        assert failed["name"] == "listener"
        assert UNBINDABLE_HOST in failed["reason"]
        assert not status["websocket_server"]["is_running"]
        assert status["websocket_server"]["reason"] == failed["reason"]
        assert sent["status"] == "server_not_running"
        assert "WARNING" in err
        assert "Traceback" not in err


def try_health(http_url: str) -> dict[str, Any]:
    """Return the bad health of a server, or nothing while it does not answer."""
    try:
        answer = get(f"{http_url}/health")
    except OSError:
        return {}
    assert answer.status == 503
    found: dict[str, Any] = answer.json()
    return found


def test_unknown_path_is_told_as_every_error(running_server: RunningServer) -> None:
    answer = get(f"{running_server.http_url}/nothing")

    assert answer.status == 404
    assert answer.json() == {
        "error": "There is nothing at /nothing. /openapi.json lists what there is."
    }


class TestGuard:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 200),
            ({"Origin": "http://localhost:3000"}, 403),
            ({"Host": "evil.example"}, 421),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403),
        ],
        ids=str,
    )
    def test_web_pages_from_elsewhere_are_kept_out(
        self, running_server: RunningServer, headers: dict[str, str], status: int
    ) -> None:
        assert initialize(running_server.mcp_url, headers).status == status
        assert get(f"{running_server.http_url}/health", headers).status == status


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server on every address, which needs a token."""
    directory = tmp_path_factory.mktemp("guarded")
    with serving(directory, "--host=0.0.0.0", env={"MCP_TOKEN": TOKEN}) as server:
        yield server


def local_url(server: RunningServer) -> str:
    return f"http://127.0.0.1:{urlsplit(server.mcp_url).port}/mcp"


class TestToken:
    @pytest.mark.parametrize(
        ("authorization", "status"),
        [
            (None, 401),
            ("Bearer ", 401),
            ("Bearer wrong", 401),
            (TOKEN, 401),
            (f"Basic {TOKEN}", 401),
            (f"Bearer {TOKEN}", 200),
        ],
    )
    def test_nobody_comes_in_without_it(
        self, guarded: RunningServer, authorization: str | None, status: int
    ) -> None:
        headers = {} if authorization is None else {"Authorization": authorization}

        assert initialize(local_url(guarded), headers).status == status

    def test_tools_work_with_it(self, guarded: RunningServer) -> None:
        transport = StreamableHttpTransport(local_url(guarded), auth=TOKEN)
        with mcp_session(transport) as session, peer(guarded.websocket_url):
            assert session.call("get_websocket_clients")["total_clients"] == 1

    def test_health_needs_none(self, guarded: RunningServer) -> None:
        url = local_url(guarded).removesuffix("/mcp")

        assert get(f"{url}/health").status == 200

    def test_public_host_without_one_is_refused(self) -> None:
        exit_code, out, err = run_to_end("--host=0.0.0.0", "--port=0", "--websocket-port=0")

        assert (exit_code, out) == (2, "")
        (line,) = err.splitlines()
        assert "0.0.0.0" in line
        assert "--token" in line
        assert "MCP_TOKEN" in line
