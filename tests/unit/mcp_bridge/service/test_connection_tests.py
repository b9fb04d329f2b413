"""What is sent in a connection test, and what the answers amount to."""

import json
from typing import get_args

import pytest

from tests.helpers.bridge import FakeGateway
from websocket_mock.actors.values.models import ClientId, ProbeResult
from websocket_mock.actors.values.targets import Everyone
from websocket_mock.mcp_bridge.service.connection_tests import (
    TEST_TYPES,
    TestType,
    run_test,
    summarise,
)

ONE, TWO, THREE = ClientId("00000001"), ClientId("00000002"), ClientId("00000003")


def result_of(
    client_id: ClientId, round_trip: float | None, messages: int = 0, replies: int = 0
) -> ProbeResult:
    return ProbeResult(client_id, messages, messages * 100, round_trip, ("hi",) * replies, replies)


class TestSummary:
    def test_round_trips_are_spread_over_those_who_answered(self) -> None:
        results = [result_of(ONE, 0.001), result_of(TWO, 0.003), result_of(THREE, None)]
        report = summarise("ping", [ONE, TWO, THREE], results, 2.0)

        assert report.round_trip_ms == {"min": 1.0, "mean": 2.0, "max": 3.0}
        assert (report.clients_tested, report.answered) == (3, 2)
        assert report.not_answered == [THREE]

    def test_client_without_a_result_has_not_answered(self) -> None:
        report = summarise("ping", [ONE, TWO], [result_of(TWO, 0.001)], 2.0)

        assert report.not_answered == [ONE]
        assert report.clients_tested == 2

    def test_messages_count_as_delivered_only_behind_a_pong(self) -> None:
        results = [result_of(ONE, 0.001, messages=10), result_of(TWO, None, messages=10)]
        report = summarise("stress", [ONE, TWO], results, 2.0)

        assert (report.messages_sent, report.delivered, report.failed) == (20, 10, 10)
        assert report.bytes_sent == 2000

    def test_throughput_is_delivered_messages_by_the_slowest_answer(self) -> None:
        results = [result_of(ONE, 0.1, messages=50), result_of(TWO, 0.5, messages=50)]

        assert summarise("stress", [ONE, TWO], results, 2.0).messages_per_second == 200.0

    @pytest.mark.parametrize("test_type", ["ping", "echo", "broadcast"])
    def test_only_a_stress_test_has_a_throughput(self, test_type: TestType) -> None:
        results = [result_of(ONE, 0.1, messages=1)]

        assert summarise(test_type, [ONE], results, 2.0).messages_per_second is None

    def test_nobody_who_answers_leaves_the_figures_empty(self) -> None:
        report = summarise("stress", [ONE], [result_of(ONE, None, messages=5)], 2.0)

        assert report.round_trip_ms is None
        assert report.messages_per_second is None
        assert (report.delivered, report.failed) == (0, 5)

    def test_replies_are_counted_over_all_clients(self) -> None:
        results = [result_of(ONE, 0.001, 1, replies=2), result_of(TWO, None, 1, replies=3)]
        report = summarise("echo", [ONE, TWO], results, 2.0)

        assert report.replies_seen == 5
        assert [client.reply_count for client in report.clients] == [2, 3]

    def test_first_clients_are_listed_and_the_rest_is_said_to_be_left_out(self) -> None:
        ids = [ClientId(f"{number:08x}") for number in range(21)]
        report = summarise("ping", ids, [result_of(one, 0.001) for one in ids], 2.0)

        assert [client.client_id for client in report.clients] == ids[:20]
        assert report.truncated
        assert not summarise("ping", ids[:20], [], 2.0).truncated


class TestQuery:
    def query_of(self, gateway: FakeGateway, test_type: TestType, burst: int = 1) -> list[object]:
        gateway.results = [result_of(ONE, 0.001)]
        run_test(gateway, test_type, Everyone(), None, 1.5, burst, lambda done, total: None)
        (query,) = gateway.queries
        assert query.window == 1.5
        return [query.wants_replies, *(json.loads(text) for text in query.texts)]

    def test_ping_sends_no_message(self, gateway: FakeGateway) -> None:
        assert self.query_of(gateway, "ping") == [False]

    @pytest.mark.parametrize("test_type", ["echo", "broadcast"])
    def test_echo_and_broadcast_send_one_and_want_replies(
        self, gateway: FakeGateway, test_type: TestType
    ) -> None:
        wants_replies, message = self.query_of(gateway, test_type)

        assert wants_replies
        assert isinstance(message, dict)
        assert message["type"] == f"{test_type}_test"
        assert message["from_mcp_server"]

    def test_stress_numbers_its_messages(self, gateway: FakeGateway) -> None:
        wants_replies, *messages = self.query_of(gateway, "stress", burst=3)

        assert not wants_replies
        assert [message["payload"] for message in messages if isinstance(message, dict)] == [
            {"sequence": number, "of": 3} for number in (1, 2, 3)
        ]

    def test_nobody_to_test_gives_no_report(self, gateway: FakeGateway) -> None:
        assert run_test(gateway, "ping", Everyone(), None, 1.0, 1, lambda done, total: None) is None
        assert not gateway.queries


def test_the_valid_types_are_those_of_the_literal() -> None:
    assert get_args(TestType) == TEST_TYPES == ("ping", "echo", "broadcast", "stress")
