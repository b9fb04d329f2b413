"""Verdicts on traffic, over a real server with real clients."""

from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError

from tests.helpers.json_client import say, websocket
from tests.helpers.mcp_session import McpSession, text_of
from tests.helpers.peers import peer
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE, eventually

TRAFFIC = "get_websocket_traffic"
WAIT = "wait_for_websocket_event"
VERIFY = "verify_websocket_traffic"

MAX_RESULT = 20_000
"""Characters of a result that MCP clients still take."""


def test_verdict_has_evidence(session: McpSession, url: str) -> None:
    say(url, "a", "b", "a")
    expect = {"direction": "received", "match": {"text": "a"}, "exactly": 2}
    answer = session.call(VERIFY, expect=expect)

    assert answer["passed"]
    found = [session.call(TRAFFIC, seq=seq)["entries"][0]["payload"] for seq in answer["evidence"]]
    assert found == ["a", "a"]


def test_wrong_verdict_has_the_nearest_miss(session: McpSession, url: str) -> None:
    say(url, "a")
    answer = session.call(VERIFY, expect={"match": {"text": "b"}})

    assert not answer["passed"]
    assert answer["verdict"] == "expected at least 1, found 0 times"
    assert 'text: expected "b", got ' in answer["nearest_miss"]


def test_endpoint_that_does_not_exist_is_told_also_if_nothing_is_expected(
    session: McpSession,
) -> None:
    session.call("set_websocket_mock", endpoint={"name": "prices", "path": "/prices"})
    never = session.call(VERIFY, expect={"endpoint": "price", "never": True})
    second = {"entries": [{"endpoint": "prices"}, {"endpoint": "price"}]}

    assert never["passed"]
    expected = "found 0 times; there is no endpoint 'price', did you mean 'prices'?"
    assert never["verdict"].endswith(expected)
    assert "there is no endpoint 'price'" in session.call(VERIFY, sequence=second)["verdict"]
    known = session.call(VERIFY, expect={"endpoint": "prices", "never": True})
    assert known["verdict"] == "expected never, found 0 times"


def test_namespace_in_which_nothing_is_is_told(session: McpSession) -> None:
    session.call("set_websocket_mock", endpoint={"path": "/prices"}, namespace="run-7")
    expected = "the namespace 'run7' has no endpoints and nothing happened in it, did you mean "
    never = session.call(VERIFY, expect={"never": True}, namespace="run7")

    assert expected + "'run-7'?" in never["verdict"]
    assert expected in session.call(TRAFFIC, namespace="run7")["hint"]
    assert session.call(TRAFFIC, namespace="run-7")["hint"].startswith("Nothing has happened yet")


@pytest.mark.parametrize(("gaps", "passed"), [(True, True), (False, False)])
def test_sequence_with_and_without_gaps(
    session: McpSession, url: str, *, gaps: bool, passed: bool
) -> None:
    say(url, "a", "b")
    steps = [{"direction": "received", "match": {"text": text}} for text in "ab"]
    answer = session.call(VERIFY, sequence={"entries": steps, "gaps": gaps})

    assert answer["passed"] is passed


def test_verdict_may_be_awaited(session: McpSession, server: InProcessServer, url: str) -> None:
    call = session.start_call(VERIFY, expect={"kind": "open", "at_least": 2}, within=PATIENCE)
    eventually(lambda: server.waits == 1)
    with peer(url), peer(url):
        answer = call.result(PATIENCE).structured_content or {}

    assert answer["passed"]


