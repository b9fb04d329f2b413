"""Which behaviour answers a path, and what becomes of a handshake."""

from dataclasses import replace
from functools import partial
from typing import Literal

from actors.behaviours.core import BehaviourFactory
from actors.behaviours.echo import Echo
from actors.behaviours.json_protocol import JsonProtocol
from actors.behaviours.mock import MockConversation
from actors.faults.opening import find_wrong_accept
from actors.mocks.handshake import HandshakePlan, plan
from actors.mocks.handshake_request import HandshakeRequest
from actors.mocks.library import MockLibrary, client_key
from actors.mocks.schema import Accept

ECHO_PATH = "/echo"


class Router:
    """Finds what answers a path: a mock, the echo, then the fallback. Any thread.

    Args:
        library: the mocks in force.
        fallback: what answers a path that nothing claims: the JSON protocol, or a refusal.
        subprotocols: what the built-in behaviours speak; empty takes any.
    """

    def __init__(
        self,
        library: MockLibrary,
        fallback: Literal["json", "reject"] = "json",
        subprotocols: tuple[str, ...] = (),
    ) -> None:
        self._library = library
        self._fallback: BehaviourFactory | None = JsonProtocol if fallback == "json" else None
        self._subprotocols = subprotocols

    def answers(self, path: str) -> bool:
        """Tell whether anything answers a path."""
        is_builtin = path == ECHO_PATH or self._fallback is not None
        return is_builtin or self._library.book.find(path) is not None

    def plan(self, request: HandshakeRequest) -> HandshakePlan:
        """Return what becomes of a handshake, and count it as an attempt."""
        book = self._library.book
        found = book.find(request.path)
        who = request.remote_address if found is None else client_key(found.endpoint, request)
        name = None if found is None else found.endpoint.name
        attempt = self._library.count_attempt(name or request.path, who)
        request = replace(request, attempt=attempt)
        own_seed = "" if found is None else found.endpoint.seed
        seed = f"{own_seed}/{who}/{attempt}"
        now = self._library.clock.monotonic()
        planned = (
            HandshakePlan(request, None, 0.0, Accept(), self._subprotocols)
            if found is None
            else plan(found, request)
        )
        wrong_accept = find_wrong_accept(book.faults_at(name), name, attempt, seed, now)
        return replace(planned, seed=seed, wrong_accept=wrong_accept)

    def make_behaviour(self, planned: HandshakePlan) -> BehaviourFactory:
        """Return what makes the behaviour for a connection."""
        found = planned.found
        if found is None:
            is_echo = planned.request.path == ECHO_PATH
            return Echo if is_echo or self._fallback is None else self._fallback
        return partial(MockConversation, found=found, seed=planned.seed, current=self._library.get)
