"""One client connection as an actor: the shell around a behaviour.

It owns the conversation, its counters and its timers, and carries the behaviour's effects out. It
runs on its dispatcher's thread and never blocks: writes go to the outbox, delays to the scheduler,
questions to other actors as messages whose answers come back as messages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from types import TracebackType
from typing import Any, assert_never

import pykka
from loguru import logger

from actors.behaviours.core import (
    Abort,
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
    ReportProblem,
    ReportVerdict,
    RuleFired,
    SendBinary,
    SendPing,
    SendText,
    StartTimer,
    StateReset,
    StatsKnown,
    TimerFired,
    answer_control,
)
from actors.dispatcher import DispatchedActor, Dispatcher
from actors.inbound import (
    BinaryReceived,
    CloseReceived,
    Inbound,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)
from actors.journal_entries import Direction, Kind, Source
from actors.journal_recorder import JournalRecorder
from actors.messages import (
    Broadcast,
    BroadcastCounted,
    BroadcastDelivered,
    CallRoll,
    ClientMessage,
    ClientReported,
    ClientsListed,
    CloseClient,
    ConnectionLost,
    DeliverBinary,
    DeliverText,
    FramesReceived,
    GroupJoined,
    GroupLeft,
    ProbeClient,
    PublishMessage,
    Ref,
    RegisterClient,
    ReportClient,
    ReportStats,
    ResetState,
    StatsReported,
    TimerElapsed,
    UnregisterClient,
)
from actors.models import ClientInfo, ClientSnapshot, ProbeResult
from actors.ports import Outbox
from actors.probes import Probes
from actors.recorder import TrafficRecorder
from actors.refs import tell
from actors.scheduler import Timer
from actors.sender import Sender

MAX_TIMERS = 20_000
"""Timers one client may have waiting; a probe from outside takes one more."""

INTERNAL_ERROR = 1011
"""Close code of a server that cannot go on (RFC 6455 section 7.4.1)."""

TRY_AGAIN_LATER = 1013
"""Close code for a client that reads too slowly (IANA's WebSocket close code registry)."""

_GIVEN_UP = (INTERNAL_ERROR, TRY_AGAIN_LATER)

_CANCELLED = (None, None)
"""Found for a timer that was cancelled when its time had come already."""


class TooManyTimersError(RuntimeError):
    """Raised when a client starts one timer more than it may have."""


@dataclass(frozen=True, slots=True)
class ClientEnvironment:
    """What the client actors of one dispatcher share."""

    dispatcher: Dispatcher
    recorder: TrafficRecorder
    journal: JournalRecorder
    registry_ref: Ref
    broadcaster_ref: Ref
    stats_ref: Ref


class ClientActor(DispatchedActor):
    """The actor of one connection.

    Args:
        info: who is connected.
        behaviour: what answers.
        outbox: the way out; stays with this actor.
        environment: what the actors of the dispatcher share.
    """

    def __init__(
        self,
        info: ClientInfo,
        behaviour: Behaviour,
        outbox: Outbox,
        environment: ClientEnvironment,
    ) -> None:
        super().__init__(environment.dispatcher)
        self._info = info
        self._behaviour = behaviour
        self._journal = environment.journal
        self._source = Source(
            client_id=info.id,
            endpoint=info.endpoint,
            attempt=info.attempt,
            remote_address=info.remote_address,
            path=info.path,
            namespace=info.namespace,
        ).packed()
        self._sender = Sender(
            outbox,
            environment.recorder,
            environment.journal,
            self._source,
            environment.dispatcher.clock,
        )
        self._environment = environment
        self._recorder = environment.recorder
        self._clock = environment.dispatcher.clock
        self._probes = Probes(info.id)
        self._timers: dict[int, tuple[Timer, TimerFired | Callable[[], None]]] = {}
        self._timer_ids = count(1)
        self._is_closing = False
        self._is_released = False
        self._last_ping: float | None = None
        self._last_activity = info.connected_at
        self._messages_received = 0

    # --- pykka's hooks ------------------------------------------------------------------------

    def on_start(self) -> None:
        """Register, then let the behaviour open the conversation."""
        try:
            tell(self._environment.registry_ref, RegisterClient(self._info, self.actor_ref))
            self._recorder.connected()
            self._record("open", details={"subprotocol": self._info.subprotocol})
            self._feed(Opened())
        except Exception:
            # pykka calls no hook when this one raises.
            try:
                self._break()
            finally:
                self._release()
            raise

    def on_stop(self) -> None:
        """Leave nothing behind."""
        self._release()

    def on_failure(
        self,
        exception_type: type[BaseException] | None,  # noqa: ARG002 - pykka's signature
        exception_value: BaseException | None,  # noqa: ARG002
        traceback: TracebackType | None,  # noqa: ARG002
    ) -> None:
        """Leave nothing behind; the connection was closed where the error was caught."""
        self._release()

    def on_receive(self, message: ClientMessage) -> Any:  # noqa: ANN401 - as each query says
        """Handle a message; an exception here is a bug and ends the connection with 1011."""
        try:
            return self._handle(message)
        except Exception:
            self.stop()
            self._break()
            raise

    def _break(self) -> None:
        self._recorder.failed()
        self._sender.close(INTERNAL_ERROR, "internal error")

    def _release(self) -> None:
        if self._is_released:
            return
        self._is_released = True
        self._probes.end_all()
        for timer, _ in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._recorder.disconnected()
        tell(self._environment.registry_ref, UnregisterClient(self._info.id))

    # --- messages -----------------------------------------------------------------------------

    def _handle(self, message: ClientMessage) -> "pykka.Future[ProbeResult] | None":
        match message:
            case FramesReceived(events=events):
                self._on_frames(events)
            case DeliverText(payload=payload):
                self._sender.send_text(payload)
            case DeliverBinary(payload=payload):
                self._sender.carry_out(SendBinary(payload))
            case TimerElapsed(timer_id=timer_id):
                self._on_timer(timer_id)
            case BroadcastDelivered(recipients=recipients):
                self._feed(BroadcastDone(recipients))
            case ClientsListed(clients=clients):
                self._feed(ClientsKnown(clients))
            case StatsReported(stats=stats):
                self._feed(StatsKnown(stats))
            case ReportClient(roll_call_id=roll_call_id):
                report = ClientReported(roll_call_id, self._snapshot())
                tell(self._environment.registry_ref, report)
            case CloseClient():
                self._end(message)
            case ResetState():
                self._feed(StateReset())
            case ProbeClient():
                return self._probe(message)
            case ConnectionLost(code=code, reason=reason, was_clean=was_clean):
                self._record_end(code, reason, was_clean=was_clean)
                self._feed(Lost(code, reason))
                if code in _GIVEN_UP:
                    self._recorder.failed()
                self.stop()
            case _:
                assert_never(message)
        return None

    def _end(self, order: CloseClient) -> None:
        if order.abort is None:
            self._sender.close(order.code, order.reason)
        else:
            self._sender.carry_out(Abort(is_reset=order.abort == "reset"))

    def _on_frames(self, events: tuple[Inbound, ...]) -> None:
        self._last_activity = now = self._clock.time()
        for event in events:
            self._note(event)
            self._feed(event, now)

    def _note(self, event: Inbound) -> None:
        match event:
            case TextReceived(text=text, size=size):
                self._count_received(size, text)
                self._journal.add(
                    (self._last_activity, self._source, "text", "received", text, size, None)
                )
            case BinaryReceived(data=data):
                self._count_received(len(data), f"({len(data)} bytes, binary)")
                self._record("binary", "received", data, len(data))
            case PingReceived(payload=payload):
                self._last_ping = self._last_activity
                self._record("ping", "received", payload, len(payload))
            case PongReceived(payload=payload):
                self._probes.on_pong(payload, self._clock.monotonic())
                self._record("pong", "received", payload, len(payload))
            case CloseReceived():
                self._is_closing = True
            case ProtocolViolated(code=code, reason=reason):
                self._is_closing = True
                self._record("error", details={"reason": reason, "code": code})
            case _:
                assert_never(event)

    def _record(
        self,
        kind: Kind,
        direction: Direction | None = None,
        payload: str | bytes | None = None,
        size: int = 0,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        # What came is noted with the time it was read; what happens besides, nearly the same.
        now = self._last_activity if direction else self._clock.time()
        self._journal.add((now, self._source, kind, direction, payload, size, details))

    def _record_end(self, code: int, reason: str, *, was_clean: bool) -> None:
        by = "server" if self._sender.has_started_close else "client"
        details = {"code": code, "reason": reason, "was_clean": was_clean, "by": by}
        self._record("close", details=details)

    def _count_received(self, size: int, text: str) -> None:
        self._messages_received += 1
        self._recorder.received(size)
        if self._probes:
            self._probes.on_message(text)

    def _snapshot(self) -> ClientSnapshot:
        return ClientSnapshot(
            info=self._info,
            connection_status="closing" if self._is_closing else "open",
            last_ping=self._last_ping,
            last_activity=self._last_activity,
            messages_received=self._messages_received,
            messages_sent=self._sender.count,
        )

    # --- behaviour ----------------------------------------------------------------------------

    def _feed(self, event: Event, now: float | None = None) -> None:
        try:
            for effect in self._behaviour.handle(event, now or self._clock.time()):
                self._carry_out(effect)
        except Exception as error:  # noqa: BLE001 - a behaviour may raise whatever it likes
            for effect in self._contain(event, error):
                self._carry_out(effect)

    def _contain(self, event: Event, error: Exception) -> Effects:
        logger.opt(exception=error).error("client {}: a handler raised", self._info.id)
        self._recorder.failed()
        self._record("error", details={"reason": f"{type(error).__name__}: {error}"})
        try:
            said = self._behaviour.handle(HandlerFailed(error), self._clock.time())
        except Exception as second:  # noqa: BLE001 - as above
            logger.opt(exception=second).error("client {}: no answer to that", self._info.id)
            said = ()
        return (*answer_control(event), *said)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SendText(payload=payload):
                self._sender.send_text(payload)
            case NotePing():
                self._last_ping = self._last_activity
            case StartTimer(delay=delay, payload=payload):
                if len(self._timers) >= MAX_TIMERS:
                    raise TooManyTimersError(f"more than {MAX_TIMERS} timers are waiting")
                self._start_timer(delay, TimerFired(payload))
            case CancelTimers():
                self._cancel_timers()
            case CountError():
                self._recorder.failed()
            case BroadcastText(payload=payload):
                # Counted from here, so that this client's next question for statistics knows it.
                tell(self._environment.stats_ref, BroadcastCounted())
                shout = Broadcast(payload, self._info.id, self._info.namespace, self.actor_ref)
                tell(self._environment.broadcaster_ref, shout)
            case Publish(target=target, payload=payload, is_text=is_text):
                publication = PublishMessage(payload, is_text, target, self._info.namespace)
                tell(self._environment.broadcaster_ref, publication)
            case JoinGroup(group=group):
                tell(self._environment.broadcaster_ref, GroupJoined(self._info.id, group))
            case LeaveGroup(group=group):
                tell(self._environment.broadcaster_ref, GroupLeft(self._info.id, group))
            case AskClients():
                tell(self._environment.registry_ref, CallRoll(self._info.namespace, self.actor_ref))
            case AskStats():
                # What this client has sent must arrive before the question does.
                self._recorder.flush()
                tell(self._environment.stats_ref, ReportStats(self.actor_ref))
            case RuleFired(rule=rule):
                self._record("rule", details={"rule": rule})
            case ReportProblem(rule=rule, reason=reason):
                self._recorder.failed()
                self._record("error", details={"rule": rule, "reason": reason})
                logger.warning("client {}: {}: {}", self._info.id, rule, reason)
            case ReportVerdict(passed=passed, text=text):
                verdict = "passed" if passed else f"failed at {text}"
                self._record("verdict", details={"passed": passed, "text": text})
                logger.info("client {}: the script {}", self._info.id, verdict)
            case _:
                self._sender.carry_out(effect)

    # --- timers and probes --------------------------------------------------------------------

    def _start_timer(self, delay: float, due: TimerFired | Callable[[], None]) -> None:
        timer_id = next(self._timer_ids)
        # Through the mailbox, so that pykka handles what the handler raises.
        elapsed = partial(tell, self.actor_ref, TimerElapsed(timer_id))
        timer = self.dispatcher.scheduler.call_later(delay, elapsed)
        self._timers[timer_id] = (timer, due)

    def _on_timer(self, timer_id: int) -> None:
        _, due = self._timers.pop(timer_id, _CANCELLED)
        if isinstance(due, TimerFired):
            self._feed(due)
        elif due is not None:
            due()

    def _cancel_timers(self) -> None:
        """Cancel the behaviour's timers; what else waits here is not its own."""
        for timer_id, (timer, due) in list(self._timers.items()):
            if isinstance(due, TimerFired):
                timer.cancel()
                del self._timers[timer_id]

    def _probe(self, query: ProbeClient) -> "pykka.Future[ProbeResult]":
        started_at = self._clock.monotonic()
        payload, future = self._probes.start(
            query.texts, wants_replies=query.wants_replies, now=started_at
        )
        for text in query.texts:
            self._sender.send_text(text)
        self._sender.carry_out(SendPing(payload))
        self._start_timer(query.window, partial(self._probes.end, payload))
        return future
