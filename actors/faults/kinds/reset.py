"""The connection is reset."""

from websocket_mock.actors.faults.kind import ConnectionFault
from websocket_mock.actors.values.effects import Abort


class Reset(ConnectionFault):
    """The connection ends with RST."""

    key = "reset"
    summary = "the connection ends with RST"
    ending = Abort(is_reset=True)
