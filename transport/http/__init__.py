"""Plain HTTP beside WebSocket on the same port."""
