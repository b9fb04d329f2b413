"""Which behaviour answers a path, and what becomes of a handshake."""

from dataclasses import replace
from functools import partial
from typing import Literal

from actors.behaviours.core import BehaviourFactory
from actors.behaviours.echo import Echo
from actors.behaviours.json_protocol import JsonProtocol
from actors.behaviours.mock import MockConversation
from actors.mocks.handshake import HandshakePlan, plan
from actors.mocks.handshake_request import HandshakeRequest
from actors.mocks.library import MockLibrary, client_key
from actors.mocks.schema import Accept, Reject
from actors.namespaces import TooManyNamespaces, split_path

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
        """Tell whether anything answers a path, given as the client sent it."""
        name, path = split_path(path)
        if path == ECHO_PATH or self._fallback is not None:
            return True
        namespace = self._library.find(name)
        return namespace is not None and namespace.book.find(path) is not None

    def plan(self, request: HandshakeRequest) -> HandshakePlan:
        """Return what becomes of a handshake, and count it as an attempt where a mock answers."""
        try:
            namespace = self._library.use(request.namespace)
        except TooManyNamespaces as error:
            refusal = Reject(status=503, body=f"Not now: {error}.\n")
            return HandshakePlan(request, None, 0.0, refusal, ())
        found = namespace.book.find(request.path)
        if found is None:
            planned = HandshakePlan(request, None, 0.0, Accept(), self._subprotocols)
        else:
            who = client_key(found.endpoint, request)
            attempt = namespace.count_attempt(found.endpoint.name, who)
            planned = plan(found, replace(request, attempt=attempt))
        return replace(planned, namespace=namespace)

    def enter(self, planned: HandshakePlan) -> HandshakePlan:
        """Count a client into its namespace; return the plan with where it is now."""
        if planned.namespace is None:
            return planned
        return replace(planned, namespace=self._library.enter(planned.namespace))

    def leave(self, planned: HandshakePlan) -> None:
        """Count a client that has entered out again."""
        if planned.namespace is not None:
            self._library.leave(planned.namespace)

    def make_behaviour(self, planned: HandshakePlan) -> BehaviourFactory:
        """Return what makes the behaviour for a connection."""
        found, namespace = planned.found, planned.namespace
        if found is None or namespace is None:
            is_echo = planned.request.path == ECHO_PATH
            return Echo if is_echo or self._fallback is None else self._fallback
        who = client_key(found.endpoint, planned.request)
        return partial(MockConversation, found=found, client_key=who, current=namespace.get)
