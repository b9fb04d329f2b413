"""The WebSocket server: sockets, the protocol, and the threads that read."""
