"""From HTTP requests to the actors: it records them, and carries out what their rules cause."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from loguru import logger
from websockets.http11 import Request

from websocket_mock.actors.clients.environment import ClientEnvironment
from websocket_mock.actors.conversation.core import (
    Effect,
    Publish,
    ReportProblem,
    ReportVerdict,
)
from websocket_mock.actors.conversation.http_rules import PLAIN_TEXT
from websocket_mock.actors.kernel.refs import tell
from websocket_mock.actors.library.http_router import HttpPlan, HttpRouter
from websocket_mock.actors.library.http_steps import (
    Begin,
    Body,
    Caused,
    Leave,
    SendEvent,
    Step,
)
from websocket_mock.actors.messages import PublishMessage
from websocket_mock.actors.system import ActorSystem
from websocket_mock.actors.values.entries import Direction, Kind, Record, Source
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.http_request import FORM, HttpRequest
from websocket_mock.actors.values.namespaces import prefix_of
from websocket_mock.actors.values.ports import Clock
from websocket_mock.transport.handshake_responses import format_address, read_request
from websocket_mock.transport.http.sessions import Host, Sessions, SessionsOfRequest
from websocket_mock.transport.roles import HttpAnswer, Peer

_GONE: tuple[Step, ...] = (
    Begin(404, (("Content-Type", PLAIN_TEXT),)),
    Body(b"Nothing answers this path here any more.\n"),
)


class HttpIngress:
    """Finds the answers to HTTP requests. Each reader's thread uses it for its connections.

    Args:
        system: has the journal and the other actors.
        router: finds the endpoint that answers.
        clock: the time of records.
        sessions: the sessions of all listeners.
        host: the listener that requests come to.
    """

    def __init__(
        self,
        system: ActorSystem,
        router: HttpRouter,
        clock: Clock,
        sessions: Sessions,
        host: Host,
    ) -> None:
        self._sessions = sessions
        self._host = host
        self._system = system
        self._router = router
        self._clock = clock
        self.answers = router.answers
        """Tells whether HTTP rules answer a path."""

    def begin(
        self,
        connection: Peer,
        request: Request,
        method: str,
        body: bytes,
        wake: Callable[[], None],
    ) -> HttpAnswer:
        """Record a request, and return what answers it."""
        address = str(connection.address[0])
        read = read_http_request(read_request(request, address, connection.tls), method, body)
        sessions = SessionsOfRequest(
            self._sessions, connection, self._host, self._router.plan_session
        )
        plan = self._router.begin(read, sessions, wake)
        environment = self._system.environment_of(connection.dispatcher)
        if plan is None:
            return _Fixed(_GONE)
        source = Source(
            endpoint=plan.endpoint,
            attempt=plan.request.attempt,
            remote_address=format_address(connection.address),
            path=plan.request.path,
            namespace=plan.request.namespace,
        )
        notes = _Notes(plan, source, environment, self._clock)
        notes.request()
        return _Exchange(plan, notes, self._router)


def read_http_request(request: HandshakeRequest, method: str, body: bytes) -> HttpRequest:
    """Return a request in the form that conditions and templates use."""
    form: Mapping[str, str] = {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
        form = _read_form(body)
    return HttpRequest.of(request, method, body, form)


_MAX_FIELDS = 1_000
"""The most fields of a form that are read. One with more has none."""


def _read_form(body: bytes) -> Mapping[str, str]:
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    return dict(fields)


class _Fixed:
    """Answers without any rule."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = iter(steps)

    def next(self) -> Step | None:
        return next(self._steps, None)

    def close(self) -> None:
        pass


class _Exchange:
    """Answers one request, and records what leaves."""

    def __init__(self, plan: HttpPlan, notes: "_Notes", router: HttpRouter) -> None:
        self._plan: HttpPlan | None = plan
        self._notes = notes
        self._router = router
        self._steps: Iterator[Step] = plan.exchange.steps()

    def next(self) -> Step | None:
        """Return the next step; None: the request is answered."""
        for step in self._steps:
            if isinstance(step, Caused):
                for effect in step.effects:
                    self._notes.carry_out(effect)
            else:
                self._notes.step(step)
                return step
        return None

    def close(self) -> None:
        """End it. If there was no answer, the client has left."""
        plan, self._plan = self._plan, None
        if plan is not None:
            # A generator: what it watches is let go.
            close = getattr(self._steps, "close", None)
            if close is not None:
                close()
            self._notes.end()
            self._router.leave(plan)


