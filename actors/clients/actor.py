"""One client connection as an actor: the shell around a behaviour.

The actor owns the conversation, its counters and its timers, and carries out the effects of the
behaviour. It runs on its dispatcher's thread and never blocks: it writes to the outbox, leaves
delays to the scheduler, and asks other actors with messages whose answers are messages too.
"""

from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import Any, assert_never

import pykka
from loguru import logger

from websocket_mock.actors.clients.environment import ClientEnvironment
from websocket_mock.actors.clients.fault_injector import FaultInjector
from websocket_mock.actors.clients.probes import Probes
from websocket_mock.actors.clients.receiver import Receiver, in_state
from websocket_mock.actors.clients.requests import Requests
from websocket_mock.actors.clients.sender import Sender
from websocket_mock.actors.clients.taking_over import TakingOver
from websocket_mock.actors.clients.timers import Timers
from websocket_mock.actors.conversation.conversation import MockConversation
from websocket_mock.actors.conversation.core import (
    AskClients,
    AskStats,
    Behaviour,
    BroadcastDone,
    BroadcastText,
    CancelTimers,
    ClientsKnown,
    CountError,
    Effect,
    Effects,
    Event,
    HandlerFailed,
    JoinGroup,
    LeaveGroup,
    Lost,
    NotePing,
    Opened,
    Publish,
    RaiseFault,
    ReportProblem,
    ReportVerdict,
    RuleFired,
    StartTimer,
    StateReset,
    StatsKnown,
    TakeOver,
    TimerFired,
    answer_control,
)
from websocket_mock.actors.faults.connection import ConnectionFaults, ConnectionIdentity
from websocket_mock.actors.kernel.dispatched_actor import DispatchedActor
from websocket_mock.actors.kernel.refs import tell
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.messages import (
    BroadcastDelivered,
    ClientMessage,
    ClientReported,
    ClientsListed,
    CloseClient,
    ConnectionLost,
    DeliverBinary,
    DeliverText,
    ExplainMessage,
    FramesReceived,
    HandedOver,
    HandOver,
    ProbeClient,
    RefreshFaults,
    RegisterClient,
    ReportClient,
    ResetState,
    StatsReported,
    TimerElapsed,
    UnregisterClient,
)
from websocket_mock.actors.values.effects import Abort, SendBinary, SendPing, SendText, StartClose
from websocket_mock.actors.values.entries import Source
from websocket_mock.actors.values.explanations import Explanation
from websocket_mock.actors.values.inbound import Inbound
from websocket_mock.actors.values.models import ClientInfo, ClientSnapshot, ProbeResult
from websocket_mock.actors.values.ports import Outbox

MAX_TIMERS = 20_000
"""How many timers of one client may be waiting. A probe from outside may add one more."""

INTERNAL_ERROR = 1011
"""The close code of a server that cannot go on (RFC 6455 section 7.4.1)."""

TRY_AGAIN_LATER = 1013
"""The close code for a client that reads too slowly (IANA's WebSocket close code registry)."""

_TAKEN_OVER = (1000, "taken over")
"""The close code and reason when another client takes the place."""

_GIVEN_UP = (INTERNAL_ERROR, TRY_AGAIN_LATER)


class TooManyTimersError(RuntimeError):
    """Raised when a client would have more than `MAX_TIMERS` timers."""


