"""The market stream example: what it adds to the dialect binance."""

from collections.abc import Iterator

import pytest

from tests.helpers.examples import Example, example

pytestmark = pytest.mark.integration

BTC, ETH = "btcusdt@trade", "ethusdt@trade"


@pytest.fixture
def market() -> Iterator[Example]:
    with example("market_stream") as served:
        yield served


def test_one_request_subscribes_to_several_streams(market: Example) -> None:
    with market.connect("/stream?every=10ms") as trader:
        request = {"method": "SUBSCRIBE", "params": [BTC, ETH], "id": 7}
        assert trader.ask(request) == {"result": None, "id": 7}
        missing = {BTC, ETH}
        while missing:
            event = trader.receive()
            assert 99 <= float(event["data"]["p"]) <= 101
            missing.discard(event["stream"])


def test_halted_symbol_cannot_be_subscribed_to(market: Example) -> None:
    with market.connect("/ws") as trader:
        request = {"method": "SUBSCRIBE", "params": ["haltusdt@trade"], "id": 1}
        assert trader.ask(request)["code"] == 2
        assert trader.ask({"method": "LIST_SUBSCRIPTIONS", "id": 2})["result"] == []


def test_client_without_pongs_is_closed(market: Example) -> None:
    with market.connect("/stream?ping=1h&pong=20ms") as trader:
        assert trader.end() == (1008, "Pong timeout")


def test_connection_ends_after_its_lifetime(market: Example) -> None:
    with market.connect(f"/stream?lifetime=20ms&streams={BTC}") as trader:
        assert trader.end() == (1001, "The connection is too old")


def test_other_paths_are_refused(market: Example) -> None:
    assert market.refusal("/market").status_code == 404
