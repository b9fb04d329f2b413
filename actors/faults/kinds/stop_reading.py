"""Nothing is read."""

from websocket_mock.actors.faults.kind import ConnectionFault


class StopReading(ConnectionFault):
    """Nothing is read, so the client's send buffer fills up."""

    key = "stop_reading"
    summary = "nothing is read, so the client's send buffer fills up"
    loses_message = False
    line = "held"
