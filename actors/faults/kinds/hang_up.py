"""The connection ends without a close frame."""

from websocket_mock.actors.faults.kind import ConnectionFault
from websocket_mock.actors.values.effects import Abort


class HangUp(ConnectionFault):
    """The connection ends with FIN, without a close frame."""

    key = "hang_up"
    summary = "the connection ends with FIN, without a close frame"
    ending = Abort(is_reset=False)
