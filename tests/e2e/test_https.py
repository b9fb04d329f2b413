"""The control plane over https: MCP, REST, the command line, and what is not let in."""

import http.client
import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from fastmcp.client.transports import StreamableHttpTransport

from tests.helpers.bridge import FakeGateway
from tests.helpers.command import Finished, run_here
from tests.helpers.mcp_session import mcp_session
from tests.helpers.program import RunningServer, serving
from tests.helpers.snippets import page
from tests.helpers.wait import PATIENCE
from tests.helpers.web_server import serving_routes
from websocket_mock.mcp_bridge.web.app import control_routes
from websocket_mock.scripts import launch
from websocket_mock.scripts.control.run_files import running_servers
from websocket_mock.scripts.supervising.probes import is_healthy

pytestmark = pytest.mark.e2e


def trust(server: RunningServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


def connection_to(server: RunningServer, host: str = "localhost") -> http.client.HTTPSConnection:
    port = urlsplit(server.control_url).port
    return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=trust(server))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that asks WebSocket clients, and only them, for a certificate.

    An idle client of its control plane, which does not answer the end of TLS, outlives it.
    """
    folder = tmp_path_factory.mktemp("https")
    trustme.CA().cert_pem.write_to_path(str(folder / "clients.pem"))
    flags = ("--tls-self-signed", "--tls-control", f"--tls-client-ca={folder / 'clients.pem'}")
    with ExitStack() as stack:
        with serving(folder, *flags) as running:
            idle = stack.enter_context(closing(connection_to(running)))
            idle.request("GET", "/health")
            idle.getresponse().read()
            yield running
        log = (folder / "server.log").read_text()
    assert " ERROR " not in log
    assert " WARNING " not in log
    assert f"the live page is {running.control_url}/" in log


def ask(
    server: RunningServer, path: str, host: str = "localhost", **headers: str
) -> tuple[int, str]:
    with closing(connection_to(server, host)) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_ready_file_and_run_file_say_how_to_connect(server: RunningServer) -> None:
    assert server.control_url.startswith("https://localhost:")
    assert server.mcp_url == f"{server.control_url}/mcp"
    assert server.secure_url == server.websocket_url.replace("ws:", "wss:")
    (noted,) = (one for one in running_servers() if one.pid == server.pid)
    assert (noted.control_url, noted.mcp_url) == (server.control_url, server.mcp_url)
    assert (noted.secure_url, noted.ca_file) == (server.secure_url, server.ca_file)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_certificate_is_for_the_host_that_a_client_uses(server: RunningServer, host: str) -> None:
    status, body = ask(server, "/health", host)
    assert status == 200
    assert json.loads(body)["healthy"]


def test_supervisor_sees_that_it_is_healthy(server: RunningServer) -> None:
    assert is_healthy(server.mcp_url)


def test_certificate_of_the_authority_can_be_fetched(server: RunningServer) -> None:
    assert ask(server, "/ca.pem") == (200, Path(server.ca_file).read_text())


def test_pages_are_told_apart_by_their_scheme(server: RunningServer) -> None:
    foreign = server.control_url.replace("https:", "http:")
    assert ask(server, "/api/get_websocket_clients", Origin=server.control_url)[0] == 200
    assert ask(server, "/api/get_websocket_clients", Origin=foreign)[0] == 403


def test_mcp_clients_connect(server: RunningServer) -> None:
    transport = StreamableHttpTransport(server.mcp_url, verify=trust(server))
    with mcp_session(transport) as session:
        status = session.call("get_websocket_server_status")["websocket_server"]
    assert (status["secure_url"], status["ca_file"]) == (server.secure_url, server.ca_file)


def test_example_with_curl_works(server: RunningServer) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (example,) = (part for part in page("tls.md").split("`") if part.startswith("curl "))
    command = example.replace("https://localhost:8004", server.control_url).split()
    command[command.index("ca.pem")] = server.ca_file
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
    assert json.loads(done.stdout)["healthy"]


def status(*flags: str) -> Finished:
    return run_here(launch.main, "status", "--json", *flags)


def test_command_line_trusts_a_server_of_the_same_user(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = json.loads(status(f"--url={server.mcp_url}").out)["websocket_server"]
    assert shown["secure_url"] == server.secure_url

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    refused = status(f"--url={server.control_url}")
    assert refused.code == 2
    assert refused.err == (
        f"websocket-mock-server status: the certificate of {server.control_url} is not trusted: "
        "unable to get local issuer certificate; give the file of its certificate authority with "
        "--ca-file or $WEBSOCKET_MOCK_CA_FILE\n"
    )
    assert status(f"--url={server.control_url}", f"--ca-file={server.ca_file}").code == 0
    monkeypatch.setenv("WEBSOCKET_MOCK_CA_FILE", server.ca_file)
    assert status(f"--url={server.control_url}").code == 0


def test_command_line_says_what_is_wrong_with_the_address(
    server: RunningServer, tmp_path: Path
) -> None:
    plain = server.control_url.replace("https:", "http:")
    refused = status(f"--url={plain}")
    assert refused.code == 2
    assert "with --tls-control its address begins with https://" in refused.err

    with serving_routes(FakeGateway(), control_routes) as other:
        refused = status(f"--url={other.url.replace('http:', 'https:')}")
    assert refused.code == 2
    assert "without --tls-control its address begins with http://" in refused.err

    nothing = tmp_path / "nothing.pem"
    nothing.touch()
    for file in (nothing, tmp_path / "missing.pem"):
        refused = status(f"--url={server.control_url}", f"--ca-file={file}")
        assert refused.code == 2
        assert f"{file}: is no PEM file with certificates" in refused.err


def test_websocket_client_of_the_command_line_says_how_to_trust(server: RunningServer) -> None:
    refused = run_here(launch.main, "client", "test", f"--url={server.secure_url}")
    assert refused.code == 2
    assert "its certificate is not trusted" in refused.err
    assert "set SSL_CERT_FILE to the file of its certificate authority" in refused.err
