"""The singletons and the clients together, with real actors throughout."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pykka
import pytest

from tests.helpers.client_bench import client_info
from tests.helpers.fakes import CrashLog, ManualClock, RecordingOutbox, RecordingRef
from tests.helpers.futures import is_pending
from tests.helpers.wait import PATIENCE, eventually
from tests.helpers.worker import boom
from websocket_mock.actors import system as system_module
from websocket_mock.actors.conversation.json_protocol import JsonProtocol
from websocket_mock.actors.directory.broadcaster import Broadcaster
from websocket_mock.actors.directory.client_registry import ClientRegistry
from websocket_mock.actors.directory.stats_collector import StatsCollector
from websocket_mock.actors.journal.actor import Journal
from websocket_mock.actors.kernel.dispatcher import Dispatcher
from websocket_mock.actors.kernel.errors import ActorGone, AskTimeout
from websocket_mock.actors.kernel.refs import Ref, ask
from websocket_mock.actors.messages import (
    ConnectionLost,
    FramesReceived,
    GetStats,
    ListClients,
    Ping,
    PushMessage,
    ResolveTarget,
)
from websocket_mock.actors.system import ActorSystem
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.inbound import TextReceived
from websocket_mock.actors.values.models import (
    ClientId,
    ClientPage,
    DeliveryReport,
    TransportStatus,
)
from websocket_mock.actors.values.targets import Everyone, OneClient

LOST = ConnectionLost(1006, "", was_clean=False)
STATUS = TransportStatus("localhost", 9004, is_running=True)


class Client:
    """One client of the system."""

    def __init__(self, ref: Ref, outbox: RecordingOutbox) -> None:
        self.ref = ref
        self._outbox = outbox

    def send(self, *messages: dict[str, Any]) -> None:
        texts = [json.dumps(message) for message in messages]
        self.ref.tell(FramesReceived(tuple(TextReceived(text, len(text)) for text in texts)))

    def got(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one type that were sent to it."""
        return [message for message in self._outbox.texts if message["type"] == kind]


class Town:
    """A system whose dispatcher the test runs, and its clients."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.crashes = CrashLog()
        self.dispatcher = Dispatcher("town-reader", self.clock)
        self.dispatcher.adopt()
        self.system = ActorSystem(self.clock, [self.dispatcher], "1.2.3", self.crashes)
        self._clients: list[Client] = []

    def connect(self) -> Client:
        info = replace(client_info(f"{len(self._clients):08x}"), speaks_builtin=True)
        outbox = RecordingOutbox()
        request = HandshakeRequest(info.path)
        ref = self.system.start_client(
            self.dispatcher, info, outbox, JsonProtocol, request, lambda: STATUS
        )
        client = Client(ref, outbox)
        self._clients.append(client)
        self.dispatcher.run_ready()
        return client

    def run_until(self, is_done: Callable[[], object]) -> None:
        """Be the owner of the dispatcher until something has come true."""

        def step() -> object:
            self.dispatcher.run_ready()
            return is_done()

        eventually(step)

    def ask_list(self) -> ClientPage:
        """Ask for the clients as an outsider does, and be the dispatcher's owner meanwhile."""
        future = self.system.registry_ref.ask(ListClients(100), timeout=PATIENCE)
        self.run_until(lambda: not is_pending(future))
        page: ClientPage = future.get(timeout=0)
        return page

    def close(self) -> None:
        for client in self._clients:
            client.ref.stop(block=False)
        self.run_until(lambda: not any(client.ref.is_alive() for client in self._clients))
        self.system.stop()


@pytest.fixture
def town() -> Iterator[Town]:
    one = Town()
    yield one
    one.close()
    assert one.crashes.names == []


# --- starting and stopping ------------------------------------------------------------------------


def test_singletons_are_named_and_answer(town: Town) -> None:
    singletons = town.system.singletons()
    assert list(singletons) == ["journal", "stats-collector", "client-registry", "broadcaster"]
    for ref in singletons.values():
        ask(ref, Ping(), timeout=PATIENCE)
    assert set(singletons) <= {thread.name for thread in threading.enumerate()}


def test_clients_cost_no_thread(town: Town) -> None:
    before = threading.active_count()
    for _ in range(100):
        town.connect()
    assert threading.active_count() == before


