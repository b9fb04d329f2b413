"""The market stream example: several subscriptions over one connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.helpers.examples import Example, Peer, example

pytestmark = pytest.mark.integration

BTC, ETH, DEPTH = "btcusdt@trade", "ethusdt@trade", "btcusdt@depth"


@pytest.fixture
def market() -> Iterator[Example]:
    with example("market_stream") as served:
        yield served


class Trader:
    """A client that tells answers from events."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.events: list[dict[str, Any]] = []

    def request(self, method: str, *params: str, number: int | str = 1) -> dict[str, Any]:
        self.peer.send({"method": method, "params": params, "id": number})
        return self.answer()

    def answer(self) -> dict[str, Any]:
        while "id" not in (message := self.peer.receive()):
            self.events.append(message)
        assert isinstance(message, dict)
        return message

    def event(self) -> Any:
        return self.peer.receive()

    def until_each_of(self, *streams: str) -> None:
        missing = set(streams)
        while missing:
            missing.discard(self.event()["stream"])


@contextmanager
def connected(market: Example, path: str = "/stream?every=10ms") -> Iterator[Trader]:
    with market.connect(path) as peer:
        yield Trader(peer)


def test_one_request_subscribes_to_several_streams(market: Example) -> None:
    with connected(market) as trader:
        assert trader.request("SUBSCRIBE", BTC, ETH, number=7) == {"result": None, "id": 7}
        trader.until_each_of(BTC, ETH)


def test_trade_has_the_fields_of_the_exchange(market: Example) -> None:
    with connected(market) as trader:
        trader.request("SUBSCRIBE", BTC)
        event = trader.event()
    assert event["stream"] == BTC
    trade = event["data"]
    assert {key: type(value) for key, value in trade.items()} == {
        "e": str,
        "E": int,
        "s": str,
        "t": int,
        "p": str,
        "q": str,
        "T": int,
        "m": bool,
        "M": bool,
    }
    assert (trade["e"], trade["s"]) == ("trade", "BTCUSDT")
    assert 99 <= float(trade["p"]) <= 101


def test_ids_of_the_trades_of_a_symbol_increase_over_connections(market: Example) -> None:
    last = dict.fromkeys((BTC, ETH), 0)
    for _ in range(2):
        with connected(market) as trader:
            trader.request("SUBSCRIBE", BTC, ETH)
            events = [trader.event() for _ in range(8)]
        for stream in (BTC, ETH):
            ids = [one["data"]["t"] for one in events if one["stream"] == stream]
            assert ids == list(range(ids[0], ids[0] + len(ids)))
            assert ids[0] > last[stream]
            last[stream] = ids[-1]


def test_unsubscribed_streams_are_silent_and_the_others_go_on(market: Example) -> None:
    with connected(market) as trader:
        trader.request("SUBSCRIBE", BTC, ETH, DEPTH)
        trader.until_each_of(BTC, ETH)
        answer = trader.request("UNSUBSCRIBE", BTC, DEPTH, number="u-1")
        assert answer == {"result": None, "id": "u-1"}
        assert [trader.event()["stream"] for _ in range(4)] == [ETH] * 4
        trader.request("UNSUBSCRIBE", ETH)
        assert trader.request("LIST_SUBSCRIPTIONS") == {"result": [], "id": 1}
        with pytest.raises(TimeoutError):
            trader.peer.connection.recv(0.05)


def test_subscriptions_are_listed_once_each(market: Example) -> None:
    with connected(market) as trader:
        assert trader.request("LIST_SUBSCRIPTIONS") == {"result": [], "id": 1}
        trader.request("SUBSCRIBE", BTC, DEPTH)
        trader.request("SUBSCRIBE", ETH, BTC)
        assert trader.request("LIST_SUBSCRIPTIONS")["result"] == [BTC, DEPTH, ETH]


def test_streams_of_the_url_are_subscribed_to_from_the_start(market: Example) -> None:
    with connected(market, f"/stream?every=10ms&streams={BTC}/{ETH}") as trader:
        trader.until_each_of(BTC, ETH)
        assert trader.request("LIST_SUBSCRIPTIONS")["result"] == [BTC, ETH]


def test_raw_endpoint_sends_events_bare(market: Example) -> None:
    with connected(market, "/ws?every=10ms") as trader:
        assert trader.request("SUBSCRIBE", ETH) == {"result": None, "id": 1}
        assert trader.event()["s"] == "ETHUSDT"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no JSON", 3),
        ("5", 2),
        ('{"method": "SUBSCRIBE", "params": "btcusdt@trade", "id": 1}', 2),
        ('{"method": "SUBSCRIBE", "params": [5], "id": 1}', 2),
        ('{"method": "SUBSCRIBE", "params": [], "id": 1}', 2),
        ('{"method": "UNSUBSCRIBE", "id": 1}', 2),
        ('{"params": [], "id": 1}', 2),
        ('{"method": "BUY", "params": [], "id": 1}', 2),
    ],
)
def test_wrong_request_is_answered_with_an_error(market: Example, text: str, code: int) -> None:
    with connected(market) as trader:
        trader.peer.connection.send(text)
        assert trader.event()["code"] == code
        assert trader.request("LIST_SUBSCRIPTIONS")["result"] == []


def test_unknown_method_is_named_under_the_id_of_its_request(market: Example) -> None:
    with connected(market) as trader:
        answer = trader.request("BUY", number=9)
    assert (answer["id"], answer["code"]) == (9, 2)
    assert "`BUY`" in answer["msg"]


def test_request_without_an_id_is_answered_with_null(market: Example) -> None:
    with connected(market) as trader:
        assert trader.peer.ask({"method": "LIST_SUBSCRIPTIONS"}) == {"result": [], "id": None}


def test_pongs_keep_the_connection_open(market: Example) -> None:
    with connected(market, f"/stream?ping=20ms&pong=300ms&every=50ms&streams={BTC}") as trader:
        for _ in range(10):  # 500 ms
            trader.event()


def test_client_without_pongs_is_closed(market: Example) -> None:
    with connected(market, "/stream?ping=1h&pong=20ms") as trader:
        assert trader.peer.end() == (1008, "Pong timeout")


def test_connection_ends_after_its_lifetime(market: Example) -> None:
    with connected(market, f"/stream?lifetime=20ms&streams={BTC}") as trader:
        assert trader.peer.end() == (1001, "The connection is too old")


def test_other_paths_are_refused(market: Example) -> None:
    assert market.refusal("/market").status_code == 404
