"""A mock's conversation with one client, driven event by event, with time in the test's hands."""

import heapq
import json
from itertools import count
from typing import Any

from tests.helpers.fakes import START_TIME
from tests.helpers.mocks import compile_endpoint
from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.conversation.conversation import MockConversation
from websocket_mock.actors.conversation.core import (
    CancelTimers,
    ConnectionContext,
    Effect,
    Event,
    Opened,
    RuleFired,
    StartTimer,
    TimerFired,
)
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.library.rulebook import Rulebook
from websocket_mock.actors.matching.message_view import MessageView
from websocket_mock.actors.values.effects import SendText
from websocket_mock.actors.values.explanations import Explanation
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.inbound import BinaryReceived, PingReceived, TextReceived
from websocket_mock.actors.values.models import ClientId, TransportStatus

CLIENT = ClientId("0badcafe")
STATUS = TransportStatus("localhost", 9004, is_running=True)


def make_context(
    request: HandshakeRequest | None = None, subprotocol: str | None = None
) -> ConnectionContext:
    """What a behaviour knows of its connection."""
    request = request or HandshakeRequest("/mock")
    return ConnectionContext(CLIENT, request.path, "1.2.3", lambda: STATUS, request, subprotocol)


def texts(effects: list[Effect]) -> list[str]:
    """The text messages among effects."""
    return [one.payload.decode() for one in effects if isinstance(one, SendText)]


class Conversation:
    """Carries out what a conversation wants of its shell: timers; everything else is kept."""

    def __init__(self, endpoint: CompiledEndpoint, request: HandshakeRequest | None = None) -> None:
        self.namespace = Namespace()
        self.namespace.put([endpoint])
        self.now = START_TIME
        self.fired: list[str] = []
        """Labels of the rules that fired."""
        self._name = endpoint.name
        self._timers: list[tuple[float, int, object]] = []
        self._order = count()
        context = make_context(request)
        found = Rulebook([endpoint]).find(context.path)
        assert found is not None
        seed = f"{endpoint.seed}/client/{context.request.attempt}"
        self._mock = MockConversation(context, found, seed, self.namespace.get)

    @property
    def timers(self) -> list[float]:
        """Seconds until each timer that waits."""
        return [round(due - self.now, 6) for due, _, _ in sorted(self._timers)]

    def handle(self, event: Event) -> list[Effect]:
        """Let something happen; return the effects beside timers and notes of rules."""
        return self._sort(self._mock.handle(event, self.now))

    def open(self) -> list[Effect]:
        return self.handle(Opened())

    def text(self, message: str) -> list[Effect]:
        return self.handle(TextReceived(message, len(message.encode())))

    def explain(self, message: str) -> Explanation:
        """What it would do with a text."""
        return self._mock.explain(MessageView(text=message), self.now)

    def json(self, message: Any) -> list[Effect]:
        return self.text(json.dumps(message))

    def binary(self, data: bytes) -> list[Effect]:
        return self.handle(BinaryReceived(data))

    def ping(self, payload: bytes = b"") -> list[Effect]:
        return self.handle(PingReceived(payload))

    def advance(self, seconds: float) -> list[Effect]:
        """Let time pass, with every timer at its time."""
        end, effects = self.now + seconds, []
        while self._timers and self._timers[0][0] <= end + 1e-9:
            due, _, payload = heapq.heappop(self._timers)
            self.now = max(self.now, due)
            effects += self.handle(TimerFired(payload))
        self.now = end
        return effects

    def change(self, **fields: Any) -> None:
        """Put another version of the endpoint in force."""
        self.namespace.put([compile_endpoint(**{"name": self._name, **fields})])

    def remove(self) -> None:
        """Take the endpoint out of force."""
        self.namespace.put((), replacing=[self._name])

    def _sort(self, effects: Any) -> list[Effect]:
        rest: list[Effect] = []
        for effect in effects:
            if isinstance(effect, StartTimer):
                due = self.now + effect.delay
                heapq.heappush(self._timers, (due, next(self._order), effect.payload))
            elif isinstance(effect, CancelTimers):
                self._timers.clear()
            elif isinstance(effect, RuleFired):
                self.fired.append(effect.rule)
            else:
                rest.append(effect)
        return rest


def converse(request: HandshakeRequest | None = None, **fields: Any) -> Conversation:
    """A conversation at an endpoint, by default at the path `/mock`; not open yet."""
    return Conversation(compile_endpoint(**fields), request)


def opened(**fields: Any) -> Conversation:
    """A conversation that is open; what it began with is forgotten."""
    one = converse(**fields)
    one.open()
    return one
