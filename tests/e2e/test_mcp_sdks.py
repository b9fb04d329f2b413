"""The official SDKs and the inspector as clients of the real process, over http and stdio.

They are strict: they check results against the schemas that the server lists. Both eras of the
protocol are spoken: with sessions ("legacy") and without ("auto" finds that the server can).
"""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp
import mcp_types
import pytest
from jsonschema import Draft202012Validator
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from websockets.asyncio.client import connect

from tests.helpers.mcp_session import MODES, Mode
from tests.helpers.node import FOLDER, node, require_node, require_package
from tests.helpers.program import PROGRAM, ROOT, RunningServer, environment
from tests.helpers.sdk_tour import (
    ARM,
    CALLS,
    REFUSED,
    RESOURCE,
    Call,
    check_refusal,
    check_results,
    in_namespace,
)
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS

pytestmark = pytest.mark.e2e

STDIO = {"MCP_TRANSPORT": "stdio", "WEBSOCKET_PORT": "0", "PYTHONPATH": str(ROOT)}
"""Settings of the program, in a form that no client takes for its own flags."""

both_transports = pytest.mark.parametrize("transport", ["http", "stdio"])
both_eras = pytest.mark.parametrize("mode", MODES)


def test_tour_calls_every_tool() -> None:
    assert {tool for tool, _ in [ARM, *CALLS]} == set(TOOLS)


def is_of_era(version: str, mode: Mode) -> bool:
    """Tell whether a version of the protocol has no sessions, as "auto" must find, or has them."""
    return (version >= "2026-07-28") == (mode == "auto")


def check_list(tools: list[dict[str, Any]]) -> None:
    """Check that a client which compares arguments with the listed schemas may make the calls."""
    listed = {tool["name"]: tool for tool in tools}
    assert list(listed) == list(TOOLS)
    for tool, arguments in [ARM, *CALLS]:
        Draft202012Validator.check_schema(listed[tool]["inputSchema"])
        Draft202012Validator(listed[tool]["inputSchema"]).validate({**arguments, "namespace": "x"})
    assert [tool for tool in tools if tool.get("outputSchema")], "no result is checked by a client"


class TestPythonSdk:
    @both_transports
    @both_eras
    def test_calls_every_tool(
        self, running_server: RunningServer, transport: str, mode: Mode
    ) -> None:
        async def tour() -> None:
            target: Any = running_server.mcp_url if transport == "http" else stdio_parameters()
            with anyio.fail_after(2 * PATIENCE):
                async with mcp.Client(target, mode=mode) as client:
                    assert is_of_era(client.protocol_version, mode)
                    await go_through(client, f"python-{mode}")

        anyio.run(tour)

    @both_transports
    def test_session_without_the_high_level_client_calls_every_tool(
        self, running_server: RunningServer, transport: str
    ) -> None:
        async def tour() -> None:
            with anyio.fail_after(2 * PATIENCE):
                async with (
                    streams(transport, running_server) as (read, write),
                    mcp.ClientSession(read, write) as session,
                ):
                    await session.initialize()
                    await go_through(session, "python-session")

        anyio.run(tour)


def stdio_parameters() -> mcp.StdioServerParameters:
    command, *arguments = PROGRAM
    return mcp.StdioServerParameters(command=command, args=arguments, env=environment(STDIO))


@asynccontextmanager
async def streams(transport: str, server: RunningServer) -> AsyncIterator[tuple[Any, Any]]:
    if transport == "http":
        async with streamable_http_client(server.mcp_url) as both:
            yield both[0], both[1]
    else:
        async with stdio_client(stdio_parameters()) as both:
            yield both


async def go_through(client: mcp.Client | mcp.ClientSession, namespace: str) -> None:
    """Make the calls of the tour, and check what they return."""

    async def call(one: Call) -> mcp_types.CallToolResult:
        result = await client.call_tool(*in_namespace(one, namespace))
        assert isinstance(result, mcp_types.CallToolResult)
        return result

    tools = (await client.list_tools()).tools
    check_list([tool.model_dump(by_alias=True, exclude_none=True) for tool in tools])
    armed = (await call(ARM)).structured_content or {}
    async with connect(armed["url"], open_timeout=PATIENCE) as websocket:
        await websocket.send("hi")
        assert await websocket.recv() == "hello"
        results = [await call(one) for one in CALLS]
    assert not [result.content for result in results if result.is_error]
    check_results([result.structured_content or {} for result in results])

    refused = await call(REFUSED)
    assert refused.is_error
    (content,) = refused.content
    assert isinstance(content, mcp_types.TextContent)
    check_refusal(content.text)
    (resource,) = (await client.read_resource(RESOURCE)).contents
    assert isinstance(resource, mcp_types.TextResourceContents)
    assert json.loads(resource.text)["websocket_server"]["is_running"]


