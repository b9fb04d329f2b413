"""The questions of the bridge, to a real server, and to one of which a part hangs or is gone."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.helpers.bridge import UNBINDABLE_HOST
from tests.helpers.peers import peer, silent_peer
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.stuck import stuck_reader, stuck_registry, stuck_stats_collector
from tests.helpers.wait import PATIENCE, UNIT, eventually
from websocket_mock.actors.kernel.errors import ActorError, ActorGone, AskTimeout
from websocket_mock.actors.messages import ProbeClient
from websocket_mock.actors.values.models import ClientId
from websocket_mock.actors.values.targets import OneClient
from websocket_mock.mcp_bridge.service import gateway as gateway_module
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.messages import encode_message

SHORT = 0.1 * UNIT
TEXT = encode_message("hello", None)

Question = Callable[[Gateway], object]

QUESTIONS: dict[str, Question] = {
    "stats": lambda gateway: gateway.stats(),
    "list_clients": lambda gateway: gateway.list_clients(10),
    "push": lambda gateway: gateway.push(TEXT),
    "find_clients": lambda gateway: gateway.find_clients(),
}


@pytest.fixture
def server() -> Iterator[InProcessServer]:
    with serving_here() as running:
        yield running


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "TIMEOUT", SHORT)
    monkeypatch.setattr(gateway_module, "HEALTH_TIMEOUT", SHORT)
    monkeypatch.setattr(gateway_module, "PROBE_GRACE", SHORT)


class Progress:
    """Keeps what a probe reports."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.calls.append((done, total))


def probe_of(*texts: bytes, window: float = 10, wants_replies: bool = False) -> ProbeClient:
    return ProbeClient(texts, window, wants_replies)


class TestStats:
    def test_everything_before_the_call_is_counted(self, server: InProcessServer) -> None:
        # Far more often than the totals are brought up to date by themselves.
        with peer(server.url()) as client:
            for number in range(1, 51):
                client.ask(type="ping")
                stats = server.gateway.stats()
                assert (stats.total_messages, stats.messages_sent) == (number, number + 1)

    def test_server_that_cannot_listen_has_totals_of_zero(self) -> None:
        with serving_here(host=UNBINDABLE_HOST) as server:
            stats = server.gateway.stats()

        assert (stats.total_connections, stats.total_messages) == (0, 0)

    def test_push_to_all_counts_as_a_broadcast_and_to_one_does_not(
        self, server: InProcessServer
    ) -> None:
        with peer(server.url()) as client:
            server.gateway.push(TEXT, OneClient(ClientId(client.id)))
            assert server.gateway.stats().broadcasts == 0
            server.gateway.push(TEXT)
            assert server.gateway.stats().broadcasts == 1


class TestFailures:
    @pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
    def test_stopped_server_is_told_from_a_slow_one(
        self, server: InProcessServer, question: Question
    ) -> None:
        server.stop()

        with pytest.raises(ActorGone):
            question(server.gateway)

    @pytest.mark.parametrize("name", ["list_clients", "push", "find_clients"])
    @pytest.mark.usefixtures("short_waits")
    def test_question_to_a_registry_that_hangs_times_out(
        self, server: InProcessServer, name: str
    ) -> None:
        with stuck_registry(server), pytest.raises(AskTimeout):
            QUESTIONS[name](server.gateway)

    @pytest.mark.usefixtures("short_waits")
    def test_stats_of_a_collector_that_hangs_time_out(self, server: InProcessServer) -> None:
        with stuck_stats_collector(server), pytest.raises(AskTimeout):
            server.gateway.stats()

    @pytest.mark.usefixtures("short_waits")
    def test_reader_that_hangs_holds_up_the_totals_for_a_bounded_time(
        self, server: InProcessServer
    ) -> None:
        begin = time.monotonic()
        with stuck_reader(server):
            assert server.gateway.stats().total_connections == 0

        assert SHORT <= time.monotonic() - begin < SHORT + 2 * UNIT

    @pytest.mark.usefixtures("short_waits")
    def test_list_of_clients_whose_reader_hangs_times_out(self, server: InProcessServer) -> None:
        with peer(server.url()), stuck_reader(server), pytest.raises(ActorError):
            server.gateway.list_clients(10)


