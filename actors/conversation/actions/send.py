"""The action `send`: it sends a message to the client or to others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from websocket_mock.actors.conversation.action import BadAction, CompiledAction, Setting
from websocket_mock.actors.conversation.core import Effect, Publish, ReportProblem
from websocket_mock.actors.conversation.expressions import Number, compile_number, read_number
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.payloads import (
    TEXT_FILES,
    RenderBytes,
    binary,
    constant,
    text,
)
from websocket_mock.actors.conversation.replay import Kept
from websocket_mock.actors.conversation.templates import (
    TemplateNames,
    compile_json,
    compile_text,
)
from websocket_mock.actors.conversation.variables import BadChange
from websocket_mock.actors.documents.actions import (
    ClientTarget,
    EndpointTarget,
    GroupTarget,
    Send,
    SendTarget,
)
from websocket_mock.actors.documents.problems import Place
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

# --- who receives it --------------------------------------------------------------------------


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
    is_for_others: bool = False

    def resolve(self, sender: ClientId, names: TemplateNames) -> Target:
        """Return the recipients."""
        return InGroup(self.group(names), but=sender if self.is_for_others else None)


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


CompiledTarget = ToOthers | ToAll | ToGroup | ToClient | ToEndpoint


def _target(target: SendTarget) -> CompiledTarget | None:
    """Return the recipients; None: the client itself."""
    match target:
        case "sender":
            return None
        case "others":
            return ToOthers()
        case "all":
            return ToAll()
        case GroupTarget(group=group, others=others):
            return ToGroup(compile_text(group), is_for_others=others)
        case ClientTarget(client=client):
            return ToClient(compile_text(client))
        case EndpointTarget(endpoint=endpoint):
            return ToEndpoint(compile_text(endpoint))
        case _:
            assert_never(target)


# --- what is sent -----------------------------------------------------------------------------


def _payload(send: Send, setting: Setting, place: Place) -> tuple[RenderBytes, bool]:
    """Return a function that renders the payload, and whether it is text."""
    if send.text is not None:
        return _enclosed(send, text(send.text, is_literal=not send.template)), True
    if "json_" in send.model_fields_set:
        return _enclosed(send, compile_json(send.json_, is_literal=not send.template)), True
    if send.binary is not None:
        return binary(send.binary, (*place, "binary")), False
    assert send.file is not None, "the schema has one payload in each send"
    content = setting.read_file(send.file)
    if not send.file.endswith(TEXT_FILES):
        return constant(content), False
    try:
        return text(content.decode(), is_literal=not send.template), True
    except UnicodeDecodeError:
        raise BadAction(
            f"file {send.file!r} is not UTF-8; only .txt and .json are sent as text"
        ) from None


def _enclosed(send: Send, render: RenderBytes) -> RenderBytes:
    """Put the prefix and the suffix around a payload."""
    if send.prefix is None and send.suffix is None:
        return render
    before = text(send.prefix or "", is_literal=not send.template)
    behind = text(send.suffix or "", is_literal=not send.template)
    return lambda names: b"".join((before(names), render(names), behind(names)))


@dataclass(frozen=True, slots=True)
class Framing:
    """How messages to the client itself are sent."""

    fragments: int
    compress: bool

    def effect(self, *, is_text: bool) -> Callable[[bytes], Effect]:
        """Return a function that makes the effect of a payload."""
        if self.fragments > 1 or not self.compress:
            return lambda payload: SendFragments(payload, is_text, self.fragments, self.compress)
        return SendText if is_text else SendBinary

    def send(self, memory: Memory, payload: bytes, *, is_text: bool) -> Effect:
        """Count a message and return its effect."""
        memory.sent += 1
        return self.effect(is_text=is_text)(payload)


# --- the action -------------------------------------------------------------------------------


class DoSend(CompiledAction):
    """Send a message. What is compiled is one of the classes below."""

    __slots__ = ()

    key = "send"

    @classmethod
    def compile(cls, given: Send, setting: Setting, place: Place) -> "DoSend":
        """Compile the payload and the target, and read the file."""
        framing = Framing(given.fragments, given.compress)
        if given.missed is not None:
            number = compile_number(given.missed.after, (*place, "missed", "after"), read_number)
            return SendMissed(number, framing)
        render, is_text = _payload(given, setting, place)
        target = _target(given.to)
        if given.number is not None:
            number = compile_number(given.number, (*place, "number"), read_number)
            return SendKept(render, is_text, framing, number, setting.replay)
        if target is not None:
            return SendToOthers(target, render, is_text)
        return SendBack(render, framing.effect(is_text=is_text))


@dataclass(frozen=True, slots=True)
class SendBack(DoSend):
    """Send one message to the client itself."""

    render: RenderBytes
    effect: Callable[[bytes], Effect]

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effect, and count the message."""
        payload = self.render(names)
        memory.sent += 1
        return (self.effect(payload),)


@dataclass(frozen=True, slots=True)
class SendToOthers(DoSend):
    """Send one message to other clients, or to all."""

    target: CompiledTarget
    render: RenderBytes
    is_text: bool

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effect."""
        payload = self.render(names)
        target = self.target.resolve(memory.context.client_id, names)
        return (Publish(target, payload, self.is_text),)


@dataclass(frozen=True, slots=True)
class SendKept(DoSend):
    """Send one message to the client, and keep it."""

    render: RenderBytes
    is_text: bool
    framing: Framing
    number: Number[float]
    limit: int

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effects. A message that cannot be kept is sent, and the reason is reported."""
        number = self.number(names)
        payload = self.render(names)
        kept = Kept(number, payload, self.is_text)
        effect = self.framing.send(memory, payload, is_text=self.is_text)
        try:
            with memory.shared.mutex:
                memory.shared.replay.keep(kept, self.limit)
        except BadChange as error:
            return (effect, ReportProblem(why.label, str(error)))
        return (effect,)


@dataclass(frozen=True, slots=True)
class SendMissed(DoSend):
    """Send the kept messages with higher numbers again."""

    after: Number[float]
    framing: Framing

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effects, in the order of the messages."""
        number = self.after(names)
        with memory.shared.mutex:
            missed = memory.shared.replay.after(number)
        return [self.framing.send(memory, one.payload, is_text=one.is_text) for one in missed]
