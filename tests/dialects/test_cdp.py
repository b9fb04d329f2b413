"""The dialect cdp, used through the npm package `chrome-remote-interface` and by hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example, Peer
from tests.helpers.node import node_report, require_package

pytestmark = pytest.mark.integration

PARAMETERS: dict[str, Any] = {
    "load_time": "20ms",
    "unreachable": ["https://nowhere.example/"],
    "values": {
        "document.title": "Mock page",
        "1 + 1": 2,
        "[1]": [1],
        "null": None,
        "true": True,
        "({a: 1})": {"a": 1},
    },
    "exceptions": {"boom()": "Error: boom"},
    "answers": {"DOM.getBoxModel": {"model": {"width": "{{ message.json.params.nodeId + 2 }}"}}},
    "errors": {"DOM.performSearch": {"code": -32000, "message": "not now"}},
    "events": {"Log.enable": [{"method": "Log.entryAdded", "params": {"entry": {"text": "hi"}}}]},
}


@pytest.fixture
def chrome() -> Iterator[Example]:
    with dialect("cdp", **PARAMETERS) as served:
        yield served


@pytest.fixture(scope="module")
def seen() -> Any:
    """What the real client saw."""
    require_package("chrome-remote-interface")
    with dialect("cdp", **PARAMETERS) as chrome:
        return node_report("dialect_cdp.js", chrome.url(""))


@pytest.fixture
def page(chrome: Example) -> Iterator[Peer]:
    with chrome.connect("/devtools/page/P1") as peer:
        yield peer


@pytest.fixture
def browser(chrome: Example) -> Iterator[Peer]:
    with chrome.connect("/devtools/browser/B1") as peer:
        yield peer


def request(method: str, number: int = 1, **rest: Any) -> dict[str, Any]:
    return {"id": number, "method": method, **rest}


def evaluate(peer: Peer, expression: str) -> Any:
    answer = peer.ask(request("Runtime.evaluate", params={"expression": expression}))
    return answer["result"]["result"]


# --- the real client ----------------------------------------------------------------------------


def test_client_loads_a_page_and_gets_the_events_of_its_domains(seen: Any) -> None:
    page = seen["page"]
    assert page["navigated"] == "P7"
    assert page["asked"] == ["GET", "https://example.org/"]
    assert page["frame"] == "https://example.org/"
    methods = page["methods"]
    assert methods[:3] == [
        "Runtime.executionContextCreated",
        "Page.frameStartedLoading",
        "Network.requestWillBeSent",
    ]
    assert methods[-3:] == [
        "Page.domContentEventFired",
        "Page.loadEventFired",
        "Page.frameStoppedLoading",
    ]


def test_client_evaluates_expressions(seen: Any) -> None:
    page = seen["page"]
    assert page["title"] == {"type": "string", "value": "Mock page"}
    assert page["thrown"] == "Error: boom"
    assert page["undefined"] == {"type": "undefined"}


def test_client_gets_the_answers_and_errors_of_the_parameters(seen: Any) -> None:
    page = seen["page"]
    assert page["answered"] == {"model": {"width": 3}}
    assert page["unreachable"] == "net::ERR_NAME_NOT_RESOLVED"
    assert page["product"].startswith("Chrome/")
    assert page["errors"] == [
        {"code": -32601, "message": "'Page.fly' wasn't found"},
        {"code": -32602, "message": "Invalid parameters"},
        {"code": -32000, "message": "not now"},
    ]


def test_client_connects_again_after_the_browser_was_closed(seen: Any) -> None:
    assert seen["page"]["reconnected"] == 2


def test_client_attaches_to_a_page_with_a_flat_session(seen: Any) -> None:
    assert seen["browser"] == {
        "target": "PAGE1",
        "withoutSession": {"code": -32601, "message": "'Page.enable' wasn't found"},
        "isTheSameSession": True,
        "afterwards": {"code": -32001, "message": "Session with given id not found."},
    }


def test_client_finds_the_browser_and_its_pages_over_http(seen: Any) -> None:
    assert seen["discovered"] == {
        "browser": "/devtools/browser/BROWSER1",
        "targets": ["/devtools/page/PAGE1"],
        "isNew": True,
        "url": "https://example.org/",
        "answer": 2,
    }


# --- by hand ------------------------------------------------------------------------------------


WRONG = {
    "no JSON": -32700,
    "[1]": -32600,
    '{"method": "Page.enable"}': -32600,
    '{"id": "1", "method": "Page.enable"}': -32600,
    '{"id": 1}': -32600,
    '{"id": 1, "method": "Page.enable", "params": []}': -32600,
    '{"id": 1, "method": "Page.enable", "sessionId": 1}': -32600,
    '{"id": 1, "method": "Page.enable", "sessionId": "x"}': -32001,
    '{"id": 1, "method": "Page.fly"}': -32601,
    '{"id": 1, "method": "Runtime.evaluate", "params": {}}': -32602,
}
"""Requests, and the codes of the errors that answer them."""


def test_wrong_requests_are_answered_with_errors(page: Peer) -> None:
    codes = {}
    for text in WRONG:
        page.connection.send(text)
        codes[text] = page.receive()["error"]["code"]
    assert codes == WRONG
    assert page.ask(request("Page.enable")) == {"id": 1, "result": {}}


def test_value_of_an_expression_has_its_type(page: Peer) -> None:
    array = {"subtype": "array", "className": "Array", "description": "Array(1)", "value": [1]}
    plain = {"className": "Object", "description": "Object", "value": {"a": 1}}
    expected = {
        "1 + 1": {"type": "number", "value": 2, "description": "2"},
        "true": {"type": "boolean", "value": True},
        "null": {"type": "object", "subtype": "null", "value": None},
        "[1]": {"type": "object", **array},
        "({a: 1})": {"type": "object", **plain},
    }
    assert {one: evaluate(page, one) for one in expected} == expected


def test_events_come_behind_the_answer_of_their_method(page: Peer) -> None:
    assert page.ask(request("Log.enable")) == {"id": 1, "result": {}}
    assert page.receive() == {"method": "Log.entryAdded", "params": {"entry": {"text": "hi"}}}


def test_domains_that_are_disabled_send_no_events(page: Peer) -> None:
    page.ask(request("Page.enable"))
    page.ask(request("Page.disable"))
    page.ask(request("Network.enable"))
    page.ask(request("Page.navigate", params={"url": "https://example.org/"}))
    methods = [page.receive()["method"] for _ in range(3)]
    assert methods == [
        "Network.requestWillBeSent",
        "Network.responseReceived",
        "Network.loadingFinished",
    ]


def test_page_has_lifecycle_events_once_they_are_asked_for(page: Peer) -> None:
    page.ask(request("Page.setLifecycleEventsEnabled", params={"enabled": True}))
    page.ask(request("Page.reload"))
    events = [page.receive()["params"]["name"] for _ in range(4)]
    assert events == ["init", "DOMContentLoaded", "load", "networkIdle"]


def test_browser_tells_of_its_targets_and_attaches_to_them(browser: Peer) -> None:
    created = browser.ask(request("Target.setDiscoverTargets", params={"discover": True}))
    assert created["params"]["targetInfo"]["targetId"] == "PAGE1"
    browser.receive()
    auto = {"autoAttach": True, "flatten": True, "waitForDebuggerOnStart": False}
    attached = browser.ask(request("Target.setAutoAttach", params=auto))
    assert attached["method"] == "Target.attachedToTarget"
    browser.receive()
    new = browser.ask(request("Target.createTarget", params={"url": "https://example.org/"}))
    target = new["params"]["targetInfo"]["targetId"]
    session = browser.receive()["params"]["sessionId"]
    assert browser.receive()["result"] == {"targetId": target}
    listed = browser.ask(request("Target.getTargets"))["result"]["targetInfos"]
    assert [one["attached"] for one in listed] == [True, True]
    assert browser.ask(request("Page.enable", sessionId=session)) == {
        "id": 1,
        "result": {},
        "sessionId": session,
    }
    browser.ask(request("Target.closeTarget", params={"targetId": target}))
    left = [browser.receive() for _ in range(2)]
    assert [one["method"] for one in left] == [
        "Target.detachedFromTarget",
        "Target.targetDestroyed",
    ]


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("Target.attachToTarget", {"targetId": "x"}, "No target with given id found"),
        ("Target.detachFromTarget", {"sessionId": "x"}, "No session with given id"),
    ],
)
def test_targets_and_sessions_must_be_known(
    browser: Peer, method: str, params: Any, text: str
) -> None:
    answer = browser.ask(request(method, params=params))
    assert answer["error"] == {"code": -32602, "message": text}


def test_other_paths_are_refused(chrome: Example) -> None:
    assert chrome.refusal("/devtools/worker/W1").status_code == 404
