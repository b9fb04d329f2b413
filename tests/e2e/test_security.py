"""What `SECURITY.md` promises, tried on the real process from outside."""

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.event_stream import streaming
from tests.helpers.frames import request
from tests.helpers.json_client import json_client, websocket
from tests.helpers.mcp_session import McpSession, mcp_session
from tests.helpers.program import RunningServer, serving
from tests.helpers.raw_client import connected
from tests.helpers.rest_api import RestApi, rest_api
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS
from websocket_mock.mcp_bridge.tools.tool import Effect

pytestmark = pytest.mark.e2e

SECRET = "canary-4711"
"""Stands for every credential: nobody but the one who sent it may ever see it."""

SET = "set_websocket_mock"


# --- documents that come over the wire ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bait:
    """Files and an address that no document from the wire may reach."""

    folder: Path
    listener: socket.socket

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/schema.json"

    @property
    def mark(self) -> Path:
        """The file that code would make if it ran."""
        return self.folder / "mark"

    def is_untouched(self) -> bool:
        """Tell whether no code has run and nobody has connected."""
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return not self.mark.exists()
        return False


@pytest.fixture
def bait(tmp_path: Path) -> Iterator[Bait]:
    (tmp_path / "text.txt").write_text(SECRET)
    (tmp_path / "mocks.yaml").write_text(f"endpoints: [{{path: /{SECRET}}}]")
    (tmp_path / "schema.json").write_text(json.dumps({"const": SECRET}))
    code = f"open({str(tmp_path / 'mark')!r}, 'w').close()\ndef answer(event, connection): ...\n"
    (tmp_path / "code.py").write_text(code)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Bait(tmp_path, listener)


def reaching_out(bait: Bait) -> Iterator[Any]:
    """Documents that try to read files, to run code or to reach the network."""
    text, mocks, schema, code = (
        str(bait.folder / name) for name in ("text.txt", "mocks.yaml", "schema.json", "code.py")
    )
    for action in (
        {"send": {"file": text}},
        {"send": {"file": "text.txt"}},
        {"send": {"text": f"{{% include '{text}' %}}"}},
        {"send": {"text": "{% import 'os' as os %}"}},
        {"call": "answer"},
        {"call": "code.answer"},
        {"do": "import os"},
        {"python": "import os"},
    ):
        yield {"path": "/x", "rules": [{"do": [action]}]}
    for contract in (
        {"file": schema},
        {"$ref": f"file://{schema}"},
        {"$ref": bait.url},
        {"$ref": "schema.json"},
    ):
        yield {"path": "/x", "accepts": contract}
        yield {"path": "/x", "sends": contract}
    for key, file in (("include", mocks), ("use", code)):
        yield {key: file, "endpoints": []}
        yield {key: [file], "endpoints": [{"path": "/x", "rules": [{"do": [{"call": "answer"}]}]}]}
        yield f"{key}: {file}\nendpoints: []\n"
    yield f"!!python/object/apply:open ['{bait.mark}', w]\n"
    yield f"path: !!python/object/apply:os.system ['touch {bait.mark}']\n"
    yield f"path: !include {mocks}\n"


@pytest.fixture
def api(running_server: RunningServer) -> Iterator[RestApi]:
    with rest_api(running_server.control_url) as connected_:
        yield connected_


@pytest.fixture(scope="module")
def session(running_server: RunningServer) -> Iterator[McpSession]:
    with mcp_session(running_server.mcp_url) as connected_:
        yield connected_


def test_document_from_the_wire_reaches_nothing(
    api: RestApi, session: McpSession, bait: Bait
) -> None:
    """The page sends its documents over REST, as all do who are not MCP."""
    for document in reaching_out(bait):
        for result in (api.call(SET, endpoint=document), session.call(SET, endpoint=document)):
            assert result["status"] == "error", document
            assert SECRET not in str(result)
    assert bait.is_untouched()


def test_address_of_a_schema_is_a_name_and_is_not_fetched(
    api: RestApi, running_server: RunningServer, bait: Bait
) -> None:
    contract = {"$schema": bait.url, "$id": bait.url, "type": "object"}
    endpoint = {"path": "/named", "accepts": contract, "unmatched": "echo"}
    assert api.call(SET, endpoint=endpoint)["status"] == "set"
    with websocket(f"{running_server.websocket_url}/named") as client:
        client.send("{}")
        assert client.recv(PATIENCE) == "{}"
    assert bait.is_untouched()


# --- what is logged, and secrets ------------------------------------------------------------------

MOCKS = r"""
endpoints:
  - path: /query/{id}
    client_key: {query: token}
    rules:
      - {name: "rule\n00:00:00.000 INFO forged", do: [{send: {text: "{{ query.missing.part }}"}}]}
  - {path: /header, client_key: {header: authorization}}
  - {path: /cookie, client_key: {cookie: session}}
"""

