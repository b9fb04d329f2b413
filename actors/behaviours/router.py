"""Which behaviour answers a path."""

from typing import Literal

from actors.behaviours.core import BehaviourFactory
from actors.behaviours.echo import Echo
from actors.behaviours.json_protocol import JsonProtocol

ECHO_PATH = "/echo"


class Router:
    """Finds the behaviour of a path. Immutable, so any thread may ask.

    Args:
        fallback: what answers a path that nothing claims: the JSON protocol, or a refusal.
    """

    def __init__(self, fallback: Literal["json", "reject"] = "json") -> None:
        self._fallback: BehaviourFactory | None = JsonProtocol if fallback == "json" else None

    def find(self, path: str) -> BehaviourFactory | None:
        """Return what makes the behaviour for a path, or None for a path to be refused."""
        return Echo if path == ECHO_PATH else self._fallback
