"""Reads AsyncAPI 2 and 3, and makes mocks of what they say about WebSocket channels."""
