"""The domain: actors, messages, mock behaviour. Knows no socket, no event loop, no MCP."""
