"""The list of waits and verifications, over a real server with real clients."""

import threading

import pytest

from tests.helpers.json_client import say
from tests.helpers.mcp_session import McpSession
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.mcp_bridge.service.check_register import MAX_ENDED, CheckRegister
from websocket_mock.mcp_bridge.service.waiting import WaitResult, wait_for_event

CHECKS = "list_websocket_checks"
WAIT = "wait_for_websocket_event"
VERIFY = "verify_websocket_traffic"


def test_wait_is_listed_while_it_runs_and_after_it_with_its_result(
    session: McpSession, server: InProcessServer, url: str
) -> None:
    match = {"direction": "received", "match": {"text": "b"}}
    call = session.start_call(WAIT, match=match, timeout=PATIENCE)
    eventually(lambda: server.waits == 1)
    say(url, "a")
    eventually(lambda: session.call(CHECKS)["running"][0]["entries_seen"] >= 2)
    (running,) = session.call(CHECKS)["running"]

    assert (running["verb"], running["status"], running["text"]) == ("wait", "running", "")
    assert (running["conditions"], running["limit_seconds"]) == (match, PATIENCE)
    assert session.call(CHECKS)["ended"] == []

    say(url, "b")
    result = call.result(PATIENCE).structured_content or {}
    listed = session.call(CHECKS)
    assert (listed["running"], listed["total_running"]) == ([], 0)
    (ended,) = listed["ended"]
    assert (ended["number"], ended["status"]) == (running["number"], "happened")
    assert ended["evidence"] == [result["entry"]["seq"]]
    assert running["seconds"] < ended["seconds"] < PATIENCE


def test_verification_is_listed_with_its_verdict_newest_first(
    session: McpSession, url: str
) -> None:
    say(url, "a")
    for text in "ab":
        session.call(VERIFY, expect={"direction": "received", "match": {"text": text}})
    newest, oldest = session.call(CHECKS)["ended"]

    assert (oldest["status"], oldest["nearest_miss"]) == ("passed", None)
    assert (newest["verb"], newest["status"]) == ("verify", "failed")
    assert newest["text"] == "expected at least 1, found 0 times"
    assert 'expected "b", got "a"' in newest["nearest_miss"]
    assert newest["entries_seen"] > 0


def test_wait_that_cannot_be_done_is_listed_with_the_error(session: McpSession) -> None:
    told = session.refusal(WAIT, match={}, quiet="9s", timeout=1)
    (ended,) = session.call(CHECKS)["ended"]

    assert (ended["status"], ended["text"]) == ("error", told)


def test_checks_of_other_namespaces_are_not_listed(session: McpSession) -> None:
    session.call(VERIFY, expect={"kind": "open"}, namespace="own")
    session.call(VERIFY, expect={"kind": "open"}, namespace="*")

    assert session.call(CHECKS)["ended"] == []
    assert "No waits" in session.call(CHECKS)["hint"]
    assert [one["namespace"] for one in session.call(CHECKS, namespace="own")["ended"]] == ["own"]
    listed = session.call(CHECKS, namespace="*")["ended"]
    assert [one["namespace"] for one in listed] == ["*", "own"]


def test_wait_whose_caller_has_left_says_so(server: InProcessServer) -> None:
    gone = threading.Event()
    results: list[WaitResult] = []

    def wait() -> None:
        results.append(
            wait_for_event(server.gateway, EntryMatch(kind="open"), timeout=PATIENCE, gone=gone)
        )

    thread = threading.Thread(target=wait)
    thread.start()
    eventually(lambda: server.gateway.traffic_checks.count_running() == 1)
    gone.set()
    thread.join(PATIENCE)

    assert results[0].status == "timed_out"
    running, (ended,) = server.gateway.traffic_checks.list(None)
    assert (running, ended.status) == ([], "left")


def test_register_keeps_only_the_last_checks() -> None:
    register = CheckRegister()
    for number in range(MAX_ENDED + 1):
        with register.running("verify", {"n": number}, None, 0) as report:
            report.end("passed")
    running, ended = register.list(None)

    assert (running, len(ended)) == ([], MAX_ENDED)
    assert [ended[0].conditions, ended[-1].conditions] == [{"n": MAX_ENDED}, {"n": 1}]


def test_register_ends_what_fails() -> None:
    register = CheckRegister()
    with pytest.raises(RuntimeError), register.running("wait", {}, "*", 1):
        raise RuntimeError("no")
    _, (ended,) = register.list("*")

    assert (register.count_running(), ended.status, ended.text) == (0, "error", "no")
