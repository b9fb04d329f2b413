"""The machine's clock."""

import time

from websocket_mock.actors.values.ports import SystemClock


def test_time_is_unix_time() -> None:
    before = time.time()
    assert before <= SystemClock().time() <= time.time()


def test_monotonic_time_is_the_machines() -> None:
    before = time.monotonic()
    assert before <= SystemClock().monotonic() <= time.monotonic()
