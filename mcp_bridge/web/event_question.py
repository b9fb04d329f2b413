"""The question of a reader of events, as it stands in the query and the headers of a request."""

from typing import Annotated, Any, Literal

from annotated_types import Ge
from pydantic import Field, ValidationError
from starlette.requests import Request

from websocket_mock.actors.documents.problems import problems_of
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.actors.matching.schema import Model
from websocket_mock.mcp_bridge.service.errors import BadArgument
from websocket_mock.mcp_bridge.service.feed import Feed, follow
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.traffic import Detail
from websocket_mock.mcp_bridge.tools.parameters import read_json_text

MAX_DIGITS = 18
"""Digits of a number that is read. No entry has a longer one."""


class EventQuestion(Model):
    """What a reader wants to see. The names are those of the query."""

    match: EntryMatch = Field(
        default_factory=EntryMatch, description="conditions that must all hold"
    )
    namespace: str | None = Field(
        default=None, description='the name of a namespace; default: outside all; "*": any'
    )
    after: Annotated[int, Ge(0)] | Literal["now", "start"] = Field(
        default="now", description="which entries: new ones, all, or those after this number"
    )
    detail: Detail = Field(
        default="concise",
        description="of each payload: summary: none; concise: the beginning; full: up to "
        "12,000 characters",
    )
    last_event_id: Annotated[int, Ge(0)] | None = Field(
        default=None,
        description="the number of the last entry that was read, instead of after; the header "
        "Last-Event-ID says the same",
    )

    @classmethod
    def of(cls, request: Request) -> "EventQuestion":
        """Return the question of a request.

        Raises:
            BadArgument: something in it cannot be used; one problem a line.
        """
        given: dict[str, Any] = dict(request.query_params)
        if header := request.headers.get("last-event-id"):
            given["last_event_id"] = header
        for name in {"after", "last_event_id"} & given.keys():
            given[name] = _number(given[name])
        if "match" in given:
            given["match"] = read_json_text(given["match"])
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            problems = problems_of(error, given, (cls,))
            raise BadArgument("\n".join(map(str, problems))) from None

    def follow(self, gateway: Gateway) -> Feed:
        """Return the feed that was asked for. Blocks for a few seconds at most.

        Raises:
            ServiceError: it cannot be given.
        """
        is_resumed = self.last_event_id is not None
        after = self.after if self.last_event_id is None else self.last_event_id
        return follow(
            gateway, self.match, after, self.detail, self.namespace, is_resumed=is_resumed
        )


def _number(text: str) -> int | str:
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return int(text) if is_number else text
