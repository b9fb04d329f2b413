"""The MCP tools: names, descriptions and parameters. What they do is in `mcp_bridge.service`."""
