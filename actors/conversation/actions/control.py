"""The actions `ping`, `close`, `abort` and `ignore`: control frames and the end of a connection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from websocket_mock.actors.conversation.action import BadAction, CompiledAction, Setting
from websocket_mock.actors.conversation.core import Effect
from websocket_mock.actors.conversation.expressions import (
    Number,
    compile_number,
    read_close_code,
)
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.templates import (
    ActionFailed,
    TemplateNames,
    compile_bytes,
    compile_text,
)
from websocket_mock.actors.documents.actions import AbortKind, Close, Ping
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.matching.units import is_template
from websocket_mock.actors.values.effects import Abort, SendPing, StartClose
from websocket_mock.actors.values.frames import MAX_CONTROL_PAYLOAD, MAX_REASON


@dataclass(frozen=True, slots=True)
class DoPing(CompiledAction):
    """Send a ping."""

    key = "ping"

    payload: Callable[[TemplateNames], bytes]

    @classmethod
    def compile(cls, given: Ping, setting: Setting, place: Place) -> Self:
        """Compile the payload."""
        payload = given.payload
        if not is_template(payload) and len(payload.encode()) > MAX_CONTROL_PAYLOAD:
            raise BadAction(f"a ping has at most {MAX_CONTROL_PAYLOAD} bytes of payload")
        return cls(compile_bytes(payload))

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effect."""
        payload = self.payload(names)
        if len(payload) > MAX_CONTROL_PAYLOAD:
            raise ActionFailed(
                f"a ping has at most {MAX_CONTROL_PAYLOAD} bytes, this one {len(payload)}"
            )
        return (SendPing(payload),)


@dataclass(frozen=True, slots=True)
class DoClose(CompiledAction):
    """Start the closing handshake."""

    key = "close"

    code: Number[int]
    reason: Callable[[TemplateNames], str]

    @classmethod
    def compile(cls, given: Close, setting: Setting, place: Place) -> Self:
        """Compile the code and the reason."""
        code = compile_number(given.code, (*place, "code"), read_close_code)
        return cls(code, compile_text(given.reason))

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effect. The reason is truncated to what fits in a close frame."""
        reason = self.reason(names).encode(errors="replace")[:MAX_REASON]
        return (StartClose(self.code(names), reason.decode(errors="ignore")),)


@dataclass(frozen=True, slots=True)
class DoAbort(CompiledAction):
    """End the connection without a close frame."""

    key = "abort"

    kind: AbortKind

    @classmethod
    def compile(cls, given: AbortKind, setting: Setting, place: Place) -> Self:
        """Return the action; it has nothing to compile."""
        return cls(given)

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Return the effect."""
        return (Abort(is_reset=self.kind == "reset"),)


@dataclass(frozen=True, slots=True)
class DoIgnore(CompiledAction):
    """Do not answer a ping or a close frame."""

    key = "ignore"

    @classmethod
    def compile(cls, given: Literal[True], setting: Setting, place: Place) -> Self:
        """Return the action; it has nothing to compile."""
        return cls()

    def do(self, memory: Memory, why: Occasion, names: Names) -> Sequence[Effect]:
        """Note that the frame that is handled gets no answer."""
        memory.is_ignoring = True
        return ()