class ClientActor(DispatchedActor):
    """The actor of one connection.

    Args:
        info: who is connected.
        behaviour: decides what is answered.
        outbox: sends to the client; only this actor uses it.
        environment: what the client actors of one dispatcher share.
    """

    def __init__(
        self,
        info: ClientInfo,
        behaviour: Behaviour,
        outbox: Outbox,
        environment: ClientEnvironment,
    ) -> None:
        super().__init__(environment.dispatcher, info.id)
        self._info = info
        self._behaviour = behaviour
        self._outbox = outbox
        self._environment = environment
        self._recorder = environment.recorder
        self._clock = environment.dispatcher.clock
        self._probes = Probes(info.id)
        self._requests = Requests(info, environment, self.actor_ref)
        self._timers = Timers(environment.dispatcher.scheduler, self.actor_inbox.hand_over)
        self._taking_over: TakingOver | None = None
        """Set while it takes the place of another client, which is rare."""
        self._is_released = False
        source = Source(
            client_id=info.id,
            endpoint=info.endpoint,
            attempt=info.attempt,
            remote_address=info.remote_address,
            path=info.path,
            namespace=info.namespace,
        ).packed()
        self._sender = Sender(
            outbox, environment.recorder, environment.journal, source, self._clock
        )
        self._receiver = Receiver(
            environment.recorder,
            environment.journal,
            environment.tally,
            source,
            self._probes,
            self._clock,
            info.connected_at,
        )
        self._groups: set[str] = set()
        self._faulty: FaultInjector | None = None
        self._way: Sender | FaultInjector = self._sender
        """Where messages are sent: the sender, or the faults while there are any."""

    # --- pykka's hooks ------------------------------------------------------------------------

    def on_start(self) -> None:
        """Register the client, then let the behaviour open the conversation."""
        try:
            tell(self._environment.registry_ref, RegisterClient(self._info, self.actor_ref))
            self._recorder.connected()
            info = self._info
            details = {"subprotocol": info.subprotocol, "logical_client": info.logical_client}
            self._receiver.record("open", details=details)
            self._refresh_faults()
            self._feed(Opened())
        except Exception:
            # pykka calls no hook when this one raises.
            try:
                self._break()
            finally:
                self._release()
            raise

    def on_stop(self) -> None:
        """Cancel what waits and unregister the client."""
        self._release()

    def on_failure(
        self,
        exception_type: type[BaseException] | None,  # noqa: ARG002 - pykka's signature
        exception_value: BaseException | None,  # noqa: ARG002
        traceback: TracebackType | None,  # noqa: ARG002
    ) -> None:
        """Cancel what waits and unregister the client. `on_receive` has closed the connection."""
        self._release()

    def on_receive(self, message: ClientMessage) -> Any:  # noqa: ANN401 - as each query says
        """Handle a message. An exception is a bug, and closes the connection with 1011."""
        try:
            # Most messages are these, and to match a pattern takes twice as long.
            if isinstance(message, FramesReceived):
                self._on_frames(message.events)
                return None
            if isinstance(message, TimerElapsed):
                self._timers.elapse(message.timer_id)
                return None
            if isinstance(message, DeliverText):
                self._way.send_text(message.payload)
                return None
            match message:
                case DeliverBinary(payload=payload):
                    self._way.carry_out(SendBinary(payload))
                case BroadcastDelivered(recipients=recipients):
                    self._feed(BroadcastDone(recipients))
                case ClientsListed(clients=clients):
                    self._feed(ClientsKnown(clients))
                case StatsReported(stats=stats):
                    self._feed(StatsKnown(stats))
                case ReportClient(roll_call_id=roll_call_id):
                    report = ClientReported(roll_call_id, self._snapshot())
                    tell(self._environment.registry_ref, report)
                case HandOver() | HandedOver() | CloseClient():
                    self._obey(message)
                case RefreshFaults(forgets_raised=forgets_raised):
                    self._refresh_faults(forgets_raised=forgets_raised)
                case ResetState():
                    self._feed(StateReset())
                case ProbeClient():
                    return self._probe(message)
                case ExplainMessage(message=text):
                    return self._explain(text)
                case ConnectionLost():
                    self._on_lost(message)
                case _:
                    assert_never(message)
        except Exception:
            self.stop()
            self._break()
            raise
        return None

    def _break(self) -> None:
        self._recorder.failed()
        self._sender.close(INTERNAL_ERROR, "internal error")

    def _release(self) -> None:
        if self._is_released:
            return
        self._is_released = True
        self._probes.end_all()
        self._timers.cancel_all()
        self._recorder.disconnected()
        tell(self._environment.registry_ref, UnregisterClient(self._info.id))

    # --- messages -----------------------------------------------------------------------------

    def _obey(self, order: HandOver | HandedOver | CloseClient) -> None:
        if isinstance(order, HandedOver):
            self._catch_up()
        elif isinstance(order, HandOver):
            for payload, is_text in self._outbox.hand_over():
                tell(order.heir, DeliverText(payload) if is_text else DeliverBinary(payload))
            tell(order.heir, HandedOver())
            self._sender.carry_out(StartClose(*_TAKEN_OVER))
        elif order.abort is None:
            self._way.carry_out(StartClose(order.code, order.reason))
        else:
            # Past the faults, so that they cannot keep the connection from ending.
            self._sender.carry_out(Abort(is_reset=order.abort == "reset"))

    def _on_lost(self, lost: ConnectionLost) -> None:
        self._catch_up()
        if self._faulty is not None:
            self._faulty.end()
        by = "server" if self._outbox.has_started_close else "client"
        details = {"code": lost.code, "reason": lost.reason, "was_clean": lost.was_clean, "by": by}
        self._receiver.record("close", details=details)
        self._feed(Lost(lost.code, lost.reason))
        # Clients close with 1011, too, for example when a test that uses one is cancelled.
        if by == "server" and lost.code in _GIVEN_UP:
            self._recorder.failed()
        self.stop()

    def _on_frames(self, events: tuple[Inbound, ...]) -> None:
        self._receiver.last_activity = now = self._clock.time()
        rest = iter(events)
        for event in rest:
            if self._taking_over is not None:
                self._taking_over.keep((event, *rest))
            elif self._way is self._sender:
                self._receiver.note(event)
                self._feed(event, now)
            else:
                self._through_faults().receive(event)

    def _catch_up(self) -> None:
        """Handle what was received while the client took the place of another one."""
        taking_over, self._taking_over = self._taking_over, None
        if taking_over is not None:
            self._on_frames(taking_over.end())

    def _snapshot(self) -> ClientSnapshot:
        behaviour = self._behaviour
        return ClientSnapshot(
            info=self._info,
            connection_status="closing" if self._receiver.is_closing else "open",
            last_ping=self._receiver.last_ping,
            last_activity=self._receiver.last_activity,
            messages_received=self._receiver.count,
            messages_sent=self._sender.count,
            groups=tuple(sorted(self._groups)),
            state=behaviour.state if isinstance(behaviour, MockConversation) else None,
        )

    # --- behaviour ----------------------------------------------------------------------------

    def _feed(self, event: Event, now: float | None = None) -> None:
        try:
            for effect in self._behaviour.handle(event, self._clock.time() if now is None else now):
                # Most effects are these, and each call takes 0.05 µs.
                if isinstance(effect, SendText):
                    self._way.send_text(effect.payload)
                else:
                    self._carry_out(effect)
        except Exception as error:  # noqa: BLE001 - a behaviour may raise whatever it likes
            for effect in self._contain(event, error):
                self._carry_out(effect)

    def _contain(self, event: Event, error: Exception) -> Effects:
        logger.opt(exception=error).error("client {}: a handler raised", self._info.id)
        self._recorder.failed()
        self._receiver.record("error", details={"reason": f"{type(error).__name__}: {error}"})
        try:
            said = self._behaviour.handle(HandlerFailed(error), self._clock.time())
        except Exception as second:  # noqa: BLE001 - as above
            logger.opt(exception=second).error(
                "client {}: the behaviour raised again", self._info.id
            )
            said = ()
        return (*answer_control(event), *said)

    def _carry_out(self, effect: Effect) -> None:
        # Most effects are one of these two, and to match a pattern takes twice as long.
        if isinstance(effect, SendText):
            self._way.send_text(effect.payload)
            return
        if isinstance(effect, RuleFired):
            self._receiver.note_rule(effect.rule, effect.state)
            return
        match effect:
            case NotePing():
                self._receiver.last_ping = self._receiver.last_activity
            case StartTimer(delay=delay, is_periodic=is_periodic):
                if len(self._timers) >= MAX_TIMERS:
                    raise TooManyTimersError(f"more than {MAX_TIMERS} timers are waiting")
                due = partial(self._feed, TimerFired(effect.payload))
                self._timers.start(delay, due, is_of_behaviour=True, is_periodic=is_periodic)
            case CancelTimers():
                self._timers.cancel_those_of_behaviour()
            case JoinGroup() | LeaveGroup():
                self._change_groups(effect)
            case RaiseFault(fault=fault):
                self._through_faults().raise_fault(fault)
            case TakeOver():
                self._taking_over = self._taking_over or TakingOver(self._timers, self._catch_up)
                self._requests.make(effect)
            case BroadcastText() | Publish() | AskClients() | AskStats():
                self._requests.make(effect)
            case CountError() | ReportProblem() | ReportVerdict():
                self._take_note(effect)
            case _:
                self._way.carry_out(effect)

    def _change_groups(self, effect: JoinGroup | LeaveGroup) -> None:
        self._requests.make(effect)
        match effect:
            case JoinGroup(group=group):
                self._groups.add(group)
            case LeaveGroup(group=group):
                self._groups -= self._groups if group is None else {group}
        self._refresh_faults()

    def _take_note(self, effect: CountError | ReportProblem | ReportVerdict) -> None:
        match effect:
            case CountError():
                self._recorder.failed()
            case ReportProblem(rule=rule, reason=reason):
                self.report_problem(rule, reason)
            case ReportVerdict(text=text, is_strict=True, state=state):
                self._note_failure(text, {"strict": True, **in_state(state)})
            case ReportVerdict(text=text, contract=str(side)):
                self._note_failure(text, {"contract": side})
            case ReportVerdict(passed=passed, text=text):
                verdict = "passed" if passed else f"failed at {text}"
                self._receiver.record("verdict", details={"passed": passed, "text": text})
                logger.info("client {}: the script {}", self._info.id, verdict)

    def _note_failure(self, text: str, cause: Mapping[str, Any]) -> None:
        details = {"passed": False, "text": text, **cause}
        self._receiver.record("verdict", details=details)
        logger.info("client {}: {}", self._info.id, text)

    # --- faults -------------------------------------------------------------------------------

    def _refresh_faults(self, *, forgets_raised: bool = False) -> None:
        found = self._environment.find_faults(self._info)
        if self._faulty is not None or found:
            self._through_faults().refresh(found, forgets_raised=forgets_raised)

    def _through_faults(self) -> FaultInjector:
        if self._faulty is None:
            info = self._info
            identity = ConnectionIdentity(info.id, info.endpoint, info.attempt, info.seed)
            self._faulty = FaultInjector(
                ConnectionFaults(identity, self._groups),
                self._sender,
                self._outbox,
                self._receiver,
                self,
                self._timers,
                self._clock,
            )
        return self._faulty

    def choose_way(self, *, is_faulty: bool) -> None:
        """Send through the faults from now on, or directly."""
        self._way = self._through_faults() if is_faulty else self._sender

    def arrive(self, event: Inbound) -> None:
        """Handle something from the client that the faults have let through."""
        self._receiver.last_activity = now = self._clock.time()
        self._receiver.note(event)
        self._feed(event, now)

    def report_problem(self, rule: str, reason: str) -> None:
        """Count, record and log that a rule or a fault could not do its work."""
        self._recorder.failed()
        self._receiver.record("error", details={"rule": rule, "reason": reason})
        logger.warning("client {}: {}: {}", self._info.id, rule, reason)

    def _explain(self, message: MessageView) -> Explanation | None:
        behaviour = self._behaviour
        if not isinstance(behaviour, MockConversation):
            return None
        return behaviour.explain(message, self._clock.time())

    # --- probes -------------------------------------------------------------------------------

    def _probe(self, query: ProbeClient) -> "pykka.Future[ProbeResult]":
        started_at = self._clock.monotonic()
        payload, future = self._probes.start(
            query.texts, wants_replies=query.wants_replies, now=started_at
        )
        for text in query.texts:
            self._way.send_text(text)
        self._way.carry_out(SendPing(payload))
        self._timers.start(query.window, partial(self._probes.end, payload))
        return future
