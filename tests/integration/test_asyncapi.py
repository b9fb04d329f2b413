"""Mocks made of AsyncAPI documents, with real clients, and the page about them."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.asyncapi import import_file
from tests.helpers.command import run_here
from tests.helpers.examples import Example
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.snippets import page
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.scripts import launch

pytestmark = pytest.mark.integration

PAGE = page("asyncapi.md")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SHELL, DOCUMENT, MOCKS, CLIENT, PRINTED, ERROR = (block for _, block in BLOCKS)
BEARER = {"Authorization": "Bearer any"}
ORDERS = "/v1/orders/books?device=7"

CHAT = """\
asyncapi: 2.6.0
info: {title: Chat, version: '1'}
defaultContentType: application/json
servers:
  live:
    url: 'ws://chat.example.com/{stage}'
    protocol: ws
    variables: {stage: {default: live}}
    security: [{key: []}]
channels:
  /rooms/{room}:
    parameters: {room: {schema: {type: string, enum: [red, big blue]}}}
    bindings:
      ws:
        query: {type: object, properties: {limit: {type: integer}}}
        headers:
          type: object
          properties: {Sec-WebSocket-Protocol: {enum: [chat.v2, chat.v1]}}
    publish:
      message:
        oneOf:
          - name: say
            payload: {$ref: '#/components/schemas/say'}
            x-response: {$ref: '#/components/messages/said'}
          - name: leave
            payload: {properties: {op: {const: leave}}, required: [op]}
            x-response: {$ref: '#/components/messages/left'}
          - {name: beat, contentType: text/plain, payload: {type: string, const: beat}}
    subscribe:
      message:
        oneOf:
          - {$ref: '#/components/messages/said'}
          - {name: welcome, payload: {properties: {op: {const: welcome}}, required: [op]}}
components:
  securitySchemes: {key: {type: httpApiKey, in: query, name: key}}
  schemas:
    say:
      type: object
      required: [op, text]
      properties: {op: {const: say}, text: {type: string}, ref: {type: string}}
  messages:
    said:
      name: said
      traits: [{correlationId: {location: '$message.payload#/ref'}}]
      payload:
        type: object
        required: [op]
        properties: {op: {const: said}, ref: {type: string}}
    left:
      payload: {const: bye}
"""


@pytest.fixture(scope="module")
def mocks(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The mocks of both documents."""
    directory = tmp_path_factory.mktemp("asyncapi")
    made = []
    for name, text in (("orders", DOCUMENT), ("chat", CHAT)):
        (directory / f"{name}.asyncapi.yaml").write_text(text, encoding="utf-8")
        made.append(directory / f"{name}.yaml")
        done = import_file(directory / f"{name}.asyncapi.yaml", "--output", str(made[-1]))
        assert (done.code, done.err) == (0, "")
    return made


@pytest.fixture
def server(mocks: list[Path]) -> Iterator[InProcessServer]:
    with serving_here(*mocks) as started:
        yield started


@pytest.fixture
def api(server: InProcessServer) -> Example:
    return Example(server)


def breaches(server: InProcessServer) -> list[Any]:
    server.gateway.flush()
    found = server.gateway.history.read(EntryMatch(kind="verdict"), 0, 1000, None)
    return [entry.details["text"] for entry in found.entries]


class TestPage:
    def test_commands_are_as_shown(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("orders.asyncapi.yaml").write_text(DOCUMENT, encoding="utf-8")
        *commands, serve = [line.split()[1:] for line in SHELL.splitlines()]
        for command in commands:
            assert run_here(launch.main, *command).code == 0
        assert Path("mocks.yaml").read_text(encoding="utf-8") == MOCKS
        assert serve == ["--mocks", "mocks.yaml"]

    def test_client_prints_what_is_shown(
        self, server: InProcessServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        client = tmp_path / "client.py"
        client.write_text(CLIENT.replace("ws://localhost:9004", server.url("")))
        runpy.run_path(str(client))
        assert capsys.readouterr().out == PRINTED

    def test_error_is_as_shown(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        document = yaml.safe_load(DOCUMENT)
        document["operations"]["placeOrder"]["messages"] = [
            {"$ref": "#/channels/orders/messages/plce"}
        ]
        Path("orders.asyncapi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        assert import_file(Path("orders.asyncapi.yaml")).err == ERROR

    def test_flags_are_those_of_the_command(self) -> None:
        shown = re.findall(r"`(--[a-z]+)", PAGE.partition("## Flags")[2].partition("\n## ")[0])
        text = run_here(launch.main, "import", "asyncapi", "--help").out
        assert set(re.findall(r"(--[a-z]+)", text)) - {"--help"} == set(shown)


class TestVersion3:
    def test_handshake_wants_the_token_and_the_query(self, api: Example) -> None:
        assert api.refusal(ORDERS).status_code == 401
        refused = api.refusal("/v1/orders/books", additional_headers=BEARER)
        assert (refused.status_code, refused.body) == (400, b"query parameter device is missing")

    def test_contract_finds_a_bad_message(self, api: Example, server: InProcessServer) -> None:
        with api.connect(ORDERS, additional_headers=BEARER) as client:
            assert client.receive()["type"] == "shipped"
            assert client.ask({"type": "place", "id": 1, "quantity": 1})["id"] == 1
            assert breaches(server) == []
            assert client.ask({"type": "place", "id": 2, "quantity": 0})["id"] == 2
            (breach,) = breaches(server)
        assert breach == "accepts: $.quantity: 0 is less than the minimum of 1"


class TestVersion2:
    def test_handshake_wants_the_key_a_room_and_a_number(self, api: Example) -> None:
        assert api.refusal("/live/rooms/red").status_code == 401
        assert api.refusal("/live/rooms/green?key=1").status_code == 404
        assert api.refusal("/live/rooms/red?key=1&limit=x").status_code == 400

    def test_subprotocol_is_negotiated(self, api: Example) -> None:
        with api.connect(
            "/live/rooms/big%20blue?key=1&limit=5", subprotocols=["chat.v1"]
        ) as client:
            assert client.connection.subprotocol == "chat.v1"

    def test_messages_are_told_apart_and_answered(
        self, api: Example, server: InProcessServer
    ) -> None:
        with api.connect("/live/rooms/red?key=1") as client:
            assert client.receive() == {"op": "welcome"}
            assert client.ask({"op": "say", "text": "hi", "ref": "r1"}) == {
                "op": "said",
                "ref": "r1",
            }
            answer = client.ask({"op": "say", "text": "hi"})
            assert answer["op"] == "said"
            assert answer["ref"] not in ("", "r1")
            assert client.ask({"op": "leave"}) == "bye"
            client.connection.send("beat")
            assert isinstance(client.connection.recv(PATIENCE), str)
        assert breaches(server) == []
