"""A mocks file of several files with shared parts, served, and changed while clients are there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.mock_server import MockServer
from tests.helpers.server import serving_here
from tests.helpers.wait import eventually
from websocket_mock.mcp_bridge.service.mocks import list_mocks, set_mock
from websocket_mock.scripts import mocks_watcher
from websocket_mock.scripts.operating_system import write_atomically

pytestmark = pytest.mark.integration

MAIN = """
include: shared/parts.yaml
defaults: {unmatched: echo}
endpoints:
  - path: /mock
    rules:
      - match: {use: hello, size: {at_most: 7}}
        do: [{send: {text: before}}, {use: greet}, {send: {text: behind}}]
  - path: /script
    script: [{expect: {use: hello}}, {use: greet}, {close: {code: 4001}}]
"""

PARTS = """
matchers:
  hello: {text: {starts_with: hello}}
actions:
  greet: [{send: {text: "GREETING"}}, {use: count}]
  count: [{send: {text: "{{ counters.received }}"}}]
"""


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mocks_watcher, "POLL_SECONDS", 0.005)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MockServer]:
    main = tmp_path / "main.yaml"
    main.write_text(MAIN)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "parts.yaml").write_text(PARTS)
    with serving_here(main) as running:
        yield MockServer(running, main)


def change(server: MockServer, text: str, log_lines: list[str], said: str) -> str:
    """Write the included file, and return the line of the log that tells of it."""
    log_lines.clear()
    write_atomically(server.file.parent / "shared" / "parts.yaml", text)
    return eventually(lambda: "".join(line for line in log_lines if said in line))


def test_blocks_run_in_the_place_of_their_use(server: MockServer) -> None:
    with server.connect() as client:
        client.say("hello")
        assert [client.hear() for _ in range(4)] == ["before", "GREETING", "1", "behind"]
        assert client.ask("hello, you") == "hello, you"
    with server.connect("/script") as client:
        client.say("hello")
        assert [client.hear() for _ in range(2)] == ["GREETING", "1"]
        assert client.end() == (4001, "")


def test_change_of_an_included_file_applies_to_open_connections(
    server: MockServer, log_lines: list[str]
) -> None:
    with server.connect() as client:
        assert client.ask("hello") == "before"
        assert [client.hear() for _ in range(3)] == ["GREETING", "1", "behind"]
        change(server, PARTS.replace("GREETING", "welcome"), log_lines, "was loaded again")
        client.say("hello")
        assert [client.hear() for _ in range(3)] == ["before", "welcome", "2"]


def test_change_of_an_included_file_that_is_not_valid_changes_nothing(
    server: MockServer, log_lines: list[str]
) -> None:
    with server.connect() as client:
        line = change(server, PARTS.replace("text:", "txet:"), log_lines, "ERROR")
        file = server.file.parent / "shared" / "parts.yaml"
        assert f"the mocks stay as they were: {file}: actions.greet[0].send.txet: " in line
        client.say("hello")
        assert [client.hear() for _ in range(2)] == ["before", "GREETING"]
        change(server, PARTS.replace("GREETING", "again"), log_lines, "was loaded again")
        client.say("hello")
        assert [client.hear() for _ in range(4)][2:] == ["before", "again"]


def test_definition_has_the_blocks_and_the_defaults_in_it(server: MockServer) -> None:
    (endpoint,) = list_mocks(server.server.gateway, "/mock").endpoints
    assert endpoint.definition == {
        "path": "/mock",
        "unmatched": "echo",
        "rules": [
            {
                "match": {"text": {"starts_with": "hello"}, "size": {"at_most": 7.0}},
                "do": [
                    {"send": {"text": "before"}},
                    {"send": {"text": "GREETING"}},
                    {"send": {"text": "{{ counters.received }}"}},
                    {"send": {"text": "behind"}},
                ],
            }
        ],
    }


def test_definition_over_mcp_has_no_blocks_to_use(server: MockServer) -> None:
    rules = [{"match": {"use": "hello"}, "do": [{"use": "greet"}]}]
    result = set_mock(server.server.gateway, {"path": "/other", "rules": rules})
    assert result.status == "error"
    assert result.errors == [
        "rules[0].match.use: no block of `matchers` is named 'hello'; there are none here",
        "rules[0].do[0].use: no block of `actions` is named 'greet'; there are none here",
    ]
