"""The tool for faults, over a real server with real clients."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.helpers.frames import PING, PONG, TEXT, frame, request, text
from tests.helpers.mcp_session import McpSession
from tests.helpers.raw_client import RawClient, Received, connected, opened
from tests.helpers.server import InProcessServer
from tests.helpers.wait import eventually
from websocket_mock.actors.faults.presets import PRESETS

FAULTS = "set_websocket_faults"
MOCK = "set_websocket_mock"
RESET = "reset_websocket_server"
CLIENTS = "get_websocket_clients"
TRAFFIC = "get_websocket_traffic"

A, B = Received(TEXT, b"a"), Received(TEXT, b"b")
DROP: dict[str, Any] = {"drop": {}}


@pytest.fixture
def echo(server: InProcessServer) -> Iterator[RawClient]:
    """A client of the raw echo."""
    with opened(server.port) as client:
        yield client


def is_dropped(client: RawClient) -> bool:
    """Tell whether the echo of a message does not come."""
    client.send(text("a"), frame(PING, b"end"))
    first = client.read_frame()
    if first == A:
        assert client.read_frame() == Received(PONG, b"end")
        return False
    assert first == Received(PONG, b"end")
    return True


def names(answer: dict[str, Any]) -> list[str]:
    return [fault["name"] for fault in answer["faults"]]


def test_without_arguments_it_lists(session: McpSession) -> None:
    answer = session.call(FAULTS)
    assert (answer["status"], answer["faults"], answer["total"]) == ("ok", [], 0)


def test_fault_acts_on_open_connections_at_once_until_it_is_cleared(
    session: McpSession, echo: RawClient
) -> None:
    assert not is_dropped(echo)
    answer = session.call(FAULTS, faults=[DROP])
    assert (answer["set"], names(answer)) == (["drop"], ["drop"])
    assert is_dropped(echo)
    answer = session.call(FAULTS, clear=["drop", "nonsense"])
    assert (answer["cleared"], answer["unknown"], answer["total"]) == (["drop"], ["nonsense"], 0)
    assert not is_dropped(echo)


def test_fault_acts_on_coming_connections(session: McpSession, server: InProcessServer) -> None:
    session.call(FAULTS, faults=[DROP])
    with opened(server.port) as client:
        assert is_dropped(client)


def test_state_of_idle_connections_changes_at_once(session: McpSession, echo: RawClient) -> None:
    session.call(FAULTS, faults=[{"stop_reading": {}}])
    echo.send(text("a"))
    echo.socket.settimeout(0.1)
    with pytest.raises(TimeoutError):
        echo.read_frame()
    session.call(FAULTS, clear="all")
    echo.socket.settimeout(10)
    assert echo.read_frame() == A


def test_every_connection_can_be_reset(session: McpSession, server: InProcessServer) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(opened(server.port)) for _ in range(3)]
        session.call(FAULTS, faults=["reset"])
        for client in clients:
            with pytest.raises(ConnectionResetError):
                client.read_end()


def test_fault_is_for_one_client(session: McpSession, server: InProcessServer) -> None:
    with opened(server.port) as one, opened(server.port) as other:
        (first, _) = session.call(CLIENTS)["clients"]
        answer = session.call(FAULTS, faults=[{**DROP, "client": first["id"]}])
        assert answer["warnings"] == []
        assert is_dropped(one)
        assert not is_dropped(other)


def test_fault_is_for_one_endpoint(session: McpSession, server: InProcessServer) -> None:
    session.call(MOCK, endpoint={"name": "prices", "path": "/prices", "unmatched": "echo"})
    session.call(FAULTS, faults=[{**DROP, "endpoint": "prices"}])
    with opened(server.port, "/prices") as one, opened(server.port) as other:
        assert is_dropped(one)
        assert not is_dropped(other)


def test_fault_is_for_a_group_while_the_client_is_in_it(
    session: McpSession, server: InProcessServer
) -> None:
    rules = [
        {"match": {"text": "join"}, "do": [{"join": "g"}]},
        {"match": {"text": "leave"}, "do": [{"leave": "g"}]},
    ]
    session.call(MOCK, endpoint={"path": "/g", "rules": rules, "unmatched": "echo"})
    session.call(FAULTS, faults=[{**DROP, "group": "g"}])
    with opened(server.port, "/g") as client:
        assert not is_dropped(client)
        client.send(text("join"))
        assert is_dropped(client)
        client.send(text("leave"))
        assert not is_dropped(client)


def test_fault_of_an_attempt_hits_that_connection_only(
    session: McpSession, server: InProcessServer
) -> None:
    session.call(RESET, what=["attempts"])
    session.call(FAULTS, faults=[{**DROP, "attempt": 2}])
    hit = []
    for _ in range(3):
        with opened(server.port) as client:
            hit.append(is_dropped(client))
    assert hit == [False, True, False]


def test_fault_of_a_mock_is_listed_with_its_endpoint_and_changed_with_it(
    session: McpSession, server: InProcessServer
) -> None:
    endpoint = {"name": "e", "path": "/e", "unmatched": "echo"}
    session.call(MOCK, endpoint={**endpoint, "faults": [DROP]})
    (fault,) = session.call(FAULTS)["faults"]
    assert (fault["name"], fault["of_endpoint"], fault["kind"]) == ("drop", "e", "drop")
    with opened(server.port, "/e") as client:
        assert is_dropped(client)
        assert session.call(FAULTS, clear="all")["total"] == 1
        session.call(MOCK, endpoint=endpoint)
        assert not is_dropped(client)


def test_fault_is_over_by_itself(session: McpSession, echo: RawClient) -> None:
    answer = session.call(FAULTS, faults=[DROP], expires_after="2")
    assert 0 < answer["faults"][0]["expires_in_seconds"] <= 2
    assert is_dropped(echo)
    eventually(lambda: not is_dropped(echo))
    assert session.call(FAULTS)["total"] == 0


def test_faults_without_a_name_get_one_and_named_ones_are_replaced(session: McpSession) -> None:
    assert session.call(FAULTS, faults=[DROP, DROP])["set"] == ["drop", "drop-2"]
    assert session.call(FAULTS, faults=[DROP])["set"] == ["drop-3"]
    answer = session.call(FAULTS, faults=[{"name": "drop-2", "latency": {"mean": 1}}])
    assert names(answer) == ["drop", "drop-2", "drop-3"]
    assert answer["faults"][1]["kind"] == "latency"
    answer = session.call(FAULTS, faults=[DROP], clear="all")
    assert (answer["set"], answer["cleared"]) == (["drop"], ["drop-2", "drop-3"])


def test_mistakes_are_told_with_their_place_and_change_nothing(session: McpSession) -> None:
    session.call(FAULTS, faults=[DROP])
    answer = session.call(FAULTS, faults=[{"name": "ok", **DROP}, {"dropp": {}}], clear=["drop"])
    assert answer["status"] == "error"
    assert answer["errors"][0].startswith("faults[1].dropp: unknown key 'dropp'; did you mean")
    assert names(answer) == ["drop"]
    twice = session.call(FAULTS, faults=[{"name": "x", **DROP}, {"name": "x", **DROP}])
    assert twice["errors"] == ["faults: two faults are named 'x'"]
    assert "expires_after" in session.refusal(FAULTS, faults=[DROP], expires_after="soon")


@pytest.mark.parametrize("name", PRESETS)
def test_preset_is_set_by_its_name_and_replaces_itself(session: McpSession, name: str) -> None:
    for _ in range(2):
        answer = session.call(FAULTS, faults=[name])
        assert (answer["status"], answer["errors"]) == ("ok", [])
        assert answer["set"][0].startswith(name)
        assert answer["total"] == len(PRESETS[name].faults)


def test_preset_has_a_target_and_closes_its_clients(
    session: McpSession, server: InProcessServer
) -> None:
    for name in ("here", "there"):
        session.call(MOCK, endpoint={"path": f"/{name}", "name": name})
    with opened(server.port, "/here") as here, opened(server.port, "/there") as there:
        answer = session.call(FAULTS, faults=[{"preset": "restart", "endpoint": "here"}])
        assert answer["set"] == ["restart of here"]
        assert here.read_frame().payload == (1012).to_bytes(2, "big") + b"service restart"
        there.send(frame(PING, b"still"))
        assert there.read_frame() == Received(PONG, b"still")
        with connected(server.port) as refused:
            assert refused.ask(request("/here")).status == 503


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ({"preset": "slow-4g"}, "there is no preset 'slow-4g'; did you mean 'slow-3g'?"),
        ({"preset": "slow-3g", "probability": 0.5}, "a preset takes endpoint, group or client"),
    ],
)
def test_preset_that_cannot_be_is_refused(
    session: McpSession, fault: dict[str, Any], problem: str
) -> None:
    assert problem in session.refusal(FAULTS, faults=[fault])


def test_scope_that_nobody_has_is_warned_of(session: McpSession) -> None:
    answer = session.call(
        FAULTS, faults=[{**DROP, "endpoint": "nope"}, {**DROP, "client": "ffffffff"}]
    )
    assert answer["warnings"] == [
        "drop: there is no endpoint 'nope' yet",
        "drop-2: no client 'ffffffff' is connected",
    ]


def test_reset_clears_faults_those_of_actions_too(
    session: McpSession, server: InProcessServer
) -> None:
    rules = [{"match": {"text": "go"}, "do": [{"fault": "drop"}]}]
    session.call(MOCK, endpoint={"path": "/f", "rules": rules, "unmatched": "echo"})
    with opened(server.port, "/f") as client:
        client.send(text("go"))
        assert is_dropped(client)
        session.call(FAULTS, faults=[{"latency": {"mean": "1ms"}}])
        session.call(RESET, what=["faults"])
        assert session.call(FAULTS)["total"] == 0
        assert not is_dropped(client)


def test_traffic_shows_what_faults_did(session: McpSession, echo: RawClient) -> None:
    session.call(FAULTS, faults=[{"name": "hole", **DROP}])
    assert is_dropped(echo)
    answer = session.call(TRAFFIC, match={"kind": "fault", "fault": "hole"})
    (entry,) = answer["entries"]
    assert (entry["payload"], entry["details"]) == ("a", {"fault": "hole", "type": "drop"})
