"""Conditions on plain HTTP requests: those of handshakes, and those of messages on the body."""

from dataclasses import dataclass

from websocket_mock.actors.matching.conditions import (
    Condition,
    compile_handshake_match,
    compile_message_match,
)
from websocket_mock.actors.matching.matchers import Nearness, Verdict
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.matching.schema import HttpMatch, MessageMatch
from websocket_mock.actors.values.http_request import HttpRequest

_OF_BODY = ("text", "json_", "binary", "size")


@dataclass(frozen=True, slots=True)
class HttpView:
    """A request, and its body as conditions and templates see it."""

    request: HttpRequest
    message: MessageView

    @classmethod
    def of(cls, request: HttpRequest) -> "HttpView":
        """Return the view of a request. An empty body is no text; one that is no UTF-8 is bytes."""
        body = request.body
        if not body:
            return cls(request, MessageView())
        try:
            message = MessageView(text=body.decode(), size=len(body))
        except UnicodeDecodeError:
            message = MessageView(binary=body, size=len(body))
        return cls(request, message)


@dataclass(frozen=True, slots=True)
class HttpCondition:
    """Conditions on a request and on its body. Immutable; any thread."""

    _request: Condition
    _body: Condition

    def test(self, view: HttpView) -> Verdict:
        """Return the verdict: all captures, or why the first field that fails does not match."""
        head = self._request.test(view.request)
        if not head.matched:
            return Verdict(matched=False, why=lambda: head.why, nearness=lambda: head.nearness)
        body = self._body.test(view.message)
        if body.matched:
            return Verdict(matched=True, captures={**head.captures, **body.captures})
        return Verdict(matched=False, why=lambda: body.why, nearness=lambda: self._near(view, body))

    def _near(self, view: HttpView, body: Verdict) -> Nearness:
        count, is_present = body.nearness
        return count + self._request.count_matching(view.request), is_present

    @property
    def is_empty(self) -> bool:
        """Whether it matches everything."""
        return self._request.is_empty and self._body.is_empty


def compile_http_match(schema: HttpMatch) -> HttpCondition:
    """Return the condition on an `HttpView`.

    Raises:
        BadMatcher: a part of it cannot be compiled; the text begins with its place.
    """
    of_body = {name: getattr(schema, name) for name in schema.model_fields_set & {*_OF_BODY}}
    body = MessageMatch.model_construct(set(of_body), **of_body)
    return HttpCondition(
        compile_handshake_match(schema, without=_OF_BODY), compile_message_match(body)
    )