class _Notes:
    """Records one exchange in the journal. The reader's thread only."""

    def __init__(
        self, plan: HttpPlan, source: Source, environment: ClientEnvironment, clock: Clock
    ) -> None:
        self._plan = plan
        self._source = source.packed()
        self._environment = environment
        self._clock = clock
        self._begun: Begin | None = None
        self._is_noted = False

    def request(self) -> None:
        """Record the request."""
        request = self._plan.request
        details: dict[str, Any] = {
            "method": request.method,
            "headers": request.headers,
            "query": request.query,
        }
        if request.tls is not None:
            details["tls"] = request.tls.as_json()
        self._note("request", "received", request.body, details)

    def step(self, step: Step) -> None:
        """Record what leaves with a step."""
        match step:
            case Begin(is_stream=True):
                self._response(step, b"")
            case Begin():
                self._begun = step
            case Body(data=data):
                if self._begun is not None:
                    self._response(self._begun, data)
            case SendEvent(data=data):
                self._note("event", "sent", data, {"method": self._plan.request.method})
            case Leave(rule=rule):
                self._fired(rule)
                self._outcome("abort", {"rule": rule})
            case _:
                pass

    def _response(self, begun: Begin, body: bytes) -> None:
        details: dict[str, Any] = {
            "status": begun.status,
            "outcome": "unmatched" if begun.rule is None else "respond",
            "headers": {name.lower(): value for name, value in begun.headers},
        }
        if begun.rule is None:
            details["text"] = begun.why
        else:
            details["rule"] = begun.rule
            self._fired(begun.rule)
        self._is_noted = True
        self._note("response", "sent", body, {"method": self._plan.request.method, **details})
        self._environment.tally.http_answered(self._source, str(begun.status))

    def _outcome(self, outcome: str, details: Mapping[str, str]) -> None:
        self._is_noted = True
        method = self._plan.request.method
        self._note("response", None, b"", {"method": method, "outcome": outcome, **details})

    def end(self) -> None:
        """Record that the client has left, if there was no answer."""
        if not self._is_noted:
            self._outcome("left", {})

    def _fired(self, rule: str) -> None:
        self._environment.tally.rule_fired(self._source, rule)

    def carry_out(self, effect: Effect) -> None:
        """Carry out an effect of an action, or record what went wrong."""
        match effect:
            case Publish(target=target, payload=payload, is_text=is_text):
                namespace = self._plan.request.namespace
                message = PublishMessage(payload, is_text, target, namespace)
                tell(self._environment.broadcaster_ref, message)
            case ReportProblem(rule=rule, reason=reason):
                self._environment.recorder.failed()
                self._note("error", None, b"", {"rule": rule, "reason": reason})
                logger.warning("http of {}: {}: {}", self._path, rule, reason)
            case ReportVerdict(passed=passed, text=text):
                details = {"passed": passed, "text": text, "strict": True}
                self._note("verdict", None, b"", details)
                logger.info("http of {}: {}", self._path, text)
            case _:
                raise AssertionError(f"an HTTP rule cannot cause {effect}")

    @property
    def _path(self) -> str:
        request = self._plan.request
        return prefix_of(request.namespace) + request.path

    def _note(
        self, kind: Kind, direction: Direction | None, body: bytes, details: Mapping[str, Any]
    ) -> None:
        headers = self._plan.request.headers if kind == "request" else {}
        weight = sum(len(name) + len(value) for name, value in headers.items())
        size, payload = (len(body), _payload(body)) if body else (weight, None)
        record: Record = (
            self._clock.time(),
            self._source,
            kind,
            direction,
            payload,
            size,
            {**details, "logical_client": self._plan.logical_client, **_kind_of(payload)},
        )
        journal = self._environment.journal
        if kind == "request":
            journal.add_request(record)
        else:
            journal.add(record)


def _kind_of(payload: str | bytes | None) -> Mapping[str, bool]:
    """Say of a body that is no text that it is none: results have it as base64."""
    return {"binary": True} if isinstance(payload, bytes) else {}


def _payload(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body