class TestTargets:
    def test_clients_are_found_in_the_order_they_connected(self, server: InProcessServer) -> None:
        with ExitStack() as stack:
            peers = [stack.enter_context(peer(server.url())) for _ in range(3)]
            found = server.gateway.find_clients()

            assert [client_id for client_id, _ in found] == [one.id for one in peers]
            assert [
                one for one, _ in server.gateway.find_clients(OneClient(ClientId(peers[1].id)))
            ] == [peers[1].id]

    def test_unknown_client_is_not_found(self, server: InProcessServer) -> None:
        with peer(server.url()):
            assert server.gateway.find_clients(OneClient(ClientId("nobody00"))) == ()

    def test_push_tells_an_unknown_target_from_nobody(self, server: InProcessServer) -> None:
        assert server.gateway.push(TEXT).is_target_known
        assert not server.gateway.push(TEXT, OneClient(ClientId("nobody00"))).is_target_known


class TestProbe:
    def test_each_client_has_a_result_in_the_order_asked(self, server: InProcessServer) -> None:
        progress = Progress()
        with peer(server.url()) as one, peer(server.url()) as two:
            clients = server.gateway.find_clients()
            results = server.gateway.probe(clients, probe_of(TEXT), progress)

            assert [result.client_id for result in results] == [one.id, two.id]
            assert all(result.round_trip for result in results)
            assert one.receive() == two.receive() == json.loads(TEXT)
        assert progress.calls == [(1, 2), (2, 2)]

    def test_client_that_has_left_has_no_result_but_counts_as_done(
        self, server: InProcessServer
    ) -> None:
        progress = Progress()
        with peer(server.url()) as stays:
            with peer(server.url()):
                clients = server.gateway.find_clients()
            eventually(lambda: len(server.clients()) == 1)
            results = server.gateway.probe(clients, probe_of(), progress)

            assert [result.client_id for result in results] == [stays.id]
        assert progress.calls == [(1, 2), (2, 2)]

    def test_window_ends_the_wait_for_a_silent_client(self, server: InProcessServer) -> None:
        with silent_peer(server.url()) as silent:
            clients = server.gateway.find_clients()
            begin = time.monotonic()
            (result,) = server.gateway.probe(clients, probe_of(window=SHORT), Progress())

            assert time.monotonic() - begin >= SHORT
        assert (result.client_id, result.round_trip) == (silent, None)

    @pytest.mark.usefixtures("short_waits")
    def test_probe_of_a_reader_that_hangs_is_bounded(self, server: InProcessServer) -> None:
        progress = Progress()
        with peer(server.url()), peer(server.url()):
            clients = server.gateway.find_clients()
            begin = time.monotonic()
            with stuck_reader(server):
                results = server.gateway.probe(clients, probe_of(window=SHORT), progress)

        assert results == []
        assert time.monotonic() - begin < PATIENCE / 2
        assert progress.calls == [(1, 2), (2, 2)]

    def test_two_probes_at_once_do_not_mix(self, server: InProcessServer) -> None:
        with peer(server.url()) as client:
            clients = server.gateway.find_clients()
            ((_, ref),) = clients
            long = ref.ask(probe_of(TEXT, window=SHORT, wants_replies=True), block=False)
            (quick,) = server.gateway.probe(clients, probe_of(), Progress())
            slow = long.get(timeout=PATIENCE).get(timeout=PATIENCE)

            assert client.receive()["type"] == "hello"
        assert (quick.messages_sent, slow.messages_sent) == (0, 1)
        assert quick.round_trip is not None
        assert slow.round_trip is not None
