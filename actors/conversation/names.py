"""The names that templates see."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from websocket_mock.actors.matching.message_view import MessageView

MESSAGE_PARTS = frozenset(name for name in dir(MessageView) if not name.startswith("_"))
"""The attributes of a message, which are all data."""

NAMES: Mapping[str, frozenset[str] | None] = {
    "attempt": None,
    "client": frozenset(
        {"certificate", "id", "remote_address", "server_name", "server_url", "subprotocol"}
    ),
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

HTTP_NAMES: Mapping[str, frozenset[str] | None] = {"form": None, "method": None}
"""The names that the templates of HTTP rules see in addition."""


class Dice:
    """The name `random` in templates. It is seeded, so its values can be repeated."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def int(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def float(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a number from `low` to `high`."""
        return self._random.uniform(low, high)

    def choice(self, items: Sequence[Any]) -> Any:  # noqa: ANN401 - an item of any kind
        """Return one of the items."""
        return self._random.choice(items)
