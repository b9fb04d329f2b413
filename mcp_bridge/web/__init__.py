"""The control plane over http: REST, events, metrics, the page. It knows no MCP."""