class TestTypeScriptSdk:
    @both_transports
    @pytest.mark.parametrize(("sdk", "mode"), [("v1", "legacy"), ("v2", "legacy"), ("v2", "auto")])
    def test_calls_every_tool(
        self, running_server: RunningServer, transport: str, sdk: str, mode: Mode
    ) -> None:
        require_package("@modelcontextprotocol/" + ("sdk" if sdk == "v1" else "client"))
        require_node(20)
        namespace = f"node-{sdk}-{mode}"
        task = {
            "sdk": sdk,
            "mode": mode,
            **({"url": running_server.mcp_url} if transport == "http" else {"command": PROGRAM}),
            "arm": in_namespace(ARM, namespace),
            "calls": [in_namespace(one, namespace) for one in CALLS],
            "refused": in_namespace(REFUSED, namespace),
            "resource": RESOURCE,
        }
        with node("mcp.js", json.dumps(task), env=STDIO) as process:
            out, err = process.communicate(timeout=2 * PATIENCE)
        assert process.returncode == 0, err
        report = json.loads(out)
        check_list(report["tools"])
        if sdk == "v2":  # v1 knows the protocol with sessions only
            assert is_of_era(report["version"], mode)
        assert not [result["content"] for result in report["results"] if result.get("isError")]
        check_results([result["structuredContent"] for result in report["results"]])
        assert report["refused"]["isError"]
        check_refusal(report["refused"]["content"][0]["text"])
        assert json.loads(report["resource"])["websocket_server"]["is_running"]


class TestInspector:
    """Its command line, which starts anew for each call: a second each, so there are few.

    The package is that of the command line alone, with 12 MB; the whole inspector has 150 MB.
    """

    @both_transports
    def test_lists_the_tools(self, running_server: RunningServer, transport: str) -> None:
        tools = inspect(target(transport, running_server), "tools/list")["tools"]
        check_list(tools)

    def test_reads_a_resource(self, running_server: RunningServer) -> None:
        (content,) = inspect(target("http", running_server), "resources/read", "--uri", RESOURCE)[
            "contents"
        ]
        assert json.loads(content["text"])["websocket_server"]["is_running"]

    def test_calls_tools_with_conditions_as_objects(self, running_server: RunningServer) -> None:
        server = target("http", running_server)
        for call in (
            ("set_websocket_mock", {"endpoint": ARM[1]["endpoint"]}),
            ("wait_for_websocket_event", {"match": {"kind": "open"}, "timeout": 0.01}),
            ("verify_websocket_traffic", {"expect": {"kind": "open", "never": True}}),
        ):
            result = inspect_call(server, in_namespace(call, "inspector"))
            assert not result.get("isError"), result
            assert result["structuredContent"]

    def test_shows_a_refusal(self, running_server: RunningServer) -> None:
        result = inspect_call(target("http", running_server), REFUSED)
        assert result["isError"]
        check_refusal(result["content"][0]["text"])


def target(transport: str, server: RunningServer) -> list[str]:
    return [server.mcp_url, "--transport", "http"] if transport == "http" else [*PROGRAM]


def inspect_call(server: list[str], call: Call) -> dict[str, Any]:
    tool, arguments = call
    values = [
        f"{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in arguments.items()
    ]
    return inspect(server, "tools/call", "--tool-name", tool, "--tool-arg", *values)


def inspect(server: list[str], method: str, *flags: str) -> dict[str, Any]:
    require_package("@modelcontextprotocol/inspector-cli")
    require_node(20)
    # It looks for its package.json in the folder above the current one, and takes any.
    packages = FOLDER / "node_modules"
    program = packages / ".bin" / "mcp-inspector-cli"
    done = subprocess.run(
        [str(program), "--cli", *server, "--method", method, *flags],
        cwd=packages,
        env=environment(STDIO),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))
