"""The market stream example, used through the PyPI package `binance-connector`."""

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.helpers.examples import example
from tests.helpers.wait import PATIENCE

streams = pytest.importorskip(
    "binance.websocket.spot.websocket_stream", reason="binance-connector is not installed"
)

pytestmark = pytest.mark.integration


class Received:
    """What the client calls back with, from its own thread."""

    def __init__(self) -> None:
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()

    def put(self, _: object, text: str) -> None:
        self._messages.put(json.loads(text))

    def next(self) -> dict[str, Any]:
        return self._messages.get(timeout=PATIENCE)

    def answer(self, number: int) -> dict[str, Any]:
        while (message := self.next()).get("id") != number:
            pass
        return message


@contextmanager
def client(*, is_combined: bool) -> Iterator[tuple[Any, Received]]:
    received = Received()
    with example("market_stream") as market:
        one = streams.SpotWebsocketStreamClient(
            stream_url=market.url(""),
            on_message=received.put,
            is_combined=is_combined,
            timeout=PATIENCE,
        )
        try:
            yield one, received
        finally:
            one.stop()
            one.socket_manager.ws.shutdown()


def test_streams_are_subscribed_to_listed_and_left() -> None:
    with client(is_combined=True) as (market, received):
        market.trade("BTCUSDT", id=1)
        assert received.answer(1) == {"result": None, "id": 1}
        market.subscribe(["ethusdt@trade", "btcusdt@depth"], id=2)
        missing = {"btcusdt@trade", "ethusdt@trade"}
        while missing:
            missing.discard(received.next().get("stream", ""))
        market.list_subscribe(id=3)
        listed = ["btcusdt@trade", "ethusdt@trade", "btcusdt@depth"]
        assert received.answer(3)["result"] == listed
        market.trade("BTCUSDT", id=4, action="UNSUBSCRIBE")
        assert received.answer(4)["result"] is None
        events = [received.next() for _ in range(3)]
        assert {event["stream"] for event in events} == {"ethusdt@trade"}


def test_raw_stream_sends_bare_trades_with_increasing_ids() -> None:
    with client(is_combined=False) as (market, received):
        market.trade("ETHUSDT", id=1)
        assert received.answer(1)["result"] is None
        trades = [received.next() for _ in range(3)]
    assert {trade["s"] for trade in trades} == {"ETHUSDT"}
    ids = [trade["t"] for trade in trades]
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]