def test_stopping_ends_the_last_started_first(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    for actor_class in (Journal, StatsCollector, ClientRegistry, Broadcaster):
        name = actor_class.name
        monkeypatch.setattr(actor_class, "on_stop", lambda _, name=name: order.append(name))
    Town().close()
    assert order == ["broadcaster", "client-registry", "stats-collector", "journal"]


def test_stopping_twice_does_nothing_more(town: Town) -> None:
    town.system.stop()
    town.system.stop()
    assert not any(ref.is_alive() for ref in town.system.singletons().values())


def test_stopping_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    release = threading.Event()
    monkeypatch.setattr(ClientRegistry, "on_stop", lambda _: release.wait(PATIENCE))
    town = Town()
    town.system.stop(timeout=0.05)
    assert "WARNING client-registry did not stop in time\n" in log_lines
    release.set()
    town.close()


def test_singleton_that_breaks_at_its_start_fails_the_system_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ClientRegistry, "set_up", lambda _: boom())
    crashes = CrashLog()
    with pytest.raises(ActorGone, match="ClientRegistry"):
        ActorSystem(ManualClock(), [], "1.2.3", crashes)
    assert crashes.names == ["client-registry"]
    assert pykka.ActorRegistry.get_all() == []


def test_singleton_that_does_not_answer_at_its_start_fails_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()
    monkeypatch.setattr(system_module, "PING_TIMEOUT", 0.01)
    monkeypatch.setattr(StatsCollector, "set_up", lambda _: release.wait(PATIENCE))
    # The system stops the broadcaster first; that lets the one that hangs go.
    monkeypatch.setattr(Broadcaster, "on_stop", lambda _: release.set())
    with pytest.raises(AskTimeout):
        ActorSystem(ManualClock(), [], "1.2.3", CrashLog())
    assert pykka.ActorRegistry.get_all() == []


def test_each_dispatcher_has_a_recorder_of_its_own() -> None:
    clock = ManualClock()
    dispatchers = [Dispatcher("one", clock), Dispatcher("other", clock)]
    system = ActorSystem(clock, dispatchers, "1.2.3", CrashLog())
    first, second = system.environments()
    assert [first.dispatcher, second.dispatcher] == dispatchers
    assert first.recorder is not second.recorder
    assert first.journal is not second.journal
    first.recorder.connected()
    first.recorder.flush()
    assert ask(system.stats_ref, GetStats(), timeout=PATIENCE).total_connections == 1
    system.stop()


# --- conversations --------------------------------------------------------------------------------


def test_client_is_welcomed_with_its_id_and_the_version(town: Town) -> None:
    (welcome,) = town.connect().got("welcome")
    assert welcome["client_id"] == "00000000"
    assert welcome["server_info"]["version"] == "1.2.3"


def test_client_gets_the_list_of_clients_with_exact_counters(town: Town) -> None:
    asker, other = town.connect(), town.connect()
    other.send({"type": "ping"}, {"type": "ping"})
    asker.send({"type": "get_clients"})
    town.run_until(lambda: asker.got("clients_list"))
    (answer,) = asker.got("clients_list")
    assert answer["total_clients"] == 2
    counters = [(one["messages_received"], one["messages_sent"]) for one in answer["clients"]]
    assert counters == [(1, 1), (2, 3)]


def test_broadcast_reaches_all_others(town: Town) -> None:
    sender, *others = (town.connect() for _ in range(4))
    sender.send({"type": "broadcast", "message": {"n": 2**70}})
    town.run_until(lambda: sender.got("broadcast_sent"))
    assert sender.got("broadcast_sent")[0]["recipients"] == 3
    town.run_until(lambda: all(other.got("broadcast") for other in others))
    assert [other.got("broadcast")[0]["message"] for other in others] == [{"n": 2**70}] * 3
    assert sender.got("broadcast") == []


def test_two_clients_that_close_in_the_middle_of_a_broadcast_harm_nobody(town: Town) -> None:
    sender, first, second, stays = (town.connect() for _ in range(4))
    with Blocked(town.system.registry_ref):
        sender.send({"type": "broadcast", "message": "hello"})
        town.dispatcher.run_ready()
        for client in (first, second):
            client.ref.tell(LOST)
        town.run_until(lambda: not first.ref.is_alive() and not second.ref.is_alive())
    town.run_until(lambda: sender.got("broadcast_sent") and stays.got("broadcast"))
    assert sender.got("broadcast_sent")[0]["recipients"] == 1
    assert [client.got("broadcast") for client in (first, second)] == [[], []]


