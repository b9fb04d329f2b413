"""Compiles the `http` rules of an endpoint."""

import mimetypes
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from websocket_mock.actors.conversation.action import BadAction
from websocket_mock.actors.conversation.action_compiler import ActionCompiler
from websocket_mock.actors.conversation.expressions import (
    Constant,
    Number,
    When,
    compile_number,
    read_duration,
)
from websocket_mock.actors.conversation.http_rules import (
    NO_HTTP,
    PLAIN_TEXT,
    CompiledBody,
    CompiledEvent,
    CompiledEvents,
    CompiledFiles,
    CompiledHttp,
    CompiledHttpRule,
    CompiledResponse,
    Framing,
    HttpOutcome,
    OpensSession,
    UsesSession,
    read_status,
)
from websocket_mock.actors.conversation.payloads import (
    TEXT_FILES,
    RenderBytes,
    binary,
    constant,
    text,
)
from websocket_mock.actors.conversation.templates import (
    compile_json,
    compile_text,
)
from websocket_mock.actors.documents.http import HttpRule, Respond, ServerEvent, Session
from websocket_mock.actors.documents.mocks import Endpoint
from websocket_mock.actors.documents.paths import PathPattern
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.library.files import find_served_file, open_folder
from websocket_mock.actors.matching.http_conditions import HttpCondition, compile_http_match
from websocket_mock.actors.matching.matchers import BadMatcher
from websocket_mock.actors.matching.units import FOR_EVER

T = TypeVar("T")

JSON = "application/json"
BYTES = "application/octet-stream"


def compile_http(
    endpoint: Endpoint,
    pattern: PathPattern,
    compiler: ActionCompiler,
    directory: Path | None,
    place: Place,
) -> CompiledHttp:
    """Compile the HTTP rules of an endpoint. What is wrong is reported to the compiler's `fail`.

    Args:
        endpoint: the endpoint.
        pattern: its path.
        compiler: compiles the actions of the endpoint.
        directory: the directory of the mocks file; None: files are refused.
        place: the place of the endpoint.
    """
    if not endpoint.http:
        return NO_HTTP
    rules = _HttpCompiler(pattern, compiler, directory).rules(endpoint.http, (*place, "http"))
    return CompiledHttp(tuple(rules), endpoint.cors)


def content_type_of(name: str) -> str:
    """Return the type that the name of a file tells."""
    found, encoding = mimetypes.guess_type(name)
    if found is None or encoding is not None:
        return BYTES
    is_text = found.startswith("text/") or found == "text/javascript"
    return f"{found}; charset=utf-8" if is_text else found


