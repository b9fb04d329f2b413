"""What a client actor asks of the other actors: to reach other clients, and to report."""

from websocket_mock.actors.clients.environment import ClientEnvironment
from websocket_mock.actors.conversation.core import (
    AskClients,
    AskStats,
    BroadcastText,
    JoinGroup,
    LeaveGroup,
    Publish,
    TakeOver,
)
from websocket_mock.actors.kernel.refs import Ref, tell
from websocket_mock.actors.messages import (
    Broadcast,
    BroadcastCounted,
    CallRoll,
    GroupJoined,
    GroupLeft,
    PublishMessage,
    ReportStats,
    TakeOverClient,
)
from websocket_mock.actors.values.models import ClientInfo

Request = JoinGroup | LeaveGroup | TakeOver | BroadcastText | Publish | AskClients | AskStats
"""The effects that other actors carry out."""


class Requests:
    """Passes the effects of one client on to other actors. The dispatcher's thread only.

    Args:
        info: the client.
        environment: has the other actors.
        ref: the client's actor, which gets the answers.
    """

    def __init__(self, info: ClientInfo, environment: ClientEnvironment, ref: Ref) -> None:
        self._info = info
        self._environment = environment
        self._ref = ref

    def make(self, request: Request) -> None:
        """Pass a request on. Returns at once; an answer comes as a message."""
        info, environment = self._info, self._environment
        match request:
            case JoinGroup(group=group):
                tell(environment.broadcaster_ref, GroupJoined(info.id, group))
            case LeaveGroup(group=group_left):
                tell(environment.broadcaster_ref, GroupLeft(info.id, group_left))
            case TakeOver(client_id=other):
                order = TakeOverClient(other, info.namespace, info.id, self._ref)
                tell(environment.broadcaster_ref, order)
            case BroadcastText(payload=payload):
                # Counted here, so that the next question for statistics finds it counted.
                tell(environment.stats_ref, BroadcastCounted())
                shout = Broadcast(payload, info.id, info.namespace, self._ref)
                tell(environment.broadcaster_ref, shout)
            case Publish(target=target, payload=payload, is_text=is_text):
                publication = PublishMessage(payload, is_text, target, info.namespace)
                tell(environment.broadcaster_ref, publication)
            case AskClients():
                tell(environment.registry_ref, CallRoll(info.namespace, self._ref))
            case AskStats():
                # The counts of this client's traffic must arrive before the question.
                environment.recorder.flush()
                tell(environment.stats_ref, ReportStats(self._ref))
