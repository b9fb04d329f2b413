"""Resources and the prompt, for MCP clients that show them."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastmcp import Client
from fastmcp.utilities.skills import download_skill, list_skills
from jsonschema import Draft202012Validator

from tests.helpers.bridge import bridge_over
from tests.helpers.made_dialects import made_dialects
from tests.helpers.mcp_session import McpSession
from tests.helpers.peers import peer
from tests.helpers.server import InProcessServer
from websocket_mock.skills import SKILL_FILE

TWINS = {
    "websocket://status": "get_websocket_server_status",
    "websocket://clients": "get_websocket_clients",
}

MOVING = ("timestamp", "uptime_seconds", "answer_ms", "memory_bytes", "cpu_seconds", "threads")
"""What differs from one look to the next."""


def at_rest(value: Any) -> Any:
    """Return a value without what changes by itself."""
    match value:
        case dict():
            return {key: at_rest(item) for key, item in value.items() if key not in MOVING}
        case list():
            return [at_rest(item) for item in value]
        case _:
            return value


@pytest.mark.parametrize(("uri", "tool"), TWINS.items())
def test_resource_equals_its_tool_twin(session: McpSession, url: str, uri: str, tool: str) -> None:
    with peer(url) as client:
        client.ask(type="ping")
        answer = session.call(tool)

        assert at_rest(json.loads(session.read(uri))) == at_rest(answer)


def test_every_resource_about_the_server_has_a_twin_and_is_json(session: McpSession) -> None:
    resources = {uri: one for uri, one in session.resources().items() if uri[:5] != "skill"}

    assert set(resources) == {*TWINS, "websocket://schema"}
    assert set(TWINS.values()) < set(session.tools())
    assert {resource.mime_type for resource in resources.values()} == {"application/json"}


def test_resource_has_every_part_of_the_schema_that_the_tool_has(session: McpSession) -> None:
    whole = json.loads(session.read("websocket://schema"))
    names = [part["name"] for part in session.call("get_websocket_schema")["parts"]]

    assert list(whole["$defs"]) == names
    for name in names:
        answer = session.call("get_websocket_schema", parts=[name])
        assert answer == {"parts": [], "dialects": [], "schemas": {name: whole["$defs"][name]}}


def test_schema_is_valid_and_has_all_that_it_refers_to(session: McpSession) -> None:
    whole = json.loads(session.read("websocket://schema"))

    Draft202012Validator.check_schema(whole)
    for name in ("Mocks", "Expectation", "EntrySequence"):
        validator = Draft202012Validator({**whole, "$ref": f"#/$defs/{name}"})
        assert list(validator.iter_errors([]))
    conditions = Draft202012Validator({**whole, "$ref": "#/$defs/EntryMatch"})
    assert not list(conditions.iter_errors({"match": {"json": {"$.n": {"at_least": 1}}}}))
    assert list(conditions.iter_errors({"match": {"json": {"$.n": {"at_leest": 1}}}}))


def test_unknown_part_of_the_schema_is_refused_with_the_nearest_name(session: McpSession) -> None:
    told = session.refusal("get_websocket_schema", parts=["EntryMach"])

    assert told == "The schema has no part 'EntryMach'; did you mean 'EntryMatch'?"


def test_schema_tool_lists_dialects_and_has_their_parameters(
    session: McpSession, tmp_path: Path
) -> None:
    files = {
        "chat.yaml": "title: A chat\nparameters: {path: {default: /chat, description: where}, "
        "room: {description: which, schema: {type: string}}}",
        "empty.yaml": "title: Nothing",
    }
    with made_dialects(tmp_path, files):
        listed = session.call("get_websocket_schema")["dialects"]
        parts = ["dialect:chat", "dialect:empty", "Accept"]
        schemas = session.call("get_websocket_schema", parts=parts)["schemas"]
        told = session.refusal("get_websocket_schema", parts=["dialect:chad"])

    assert listed == [
        {"name": "chat", "about": "A chat"},
        {"name": "empty", "about": "Nothing"},
    ]
    assert list(schemas) == parts
    assert schemas["dialect:chat"] == {
        "description": "A chat",
        "type": "object",
        "properties": {
            "path": {"description": "where", "default": "/chat"},
            "room": {"description": "which", "type": "string"},
        },
        "additionalProperties": False,
        "required": ["room"],
    }
    assert schemas["dialect:empty"]["properties"] == {}
    assert told == "There is no dialect 'chad'; did you mean 'chat'?"


def test_skill_is_a_resource(session: McpSession) -> None:
    skill = session.resources()["skill://websocket-testing/SKILL.md"]

    assert skill.mime_type == "text/markdown"
    assert (skill.description or "").startswith("Test how a WebSocket client behaves")
    assert session.read(str(skill.uri)) == SKILL_FILE.read_text(encoding="utf-8")


def test_client_that_knows_skills_installs_it(server: InProcessServer, tmp_path: Path) -> None:
    async def install() -> Path:
        async with Client(bridge_over(server.gateway)) as client:
            (found,) = await list_skills(client)
            return await download_skill(client, found.name, tmp_path)

    folder = anyio.run(install)
    assert [one.name for one in folder.iterdir()] == ["SKILL.md"]
    assert (folder / "SKILL.md").read_bytes() == SKILL_FILE.read_bytes()


def test_prompt_and_instructions_tell_how_to_begin(session: McpSession) -> None:
    prompt = session.prompt("getting_started")

    assert list(session.prompts()) == ["getting_started"]
    assert all(tool in prompt for tool in session.tools())
    assert prompt in (session.instructions or "")