def test_client_that_leaves_in_the_middle_of_a_roll_call_does_not_hold_it_up(town: Town) -> None:
    stays, gone = town.connect(), town.connect()
    gone.ref.stop(block=False)
    # The registry asks both, for neither actor has run since.
    page = town.ask_list()
    assert page.total == 2
    assert [one.info.id for one in page.clients] == [stays.got("welcome")[0]["client_id"]]
    assert town.ask_list().total == 1


def test_statistics_count_everything_the_client_sent_before(town: Town) -> None:
    client = town.connect()
    client.send({"type": "ping"}, {"type": "nonsense"}, {"type": "get_stats"})
    town.run_until(lambda: client.got("server_stats"))
    stats = client.got("server_stats")[0]["stats"]
    assert stats["total_messages"] == 3
    assert stats["messages_sent"] == 3
    assert stats["errors"] == 1
    assert stats["current_clients"] == stats["total_connections"] == 1
    assert stats["server_info"] == {"host": "localhost", "port": 9004, "is_running": True}


def test_statistics_count_a_broadcast_that_is_still_under_way(town: Town) -> None:
    client = town.connect()
    with Blocked(town.system.registry_ref):
        client.send({"type": "broadcast", "message": "hello"}, {"type": "get_stats"})
        town.run_until(lambda: client.got("server_stats"))
    assert client.got("server_stats")[0]["stats"]["broadcasts"] == 1


def test_pushes_are_delivered_and_counted(town: Town) -> None:
    client = town.connect()
    push = PushMessage(b'{"type": "push"}', is_text=True, target=Everyone())
    report = ask(town.system.broadcaster_ref, push, timeout=PATIENCE)
    assert report == DeliveryReport(delivered=1, total=1)
    town.run_until(lambda: client.got("push"))
    client.send({"type": "get_stats"})
    town.run_until(lambda: client.got("server_stats"))
    assert client.got("server_stats")[0]["stats"]["broadcasts"] == 1


def test_push_to_a_client_that_has_gone_says_so(town: Town) -> None:
    client = town.connect()
    client.ref.tell(LOST)
    town.run_until(lambda: not client.ref.is_alive())
    push = PushMessage(b"{}", is_text=True, target=OneClient(ClientId("00000000")))
    report = ask(town.system.broadcaster_ref, push, timeout=PATIENCE)
    assert report == DeliveryReport(delivered=0, total=0, is_target_known=False)


def test_singleton_that_breaks_is_told_and_the_clients_go_on() -> None:
    town = Town()
    client = town.connect()
    town.system.registry_ref.tell("what nobody understands")
    eventually(lambda: town.crashes.names == ["client-registry"])
    eventually(lambda: not town.system.registry_ref.is_alive())
    client.send({"type": "ping"}, {"type": "get_clients"})
    town.run_until(lambda: client.got("pong"))
    town.close()


def test_asking_a_singleton_that_has_stopped_raises_actor_gone(town: Town) -> None:
    town.system.broadcaster_ref.stop(timeout=PATIENCE)
    with pytest.raises(ActorGone):
        ask(
            town.system.broadcaster_ref,
            PushMessage(b"{}", is_text=True, target=Everyone()),
            timeout=PATIENCE,
        )


def test_roll_call_of_clients_that_do_not_run_times_out(town: Town) -> None:
    town.connect()
    with pytest.raises(AskTimeout):
        ask(town.system.registry_ref, ListClients(100), timeout=0.05)


class Blocked:
    """Keeps the registry busy for as long as the context lasts."""

    def __init__(self, registry_ref: Ref) -> None:
        self._registry_ref = registry_ref
        self._release = threading.Event()

    def __enter__(self) -> None:
        release = self._release

        class Waits(RecordingRef):
            def tell(self, message: Any) -> None:
                release.wait(PATIENCE)

        self._registry_ref.tell(ResolveTarget(0, Everyone(), None, Waits()))

    def __exit__(self, *_: object) -> None:
        self._release.set()