def test_message_that_no_rule_takes_fails_the_verification_of_a_strict_endpoint(
    session: McpSession,
) -> None:
    for name in ("strict", "other"):
        rule = {"name": "ask", "match": {"text": "ask"}, "do": [{"send": {"text": "answer"}}]}
        endpoint = {"name": name, "path": f"/{name}", "rules": [rule], "unmatched": "strict"}
        url = session.call("set_websocket_mock", endpoint=endpoint)["url"]
    with websocket(url.replace("/other", "/strict")) as client:
        client.send("ask")
        assert client.recv(PATIENCE) == "answer"
        client.send("aks")
        with pytest.raises(ConnectionClosedError, match="1008"):
            client.recv(PATIENCE)
    found = session.call(
        WAIT, after="start", match={"kind": "verdict", "passed": False}, timeout=PATIENCE
    )
    why = 'no rule matches; the nearest is ask: text: expected "ask", got "aks"'
    assert found["entry"]["details"] == {"passed": False, "text": why, "strict": True}

    expect = {"endpoint": "strict", "match": {"text": "answer"}}
    answer = session.call(VERIFY, expect=expect)
    assert not answer["passed"]
    assert answer["strict_failures"] == [found["entry"]["seq"]]
    assert session.call(VERIFY, expect=expect, ignore_strict=True)["passed"]
    behind = session.call(
        VERIFY, expect={"endpoint": "strict", "at_least": 0}, after=found["next_cursor"]
    )
    assert (behind["passed"], behind["strict_failures"]) == (True, [])
    assert session.call(VERIFY, expect={"endpoint": "other", "at_least": 0})["passed"]
    assert session.call(VERIFY, expect={"kind": "verdict", "passed": False})["passed"]


def test_script_that_fails_fails_the_verification(session: McpSession) -> None:
    script = [{"send": {"text": "hi"}}, {"expect": {"text": "hello"}}]
    endpoint = {"name": "talk", "path": "/talk", "script": script}
    url = session.call("set_websocket_mock", endpoint=endpoint)["url"]
    with websocket(url) as client:
        assert client.recv(PATIENCE) == "hi"
    found = session.call(WAIT, after="start", match={"kind": "verdict"}, timeout=PATIENCE)

    answer = session.call(VERIFY, expect={"endpoint": "talk", "match": {"text": "hi"}})
    assert not answer["passed"]
    assert answer["strict_failures"] == [found["entry"]["seq"]]


def test_message_that_breaks_a_contract_fails_the_verification(session: McpSession) -> None:
    endpoint = {
        "name": "shop",
        "path": "/shop",
        "accepts": {"required": ["type"]},
        "unmatched": "echo",
    }
    url = session.call("set_websocket_mock", endpoint=endpoint)["url"]
    with websocket(url) as client:
        client.send("{}")
        assert client.recv(PATIENCE) == "{}"
    match = {"kind": "verdict", "contract": "accepts"}
    found = session.call(WAIT, after="start", match=match, timeout=PATIENCE)
    why, number = "accepts: $: 'type' is a required property", found["entry"]["seq"]
    assert found["entry"]["details"] == {"passed": False, "text": why, "contract": "accepts"}

    expect = {"endpoint": "shop", "direction": "received", "match": {"text": "{}"}}
    answer = session.call(VERIFY, expect=expect)
    assert not answer["passed"]
    assert answer["verdict"].endswith(f"contract): {number}; entry {number}: {why}")
    assert answer["strict_failures"] == [found["entry"]["seq"]]
    assert session.call(VERIFY, expect=expect, ignore_strict=True)["passed"]
    assert session.call(VERIFY, expect={**match, "exactly": 1})["passed"]
    assert not session.call(VERIFY, expect={**match, "never": True})["passed"]


@pytest.mark.parametrize("arguments", [{}, {"expect": {}, "sequence": {"entries": [{}]}}])
def test_either_expect_or_sequence_is_asked_for(
    session: McpSession, arguments: dict[str, Any]
) -> None:
    assert "either expect or sequence" in session.refusal(VERIFY, **arguments)


def test_verdict_on_very_much_traffic_stays_small(session: McpSession, url: str) -> None:
    say(url, *["x"] * 2000)
    result = session.try_call(VERIFY, expect={"kind": "text", "spacing": {"at_least": 0}})

    assert (result.structured_content or {})["count"] == 4000
    assert len(text_of(result)) < MAX_RESULT
