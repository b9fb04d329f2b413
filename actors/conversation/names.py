"""The names that templates see."""

from collections.abc import Mapping

from websocket_mock.actors.matching.message_view import MessageView

MESSAGE_PARTS = frozenset(name for name in dir(MessageView) if not name.startswith("_"))
"""The attributes of a message, which are all data."""

NAMES: Mapping[str, frozenset[str] | None] = {
    "attempt": None,
    "client": frozenset({"id", "remote_address", "subprotocol"}),
    "cookies": None,
    "client_vars": None,
    "counters": frozenset({"received", "sent"}),
    "endpoint_vars": None,
    "groups": None,
    "headers": None,
    "match": None,
    "message": MESSAGE_PARTS,
    "now": None,
    "now_iso": None,
    "path": None,
    "query": None,
    "random": frozenset({"int", "float", "choice"}),
    "repeat": frozenset({"index"}),
    "replay": frozenset({"count", "first", "last"}),
    "state": None,
    "uuid": None,
    "vars": None,
}
"""The names that templates see, with their attributes; None: the attributes are not checked."""
