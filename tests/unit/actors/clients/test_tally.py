"""Counts of rules and faults by their names."""

from tests.helpers.journal import CLIENT
from websocket_mock.actors.clients.tally import MAX_KEYS, Tally
from websocket_mock.actors.values.entries import Source
from websocket_mock.actors.values.models import OTHERS

PRICES = Source(client_id="0000000a", endpoint="prices", namespace="one").packed()


def test_each_rule_and_fault_is_counted_where_it_happened() -> None:
    tally = Tally()
    tally.rule_fired(PRICES, "greet")
    tally.rule_fired(PRICES, "greet")
    tally.rule_fired(CLIENT.packed(), "greet")
    tally.fault_acted(PRICES, "drop")
    assert tally.counts() == {
        ("rule", "one", "prices", "greet"): 2,
        ("rule", None, None, "greet"): 1,
        ("fault", "one", "prices", "drop"): 1,
    }


def test_counts_that_were_given_do_not_change() -> None:
    tally = Tally()
    tally.rule_fired(PRICES, "greet")
    before = tally.counts()
    tally.rule_fired(PRICES, "greet")
    assert list(before.values()) == [1]


def test_beyond_the_limit_the_oldest_counts_are_added_up() -> None:
    tally = Tally()
    tally.fault_acted(PRICES, "drop")
    for number in range(MAX_KEYS + 10):
        tally.rule_fired(PRICES, f"rule {number}")
        tally.rule_fired(PRICES, f"rule {number}")
    counts = tally.counts()
    assert len(counts) <= MAX_KEYS + len(OTHERS)
    assert sum(counts.values()) == 2 * (MAX_KEYS + 10) + 1
    assert counts[OTHERS["fault"]] == 1
    assert ("rule", "one", "prices", "rule 0") not in counts
    assert counts[("rule", "one", "prices", f"rule {MAX_KEYS + 9}")] == 2
