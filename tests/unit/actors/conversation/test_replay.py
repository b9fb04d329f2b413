"""The messages that are kept for a client that connects again."""

import pytest

from websocket_mock.actors.conversation.replay import MAX_REPLAY_BYTES, Kept, Replay
from websocket_mock.actors.conversation.variables import BadChange, Pool


def kept(number: float, payload: bytes = b"x") -> Kept:
    return Kept(number, payload, is_text=True)


def numbers(replay: Replay, after: float = 0) -> list[float]:
    return [one.number for one in replay.after(after)]


def test_messages_with_higher_numbers_come_in_their_order() -> None:
    replay = Replay()
    for number in (1, 2, 2.5, 7):
        replay.keep(kept(number), 10)
    assert numbers(replay, 2) == [2.5, 7]
    assert numbers(replay, 7) == []
    assert (replay.first, replay.last, replay.count) == (1, 7, 4)


def test_nothing_is_kept_at_first() -> None:
    replay = Replay()
    assert (replay.first, replay.last, replay.count, numbers(replay)) == (None, None, 0, [])


def test_oldest_messages_go_first() -> None:
    replay = Replay()
    for number in range(5):
        replay.keep(kept(number), 3)
    assert numbers(replay, -1) == [2, 3, 4]


def test_bytes_are_bounded_and_given_back() -> None:
    pool = Pool()
    replay = Replay(pool)
    half = b"x" * (MAX_REPLAY_BYTES // 2)
    for number in range(3):
        replay.keep(kept(number, half), 10)
    assert numbers(replay, -1) == [1, 2]
    assert pool.used == 2 * len(half)
    with pytest.raises(BadChange, match="is not kept"):
        replay.keep(kept(9, b"x" * (MAX_REPLAY_BYTES + 1)), 10)
    replay.clear()
    assert (pool.used, replay.count) == (0, 0)


@pytest.mark.parametrize("number", [1, 3])
def test_number_that_is_not_higher_than_the_last_starts_anew(number: float) -> None:
    replay = Replay()
    for one in (1, 2, 3, number):
        replay.keep(kept(one), 10)
    assert numbers(replay, -1) == [number]
