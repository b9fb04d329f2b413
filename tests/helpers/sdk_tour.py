"""What clients made with other SDKs than FastMCP's call, and what they must get.

The calls are data, so that a program in another language can make them, too.
"""

from typing import Any

from tests.helpers.tool_tour import ENDPOINT

Call = tuple[str, dict[str, Any]]
"""A tool and its arguments."""

GREET = {"rule": "greet"}

ARM: Call = ("set_websocket_mock", {"endpoint": ENDPOINT, "seed": 7})
"""The first call. Its `url` is where a WebSocket client then connects, says "hi" and stays."""

CALLS: list[Call] = [
    ("get_websocket_server_status", {}),
    ("get_websocket_clients", {"limit": 5}),
    ("list_websocket_mocks", {"name": "prices"}),
    ("explain_websocket_message", {"endpoint": "prices", "text": "ho"}),
    ("get_websocket_schema", {"parts": ["EntryMatch", "Tests"]}),
    ("wait_for_websocket_event", {"match": GREET, "after": "start", "timeout": 20}),
    ("wait_for_websocket_event", {"match": GREET, "after": 0, "quiet": "20ms", "timeout": 20}),
    ("get_websocket_traffic", {"match": {"match": {"text": {"starts_with": "h"}}}}),
    ("verify_websocket_traffic", {"expect": {**GREET, "exactly": 1}}),
    ("verify_websocket_traffic", {"sequence": {"entries": [{"kind": "open"}, GREET]}}),
    ("list_websocket_checks", {}),
    ("set_websocket_faults", {"faults": [{"latency": {"mean": "1ms"}, "direction": "both"}]}),
    ("set_websocket_faults", {"clear": "all"}),
    ("send_websocket_message", {"message_type": "news", "payload": {"bids": [1.5, None]}}),
    ("test_websocket_connection", {"test_type": "ping", "window_seconds": 20}),
    ("close_websocket_client", {"code": 4001, "reason": "done"}),
    ("remove_websocket_mock", {"names": ["prices"]}),
    ("reset_websocket_server", {"what": ["namespace"]}),
]
"""Those that follow. Each gets the namespace of the tour."""

REFUSED: Call = ("get_websocket_traffic", {"match": {"kind": "opne"}})
"""A call with a bad condition, at the end."""

RESOURCE = "websocket://status"


def in_namespace(call: Call, namespace: str) -> Call:
    tool, arguments = call
    if tool != "get_websocket_schema":
        arguments = {**arguments, "namespace": namespace}
    return tool, arguments


def check_results(results: list[dict[str, Any]]) -> None:
    """Check the structured results of `CALLS`."""
    (status, clients, mocks, explained, schema, happened, quiet, traffic, counted, ordered) = (
        results[:10]
    )
    checks, faults, cleared, sent, tested, closed, removed, reset = results[10:]
    assert status["health"]["healthy"]
    assert clients["total_clients"] == 1
    assert mocks["endpoints"][0]["name"] == "prices"
    assert explained["rules"][0]["why"] == 'text: expected "hi", got "ho"'
    assert set(schema["schemas"]) == {"EntryMatch", "Tests"}
    assert happened["status"] == "happened"
    assert quiet["status"] == "quiet"
    assert [entry["payload"] for entry in traffic["entries"]] == ["hi", "hello"]
    assert counted["passed"]
    assert ordered["passed"]
    assert [check["status"] for check in checks["ended"]][:2] == ["passed", "passed"]
    assert faults["set"] == ["latency"]
    assert cleared["total"] == 0
    assert sent["sent_to_clients"] == 1
    assert tested["result"]["answered"] == 1
    assert closed["total"] == 1
    assert removed["removed"] == ["prices"]
    assert reset["reset"] == ["namespace"]


def check_refusal(text: str) -> None:
    assert text.startswith("match.kind: 'opne' is not allowed; did you mean 'open'?")
