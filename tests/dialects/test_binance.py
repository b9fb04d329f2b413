"""The dialect binance, used through the PyPI package `binance-connector` and by hand."""

import json
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example, Peer
from tests.helpers.http_client import get
from tests.helpers.wait import PATIENCE

streams = pytest.importorskip(
    "binance.websocket.spot.websocket_stream", reason="binance-connector is not installed"
)

pytestmark = pytest.mark.integration

BTC, ETH, DEPTH = "btcusdt@trade", "ethusdt@trade", "btcusdt@depth"
FAST = {"interval": "10ms", "slow_interval": "10ms", "kline_updates": 3}


@pytest.fixture
def market() -> Iterator[Example]:
    with dialect("binance", **FAST) as served:
        yield served


# --- the real client ----------------------------------------------------------------------------


class Received:
    """What the client calls back with, from its own thread."""

    def __init__(self) -> None:
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.closed: queue.Queue[str] = queue.Queue()

    def put(self, _: object, text: str) -> None:
        self._messages.put(json.loads(text))

    def close(self, _: object) -> None:
        self.closed.put("closed")

    def next(self) -> dict[str, Any]:
        return self._messages.get(timeout=PATIENCE)

    def answer(self, number: int) -> dict[str, Any]:
        while (message := self.next()).get("id") != number:
            pass
        return message


@contextmanager
def client(market: Example, *, is_combined: bool = False) -> Iterator[tuple[Any, Received]]:
    received = Received()
    one = streams.SpotWebsocketStreamClient(
        stream_url=market.url(""),
        on_message=received.put,
        on_close=received.close,
        is_combined=is_combined,
        timeout=PATIENCE,
    )
    try:
        yield one, received
    finally:
        one.stop()
        one.socket_manager.ws.shutdown()


def test_client_subscribes_to_streams_lists_and_leaves_them(market: Example) -> None:
    with client(market, is_combined=True) as (trader, received):
        trader.trade("BTCUSDT", id=1)
        assert received.answer(1) == {"result": None, "id": 1}
        trader.subscribe(["ethusdt@trade", "btcusdt@userData"], id=2)
        missing = {BTC, ETH}
        while missing:
            missing.discard(received.next().get("stream", ""))
        trader.list_subscribe(id=3)
        assert received.answer(3)["result"] == [BTC, ETH, "btcusdt@userData"]
        trader.trade("BTCUSDT", id=4, action="UNSUBSCRIBE")
        assert received.answer(4)["result"] is None
        events = [received.next() for _ in range(3)]
        assert {event["stream"] for event in events} == {ETH}


SUBSCRIPTIONS: dict[str, tuple[Callable[[Any], None], set[str]]] = {
    "aggTrade": (
        lambda one: one.agg_trade("ETHUSDT"),
        {"e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M"},
    ),
    "24hrMiniTicker": (
        lambda one: one.mini_ticker("ETHUSDT"),
        {"e", "E", "s", "c", "o", "h", "l", "v", "q"},
    ),
    "24hrTicker": (lambda one: one.ticker("ETHUSDT"), set("eEspPwxcQbBaAohlvqOCFLn")),
    "depthUpdate": (
        lambda one: one.diff_book_depth("ETHUSDT", speed=100),
        {"e", "E", "s", "U", "u", "b", "a"},
    ),
}


@pytest.mark.parametrize("kind", SUBSCRIPTIONS)
def test_client_gets_events_with_the_fields_of_the_exchange(market: Example, kind: str) -> None:
    subscribe, fields = SUBSCRIPTIONS[kind]
    with client(market) as (trader, received):
        subscribe(trader)
        while "result" in (event := received.next()):
            pass
    assert (event["e"], event["s"]) == (kind, "ETHUSDT")
    assert event.keys() == fields


def test_client_gets_klines_that_are_closed_in_turn(market: Example) -> None:
    with client(market) as (trader, received):
        trader.kline("BTCUSDT", "5m", id=1)
        received.answer(1)
        klines = [received.next()["k"] for _ in range(6)]
    assert [kline["x"] for kline in klines] == [False, False, True] * 2
    for kline in klines:
        assert (kline["i"], kline["T"] - kline["t"]) == ("5m", 299_999)
        low, high = float(kline["l"]), float(kline["h"])
        assert 64_350 <= low <= float(kline["c"]) <= high <= 65_650


