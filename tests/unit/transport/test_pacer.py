"""Bytes in pieces, each at its time."""

from collections.abc import Iterator

import pytest

from tests.helpers.connection_bench import ConnectionBench, bench
from websocket_mock.transport.pacer import Pacer


class PacerBench:
    """A pacer whose pieces are written down with their times."""

    def __init__(self, bench: ConnectionBench) -> None:
        self._bench = bench
        timers = bench.connection
        self.written: list[tuple[float, bytes]] = []
        self.pacer = Pacer(timers, lambda piece: self.written.append((timers.now(), piece)))

    def advance(self, seconds: float) -> None:
        """Let time pass, a quarter of a second at a time."""
        for _ in range(int(seconds * 4)):
            self._bench.advance(0.25)

    @property
    def timers(self) -> int:
        return len(self._bench.dispatcher.scheduler)


@pytest.fixture
def paced() -> Iterator[PacerBench]:
    with bench() as host:
        host.open()
        yield PacerBench(host)


def test_pieces_go_so_far_apart(paced: PacerBench) -> None:
    paced.pacer.add([b"a", b"bc", b"d"], 1.0)
    assert paced.pacer.size == 3
    paced.advance(1.5)
    assert paced.pacer.size == 1
    paced.advance(1)
    assert paced.written == [(0.0, b"a"), (1.0, b"bc"), (2.0, b"d")]
    assert paced.pacer.size == 0


def test_pieces_without_a_pause_go_at_once(paced: PacerBench) -> None:
    paced.pacer.add([b"a", b"b"], 0.0)
    assert paced.written == [(0.0, b"a"), (0.0, b"b")]


def test_what_needs_no_pause_goes_right_behind_what_waits(paced: PacerBench) -> None:
    paced.pacer.add([b"a", b"b"], 1.0)
    paced.pacer.add([b"x"], 0.0)
    paced.advance(5)
    assert paced.written == [(0.0, b"a"), (1.0, b"b"), (1.0, b"x")]


def test_pieces_behind_others_that_wait_keep_the_pause(paced: PacerBench) -> None:
    paced.pacer.add([b"a", b"b", b"c"], 1.0)
    paced.advance(0.5)
    paced.pacer.add([b"x", b"y"], 1.0)
    paced.advance(5)
    assert paced.written == [(0.0, b"a"), (1.0, b"b"), (2.0, b"c"), (3.0, b"x"), (4.0, b"y")]


def test_plain_bytes_in_between_do_not_shorten_the_pause(paced: PacerBench) -> None:
    paced.pacer.add([b"a", b"b"], 1.0)
    paced.pacer.add([b"plain"], 0.0)
    paced.pacer.add([b"c", b"d"], 1.0)
    paced.advance(5)
    assert paced.written == [(0, b"a"), (1, b"b"), (1, b"plain"), (2, b"c"), (3, b"d")]


def test_pieces_soon_after_the_last_keep_the_pause(paced: PacerBench) -> None:
    paced.pacer.add([b"a", b"b"], 1.0)
    paced.advance(1.25)
    paced.pacer.add([b"x"], 1.0)
    paced.advance(5)
    assert paced.written == [(0.0, b"a"), (1.0, b"b"), (2.0, b"x")]


def test_pieces_long_after_the_last_go_at_once(paced: PacerBench) -> None:
    paced.pacer.add([b"a", b"b"], 1.0)
    paced.advance(5)
    paced.pacer.add([b"x", b"y"], 1.0)
    paced.advance(5)
    assert paced.written[2:] == [(5.0, b"x"), (6.0, b"y")]


def test_each_message_has_a_pause_of_its_own(paced: PacerBench) -> None:
    paced.pacer.add([b"a", b"b"], 1.0)
    paced.pacer.add([b"x", b"y"], 0.5)
    paced.advance(5)
    assert paced.written == [(0.0, b"a"), (1.0, b"b"), (2.0, b"x"), (2.5, b"y")]


def test_nothing_to_send_changes_nothing(paced: PacerBench) -> None:
    paced.pacer.add([b"a", b"b"], 1.0)
    paced.pacer.add([], 5.0)
    paced.pacer.add([b"x"], 1.0)
    paced.advance(5)
    assert paced.written == [(0.0, b"a"), (1.0, b"b"), (2.0, b"x")]


def test_nothing_goes_and_no_timer_is_left_after_the_stop(paced: PacerBench) -> None:
    before = paced.timers
    paced.pacer.add([b"a", b"b"], 1.0)
    assert paced.timers == before + 1
    paced.pacer.stop()
    assert (paced.pacer.size, paced.timers) == (0, before)
    paced.advance(5)
    assert paced.written == [(0.0, b"a")]
