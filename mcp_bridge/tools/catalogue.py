"""All tools, by their names, in the order in which they are listed."""

from collections.abc import Mapping

from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.mcp_bridge.service.errors import NotFound
from websocket_mock.mcp_bridge.tools.clients import CLIENT_TOOLS
from websocket_mock.mcp_bridge.tools.faults import FAULT_TOOLS
from websocket_mock.mcp_bridge.tools.mocks import MOCK_TOOLS
from websocket_mock.mcp_bridge.tools.tool import Tool
from websocket_mock.mcp_bridge.tools.traffic import TRAFFIC_TOOLS

TOOLS: Mapping[str, Tool] = {
    tool.name: tool for tool in (*CLIENT_TOOLS, *MOCK_TOOLS, *FAULT_TOOLS, *TRAFFIC_TOOLS)
}


def find_tool(name: str) -> Tool:
    """Return a tool.

    Raises:
        NotFound: there is none of this name; the text has the nearest name.
    """
    found = TOOLS.get(name)
    if found is None:
        raise NotFound(f"There is no tool {name!r}; {nearest(name, TOOLS)}")
    return found