def test_client_keeps_a_book_of_prices(market: Example) -> None:
    with client(market) as (trader, received):
        trader.book_ticker("BTCUSDT", id=1)
        received.answer(1)
        best = received.next()
        trader.book_ticker("BTCUSDT", id=2, action="UNSUBSCRIBE")
        received.answer(2)
        trader.partial_book_depth("BTCUSDT", 5, 100, id=3)
        received.answer(3)
        book = received.next()
    assert float(best["b"]) <= 65_000 <= float(best["a"])
    assert [len(book["bids"]), len(book["asks"])] == [5, 5]
    bids = [float(price) for price, _ in book["bids"]]
    assert bids == sorted(bids, reverse=True)


def test_client_learns_of_its_mistakes_and_goes_on(market: Example) -> None:
    with client(market) as (trader, received):
        trader.send({"method": "BUY", "params": [], "id": 1})
        assert received.answer(1)["code"] == 2
        trader.list_subscribe(id=2)
        assert received.answer(2)["result"] == []


def test_client_connects_again_after_its_day_is_over() -> None:
    short_at_first = "{{ '20ms' if attempt == 1 else '1h' }}"
    with dialect("binance", **FAST, lifetime=short_at_first) as market:
        with client(market) as (_, received):
            assert received.closed.get(timeout=PATIENCE) == "closed"
        with client(market) as (trader, received):
            trader.trade("BTCUSDT", id=1)
            received.answer(1)
            assert received.next()["s"] == "BTCUSDT"


# --- by hand ------------------------------------------------------------------------------------


