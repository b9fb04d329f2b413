"""Variables: how they change, and how much they may hold."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.conversation.variables import (
    MAX_ITEMS,
    MAX_SHARED_WEIGHT,
    MAX_VARIABLES,
    OPERATIONS,
    BadChange,
    Change,
    Pool,
    ScopeName,
    Variables,
    apply_changes,
)

Scopes = Mapping[ScopeName, Variables]


def scopes(pool: Pool | None = None) -> Scopes:
    pool = pool or Pool()
    return {
        "vars": Variables(),
        "client_vars": Variables(pool),
        "endpoint_vars": Variables(pool),
    }


def change(
    operation: str, operand: Any, name: str = "x", scope: ScopeName = "client_vars"
) -> Change:
    return Change(scope, name, operation, operand)


def after(*changes: Change) -> Mapping[str, Any]:
    """The client's variables after the changes."""
    found = scopes()
    for one in changes:
        apply_changes(found, [one])
    return found["client_vars"].values


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ([change("set", 5)], 5),
        ([change("increment", 2)], 2),
        ([change("set", 1.5), change("increment", -1)], 0.5),
        ([change("append", "a")], ["a"]),
        ([change("append", "a"), change("append", "a")], ["a", "a"]),
        ([change("set", [1, 2, 1]), change("remove", 1)], [2]),
        ([change("set", {"a": 1, "b": 2}), change("remove", "a")], {"b": 2}),
        ([change("remove", 1)], []),
        ([change("default", 7)], 7),
        ([change("set", 1), change("default", 7)], 1),
    ],
)
def test_variable_changes(changes: list[Change], value: Any) -> None:
    assert after(*changes) == {"x": value}


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (
            change("set", "a"),
            change("increment", 1),
            "x cannot be incremented: 'a' is not",
        ),
        (change("set", 1), change("increment", True), "True is not a number"),
        (change("set", "a"), change("append", 1), "nothing can be appended to x"),
        (change("set", 5), change("remove", 1), "nothing can be removed from x"),
        (change("set", [0] * MAX_ITEMS), change("append", 1), "x has 10,000 items"),
        (change("set", 1), change("set", "x" * 2_000_000), "x would have more than 1,048,576"),
    ],
)
def test_change_that_is_not_possible_changes_nothing(
    first: Change, second: Change, why: str
) -> None:
    found = scopes()
    apply_changes(found, [first])
    with pytest.raises(BadChange, match=why):
        apply_changes(found, [change("set", 1, "y", "endpoint_vars"), second])
    assert found["client_vars"].values == {"x": first.operand}
    assert found["endpoint_vars"].values == {}


def test_changes_of_one_set_see_each_other() -> None:
    found = scopes()
    apply_changes(found, [change("set", 1), change("increment", 1), change("increment", 1)])
    assert found["client_vars"].values == {"x": 3}


def test_values_that_were_read_do_not_change_later() -> None:
    found = scopes()
    apply_changes(found, [change("append", 1)])
    before = found["client_vars"].values
    apply_changes(found, [change("append", 2), change("set", 1, "y")])
    assert before == {"x": [1]}


def test_names_of_one_scope_are_bounded() -> None:
    found = scopes()
    apply_changes(found, [change("set", 0, f"n{index}") for index in range(MAX_VARIABLES)])
    with pytest.raises(BadChange, match="more than 1,000 variables"):
        apply_changes(found, [change("set", 0, "one more")])
    apply_changes(found, [change("set", 1, "n0")])


def test_shared_variables_of_a_namespace_are_bounded_together() -> None:
    pool = Pool()
    text = "x" * 1_000_000
    clients = [scopes(pool) for _ in range(MAX_SHARED_WEIGHT // 1_000_000)]
    for one in clients:
        apply_changes(one, [change("set", text)])
    with pytest.raises(BadChange, match="what the namespace remembers has more than 67,108,864"):
        apply_changes(scopes(pool), [change("set", text)])
    assert MAX_SHARED_WEIGHT - 2_000_000 < pool.used <= MAX_SHARED_WEIGHT
    apply_changes(clients[-1], [change("set", text, scope="vars")])
    for one in clients:
        one["client_vars"].clear()
    assert pool.used == 0


VALUES = st.none() | st.integers(-9, 9) | st.text(max_size=3) | st.lists(st.integers(), max_size=3)
CHANGES = st.lists(
    st.builds(
        Change,
        st.sampled_from(["vars", "client_vars", "endpoint_vars"]),
        st.sampled_from("abc"),
        st.sampled_from(sorted(OPERATIONS)),
        VALUES,
    ),
    max_size=6,
)


@given(st.lists(CHANGES, max_size=6))
def test_any_changes_happen_together_or_not_at_all_and_their_weight_is_counted(
    rounds: list[list[Change]],
) -> None:
    pool = Pool()
    found = scopes(pool)
    for changes in rounds:
        before = {name: one.values for name, one in found.items()}
        try:
            apply_changes(found, changes)
        except BadChange:
            assert {name: one.values for name, one in found.items()} == before
    for one in found.values():
        one.clear()
    assert pool.used == 0
