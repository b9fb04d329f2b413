"""Real clients that speak HTTP before they upgrade, or beside it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.helpers.mock_server import mocking
from tests.helpers.node import node, require_package
from tests.helpers.server import serving_here
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

MOCKS = r"""
endpoints:
  - name: engine.io
    path: /socket.io/
    client_key: {query: sid}
    http:
      - name: open
        match: {method: GET, query: {sid: {present: false}}}
        do:
          - set: {vars.sid: "{{ uuid() }}"}
          - identify: "{{ vars.sid }}"
          - set: {client_vars.is_open: true}
        respond:
          text: >-
            0{{ {"sid": vars.sid, "upgrades": ["websocket"], "pingInterval": 25000,
            "pingTimeout": 20000, "maxPayload": 100000} | tojson }}
      - name: unknown session
        when: "{{ not client_vars.is_open }}"
        respond: {status: 400, json: {code: 1, message: Session ID unknown}}
      - name: packets
        match: {method: POST}
        do:
          - for_each:
              in: "{{ message.text.split('\x1e') }}"
              as: packet
              do:
                - when: "{{ packet == '40' }}"
                  do: [{set: {client_vars.queue: {append: '40{"sid":"s"}'}}}]
                - when: "{{ packet[:2] == '42' }}"
                  do:
                    - set:
                        client_vars.queue:
                          append: '42["echo",{{ (packet[2:] | fromjson)[1] | tojson }}]'
        respond: {text: ok}
      - name: poll
        match: {method: GET}
        wait_for: "{{ client_vars.queue or client_vars.is_upgraded }}"
        timeout: 25s
        do:
          - set: {vars.out: "{{ client_vars.queue or ['6'] }}", client_vars.queue: []}
        respond: {text: "{{ vars.out | join('\x1e') }}"}
      - name: ping
        match: {method: GET}
        respond: {text: "2"}
    rules:
      - match: {text: 2probe}
        do: [{set: {client_vars.is_upgraded: true}}, {send: {text: 3probe}}]
      - match: {text: "5"}
        do:
          - for_each: {in: "{{ client_vars.queue }}", as: packet, do: [{send: {text: "{{ packet }}"}}]}
      - match: {json_of: {prefix: "42", json: {"$[0]": say}}}
        do: [{send: {text: '42["echo",{{ match.json[1] | tojson }}]'}}]

  - name: signalr
    path: /hub
    rules:
      - match: {text: {contains: '"protocol"'}}
        do: [{send: {text: "{}\x1e"}}]
      - match: {text: {matches: '"invocationId":"(?P<id>[^"]+)"'}}
        do: [{send: {text: '{"type":3,"invocationId":"{{ match.id }}","result":"hello"}{{ "\x1e" }}'}}]

  - path: /hub/negotiate
    http:
      - match: {method: POST, query: {negotiateVersion: "1"}}
        respond:
          json:
            negotiateVersion: 1
            connectionId: "id-{{ attempt }}"
            connectionToken: "{{ uuid() }}"
            availableTransports: [{transport: WebSockets, transferFormats: [Text]}]
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one run of the Node clients saw."""
    require_package("socket.io-client")
    require_package("@microsoft/signalr")
    mocks: Path = tmp_path_factory.mktemp("mocks") / "mocks.yaml"
    mocks.write_text(MOCKS)
    with serving_here(mocks) as server, node("http.js", server.url("")) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    seen = json.loads(out)
    assert isinstance(seen, dict)
    return seen


def test_socketio_client_talks_by_long_polling(report: dict[str, Any]) -> None:
    assert report["polling"] == {"first": "polling", "last": "polling", "words": ["one", "two"]}


def test_socketio_client_upgrades_its_session(report: dict[str, Any]) -> None:
    seen = report["upgraded"]
    assert (seen["first"], seen["last"]) == ("polling", "websocket")
    assert seen["words"] == ["one", "two"]


def test_session_that_is_unknown_is_refused(report: dict[str, Any]) -> None:
    assert report["unknown"] == [400, {"code": 1, "message": "Session ID unknown"}]


def test_signalr_client_negotiates_before_it_connects(report: dict[str, Any]) -> None:
    assert report["signalr"] == {"result": "hello", "id": "id-1"}


def test_aiohttp_upgrades_a_connection_that_has_carried_requests() -> None:
    endpoint = {"http": [{"respond": {"json": {"token": "x"}}}], "unmatched": "echo"}

    async def talk(port: int) -> list[Any]:
        address = f"http://127.0.0.1:{port}/mock"
        one = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(connector=one) as session:
            seen: list[Any] = []
            for _ in range(2):
                async with session.post(address, json={"user": "ada"}) as answer:
                    seen.append(await answer.json())
            async with session.ws_connect(address) as socket:
                await socket.send_str("hello")
                seen.append(await socket.receive_str())
            return seen

    with mocking(endpoint) as server:
        assert asyncio.run(talk(server.port)) == [{"token": "x"}, {"token": "x"}, "hello"]
        assert server.server.stats().total_connections == 1
