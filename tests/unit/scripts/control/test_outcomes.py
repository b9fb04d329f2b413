"""Which results do not hold, and what is said of them."""

from typing import Any

import pytest

from websocket_mock.scripts.control.outcomes import complaints


def status(reason: str | None, *checks: tuple[str, bool]) -> dict[str, Any]:
    return {
        "websocket_server": {"is_running": reason is None, "reason": reason},
        "health": {"checks": [{"name": n, "healthy": h, "reason": "late"} for n, h in checks]},
    }


@pytest.mark.parametrize(
    ("tool", "result", "lines"),
    [
        ("get_websocket_server_status", status(None, ("journal", True)), []),
        ("get_websocket_server_status", status(None, ("journal", False)), ["journal: late"]),
        ("get_websocket_server_status", status("in use"), ["the server is not running: in use"]),
        ("get_websocket_clients", {"status": "success"}, []),
        (
            "get_websocket_clients",
            {"status": "server_not_running", "error": None},
            ["the server is not running"],
        ),
        ("send_websocket_message", {"status": "no_clients", "errors": []}, ["no clients"]),
        (
            "wait_for_websocket_event",
            {
                "status": "timed_out",
                "nearest_miss": "entry 3: code",
                "entries_meanwhile": 2,
                "hint": "a rule could not do its work",
            },
            ["timed out; the nearest miss: entry 3: code", "a rule could not do its work"],
        ),
        (
            "wait_for_websocket_event",
            {"status": "timed_out", "nearest_miss": None, "entries_meanwhile": 3},
            ["timed out; 3 other entries came meanwhile"],
        ),
        (
            "wait_for_websocket_event",
            {"status": "timed_out", "nearest_miss": None, "entries_meanwhile": 0},
            ["timed out; nothing came meanwhile"],
        ),
        ("wait_for_websocket_event", {"status": "quiet"}, []),
        (
            "verify_websocket_traffic",
            {"passed": False, "verdict": "expected 1", "nearest_miss": "entry 3: code"},
            ["expected 1; the nearest miss: entry 3: code"],
        ),
        ("test_websocket_connection", {"status": "test_completed"}, []),
        ("test_websocket_connection", {"status": "no_clients", "error": None}, ["no_clients"]),
        ("get_websocket_schema", {"parts": {}}, []),
    ],
)
def test_complaints(tool: str, result: dict[str, Any], lines: list[str]) -> None:
    assert list(complaints(tool, result)) == lines
