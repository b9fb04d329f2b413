"""The line is dead, but the connection is not closed."""

from websocket_mock.actors.faults.kind import ConnectionFault


class HalfOpen(ConnectionFault):
    """Nothing is read or written, and the connection is not closed."""

    key = "half_open"
    summary = "nothing is read or written, and the connection is not closed"
    line = "frozen"