EVIL = "x\n00:00:00.000 INFO    MainThread forged \x1b[2J\u202e\u2028{}<red>"

CODE = 4001
"""That of the last close."""

CREDENTIALS = {
    "Authorization": f"Bearer {SECRET}",
    "Proxy-Authorization": SECRET,
    "Cookie": f"session={SECRET}",
    "X-Api-Key": SECRET,
    "Referer": f"http://localhost/?token={SECRET}",
}
AS_OWNER = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}

QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "explain_websocket_message": {"endpoint": "/query/{id}", "text": "?"},
    "verify_websocket_traffic": {"expect": {"kind": "handshake", "exactly": 99}},
    "wait_for_websocket_event": {"match": {"kind": "handshake"}, "after": 0, "timeout": 1},
    "list_websocket_mocks": {"name": "/query/{id}", "as_yaml": True},
}
"""Arguments of the tools that need some."""


@dataclass(frozen=True, slots=True)
class Attacked:
    """A server with a token, after clients with credentials and with texts that are no lines."""

    shown: Mapping[str, str]
    """All that it shows to whoever has the token, by where."""
    log: str


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    folder = tmp_path_factory.mktemp("attacked")
    mocks = folder / "mocks.yaml"
    mocks.write_text(MOCKS)
    env = {"MCP_TOKEN": SECRET, "XDG_RUNTIME_DIR": str(folder)}
    with serving(folder, "--log-level=TRACE", f"--mocks={mocks}", env=env) as server:
        connect_with_credentials(server)
        send_what_is_no_line(server)
        shown = dict(everything_shown(server, folder))
        eventually(lambda: str(CODE) in (folder / "server.log").read_text())
    return Attacked(shown, (folder / "server.log").read_bytes().decode())


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def connect_with_credentials(server: RunningServer) -> None:
    for target in ("/query/1?token=", "/header?password=", "/cookie?api-key=", "/ns/a/echo?key="):
        url = f"{server.websocket_url}{target}{SECRET}"
        with websocket(url, additional_headers=CREDENTIALS) as client:
            client.send("fails")
    with rest_api(server.control_url) as api:
        wrong = {**AS_OWNER, "Authorization": f"Bearer {SECRET}x"}
        assert api.ask("GET", "/api/get_websocket_clients", None, wrong).status == 401


def send_what_is_no_line(server: RunningServer) -> None:
    with connected(port_of(server.websocket_url)) as raw:
        assert raw.ask(request("/a\x1b[2J\rforged")).status == 101
    with json_client(server.websocket_url) as client:
        client.connection.close(CODE, EVIL)


def everything_shown(server: RunningServer, folder: Path) -> Iterator[tuple[str, str]]:
    with rest_api(server.control_url) as api:
        for name, tool in TOOLS.items():
            if tool.effect is Effect.READS:
                body = json.dumps(QUESTIONS.get(name, {}))
                answer = api.ask("POST", f"/api/{name}", body, AS_OWNER)
                assert answer.status == 200, answer
                yield name, answer.body
        for path in ("/", "/metrics", "/openapi.json", "/health", "/login", "/nothing"):
            yield path, api.ask("GET", path, None, AS_OWNER).body
    with streaming(port_of(server.control_url), AS_OWNER, after=0) as stream:
        entries: list[dict[str, Any]] = []
        while not entries or entries[-1].get("details", {}).get("code") != CODE:
            entries.append(stream.read_event("entry").data)
        yield "events", json.dumps(entries)
    yield "command line", Path(f"/proc/{server.pid}/cmdline").read_text()
    for file in folder.rglob("*.json"):
        yield file.name, file.read_text()


def test_secrets_are_shown_nowhere(attacked: Attacked) -> None:
    assert [where for where, text in attacked.shown.items() if SECRET in text] == []
    assert SECRET not in attacked.log


def test_masked_credentials_were_there_to_be_seen(attacked: Attacked) -> None:
    """Otherwise the test above would look where nothing is."""
    for where in ("get_websocket_traffic", "wait_for_websocket_event", "events"):
        assert "***" in attacked.shown[where]


def test_every_line_of_the_log_is_a_record_and_printable(attacked: Attacked) -> None:
    assert r"/a\x1b[2J\rforged" in attacked.log
    assert (
        r"4001 x\n00:00:00.000 INFO    MainThread forged \x1b[2J\u202e\u2028{}<red>" in attacked.log
    )
    assert r"rule\n00:00:00.000 INFO forged: " in attacked.log
    assert all(line.isprintable() for line in attacked.log.split("\n"))
    assert not [line for line in attacked.log.split("\n") if line.startswith("00:00:00.000")]
