"""Every tool called over a transport, with real WebSocket clients connected."""

import json
from typing import Any

from websockets.sync.client import connect

from tests.helpers.mcp_session import McpSession, Progress
from tests.helpers.peers import peer
from tests.helpers.wait import PATIENCE

NAMESPACE = "tour"
ENDPOINT: dict[str, Any] = {
    "name": "prices",
    "path": "/prices",
    "rules": [{"name": "greet", "match": {"text": "hi"}, "do": [{"send": {"text": "hello"}}]}],
}


def check_every_tool(session: McpSession, websocket_url: str) -> None:
    with peer(websocket_url) as one, peer(websocket_url) as two:
        _check_status(session, websocket_url)
        listed = session.call("get_websocket_clients")
        assert [client["id"] for client in listed["clients"]] == [one.id, two.id]

        sent = session.call("send_websocket_message", message_type="news", payload=[1, "ü"])
        assert (sent["status"], sent["sent_to_clients"]) == ("sent", 2)
        assert one.receive()["payload"] == two.receive()["payload"] == [1, "ü"]

        _check_connection_tests(session)
        assert one.receive()["type"] == "echo_test"
        assert session.refusal("get_websocket_clients", cursor="x")
    _check_mocks_and_traffic(session)


def _check_status(session: McpSession, websocket_url: str) -> None:
    status = session.call("get_websocket_server_status")
    assert status["websocket_server"]["url"] == websocket_url
    assert status["websocket_server"]["clients_connected"] == 2
    assert status["health"]["healthy"]
    resource = json.loads(session.read("websocket://status"))
    assert resource["websocket_server"]["url"] == websocket_url


def _check_connection_tests(session: McpSession) -> None:
    progress: list[Progress] = []
    call = session.start_call("test_websocket_connection", progress_log=progress, test_type="ping")
    report = call.result(PATIENCE).structured_content or {}
    assert report["result"]["answered"] == 2
    assert progress[-1] == (2.0, 2.0)

    for test_type in ("echo", "broadcast", "stress"):
        answer = session.call(
            "test_websocket_connection",
            test_type=test_type,
            window_seconds=0.2,
            burst_messages=10,
        )
        assert answer["result"]["failed"] == 0, answer


def _check_mocks_and_traffic(session: McpSession) -> None:
    def call(tool: str, **arguments: Any) -> dict[str, Any]:
        return session.call(tool, namespace=NAMESPACE, **arguments)

    url = call("set_websocket_mock", endpoint=ENDPOINT)["url"]
    assert [one["name"] for one in call("list_websocket_mocks")["endpoints"]] == ["prices"]
    explained = call("explain_websocket_message", endpoint="prices", text="ho")
    assert explained["rules"][0]["why"] == 'text: expected "hi", got "ho"'

    with connect(url, open_timeout=PATIENCE) as client:
        client.send("hi")
        assert client.recv(PATIENCE) == "hello"
        greeted = call(
            "wait_for_websocket_event", match={"rule": "greet"}, after="start", timeout=PATIENCE
        )
        assert greeted["status"] == "happened"

        faults = call("set_websocket_faults", faults=[{"drop": {}, "frames": {"nth": 1}}])
        assert faults["set"] == ["drop"]
        client.send("hi")
        client.send("hi")
        assert client.recv(PATIENCE) == "hello"
        lost = call("get_websocket_traffic", match={"kind": "fault"})
        assert [entry["payload"] for entry in lost["entries"]] == ["hello"]
        verdict = call("verify_websocket_traffic", expect={"rule": "greet", "exactly": 3})
        assert verdict["passed"], verdict
        assert call("close_websocket_client", code=4001)["total"] == 1

    assert call("remove_websocket_mock", names=["prices"])["removed"] == ["prices"]
    assert call("reset_websocket_server", what=["namespace"])["reset"] == ["namespace"]
