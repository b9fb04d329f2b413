"""From the transport to the actors: the only module that turns transport events into messages.

It starts the actor of each new client and gives the client its id. It also tells the router when
a client enters or leaves its namespace.
"""

import secrets
import threading
from collections.abc import Iterator
from typing import Any, cast

from loguru import logger
from websockets.http11 import Request

from websocket_mock.actors.kernel.dispatcher import Dispatcher, Mailbox
from websocket_mock.actors.kernel.refs import Ref, tell
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.actors.library.http_router import HttpRouter
from websocket_mock.actors.library.router import Router
from websocket_mock.actors.messages import ConnectionLost, FramesReceived
from websocket_mock.actors.system import ActorSystem
from websocket_mock.actors.values.entries import PackedSource, Record, Source
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.models import ClientId, ClientInfo
from websocket_mock.actors.values.namespaces import prefix_of
from websocket_mock.actors.values.ports import Clock
from websocket_mock.actors.values.tls import TlsPlan
from websocket_mock.transport.client_log import ClientLog
from websocket_mock.transport.handshake_responses import format_address, read_request
from websocket_mock.transport.http.ingress import HttpIngress
from websocket_mock.transport.listener import Client, Listener
from websocket_mock.transport.roles import Greeting, Peer


class Ingress:
    """Starts an actor for each new client, and tells it what arrives from that client.

    `attach` may be called on any thread; the other methods run on the reader's thread that owns
    the connection.

    Args:
        system: starts the actors.
        router: plans handshakes and finds the behaviour for a path.
        clock: tells when a client connected.
    """

    def __init__(self, system: ActorSystem, router: Router, clock: Clock) -> None:
        self._system = system
        self._router = router
        self._clock = clock
        self._ids: set[ClientId] = set()
        self._ids_mutex = threading.Lock()
        self._random_ids = _random_ids()
        self._logs: dict[Dispatcher, ClientLog] = {}

    def attach(self, listener: Listener) -> None:
        """Become the receiver of a listener's callbacks."""
        listener.answers_path = self._router.answers
        listener.decide = self.on_handshake
        http = HttpIngress(self._system, HttpRouter(self._router, listener.status), self._clock)
        listener.answers_http = http.answers
        listener.answer = http.begin
        listener.decide_tls = self.on_client_hello
        listener.note_tls_failure = self.on_tls_failure
        listener.set_fn_new_client(self.on_new_client)
        listener.set_fn_message_received(self.on_message_received)
        listener.set_fn_client_left(self.on_client_left)

    def on_handshake(self, connection: Peer, request: Request) -> HandshakePlan:
        """Decide what happens to a handshake, and record it in the journal."""
        read = read_request(request, str(connection.address[0]), connection.tls)
        plan = self._router.plan(read)
        self._note(connection, plan)
        return plan

    def _note(self, connection: Peer, plan: HandshakePlan) -> None:
        source = Source(
            endpoint=None if plan.found is None else plan.found.endpoint.name,
            attempt=plan.request.attempt,
            remote_address=format_address(connection.address),
            path=plan.request.path,
            namespace=plan.request.namespace,
        ).packed()
        details: dict[str, Any] = {
            "status": plan.status,
            "outcome": plan.outcome,
            "headers": plan.request.headers,
            "query": plan.request.query,
            "logical_client": plan.logical_client,
        }
        if plan.request.tls is not None:
            details["tls"] = plan.request.tls.as_json()
        # There is no payload, but the client's headers count towards the limit of the journal.
        size = sum(len(name) + len(value) for name, value in plan.request.headers.items())
        record: Record = (self._clock.time(), source, "handshake", None, None, size, details)
        environment = self._system.environment_of(connection.dispatcher)
        journal = environment.journal
        journal.add(record)
        for kind, label in (("refuse", plan.refused_by), ("wrong_accept", plan.wrong_accept)):
            if label is not None:
                fault = {"fault": label, "type": kind}
                environment.tally.fault_acted(source, kind)
                journal.add((record[0], source, "fault", "sent", None, 0, fault))
        for problem in plan.problems:
            logger.warning("handshake of {}: {}", format_address(connection.address), problem)
            journal.add((record[0], source, "error", None, None, 0, {"reason": problem}))

    def on_client_hello(self, opening: Greeting) -> TlsPlan:
        """Decide what happens to a TLS handshake, and record a fault that hits it."""
        plan = self._router.plan_tls(str(opening.address[0]), opening.server_name)
        if plan.fault is not None and plan.kind is not None:
            source = _source_of(opening, plan)
            environment = self._system.environment_of(opening.dispatcher)
            environment.tally.fault_acted(source, plan.kind)
            fault = {"fault": plan.fault, "type": plan.kind}
            environment.journal.add((self._clock.time(), source, "fault", "sent", None, 0, fault))
        return plan

    def on_tls_failure(self, opening: Greeting, plan: TlsPlan, reason: str) -> None:
        """Record that a TLS handshake did not succeed, and why."""
        details = {"reason": f"TLS: {reason}"}
        if opening.server_name is not None:
            details["server_name"] = opening.server_name
        source = _source_of(opening, plan)
        journal = self._system.environment_of(opening.dispatcher).journal
        journal.add((self._clock.time(), source, "error", None, None, 0, details))
        logger.debug("TLS with {} failed: {}", format_address(opening.address), reason)

    def on_new_client(self, client: Client, listener: Listener) -> None:
        """Start the actor of a connection whose handshake succeeded."""
        plan = self._router.enter(client["plan"])
        client_id = self._new_id()
        try:
            self._start_actor(client, listener, plan, client_id)
        except Exception:
            # The listener does not know the client yet, so it will not report that it has left.
            self._forget(plan, client_id)
            raise

    def _start_actor(
        self, client: Client, listener: Listener, plan: HandshakePlan, client_id: ClientId
    ) -> None:
        connection: Peer = client["handler"]
        info = self._describe(connection, plan, client_id)
        path = prefix_of(info.namespace) + info.path
        self._log_of(connection).connected(info.id, info.remote_address, path)
        make_behaviour = self._router.make_behaviour(plan)
        ref = self._system.start_client(
            connection.dispatcher,
            info,
            connection.outbox,
            make_behaviour,
            plan.request,
            listener.status,
        )
        mailbox = cast("Mailbox", ref.actor_inbox)
        client.update(client_id=info.id, ref=ref, mailbox=mailbox, plan=plan)
        connection.backlog = mailbox.backlog

    def on_message_received(
        self,
        client: Client,
        listener: Listener,  # noqa: ARG002 - the package's signature
        events: tuple[Inbound, ...],
    ) -> None:
        """Hand over to the actor what arrived in one read."""
        client["mailbox"].hand_over(FramesReceived(events))

    def on_client_left(self, client: Client, listener: Listener) -> None:  # noqa: ARG002
        """Tell the actor that its connection has closed."""
        client_id, ref = cast("tuple[ClientId, Ref]", (client["client_id"], client["ref"]))
        code, reason = client["code"], client["reason"]
        self._log_of(client["handler"]).disconnected(client_id, code, reason)
        tell(ref, ConnectionLost(code, reason, client["was_clean"]))
        self._forget(client["plan"], client_id)

    def _forget(self, plan: HandshakePlan, client_id: ClientId) -> None:
        self._router.leave(plan)
        with self._ids_mutex:
            self._ids.discard(client_id)

    def _log_of(self, connection: Peer) -> ClientLog:
        dispatcher = connection.dispatcher
        log = self._logs.get(dispatcher)
        if log is None:
            log = self._logs[dispatcher] = ClientLog(dispatcher.scheduler)
        return log

    def _describe(self, connection: Peer, plan: HandshakePlan, client_id: ClientId) -> ClientInfo:
        return ClientInfo(
            id=client_id,
            connected_at=self._clock.time(),
            remote_address=format_address(connection.address),
            path=plan.request.path,
            subprotocol=connection.subprotocol,
            origin=plan.request.origin,
            endpoint=None if plan.found is None else plan.found.endpoint.name,
            attempt=plan.request.attempt,
            logical_client=plan.logical_client,
            seed=plan.seed,
            namespace=plan.request.namespace,
            speaks_builtin=self._router.speaks_builtin(plan),
        )

    def _new_id(self) -> ClientId:
        with self._ids_mutex:
            client_id = next(one for one in self._random_ids if one not in self._ids)
            self._ids.add(client_id)
            return client_id


def _random_ids() -> Iterator[ClientId]:
    # Many with one system call, which takes 5 µs.
    while True:
        digits = secrets.token_hex(4 * 256)
        for start in range(0, len(digits), 8):
            yield ClientId(digits[start : start + 8])


def _source_of(opening: Greeting, plan: TlsPlan) -> PackedSource:
    address = format_address(opening.address)
    source = Source(attempt=plan.attempt, remote_address=address, namespace=plan.namespace)
    return source.packed()
