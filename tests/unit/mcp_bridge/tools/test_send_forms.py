"""What is sent as it is, and to whom beside one client or all: groups and endpoints."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.helpers.bridge import bridge_over
from tests.helpers.json_client import websocket
from tests.helpers.mcp_session import McpSession, mcp_session
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.service.messages import decode_binary

SEND = "send_websocket_message"
CLOSE = "close_websocket_client"
SET = "set_websocket_mock"

ROOM = {
    "name": "room",
    "path": "/room/{name}",
    "rules": [
        {"trigger": "connect", "do": [{"join": "{{ path.name }}"}, {"send": {"text": "in"}}]}
    ],
}


@pytest.fixture
def session(server: InProcessServer) -> Iterator[McpSession]:
    with mcp_session(bridge_over(server.gateway)) as connected:
        connected.call(SET, endpoint=ROOM)
        yield connected


class Crowd:
    """Clients in the rooms `a`, `a` and `b`, and one at no endpoint."""

    def __init__(self, stack: ExitStack, url: str) -> None:
        paths = ("/room/a", "/room/a", "/room/b", "/elsewhere")
        self.clients = [stack.enter_context(websocket(url + path)) for path in paths]
        for client in self.clients:
            client.recv(PATIENCE)

    def heard(self, session: McpSession) -> list[list[str | bytes]]:
        """What each client has got up to a message for all."""
        session.call(SEND, text="that was all")
        return [list(iter(partial(one.recv, PATIENCE), "that was all")) for one in self.clients]


@pytest.fixture
def crowd(session: McpSession, url: str) -> Iterator[Crowd]:
    with ExitStack() as stack:
        yield Crowd(stack, url)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"text": 'as it is: {"no": JSON'}, 'as it is: {"no": JSON'),
        ({"text": ""}, ""),
        ({"binary": "AAEC"}, b"\x00\x01\x02"),
        ({"binary": "base64:AAEC"}, b"\x00\x01\x02"),
        ({"binary": "hex:0a0B"}, b"\x0a\x0b"),
        ({"binary": ""}, b""),
    ],
    ids=str,
)
def test_text_and_binary_arrive_as_they_are(
    session: McpSession, crowd: Crowd, form: dict[str, str], message: str | bytes
) -> None:
    answer = session.call(SEND, **form)
    assert (answer["status"], answer["sent_to_clients"], answer["message_type"]) == (
        "sent",
        4,
        None,
    )
    assert crowd.heard(session) == [[message]] * 4


@pytest.mark.parametrize(
    ("target", "reached"),
    [
        ({"target_group": "a"}, [True, True, False, False]),
        ({"target_group": "b"}, [False, False, True, False]),
        ({"target_endpoint": "room"}, [True, True, True, False]),
    ],
    ids=str,
)
def test_group_and_endpoint_are_reached_and_nobody_else(
    session: McpSession, crowd: Crowd, target: dict[str, str], reached: list[bool]
) -> None:
    answer = session.call(SEND, text="hello", **target)
    assert (answer["status"], answer["total_clients"]) == ("sent", 4)
    assert {name: answer[name] for name in target} == target
    assert crowd.heard(session) == [["hello"] if one else [] for one in reached]


@pytest.mark.parametrize("target", [{"target_group": "c"}, {"target_endpoint": "rooms"}], ids=str)
@pytest.mark.parametrize("tool", [SEND, CLOSE])
def test_nobody_in_a_group_or_at_an_endpoint_is_told_with_the_next_step(
    session: McpSession, crowd: Crowd, tool: str, target: dict[str, str]
) -> None:
    answer = session.call(tool, **target, **({"text": "x"} if tool == SEND else {}))
    assert answer["status"] == "no_clients"
    (error,) = answer["errors"]
    assert next(iter(target.values())) in error
    assert "list_websocket_mocks" in error
    assert crowd.heard(session) == [[]] * 4


@pytest.mark.parametrize(
    ("target", "closed"),
    [
        ({"target_group": "a"}, [True, True, False, False]),
        ({"target_endpoint": "room"}, [True, True, True, False]),
    ],
    ids=str,
)
def test_group_and_endpoint_are_closed_and_nobody_else(
    session: McpSession, crowd: Crowd, target: dict[str, str], closed: list[bool]
) -> None:
    answer = session.call(CLOSE, code=4009, **target)
    assert (answer["status"], answer["total"]) == ("closed", sum(closed))
    session.call(SEND, text="still here")
    assert [end_of(one) for one in crowd.clients] == [4009 if one else None for one in closed]


def end_of(client: ClientConnection) -> int | None:
    """The code a client was closed with; None while it is open."""
    try:
        client.recv(PATIENCE)
    except ConnectionClosed as closed:
        return None if closed.rcvd is None else closed.rcvd.code
    return None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "exactly one of message_type, text and binary"),
        ({"text": "x", "binary": "AA=="}, "exactly one of"),
        ({"message_type": "x", "text": "x"}, "exactly one of"),
        ({"text": "x", "payload": 1}, "payload: it goes with message_type only"),
        ({"binary": "?"}, "binary: 'base64:?' is not valid base64"),
        ({"binary": "hex:0"}, "not valid hex"),
        ({"text": "x", "target_client": "a", "target_group": "g"}, "at most one of target_client"),
        ({"text": "x", "target_group": "g", "target_endpoint": "e"}, "at most one of"),
    ],
    ids=str,
)
def test_what_is_not_one_message_for_one_target_is_refused(
    session: McpSession, arguments: dict[str, Any], complaint: str
) -> None:
    assert complaint in session.refusal(SEND, **arguments)


def test_close_has_at_most_one_target(session: McpSession) -> None:
    refusal = session.refusal(CLOSE, target_client="a", target_endpoint="e")
    assert "at most one of target_client" in refusal


@pytest.mark.parametrize("text", ["hex:zz", "AAE", "ä", "base64:!"])
def test_bytes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not valid"):
        decode_binary(text)
