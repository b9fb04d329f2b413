"""What a model is told of arguments that cannot be used."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.bridge import FakeGateway, bridge_over
from tests.helpers.mcp_session import McpSession, mcp_session

WAIT, VERIFY, TRAFFIC = (
    "wait_for_websocket_event",
    "verify_websocket_traffic",
    "get_websocket_traffic",
)
CLOSE = "close_websocket_client"


@pytest.fixture(scope="module")
def session() -> Iterator[McpSession]:
    """No call gets as far as the gateway."""
    with mcp_session(bridge_over(FakeGateway())) as connected:
        yield connected


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        (WAIT, {"match": {"knd": "open"}}, "match.knd: unknown key 'knd'; did you mean 'kind'?"),
        (
            WAIT,
            {"match": {"kind": "mesage"}},
            "match.kind: 'mesage' is not allowed; did you mean 'message'?",
        ),
        (WAIT, {"match": '{"knd": "open"}'}, "match.knd: unknown key 'knd'; did you mean 'kind'?"),
        (WAIT, {}, "match: this argument is needed"),
        (
            WAIT,
            {"match": {}, "timout": 1},
            "timout: unknown argument 'timout'; did you mean 'timeout'?",
        ),
        (WAIT, {"match": {}, "timeout": 0}, "timeout: give a number above 0, not 0"),
        (WAIT, {"match": {}, "timeout": "0s"}, "timeout: give a number above 0, not '0s'"),
        (
            WAIT,
            {"match": {}, "timeout": "6m"},
            "timeout: give a number that is at most 300, not '6m'",
        ),
        (
            VERIFY,
            {"expect": {}, "within": "soon"},
            "within: give a duration such as 250ms, 3s, 2m or a number of seconds, up to 24h",
        ),
        (WAIT, {"match": {}, "after": "then"}, "after: give a whole number, not 'then'"),
        (
            TRAFFIC,
            {"match": {"match": {"json": {"type": "a"}}}},
            (
                "match.match.json.type: unknown key 'type'; a path into JSON begins with $: "
                "did you mean '$.type'?"
            ),
        ),
        (TRAFFIC, {"limit": 1000}, "limit: give a number that is at most 200, not 1000"),
        (TRAFFIC, {"detail": "ful"}, "detail: 'ful' is not allowed; did you mean 'full'?"),
        (
            VERIFY,
            {"sequence": [{"kind": "open"}]},
            (
                "sequence: give a mapping of keys to values, not [{'kind': 'open'}]; "
                'a list goes under its key: {"entries": […]}'
            ),
        ),
        (
            VERIFY,
            {"expect": {"exactly": 1, "never": True}},
            "expect: give one of exactly and never, or at_least and at_most",
        ),
        (CLOSE, {"code": "many"}, "code: give a whole number, not 'many'"),
        (CLOSE, {"abort": "rst"}, "abort: 'rst' is not allowed; did you mean 'reset'?"),
    ],
)
def test_place_and_what_was_meant_are_told(
    session: McpSession, tool: str, arguments: dict[str, Any], told: str
) -> None:
    lines = session.refusal(tool, **arguments).splitlines()
    assert told in lines
    assert not [line for line in lines if "pydantic" in line or "https://" in line]
