"""What the `http` rules of an endpoint are compiled to. Immutable; any thread may use it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from websocket_mock.actors.conversation.action import Actions
from websocket_mock.actors.conversation.expressions import Number, When
from websocket_mock.actors.conversation.payloads import RenderBytes
from websocket_mock.actors.conversation.templates import ActionFailed, TemplateNames
from websocket_mock.actors.documents.actions import AbortKind
from websocket_mock.actors.documents.headers import check_value
from websocket_mock.actors.matching.http_conditions import HttpCondition

READING = ("GET", "HEAD")
"""The methods that files are served for."""

PLAIN_TEXT = "text/plain; charset=utf-8"
"""The type of texts that the server writes itself, and of `text` in rules."""

RenderText = Callable[[TemplateNames], str]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file of a folder that is served."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class FolderFound:
    """A folder, asked for without the slash at the end that its address has."""


FOLDER_FOUND = FolderFound()


class FindFile(Protocol):
    """Finds a file below a folder."""

    def __call__(self, name: str, /, *, is_folder: bool) -> ServedFile | FolderFound | None:
        """Return the file; None: there is none.

        Args:
            name: its path below the folder.
            is_folder: whether a folder is asked for.
        """


@dataclass(frozen=True, slots=True)
class CompiledBody:
    """A body that is rendered as a whole."""

    render: RenderBytes
    content_type: str


@dataclass(frozen=True, slots=True)
class CompiledFiles:
    """A folder of files. The rest of the path names the file."""

    find: FindFile


@dataclass(frozen=True, slots=True)
class CompiledEvent:
    """A server-sent event."""

    after: Number[float]
    wait_for: When | None
    actions: Actions
    event: RenderText | None
    id: RenderText | None
    retry: float | None
    data: RenderBytes | None

    def render(self, names: TemplateNames) -> tuple[bytes, bytes]:
        """Return the event as it is sent, and its data.

        Raises:
            ActionFailed: a template fails, or gives several lines where there must be one.
        """
        data = b"" if self.data is None else self.data(names)
        lines = [f"id: {_line('id', self.id(names))}"] if self.id else []
        if self.event is not None:
            lines.append(f"event: {_line('event', self.event(names))}")
        if self.retry is not None:
            lines.append(f"retry: {round(self.retry * 1000)}")
        parts = [line.encode() for line in lines]
        if self.data is not None:
            parts += [b"data: " + line for line in _lines(data)]
        return b"\n".join(parts) + b"\n\n", data


@dataclass(frozen=True, slots=True)
class CompiledEvents:
    """A stream of server-sent events."""

    events: tuple[CompiledEvent, ...]
    afterwards: Literal["stay", "end", "repeat"]


@dataclass(frozen=True, slots=True)
class CompiledResponse:
    """A response."""

    status: Number[int]
    headers: tuple[tuple[str, RenderText], ...]
    body: CompiledBody | CompiledFiles | CompiledEvents | None
    delay: Number[float]

    def render_headers(self, names: TemplateNames) -> Headers:
        """Return the headers.

        Raises:
            ActionFailed: a template fails, or gives what a header cannot carry.
        """
        return tuple((name, _header(name, render(names))) for name, render in self.headers)


@dataclass(frozen=True, slots=True)
class Framing:
    """How the messages of a session travel in the bodies of requests and answers."""

    separator: bytes = b""
    binary_prefix: bytes | None = None
    closing: bytes | None = None
    """The last message of a session that the server closes."""


@dataclass(frozen=True, slots=True)
class OpensSession:
    """Opens a session."""

    framing: Framing
    id: RenderText | None
    """The id by which requests name it; None: that of its client."""
    answer: Literal["poll", "events"]


@dataclass(frozen=True, slots=True)
class UsesSession:
    """Uses a session that is open, or ends it."""

    use: Literal["poll", "events", "receive", "end"]
    id: RenderText
    response: CompiledResponse | None
    """The answer to what is received; None: an empty body."""


HttpOutcome = CompiledResponse | OpensSession | UsesSession | AbortKind | float
"""What a rule does. A number is a stall in seconds, `FOR_EVER` a stall without end."""


@dataclass(frozen=True, slots=True)
class CompiledHttpRule:
    """A rule for HTTP requests, ready to be tried."""

    label: str
    condition: HttpCondition
    when: When | None
    times: int | None
    wait_for: When | None
    timeout: float
    actions: Actions
    outcome: HttpOutcome

    @property
    def serves_files(self) -> bool:
        """Whether it answers with the files of a folder."""
        response = self.outcome
        return isinstance(response, CompiledResponse) and isinstance(response.body, CompiledFiles)


@dataclass(frozen=True, slots=True)
class CompiledHttp:
    """How an endpoint answers plain HTTP requests."""

    rules: tuple[CompiledHttpRule, ...] = ()
    cors: bool | Sequence[str] = field(default=False)

    def allows(self, origin: str | None) -> bool:
        """Return whether pages of an origin may read the answers."""
        if origin is None or self.cors is False:
            return False
        return self.cors is True or origin in self.cors


NO_HTTP = CompiledHttp()


def read_status(value: object) -> int:
    """Return the HTTP status that a rendered value stands for; digits as text are one, too.

    Raises:
        ValueError: it is none.
    """
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit():
        raise ValueError(f"give an HTTP status from 200 to 599, not {value!r:.80}")
    status = int(text[:4])
    if not 200 <= status <= 599:  # noqa: PLR2004 - the schema has these bounds
        raise ValueError(f"give an HTTP status from 200 to 599, not {value!r:.80}")
    return status


def cors_headers(http: CompiledHttp, request_headers: Mapping[str, str]) -> Headers:
    """Return the headers that let a page of another origin read the answer; none if it may not."""
    origin = request_headers.get("origin")
    if origin is None or not http.allows(origin):
        return ()
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    )


def _header(name: str, value: str) -> str:
    try:
        return check_value(value)
    except ValueError as error:
        raise ActionFailed(f"headers.{name}: {error}") from None


def event_of(data: bytes) -> bytes:
    """Return a server-sent event with data."""
    return b"".join(b"data: " + line + b"\n" for line in _lines(data)) + b"\n"


def _line(key: str, text: str) -> str:
    if "\n" in text or "\r" in text or "\0" in text:
        raise ActionFailed(f"{key}: an event carries one line here")
    return text


def _lines(data: bytes) -> list[bytes]:
    # A carriage return would end a line, too (HTML Living Standard, section 9.2.5).
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
