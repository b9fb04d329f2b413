"""An MCP client for tests that are not async."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

import mcp_types
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastmcp import Client, FastMCP
from fastmcp.client.client import CallToolResult
from fastmcp.client.transports import ClientTransport, StdioTransport

from tests.helpers.program import ROOT, environment
from tests.helpers.wait import PATIENCE

Mode = Literal["auto", "legacy"]

MODES: tuple[Mode, ...] = ("auto", "legacy")
"""The sessionless protocol of today, and the one with a handshake."""

Progress = tuple[float, float | None]

_known_tools: WeakKeyDictionary[FastMCP, tuple[dict[str, Any], dict[str, Any]]] = (
    WeakKeyDictionary()
)
"""What the first client of a server in this process learnt: output schemas and their validators."""


class McpSession:
    """A connected MCP client whose calls block their thread, each for `PATIENCE` at most."""

    def __init__(self, portal: BlockingPortal, client: Client[Any]) -> None:
        self._portal = portal
        self._client = client

    def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Return the structured answer; a refusal is an error of the test."""
        result = self.try_call(tool, **arguments)
        assert not result.is_error, result.content
        assert isinstance(result.structured_content, dict)
        return result.structured_content

    def refusal(self, tool: str, /, **arguments: Any) -> str:
        """Return the text that a refused call puts before the model."""
        result = self.try_call(tool, **arguments)
        assert result.is_error, result.content
        return text_of(result)

    def try_call(self, tool: str, /, **arguments: Any) -> CallToolResult:
        return self.start_call(tool, **arguments).result(PATIENCE)

    def start_call(
        self, tool: str, /, progress_log: list[Progress] | None = None, **arguments: Any
    ) -> "Future[CallToolResult]":
        """Begin a call and return at once; `progress_log` collects what is reported meanwhile."""

        async def note(progress: float, total: float | None, message: str | None) -> None:
            if progress_log is not None:
                progress_log.append((progress, total))

        call = partial(
            self._client.call_tool,
            tool,
            arguments,
            progress_handler=None if progress_log is None else note,
            raise_on_error=False,
        )
        return self._portal.start_task_soon(call)

    def tools(self) -> dict[str, mcp_types.Tool]:
        return {tool.name: tool for tool in self._portal.call(self._client.list_tools)}

    def resources(self) -> dict[str, mcp_types.Resource]:
        return {str(one.uri): one for one in self._portal.call(self._client.list_resources)}

    def prompts(self) -> dict[str, mcp_types.Prompt]:
        return {prompt.name: prompt for prompt in self._portal.call(self._client.list_prompts)}

    def read(self, uri: str) -> str:
        """Return the text of a resource."""
        (content,) = self._portal.call(self._client.read_resource, uri)
        assert isinstance(content, mcp_types.TextResourceContents)
        return content.text

    def prompt(self, name: str) -> str:
        """Return the text of a prompt."""
        (message,) = self._portal.call(self._client.get_prompt, name).messages
        assert isinstance(message.content, mcp_types.TextContent)
        return message.content.text

    @property
    def instructions(self) -> str | None:
        return self._client.instructions


@contextmanager
def mcp_session(
    target: FastMCP | ClientTransport | str, mode: Mode = "auto", patience: float = PATIENCE
) -> Iterator[McpSession]:
    """Connect to a server in this process, over a transport, or to a URL.

    A call fails after `patience` seconds.
    """
    client: Client[Any] = Client(target, mode=mode, timeout=patience)
    with (
        start_blocking_portal(name="mcp-session") as portal,
        portal.wrap_async_context_manager(client),
    ):
        if isinstance(target, FastMCP):
            _share_known_tools(target, client)
        yield McpSession(portal, client)


def _share_known_tools(server: FastMCP, client: Client[Any]) -> None:
    """Let all clients of a server check results with what the first of them has learnt.

    A client that knows nothing lists all tools after its first call and checks their schemas,
    which takes ten times as long as the call.
    """
    # Private: the session has no public way to hand in schemas, or to read those it has listed.
    session = client.session
    known = (session._tool_output_schemas, session._tool_output_validators)
    known = _known_tools.setdefault(server, known)
    session._tool_output_schemas, session._tool_output_validators = known


def stdio_transport(
    command: str,
    *arguments: str,
    log_file: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> StdioTransport:
    """A transport that runs a command; its stderr goes to a file."""
    return StdioTransport(
        command,
        list(arguments),
        env=environment(env),
        cwd=str(cwd),
        keep_alive=False,
        log_file=log_file,
    )


def text_of(result: CallToolResult) -> str:
    """Return the one text of a result."""
    (content,) = result.content
    assert isinstance(content, mcp_types.TextContent)
    return content.text
