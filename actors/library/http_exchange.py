"""Answers one HTTP request by the rules of its endpoint, step by step."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from websocket_mock.actors.conversation.action import Actions, Part
from websocket_mock.actors.conversation.compiled import Found
from websocket_mock.actors.conversation.core import ReportProblem, ReportVerdict
from websocket_mock.actors.conversation.expressions import When
from websocket_mock.actors.conversation.http_rules import (
    PLAIN_TEXT,
    CompiledBody,
    CompiledEvents,
    CompiledFiles,
    CompiledHttpRule,
    CompiledResponse,
    FolderFound,
    Headers,
    OpensSession,
    UsesSession,
    cors_headers,
)
from websocket_mock.actors.conversation.memory import Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.conversation.templates import ActionFailed
from websocket_mock.actors.documents.paths import REST
from websocket_mock.actors.library.http_near import ALMOST, Miss, allowed_methods, matches, nearest
from websocket_mock.actors.library.http_sessions import (
    BadMessages,
    HttpSession,
    HttpSessions,
    poll,
    stream,
)
from websocket_mock.actors.library.http_steps import (
    Begin,
    Body,
    Caused,
    EndStream,
    Leave,
    SendEvent,
    Step,
    Wait,
)
from websocket_mock.actors.matching.http_conditions import HttpView
from websocket_mock.actors.matching.units import FOR_EVER, MIN_INTERVAL
from websocket_mock.actors.values.ports import Clock

_TEXT: Headers = (("Content-Type", PLAIN_TEXT),)
_EVENTS: Headers = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"))
_NONE: Headers = ()
WITHOUT_BODY = (204, 304)
"""The statuses of responses that never have a body (RFC 9110 section 6.4.1)."""
_MAX_AGE = "600"
"""Seconds for which a browser may keep the answer to a preflight."""

Answering = Generator[Step, None, bool]
"""Steps, and then whether something has come of them."""


class Counts:
    """How often the rules of an endpoint have answered the logical client of a request."""

    def __init__(self, count: Callable[[str], object], get: Callable[[str], int]) -> None:
        self.count = count
        """Counts an answer of a rule."""
        self.get = get
        """Returns how many answers of a rule were counted."""


class HttpExchange:
    """One request and its answer. One thread uses it, and nothing here blocks.

    Args:
        found: the endpoint.
        view: the request.
        runner: runs the actions of rules, and has what templates see.
        counts: counts the answers of rules.
        clock: the time.
        sessions: the sessions that rules open and use.
        wake: makes the transport ask for the next step; any thread may call it.
    """

    def __init__(
        self,
        found: Found,
        view: HttpView,
        runner: ActionRunner,
        counts: Counts,
        clock: Clock,
        sessions: HttpSessions,
        wake: Callable[[], object],
    ) -> None:
        self._found = found
        self._http = found.endpoint.http
        self._view = view
        self._runner = runner
        self._counts = counts
        self._clock = clock
        self._sessions = sessions
        self._wake = wake
        self._bound: Mapping[str, Any] = {
            "method": view.request.method,
            "form": dict(view.request.form),
        }

    def steps(self) -> Iterator[Step]:
        """Yield what to do. The transport asks for the next step when one is done."""
        if self._is_preflight():
            yield from self._allow_origin()
            return
        misses: list[Miss] = []
        for rule in self._http.rules:
            if (yield from self._try(rule, misses)):
                return
        yield from self._refuse(misses)

    # --- the choice of the rule -----------------------------------------------------------------

    def _try(self, rule: CompiledHttpRule, misses: list[Miss]) -> Answering:
        """Answer with a rule; return whether it has, or the next one is to be tried."""
        try:
            why = self._occasion(rule, misses)
            if why is None:
                return False
            if isinstance(rule.outcome, float):
                yield from self._pause(rule.outcome)
                misses.append(Miss(rule.label, "stall: it only waits", 0))
                return False
            if rule.wait_for is not None:
                is_true = yield from self._until(rule.wait_for, why, rule.timeout)
                if not is_true:
                    misses.append(Miss(rule.label, "wait_for: it was not true in time", ALMOST))
                    return False
            response = rule.outcome
            if isinstance(response, CompiledResponse) and isinstance(response.body, CompiledFiles):
                return (yield from self._serve_file(rule, response, response.body, why, misses))
            if isinstance(response, OpensSession | UsesSession):
                return (yield from self._converse(rule, response, why, misses))
            self._counts.count(rule.label)
            yield from self._act(rule.actions, why)
            if isinstance(response, CompiledResponse):
                yield from self._respond(rule, response, why)
            else:
                yield Leave(response == "reset", rule.label)
        except ActionFailed as error:
            yield Caused([ReportProblem(rule.label, str(error))])
            yield Begin(500, self._headers(_TEXT), rule.label)
            yield Body(f"The rule {rule.label} failed; the traffic says why.\n".encode())
        return True

    def _occasion(self, rule: CompiledHttpRule, misses: list[Miss]) -> Occasion | None:
        """Return the reason why a rule answers; None: it does not, and why is among the misses."""
        verdict, miss = matches(rule, self._view)
        if miss is not None:
            misses.append(miss)
            return None
        why = Occasion(
            "", rule.label, self._view.message, captures=verdict.captures, bound=self._bound
        )
        if rule.when is not None:
            text = rule.when.why_not(self._names(why))
            if text:
                misses.append(Miss(rule.label, text, ALMOST))
                return None
        if rule.times is not None and self._counts.get(rule.label) >= rule.times:
            misses.append(Miss(rule.label, f"times: it has answered {rule.times} times", ALMOST))
            return None
        return why

    def _names(self, why: Occasion) -> Names:
        return self._runner.names(why, self._clock.time())

    # --- what takes time ------------------------------------------------------------------------

    def _pause(self, seconds: float) -> Iterator[Step]:
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            yield Wait(left)

    def _until(self, condition: When, why: Occasion, seconds: float) -> Answering:
        """Wait until a condition is true; return whether it is, or the time is over."""
        until = self._clock.monotonic() + seconds
        with self._watching():
            while not condition.holds(self._names(why)):
                left = until - self._clock.monotonic()
                if left <= 0:
                    return False
                yield Wait(left)
        return True

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Be woken by each change of the variables that outlive the exchange."""
        shared = self._runner.memory.shared
        scopes = (shared.client, shared.endpoint)
        with shared.mutex:
            for scope in scopes:
                scope.watch(self._wake)
        try:
            yield
        finally:
            with shared.mutex:
                for scope in scopes:
                    scope.unwatch(self._wake)

    def _act(self, actions: Actions, why: Occasion) -> Iterator[Step]:
        if actions:
            effects, _ = self._runner.proceed((Part(why, actions),), self._clock.time())
            if effects:
                yield Caused(effects)

    # --- answers --------------------------------------------------------------------------------

    def _headers(self, headers: Headers, default: Headers = ()) -> Headers:
        """Return all headers of a response; the defaults are for those that are not given."""
        given = {name.lower() for name, _ in headers}
        more = (*default, *cors_headers(self._http, self._view.request.headers))
        return (*headers, *(one for one in more if one[0].lower() not in given))

    def _respond(
        self, rule: CompiledHttpRule, response: CompiledResponse, why: Occasion
    ) -> Iterator[Step]:
        # All is rendered before the delay, right after the actions that it belongs to.
        names, body = self._names(why), response.body
        status, headers = response.status(names), response.render_headers(names)
        delay = response.delay(names)
        has_body = self._view.request.method != "HEAD" and status not in WITHOUT_BODY
        if isinstance(body, CompiledEvents) and has_body:
            yield from self._pause(delay)
            yield Begin(status, self._headers(headers, _EVENTS), rule.label, is_stream=True)
            yield from self._stream(rule, body, why)
            return
        content, kind = b"", _NONE
        if isinstance(body, CompiledEvents):
            kind = _EVENTS
        elif isinstance(body, CompiledBody):
            content, kind = body.render(names), (("Content-Type", body.content_type),)
        yield from self._pause(delay)
        yield Begin(status, self._headers(headers, kind), rule.label)
        yield Body(content)

    def _stream(
        self, rule: CompiledHttpRule, stream: CompiledEvents, why: Occasion
    ) -> Iterator[Step]:
        try:
            while True:
                begun = self._clock.monotonic()
                for event in stream.events:
                    yield from self._pause(event.after(self._names(why)))
                    if event.wait_for is not None:
                        yield from self._until(event.wait_for, why, FOR_EVER)
                    yield from self._act(event.actions, why)
                    yield SendEvent(*event.render(self._names(why)))
                if stream.afterwards != "repeat":
                    break
                # A template may say that there is no time between the events.
                yield from self._pause(begun + MIN_INTERVAL - self._clock.monotonic())
                why = why.next_turn()
        except ActionFailed as error:
            # The head has left, so the stream can only end.
            yield Caused([ReportProblem(rule.label, str(error))])
            yield EndStream()
            return
        if stream.afterwards == "stay":
            yield from self._pause(FOR_EVER)
        yield EndStream()

    def _serve_file(
        self,
        rule: CompiledHttpRule,
        response: CompiledResponse,
        files: CompiledFiles,
        why: Occasion,
        misses: list[Miss],
    ) -> Answering:
        path = self._view.request.path
        name = self._found.captures.get(REST, "")
        file = files.find(name, is_folder=path.endswith("/"))
        if file is None:
            misses.append(Miss(rule.label, "files: there is no such file", ALMOST))
            return False
        self._counts.count(rule.label)
        yield from self._act(rule.actions, why)
        names = self._names(why)
        headers, status = response.render_headers(names), response.status(names)
        yield from self._pause(response.delay(names))
        if isinstance(file, FolderFound):
            # Relative, so that neither a namespace nor a path such as //host leads elsewhere.
            location = (("Location", f"./{path.rpartition('/')[2]}/"),)
            yield Begin(301, self._headers(location), rule.label)
            yield Body(b"")
            return True
        kind = (("Content-Type", file.content_type),)
        yield Begin(status, self._headers(headers, kind), rule.label)
        yield Body(file.content)
        return True

    # --- sessions -------------------------------------------------------------------------------

    def _converse(
        self,
        rule: CompiledHttpRule,
        outcome: OpensSession | UsesSession,
        why: Occasion,
        misses: list[Miss],
    ) -> Answering:
        """Open, use or end a session; return False if there is none."""
        if isinstance(outcome, OpensSession):
            own_id = None if outcome.id is None else outcome.id(self._names(why))
            session = self._sessions.open(self._view.request, outcome.framing, own_id)
            if session is None:
                yield from self._say(503, b"Too many connections; try again later.\n", rule.label)
                return True
        else:
            session_id = outcome.id(self._names(why))
            namespace, endpoint = self._view.request.namespace, self._found.endpoint.name
            session = self._sessions.find(session_id, namespace, endpoint)
            if session is None:
                misses.append(Miss(rule.label, f"session: there is no {session_id!r:.80}", ALMOST))
                return False
        self._counts.count(rule.label)
        yield from self._act(rule.actions, why)
        use = outcome.answer if isinstance(outcome, OpensSession) else outcome.use
        if use == "poll":
            yield from self._poll(rule, session)
        elif use == "events":
            yield Begin(200, self._headers(_EVENTS), rule.label, is_stream=True)
            yield from stream(session, self._wake, rule.label)
        else:
            yield from self._take_in(rule, outcome, session, why)
        return True

    def _poll(self, rule: CompiledHttpRule, session: HttpSession) -> Iterator[Step]:
        messages = yield from poll(session, self._wake, rule.timeout, self._clock)
        if session.end_kind in ("reset", "cut"):
            yield Leave(session.end_kind == "reset", rule.label)
        else:
            yield from self._say(200, session.framing.separator.join(messages), rule.label)

    def _take_in(
        self,
        rule: CompiledHttpRule,
        outcome: OpensSession | UsesSession,
        session: HttpSession,
        why: Occasion,
    ) -> Iterator[Step]:
        assert isinstance(outcome, UsesSession), "what is opened is polled or streamed"
        if outcome.use == "end":
            session.hang_up()
        else:
            try:
                session.receive(self._view.request.body)
            except BadMessages as error:
                yield from self._say(400, f"{error}\n".encode(), rule.label)
                return
        if outcome.response is None:
            yield from self._say(200, b"", rule.label)
        else:
            yield from self._respond(rule, outcome.response, why)

    def _say(self, status: int, body: bytes, rule: str) -> Iterator[Step]:
        yield Begin(status, self._headers(_TEXT), rule)
        yield Body(body)

    # --- without a rule -------------------------------------------------------------------------

    def _is_preflight(self) -> bool:
        request = self._view.request
        is_asking = "access-control-request-method" in request.headers
        return request.method == "OPTIONS" and is_asking and self._http.allows(request.origin)

    def _allow_origin(self) -> Iterator[Step]:
        asked = self._view.request.headers
        headers = [
            ("Access-Control-Allow-Methods", asked["access-control-request-method"]),
            ("Access-Control-Max-Age", _MAX_AGE),
        ]
        if "access-control-request-headers" in asked:
            names = asked["access-control-request-headers"]
            headers.append(("Access-Control-Allow-Headers", names))
        yield Begin(204, self._headers(tuple(headers)), "cors")
        yield Body(b"")

    def _refuse(self, misses: list[Miss]) -> Iterator[Step]:
        name, request = self._found.endpoint.name, self._view.request
        near = nearest(misses)
        allowed = allowed_methods(self._http.rules, self._view) if near.is_by_method else []
        if self._found.endpoint.unmatched == "strict":
            text = f"no http rule matches; {near.told}"
            yield Caused([ReportVerdict(passed=False, text=text, is_strict=True)])
        if allowed and request.method not in allowed:
            headers = (*_TEXT, ("Allow", ", ".join(allowed)))
            yield Begin(405, self._headers(headers), why=near.told)
            text = f"{name} does not answer {request.method} here, but {', '.join(allowed)}.\n"
        else:
            yield Begin(404, self._headers(_TEXT), why=near.told)
            text = f"No http rule of {name} matches; the nearest is {near.label}: {near.part}.\n"
        yield Body(text.encode(errors="replace"))
