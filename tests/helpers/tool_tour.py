"""Every tool called once over a transport, with real WebSocket clients connected."""

import json

from tests.helpers.mcp_session import McpSession, Progress
from tests.helpers.peers import peer
from tests.helpers.wait import PATIENCE


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
