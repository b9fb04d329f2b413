"""How many connections there may be."""

from concurrent.futures import ThreadPoolExecutor

from websocket_mock.transport.limits import ConnectionLimit


def test_connections_up_to_the_limit_are_within_it() -> None:
    limit = ConnectionLimit(2)
    assert [limit.take(), limit.take()] == [0, 0]


def test_each_one_more_exceeds_the_limit_further() -> None:
    limit = ConnectionLimit(2)
    assert [limit.take() for _ in range(4)] == [0, 0, 1, 2]


def test_place_that_is_given_back_is_free_again() -> None:
    limit = ConnectionLimit(1)
    limit.take()
    limit.give_back()
    assert limit.take() == 0


def test_one_above_the_limit_takes_a_place_as_well() -> None:
    limit = ConnectionLimit(1)
    limit.take()
    limit.take()
    limit.give_back()
    assert limit.take() == 1


def test_threads_do_not_miscount() -> None:
    limit = ConnectionLimit(1)

    def come_and_go(_: int) -> None:
        for _ in range(2000):
            limit.take()
            limit.give_back()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))
    assert [limit.take(), limit.take()] == [0, 1]
