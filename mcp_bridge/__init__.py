"""The MCP server: tools, resources and health, on top of the verbs in `service`."""