class _HttpCompiler:
    def __init__(
        self, pattern: PathPattern, compiler: ActionCompiler, directory: Path | None
    ) -> None:
        self._pattern = pattern
        self._compiler = compiler
        self._directory = directory

    def rules(self, rules: Sequence[HttpRule], place: Place) -> Iterator[CompiledHttpRule]:
        labels: set[str] = set()
        for index, rule in enumerate(rules):
            here = (*place, index)
            label = rule.name or f"http[{index}]"
            if label in labels:
                self._fail((*here, "name"), f"another rule is also named {label!r}")
            labels.add(label)
            yield CompiledHttpRule(
                label=label,
                condition=self._condition(rule, (*here, "match")),
                when=self._when(rule.when, (*here, "when")),
                times=rule.times,
                wait_for=self._when(rule.wait_for, (*here, "wait_for")),
                timeout=rule.timeout,
                actions=self._compiler.compile_actions(rule.do, (*here, "do")),
                outcome=self._outcome(rule, here),
            )

    def _fail(self, place: Place, error: object) -> None:
        self._compiler.fail(place, error)

    def _attempt(self, place: Place, compile_part: Callable[[], T]) -> T | None:
        return self._compiler.attempt(place, compile_part)

    def _condition(self, rule: HttpRule, place: Place) -> HttpCondition:
        try:
            return compile_http_match(rule.match)
        except BadMatcher as error:
            self._fail(place, error)
            return compile_http_match(type(rule.match)())

    def _when(self, source: str | None, place: Place) -> When | None:
        return None if source is None else self._attempt(place, partial(When.compile, source))

    def _number(self, given: T | str, place: Place, read: Callable[[object], T]) -> Number[T]:
        found = self._attempt(place, partial(compile_number, given, place, read))
        # Without a result the error is noted, and this only stands in for it.
        return found or Constant(cast("T", given))

    def _outcome(self, rule: HttpRule, place: Place) -> HttpOutcome:
        if rule.stall is not None:
            return FOR_EVER if rule.stall == "forever" else rule.stall
        if rule.abort is not None:
            return rule.abort
        if rule.session is not None:
            return self._session(rule, rule.session, (*place, "session"))
        assert rule.respond is not None, "the schema has one outcome in each rule"
        return self._response(rule.respond, (*place, "respond"))

    def _session(
        self, rule: HttpRule, session: Session, place: Place
    ) -> OpensSession | UsesSession:
        if session.open is not None:
            opened, render_id = session.open, None
            if opened.id is not None:
                render_id = self._attempt((*place, "open", "id"), partial(compile_text, opened.id))
            framing = Framing(
                opened.separator.encode(),
                None if opened.binary_prefix is None else opened.binary_prefix.encode(),
                None if opened.closing is None else opened.closing.encode(),
            )
            return OpensSession(framing, render_id, opened.answer)
        (use,) = session.model_fields_set
        render = self._attempt((*place, use), partial(compile_text, getattr(session, use)))
        respond = rule.respond
        response = None if respond is None else self._response(respond, (*place[:-1], "respond"))
        return UsesSession(use, render or _constant(""), response)  # type: ignore[arg-type]

    def _response(self, respond: Respond, place: Place) -> CompiledResponse:
        headers = []
        for name, value in respond.headers.items():
            is_literal = not respond.template
            render = (
                None
                if is_literal
                else self._attempt((*place, "headers", name), partial(compile_text, value))
            )
            headers.append((name, render or _constant(value)))
        return CompiledResponse(
            status=self._number(respond.status, (*place, "status"), read_status),
            headers=tuple(headers),
            body=self._body(respond, place),
            delay=self._number(respond.delay, (*place, "delay"), read_duration),
        )

    def _body(
        self, respond: Respond, place: Place
    ) -> CompiledBody | CompiledFiles | CompiledEvents | None:
        if respond.events is not None:
            events = (
                self._event(event, (*place, "events", index), is_literal=not respond.template)
                for index, event in enumerate(respond.events)
            )
            return CompiledEvents(tuple(events), respond.afterwards)
        if respond.files is not None:
            return self._attempt((*place, "files"), partial(self._files, respond.files))
        kinds = respond.model_fields_set & {"text", "json_", "binary", "file"}
        for kind in kinds:
            key = kind.rstrip("_")
            return self._attempt((*place, key), partial(self._whole, respond, (*place, key)))
        return None

    def _whole(self, respond: Respond, place: Place) -> CompiledBody:
        if respond.text is not None:
            return CompiledBody(text(respond.text, is_literal=not respond.template), PLAIN_TEXT)
        if respond.binary is not None:
            return CompiledBody(binary(respond.binary, place), BYTES)
        if respond.file is not None:
            return self._file(respond.file, is_literal=not respond.template)
        return CompiledBody(compile_json(respond.json_, is_literal=not respond.template), JSON)

    def _file(self, name: str, *, is_literal: bool) -> CompiledBody:
        content = self._compiler.read_file(name)
        if is_literal or not name.endswith(TEXT_FILES):
            return CompiledBody(constant(content), content_type_of(name))
        try:
            rendered = text(content.decode(), is_literal=False)
            return CompiledBody(rendered, content_type_of(name))
        except UnicodeDecodeError:
            raise BadAction(f"file {name!r} is not UTF-8, as .txt and .json must be") from None

    def _files(self, name: str) -> CompiledFiles:
        if not self._pattern.takes_rest:
            raise BadAction("the path of the endpoint must end with /**, which says which file")
        folder = open_folder(self._directory, name)
        return CompiledFiles(partial(find_served_file, folder, content_type_of))

    def _event(self, event: ServerEvent, place: Place, *, is_literal: bool) -> CompiledEvent:
        def line(text: str | None, key: str) -> Callable[..., str] | None:
            if text is None:
                return None
            if is_literal:
                return _constant(text)
            return self._attempt((*place, key), partial(compile_text, text))

        data: RenderBytes | None = None
        if event.data is not None:
            data = self._attempt((*place, "data"), partial(text, event.data, is_literal=is_literal))
        elif "json_" in event.model_fields_set:
            data = self._attempt(
                (*place, "json"), partial(compile_json, event.json_, is_literal=is_literal)
            )
        return CompiledEvent(
            after=self._number(event.after, (*place, "after"), read_duration),
            wait_for=self._when(event.wait_for, (*place, "wait_for")),
            actions=self._compiler.compile_actions(event.do, (*place, "do")),
            event=line(event.event, "event"),
            id=line(event.id, "id"),
            retry=event.retry,
            data=data,
        )


def _constant(text: str) -> Callable[..., str]:
    return lambda _: text
