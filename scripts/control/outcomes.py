"""What the result of a tool means for the exit code: why it does not hold, in lines."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]


def complaints(tool: str, result: Result) -> Sequence[str]:
    """Return what does not hold by a result, a line each; nothing: it holds, exit code 0."""
    judge = _JUDGES.get(tool)
    return () if judge is None else judge(result)


def _status(result: Result) -> Sequence[str]:
    server = result["websocket_server"]
    if not server["is_running"]:
        return [f"the server is not running: {server['reason']}"]
    checks = result["health"]["checks"]
    return [f"{one['name']}: {one['reason']}" for one in checks if not one["healthy"]]


def _clients(result: Result) -> Sequence[str]:
    return (
        []
        if result["status"] == "success"
        else [str(result["error"] or "the server is not running")]
    )


def _delivery(result: Result) -> Sequence[str]:
    if result["status"] in ("sent", "closed"):
        return []
    return result["errors"] or [str(result["status"]).replace("_", " ")]


def _mock(result: Result) -> Sequence[str]:
    return list(result["errors"])


def _removal(result: Result) -> Sequence[str]:
    return [f"there is no endpoint {name!r}" for name in result["unknown"]]


def _faults(result: Result) -> Sequence[str]:
    return [*result["errors"], *(f"there is no fault {name!r}" for name in result["unknown"])]


def _wait(result: Result) -> Sequence[str]:
    if result["status"] != "timed_out":
        return []
    miss, hint = result["nearest_miss"], result.get("hint")
    count = result["entries_meanwhile"]
    others = f"{count} other entr{'y' if count == 1 else 'ies'}" if count else "nothing"
    text = f"{others} came meanwhile" if miss is None else f"the nearest miss: {miss}"
    return [f"timed out; {text}", *([] if hint is None else [hint])]


def _verification(result: Result) -> Sequence[str]:
    if result["passed"]:
        return []
    miss = result["nearest_miss"]
    return [result["verdict"] + (f"; the nearest miss: {miss}" if miss else "")]


def _connections(result: Result) -> Sequence[str]:
    is_done = result["status"] in ("test_completed", "stress_test_completed")
    return [] if is_done else [str(result["error"] or result["status"])]


_JUDGES: Mapping[str, Callable[[Result], Sequence[str]]] = {
    "get_websocket_server_status": _status,
    "get_websocket_clients": _clients,
    "send_websocket_message": _delivery,
    "close_websocket_client": _delivery,
    "set_websocket_mock": _mock,
    "remove_websocket_mock": _removal,
    "set_websocket_faults": _faults,
    "wait_for_websocket_event": _wait,
    "verify_websocket_traffic": _verification,
    "test_websocket_connection": _connections,
}