class Trader:
    """A client that tells answers from events."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def request(self, method: str, *params: Any, number: int | str = 1) -> dict[str, Any]:
        self.peer.send({"method": method, "params": params, "id": number})
        while "id" not in (message := self.peer.receive()):
            pass
        assert isinstance(message, dict)
        return message

    def event(self) -> Any:
        return self.peer.receive()


@contextmanager
def connected(market: Example, path: str = "/stream") -> Iterator[Trader]:
    with market.connect(path) as peer:
        yield Trader(peer)


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
    assert 64_350 <= float(trade["p"]) <= 65_650


def test_prices_lie_around_those_that_are_given() -> None:
    prices = {"AAABBB": 7, "CCCBBB": 0.5}
    with dialect("binance", **FAST, prices=prices, price=9, volatility=0, digits=1) as market:
        for symbol, price in (("aaabbb", "7.0"), ("cccbbb", "0.5"), ("dddbbb", "9.0")):
            with connected(market, f"/ws/{symbol}@trade") as trader:
                assert trader.event()["p"] == price


def test_ids_of_a_stream_increase_over_connections(market: Example) -> None:
    last = dict.fromkeys((BTC, ETH), 0)
    for _ in range(2):
        with connected(market, f"/stream?streams={BTC}/{ETH}") as trader:
            events = [trader.event() for _ in range(8)]
        for stream in (BTC, ETH):
            ids = [one["data"]["t"] for one in events if one["stream"] == stream]
            assert ids == list(range(ids[0], ids[0] + len(ids)))
            assert ids[0] > last[stream]
            last[stream] = ids[-1]


def test_changes_of_the_depth_follow_each_other_for_each_client(market: Example) -> None:
    path = f"/ws/{DEPTH}@100ms"
    with connected(market, path) as trader, connected(market, path) as other:
        for one in (trader, other):
            changes = [one.event() for _ in range(5)]
            firsts = [change["U"] for change in changes]
            assert firsts[1:] == [change["u"] + 1 for change in changes[:-1]]


def test_book_of_orders_begins_with_the_depth_over_http(market: Example) -> None:
    with connected(market, f"/ws/{DEPTH}@100ms") as trader:
        trader.event()
        url = market.url("/api/v3/depth?symbol=BTCUSDT&limit=5").replace("ws://", "http://")
        book = get(url).json()
        while (change := trader.event())["u"] <= book["lastUpdateId"]:
            pass
    assert change["U"] <= book["lastUpdateId"] + 1
    assert [len(book["bids"]), len(book["asks"])] == [5, 5]


def test_unsubscribed_streams_are_silent_and_the_others_go_on(market: Example) -> None:
    with connected(market) as trader:
        trader.request("SUBSCRIBE", BTC, ETH, DEPTH)
        assert trader.request("UNSUBSCRIBE", BTC, DEPTH, number="u-1")["id"] == "u-1"
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


@pytest.mark.parametrize("path", [f"/stream?streams={BTC}/{ETH}", f"/ws/{BTC}/{ETH}"])
def test_streams_of_the_url_are_subscribed_to_from_the_start(market: Example, path: str) -> None:
    with connected(market, path) as trader:
        assert trader.request("LIST_SUBSCRIPTIONS")["result"] == [BTC, ETH]


def test_property_tells_whether_events_are_wrapped_and_changes_it(market: Example) -> None:
    with connected(market, f"/ws/{BTC}") as trader:
        assert trader.request("GET_PROPERTY", "combined")["result"] is False
        assert trader.request("SET_PROPERTY", "combined", True, number=5) == {
            "result": None,
            "id": 5,
        }
        assert trader.event()["stream"] == BTC
        assert trader.request("GET_PROPERTY", "combined")["result"] is True


WRONG = {
    "no JSON": 3,
    "5": 2,
    '{"method": "SUBSCRIBE", "params": "btcusdt@trade", "id": 1}': 2,
    '{"method": "SUBSCRIBE", "params": [5], "id": 1}': 2,
    '{"method": "SUBSCRIBE", "params": [], "id": 1}': 2,
    '{"method": "UNSUBSCRIBE", "id": 1}': 2,
    '{"params": [], "id": 1}': 2,
    '{"method": "BUY", "params": [], "id": 1}': 2,
    '{"method": "SET_PROPERTY", "params": ["color", true], "id": 1}': 0,
    '{"method": "SET_PROPERTY", "params": ["combined", "yes"], "id": 1}': 1,
}
"""Requests, and the codes of the errors that answer them."""


def test_wrong_requests_are_answered_with_errors_and_change_nothing(market: Example) -> None:
    codes = {}
    with connected(market) as trader:
        for text in WRONG:
            trader.peer.connection.send(text)
            codes[text] = trader.event()["code"]
        assert trader.request("LIST_SUBSCRIPTIONS")["result"] == []
    assert codes == WRONG


def test_unknown_method_is_named_under_the_id_of_its_request(market: Example) -> None:
    with connected(market) as trader:
        answer = trader.request("BUY", number=9)
    assert (answer["id"], answer["code"]) == (9, 2)
    assert "`BUY`" in answer["msg"]


def test_request_without_an_id_is_answered_with_null(market: Example) -> None:
    with connected(market) as trader:
        assert trader.peer.ask({"method": "LIST_SUBSCRIPTIONS"}) == {"result": [], "id": None}


def test_other_paths_are_refused(market: Example) -> None:
    assert market.refusal("/market").status_code == 404


def test_pongs_keep_the_connection_open() -> None:
    times = {"ping_interval": "20ms", "pong_timeout": "300ms", "interval": "50ms"}
    with dialect("binance", **times) as market, connected(market, f"/ws/{BTC}") as trader:
        for _ in range(10):  # 500 ms
            trader.event()


def test_client_without_pongs_is_closed() -> None:
    times = {"ping_interval": "1h", "pong_timeout": "20ms"}
    with dialect("binance", **times) as market, connected(market) as trader:
        assert trader.peer.end() == (1008, "Pong timeout")


def test_client_that_sends_too_much_is_closed() -> None:
    with dialect("binance", message_limit=5) as market, connected(market) as trader:
        for number in range(5):
            assert trader.request("LIST_SUBSCRIPTIONS", number=number)["id"] == number
        with suppress(ConnectionClosed):
            # Many, because a new second may have begun.
            for number in range(50):
                trader.peer.send({"method": "LIST_SUBSCRIPTIONS", "id": number})
        assert trader.peer.end() == (1008, "Too many requests")


def test_rules_of_ones_own_come_first() -> None:
    halted = {
        "name": "halted",
        "match": {"json": {"$.method": "SUBSCRIBE", "$.params[*]": {"starts_with": "halted@"}}},
        "do": [{"send": {"json": {"code": 2, "msg": "Halted", "id": "{{ message.json.id }}"}}}],
    }
    own = {"extends": "binance", "rules": [halted]}
    with dialect("binance", own, **FAST) as market, connected(market) as trader:
        assert trader.request("SUBSCRIBE", "halted@trade")["msg"] == "Halted"
        assert trader.request("SUBSCRIBE", BTC)["result"] is None
