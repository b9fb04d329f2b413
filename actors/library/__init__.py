"""Compiles documents and holds the mocks in force, and plans what happens to a handshake."""
