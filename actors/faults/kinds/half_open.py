"""The line is dead, and nobody says so."""

from websocket_mock.actors.faults.kind import ConnectionFault


class HalfOpen(ConnectionFault):
    """Nothing is read or written, and the connection is not closed."""

    key = "half_open"
    summary = "nothing is read or written, nor is the connection closed"
    line = "frozen"
