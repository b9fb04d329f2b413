"""Finds the behaviour that answers a path, and plans what happens to a handshake."""

import hashlib
import secrets
from dataclasses import replace
from functools import partial
from typing import Literal

from websocket_mock.actors.conversation.conversation import MockConversation
from websocket_mock.actors.conversation.core import BehaviourFactory
from websocket_mock.actors.conversation.echo import Echo
from websocket_mock.actors.conversation.json_protocol import JsonProtocol
from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.faults.handshake import find_handshake_fault, find_tls_fault
from websocket_mock.actors.faults.kind import HandshakeFault
from websocket_mock.actors.faults.kinds.refuse import Refuse
from websocket_mock.actors.faults.kinds.wrong_accept import WrongAccept
from websocket_mock.actors.library.handshake import HandshakePlan, plan
from websocket_mock.actors.library.library import MockLibrary, client_key
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.namespaces import TooManyNamespaces, prefix_of, split_namespace
from websocket_mock.actors.values.tls import TlsPlan

ECHO_PATH = "/echo"

_ACCEPT = Accept()


class Router:
    """Finds what answers a path: first a mock, then the echo, then the fallback.

    Any thread may use it.

    Args:
        library: the mocks in force.
        fallback: what answers all other paths: the JSON protocol, or a refusal.
        subprotocols: the subprotocols of the built-in behaviours; empty: any.
    """

    def __init__(
        self,
        library: MockLibrary,
        fallback: Literal["json", "reject"] = "json",
        subprotocols: tuple[str, ...] = (),
    ) -> None:
        self.library = library
        """The mocks in force."""
        self._fallback: BehaviourFactory | None = JsonProtocol if fallback == "json" else None
        self._subprotocols = subprotocols
        self._salt = secrets.token_bytes(16)

    def answers(self, path: str) -> bool:
        """Return whether anything answers a path. It is the path that the client sent."""
        name, path = split_namespace(path)
        if path == ECHO_PATH or self._fallback is not None:
            return True
        namespace = self.library.find(name)
        return namespace is not None and namespace.book.find(path) is not None

    def plan(self, request: HandshakeRequest) -> HandshakePlan:
        """Count a handshake as an attempt, and return what to do with it."""
        whole_path = prefix_of(request.namespace) + request.path
        if not self.answers(whole_path):
            refusal = Reject(status=404, body=f"Nothing answers {whole_path} here.\n")
            return HandshakePlan(request, None, 0.0, refusal, ())
        try:
            namespace = self.library.use(request.namespace)
        except TooManyNamespaces as error:
            refusal = Reject(status=503, body=f"Not now: {error}.\n")
            return HandshakePlan(request, None, 0.0, refusal, ())
        book = namespace.book
        found = book.find(request.path)
        if found is None:
            name, own_seed, who = None, "", request.remote_address
        else:
            name, own_seed = found.endpoint.name, found.endpoint.seed
            who = client_key(found, request)
        place = name or request.path
        attempt = namespace.count_attempt(place, who)
        request = replace(request, attempt=attempt)
        seed, now = f"{own_seed}/{who}/{attempt}", self.library.clock.monotonic()
        make_plan = partial(
            HandshakePlan,
            namespace=namespace,
            seed=seed,
            client_key=who,
            logical_client=self.public_name(request.namespace, place, who),
        )
        planned = (
            make_plan(request, None, 0.0, _ACCEPT, self._subprotocols)
            if found is None
            else plan(found, request, make_plan)
        )
        fault = find_handshake_fault(book.faults_at(name), name, attempt, seed, now)
        return planned if fault is None else _hit(planned, *fault)

    def plan_tls(self, remote_address: str, server_name: str | None) -> TlsPlan:
        """Count a TLS handshake as an attempt, and return what to do with it.

        The path is not known yet, so the server name stands for the namespace: `test-1.localhost`
        is hit by the faults of the namespace `test-1`, other names by those outside namespaces.

        Args:
            remote_address: the client's host, without the port.
            server_name: the host name that it wants (SNI).
        """
        label = None if server_name is None else server_name.partition(".")[0]
        found = self.library.find(label) if label else None
        name, namespace = (label, found) if found else (None, self.library.default)
        attempt = namespace.count_attempt(f"tls {server_name}", remote_address)
        fault = find_tls_fault(
            namespace.book.faults_at(None),
            server_name,
            attempt,
            f"{remote_address}/{attempt}",
            self.library.clock.monotonic(),
        )
        if fault is None:
            return TlsPlan(attempt, name)
        label_of_fault, kind = fault
        return replace(
            kind.plan(), attempt=attempt, namespace=name, fault=label_of_fault, kind=kind.key
        )

    def public_name(self, *identity: str | None) -> str:
        """Return what stands for the key of a logical client in public.

        Args:
            identity: the namespace, the endpoint and the key.
        """
        # With a salt, because a key with few possible values could be found by trying them.
        packed = repr(identity).encode(errors="surrogatepass")
        return hashlib.blake2s(packed, digest_size=4, key=self._salt).hexdigest()

    def enter(self, planned: HandshakePlan) -> HandshakePlan:
        """Count a client of its namespace until it leaves; return the plan with that namespace."""
        if planned.namespace is None:
            return planned
        namespace = self.library.enter(planned.namespace)
        is_same = namespace is planned.namespace
        return planned if is_same else replace(planned, namespace=namespace)

    def leave(self, planned: HandshakePlan) -> None:
        """Stop counting a client that has entered."""
        if planned.namespace is not None:
            self.library.leave(planned.namespace)

    def speaks_builtin(self, planned: HandshakePlan) -> bool:
        """Return whether the built-in JSON protocol may answer a client."""
        if planned.found is not None:
            return planned.found.endpoint.unmatched == "builtin"
        return self._fallback is not None and planned.request.path != ECHO_PATH

    def make_behaviour(self, planned: HandshakePlan) -> BehaviourFactory:
        """Return the factory of the behaviour for a connection."""
        found, namespace = planned.found, planned.namespace
        if found is None or namespace is None:
            is_echo = planned.request.path == ECHO_PATH
            return Echo if is_echo or self._fallback is None else self._fallback
        shared = namespace.memories.of(found.endpoint.name, planned.client_key)
        return partial(
            MockConversation,
            found=found,
            seed=planned.seed,
            current=namespace.get,
            shared=shared,
        )


def _hit(planned: HandshakePlan, label: str, fault: HandshakeFault) -> HandshakePlan:
    match fault:
        case Refuse(status=status):
            refusal = Reject(status=status)
            return replace(planned, refused_by=label, ending=refusal, delay=0.0)
        case WrongAccept():
            return replace(planned, wrong_accept=label)
    raise AssertionError(f"{fault.key} is not planned")
