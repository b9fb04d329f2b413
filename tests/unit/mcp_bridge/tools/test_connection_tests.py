"""The tool that tests live connections, over real ones."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.helpers.bridge import FakeGateway
from tests.helpers.json_client import JsonClient
from tests.helpers.mcp_session import McpSession, Progress
from tests.helpers.peers import peer, silent_peer
from tests.helpers.wait import PATIENCE, UNIT
from websocket_mock.actors.values.models import ClientId, ProbeResult

TEST = "test_websocket_connection"
CLIENTS = "get_websocket_clients"

SHORT = 0.2 * UNIT
"""Seconds for clients that will never answer."""


@pytest.fixture
def peers(url: str) -> Iterator[list[JsonClient]]:
    with ExitStack() as stack:
        yield [stack.enter_context(peer(url)) for _ in range(3)]


def completed(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the report of a test that came to its end."""
    assert answer["status"] in ("test_completed", "stress_test_completed")
    assert answer["error"] is None
    report: dict[str, Any] = answer["result"]
    return report


class TestPing:
    def test_reports_the_round_trip_of_every_client(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        report = completed(session.call(TEST, test_type="ping", window_seconds=PATIENCE))

        assert [one["client_id"] for one in report["clients"]] == [one.id for one in peers]
        times = [one["round_trip_ms"] for one in report["clients"]]
        assert all(0 < time < 1000 * PATIENCE for time in times)
        spread = report["round_trip_ms"]
        assert (spread["min"], spread["max"]) == (min(times), max(times))
        assert spread["min"] <= spread["mean"] <= spread["max"]
        assert (report["clients_tested"], report["answered"]) == (3, 3)

    def test_sends_no_message(self, session: McpSession, peers: list[JsonClient]) -> None:
        report = completed(session.call(TEST, test_type="ping"))

        assert (report["messages_sent"], report["bytes_sent"]) == (0, 0)
        assert all(one.ask(type="ping")["type"] == "pong" for one in peers)

    def test_ends_long_before_its_window_when_all_have_answered(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        report = completed(session.call(TEST, test_type="ping", window_seconds=30))

        assert report["duration_seconds"] < 15

    def test_names_the_client_that_does_not_answer(
        self, session: McpSession, peers: list[JsonClient], url: str
    ) -> None:
        with silent_peer(url) as silent:
            report = completed(session.call(TEST, test_type="ping", window_seconds=SHORT))

        assert report["not_answered"] == [silent]
        assert (report["clients_tested"], report["answered"]) == (4, 3)
        assert report["duration_seconds"] >= SHORT
        assert report["clients"][3] == {
            "client_id": silent,
            "round_trip_ms": None,
            "replies": [],
            "reply_count": 0,
        }

    def test_nobody_who_answers_leaves_no_round_trip(self, session: McpSession, url: str) -> None:
        with silent_peer(url):
            report = completed(session.call(TEST, test_type="ping", window_seconds=SHORT))

        assert report["answered"] == 0
        assert report["round_trip_ms"] is None

    def test_tests_the_one_client_it_is_meant_for(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        report = completed(session.call(TEST, test_type="ping", target_client=peers[1].id))

        assert [one["client_id"] for one in report["clients"]] == [peers[1].id]

    def test_client_that_leaves_meanwhile_has_not_answered(
        self, session: McpSession, url: str
    ) -> None:
        with ExitStack() as leaving:
            silent = leaving.enter_context(silent_peer(url))
            with peer(url) as witness:
                test = session.start_call(
                    TEST, test_type="stress", burst_messages=1, window_seconds=30
                )
                # Clients are probed in the order they connected: the silent one's turn is over.
                assert witness.receive()["type"] == "stress_test"
                leaving.close()
                report = completed(test.result(PATIENCE).structured_content or {})

        assert report["not_answered"] == [silent]
        assert report["duration_seconds"] < 15


class TestMessages:
    @pytest.mark.parametrize("test_type", ["echo", "broadcast"])
    def test_sees_what_clients_reply(
        self, session: McpSession, peers: list[JsonClient], test_type: str
    ) -> None:
        window = 0.5 * UNIT
        test = session.start_call(TEST, test_type=test_type, window_seconds=window)
        messages = [one.receive() for one in peers]
        peers[0].ask(type="echo", text="I am here")
        peers[0].ask(type="echo", text="and still here")
        report = completed(test.result(PATIENCE).structured_content or {})

        assert {message["type"] for message in messages} == {f"{test_type}_test"}
        first, *others = report["clients"]
        assert first["reply_count"] == 2
        assert "I am here" in first["replies"][0]
        assert [one["reply_count"] for one in others] == [0, 0]
        assert report["replies_seen"] == 2

    @pytest.mark.parametrize("test_type", ["echo", "broadcast"])
    def test_counts_what_was_delivered(
        self, session: McpSession, peers: list[JsonClient], test_type: str, url: str
    ) -> None:
        with silent_peer(url):
            report = completed(session.call(TEST, test_type=test_type, window_seconds=SHORT))

        assert (report["messages_sent"], report["delivered"], report["failed"]) == (4, 3, 1)
        sizes = {len(one.receive_text()) for one in peers}
        assert report["bytes_sent"] == 4 * sizes.pop()
        assert not sizes

    def test_watches_for_replies_until_the_window_ends(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        report = completed(session.call(TEST, test_type="echo", window_seconds=SHORT))

        assert report["duration_seconds"] >= SHORT


class TestStress:
    def test_burst_arrives_whole_and_in_order(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        answer = session.call(TEST, test_type="stress", burst_messages=500)

        assert answer["status"] == "stress_test_completed"
        report = completed(answer)
        assert (report["messages_sent"], report["delivered"], report["failed"]) == (1500, 1500, 0)
        for one in peers:
            numbers = [one.receive()["payload"]["sequence"] for _ in range(500)]
            assert numbers == list(range(1, 501))

    def test_throughput_follows_from_the_slowest_pong(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        report = completed(session.call(TEST, test_type="stress", burst_messages=50))

        seconds = report["round_trip_ms"]["max"] / 1000
        assert report["messages_per_second"] == pytest.approx(150 / seconds, rel=0.01)

    def test_messages_to_a_silent_client_have_failed(
        self, session: McpSession, peers: list[JsonClient], url: str
    ) -> None:
        with silent_peer(url):
            report = completed(
                session.call(TEST, test_type="stress", burst_messages=10, window_seconds=SHORT)
            )

        assert (report["delivered"], report["failed"]) == (30, 10)

    def test_only_stress_has_a_throughput(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        report = completed(session.call(TEST, test_type="ping"))

        assert report["messages_per_second"] is None


class TestRefusals:
    def test_unknown_type_is_answered_with_the_valid_ones(self, session: McpSession) -> None:
        result = session.try_call(TEST, test_type="pong")

        # An answer that the model reads, not a protocol error: it can correct itself.
        assert not result.is_error
        answer = result.structured_content or {}
        assert answer["status"] == "error"
        assert answer["result"] is None
        assert "'pong'" in answer["error"]
        assert "ping, echo, broadcast, stress" in answer["error"]

    def test_nobody_connected_is_no_error(self, session: McpSession) -> None:
        answer = session.call(TEST, test_type="ping")

        assert answer["status"] == "no_clients"
        assert answer["result"] is None

    def test_unknown_client_is_named_with_the_next_step(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        answer = session.call(TEST, test_type="ping", target_client="nobody00")

        assert answer["status"] == "error"
        assert "'nobody00'" in answer["error"]
        assert CLIENTS in answer["error"]


class TestProgress:
    def test_progress_is_reported_up_to_the_end(
        self, session: McpSession, peers: list[JsonClient]
    ) -> None:
        progress: list[Progress] = []
        session.start_call(TEST, test_type="ping", progress_log=progress).result(PATIENCE)

        assert progress == [(1.0, 3.0), (2.0, 3.0), (3.0, 3.0)]

    @pytest.mark.parametrize("count", [1, 20, 45, 1000])
    def test_progress_ends_with_all_and_stays_short(
        self, gateway: FakeGateway, fake_session: McpSession, count: int
    ) -> None:
        gateway.results = [result_of(f"{number:08x}") for number in range(count)]
        progress: list[Progress] = []
        fake_session.start_call(TEST, test_type="ping", progress_log=progress).result(PATIENCE)

        assert progress[-1] == (float(count), float(count))
        assert len(progress) <= 40
        assert progress == sorted(progress)


class TestSize:
    def test_report_on_very_many_clients_stays_small(
        self, gateway: FakeGateway, fake_session: McpSession
    ) -> None:
        gateway.results = [result_of(f"{number:08x}") for number in range(500)]
        gateway.absent = [ClientId(f"{number:08x}") for number in range(500, 1000)]
        result = fake_session.try_call(TEST, test_type="ping")

        report = completed(result.structured_content or {})
        assert report["clients_tested"] == 1000
        assert report["answered"] == 500
        assert len(report["not_answered"]) == 50
        assert len(report["clients"]) == 20
        assert report["truncated"]
        assert size_of(result.content) < 5_000

    def test_report_on_talkative_clients_stays_small(
        self, gateway: FakeGateway, fake_session: McpSession
    ) -> None:
        # As many replies, as long, as a client's actor keeps.
        gateway.results = [result_of(f"{number:08x}", "x" * 200, 20) for number in range(20)]
        result = fake_session.try_call(TEST, test_type="echo")

        # A client refuses about 25,000 tokens; a token is some three characters of JSON.
        assert size_of(result.content) < 50_000


def result_of(client_id: str, reply: str = "", reply_count: int = 0) -> ProbeResult:
    return ProbeResult(
        client_id=ClientId(client_id),
        messages_sent=1,
        bytes_sent=100,
        round_trip=0.001,
        replies=(reply,) * reply_count,
        reply_count=reply_count,
    )


def size_of(content: list[Any]) -> int:
    return sum(len(part.text) for part in content)
