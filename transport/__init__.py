"""The WebSocket side of the house: sockets, the WebSocket protocol, reader threads."""
