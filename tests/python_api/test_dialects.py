"""Dialects in tests."""

import json
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.helpers.wait import PATIENCE
from websocket_mock import BadDefinition, UnexpectedTraffic, WebSocketMock

RPC = "json-rpc"


def ask(url: str, method: str) -> Any:
    with connect(url) as client:
        client.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}))
        return json.loads(client.recv(PATIENCE))


def test_dialect_answers_with_its_parameters(mock: WebSocketMock) -> None:
    rpc = mock.dialect(RPC, path="/api/{tenant}", methods={"sum": {"result": 3}})
    assert (rpc.name, rpc.path) == (RPC, "/api/{tenant}")
    assert ask(rpc.url(tenant="acme"), "sum")["result"] == 3
    other = mock.dialect(RPC, name="other", path="/other")
    assert ask(other.url(), "ping")["result"] == "pong"
    mock.check()


def test_own_rules_come_in_front_and_are_counted(mock: WebSocketMock) -> None:
    rpc = mock.dialect(RPC)
    rule = rpc.on(json={"$.method": "ping"}).send(json={"own": 1}).expect(2)
    assert [ask(rpc.url(), "ping") for _ in range(2)] == [{"own": 1}] * 2
    assert ask(rpc.url(), "echo") == {"jsonrpc": "2.0", "id": 1, "result": None}
    mock.check()
    assert rpc.fired()[rule.label] == 2
    rule.wait("1ms")
    assert ask(rpc.url(), "ping") == {"own": 1}
    with pytest.raises(UnexpectedTraffic, match="expected to fire exactly twice"):
        mock.check()
    mock.reset("traffic")


def test_endpoint_can_extend_a_dialect(mock: WebSocketMock) -> None:
    rpc = mock.endpoint("/mine", extends=f"dialect:{RPC}")
    assert ask(rpc.url(), "ping")["result"] == "pong"
    assert (rpc.name, rpc.path) == ("/mine", "/mine")
    assert rpc.fired() == {}


def test_dialect_that_cannot_be_used_changes_nothing(mock: WebSocketMock) -> None:
    with pytest.raises(BadDefinition) as caught:
        mock.dialect("json-rcp")
    assert "there is no dialect 'json-rcp'; did you mean 'json-rpc'?" in str(caught.value)
    with pytest.raises(BadDefinition) as caught:
        mock.dialect(RPC, paht="/x")
    assert "with.paht: there is no parameter 'paht'; did you mean 'path'?" in str(caught.value)
    assert mock.clients() == []
