"""The tools over REST when something fails: the statuses, and that nothing of the inside shows."""

import socket
from collections.abc import Iterator

import pytest

from tests.helpers.bridge import FakeGateway, bridge_over
from tests.helpers.http_bridge import serving_http
from tests.helpers.rest_api import AS_JSON, RestApi, rest_api
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.actors.kernel.errors import ActorError, ActorGone, AskTimeout

CLIENTS = "get_websocket_clients"
SEND = "send_websocket_message"
SECRET = "/srv/secret/place.py"


@pytest.fixture
def fake_api(gateway: FakeGateway) -> Iterator[RestApi]:
    """A client of a server over the fake gateway."""
    with (
        serving_http(bridge_over(gateway)) as port,
        rest_api(f"http://127.0.0.1:{port}") as api,
    ):
        yield api


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_bug_is_told_without_the_inside_and_logged_in_full(
    gateway: FakeGateway, fake_api: RestApi, log_lines: list[str], method: str
) -> None:
    gateway.error = RuntimeError(SECRET)
    answer = fake_api.ask(method, "/api/get_websocket_server_status", None, AS_JSON)

    assert answer.status == 500
    assert answer.json() == {
        "error": "get_websocket_server_status failed; the log of the server says why."
    }
    assert any("Traceback" in line and SECRET in line for line in log_lines)

    gateway.error = None
    assert fake_api.call("get_websocket_server_status")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        pytest.param(AskTimeout("no answer in time"), "The server is busy", id="timeout"),
        pytest.param(ActorGone("it is gone"), "A part of the server has stopped", id="gone"),
    ],
)
def test_part_that_does_not_answer_is_told_with_the_next_step(
    gateway: FakeGateway, fake_api: RestApi, error: ActorError, cause: str
) -> None:
    gateway.error = error
    answer = fake_api.post(SEND, {"text": "x"})
    assert answer.status == 503
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"].startswith(f"{cause}: {error}. Call get_websocket_server_status")

    with_result = fake_api.post(CLIENTS, {})
    assert with_result.status == 503
    assert with_result.json()["error"].startswith(cause)
    assert with_result.json()["result"]["clients"] == []


def test_caller_who_hangs_up_in_the_body_leaves_no_trace(
    server: InProcessServer, log_lines: list[str]
) -> None:
    with serving_http(bridge_over(server.gateway)) as port:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as caller:
            head = f"POST /api/{CLIENTS} HTTP/1.1\r\nHost: localhost:{port}\r\n"
            caller.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
            caller.shutdown(socket.SHUT_WR)
            assert not eventually(lambda: [caller.recv(4096)])[0].startswith(b"HTTP/1.1 500")
        with rest_api(f"http://127.0.0.1:{port}") as api:
            assert api.call(CLIENTS)["status"] == "success"
    assert not [line for line in log_lines if "Traceback" in line]
