"""The action `send`: it sends a message to the client or to others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, assert_never

from websocket_mock.actors.conversation.action import BadAction, CompiledAction, Memory, Setting
from websocket_mock.actors.conversation.core import Effect, Publish
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import (
    TemplateNames,
    compile_bytes,
    compile_json,
    compile_text,
)
from websocket_mock.actors.documents.actions import (
    ClientTarget,
    EndpointTarget,
    GroupTarget,
    Send,
    SendTarget,
)
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.matching.units import parse_bytes
from websocket_mock.actors.values.effects import SendBinary, SendFragments, SendText
from websocket_mock.actors.values.models import ClientId
from websocket_mock.actors.values.targets import (
    AtEndpoint,
    Everyone,
    EveryoneBut,
    InGroup,
    OneClient,
    Target,
)

_TEXT_FILES = (".txt", ".json")

# --- who receives it --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToSender:
    """The client that caused the event."""


@dataclass(frozen=True, slots=True)
class ToOthers:
    """All other clients of the namespace."""

    def resolve(self, sender: ClientId, _: TemplateNames) -> Target:
        """Return the recipients."""
        return EveryoneBut(sender)


@dataclass(frozen=True, slots=True)
class ToAll:
    """All clients of the namespace."""

    def resolve(self, _: ClientId, __: TemplateNames) -> Target:
        """Return the recipients."""
        return Everyone()


@dataclass(frozen=True, slots=True)
class ToGroup:
    """The clients in a group."""

    group: Callable[[TemplateNames], str]

    def resolve(self, _: ClientId, names: TemplateNames) -> Target:
        """Return the recipients."""
        return InGroup(self.group(names))


@dataclass(frozen=True, slots=True)
class ToClient:
    """One client."""

    client_id: Callable[[TemplateNames], str]

    def resolve(self, _: ClientId, names: TemplateNames) -> Target:
        """Return the recipient."""
        return OneClient(ClientId(self.client_id(names)))


@dataclass(frozen=True, slots=True)
class ToEndpoint:
    """The clients of an endpoint."""

    endpoint: Callable[[TemplateNames], str]

    def resolve(self, _: ClientId, names: TemplateNames) -> Target:
        """Return the recipients."""
        return AtEndpoint(self.endpoint(names))


CompiledTarget = ToSender | ToOthers | ToAll | ToGroup | ToClient | ToEndpoint


def _target(target: SendTarget) -> CompiledTarget:
    match target:
        case "sender":
            return ToSender()
        case "others":
            return ToOthers()
        case "all":
            return ToAll()
        case GroupTarget(group=group):
            return ToGroup(compile_text(group))
        case ClientTarget(client=client):
            return ToClient(compile_text(client))
        case EndpointTarget(endpoint=endpoint):
            return ToEndpoint(compile_text(endpoint))
        case _:
            assert_never(target)


# --- what is sent -----------------------------------------------------------------------------


def _payload(send: Send, setting: Setting) -> tuple[Callable[[TemplateNames], bytes], bool]:
    """Return a function that renders the payload, and whether it is text."""
    if send.text is not None:
        return _text(send.text, is_template=send.template), True
    if "json_" in send.model_fields_set:
        return compile_json(send.json_, is_literal=not send.template), True
    if send.binary is not None:
        return _constant(parse_bytes(send.binary)), False
    assert send.file is not None, "the schema has one payload in each send"
    content = setting.read_file(send.file)
    if not send.file.endswith(_TEXT_FILES):
        return _constant(content), False
    try:
        return _text(content.decode(), is_template=send.template), True
    except UnicodeDecodeError:
        raise BadAction(
            f"file {send.file!r} is not UTF-8; only .txt and .json are sent as text"
        ) from None


def _text(source: str, *, is_template: bool) -> Callable[[TemplateNames], bytes]:
    return compile_bytes(source) if is_template else _constant(source.encode())


def _constant(data: bytes) -> Callable[[TemplateNames], bytes]:
    return lambda _: data


# --- the action -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DoSend(CompiledAction):
    """Send a message."""

    key = "send"

    target: CompiledTarget
    render: Callable[[TemplateNames], bytes]
    is_text: bool
    fragments: int
    compress: bool

    @classmethod
    def compile(cls, given: Send, setting: Setting, place: Place) -> Self:
        """Compile the payload and the target, and read the file."""
        render, is_text = _payload(given, setting)
        return cls(_target(given.to), render, is_text, given.fragments, given.compress)

    def do(self, memory: Memory, why: Occasion, names: dict[str, Any]) -> Sequence[Effect]:
        """Return the effect. A message to the client itself is counted."""
        payload = self.render(names)
        if not isinstance(self.target, ToSender):
            target = self.target.resolve(memory.context.client_id, names)
            return (Publish(target, payload, self.is_text),)
        memory.sent += 1
        if self.fragments > 1 or not self.compress:
            return (SendFragments(payload, self.is_text, self.fragments, self.compress),)
        return (SendText(payload) if self.is_text else SendBinary(payload),)
