"""The MCP side of the house: tools, resources and health over futures and snapshots."""
