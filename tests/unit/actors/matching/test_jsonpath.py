"""JSONPath with its regular expressions in linear time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from websocket_mock.actors.matching import jsonpath_library
from websocket_mock.actors.matching.jsonpath import compile_query
from websocket_mock.actors.matching.steps import TooManySteps

ORDER = {
    "id": 7,
    "items": [{"sku": "a-1", "n": 2}, {"sku": "b-2", "n": 5}],
    "note": None,
    "odd key": True,
    "deep": {"er": {"value": [1]}},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [ORDER]),
        ("$.id", [7]),
        ("$.items[*].sku", ["a-1", "b-2"]),
        ("$.items[-1].n", [5]),
        ("$..n", [2, 5]),
        ("$.note", [None]),
        ("$['odd key']", [True]),
        ("$.deep.er.value", [[1]]),
        ("$['deep']['er']", [{"value": [1]}]),
        ("$.deep['er','missing']", [{"value": [1]}]),
        ("$.deep.missing.value", []),
        ("$.items.sku", []),
        ("$.missing", []),
        ("$.id.missing", []),
        ("$.items[?@.n > 3].sku", ["b-2"]),
        ("$.items[?length(@.sku) == 3].n", [2, 5]),
        ("$.items[?match(@.sku, 'a.*')].n", [2]),
        ("$.items[?match(@.sku, 'a')].n", []),
        ("$.items[?search(@.sku, '2$')].n", [5]),
    ],
)
def test_query_selects_values(path: str, found: list[Any]) -> None:
    assert list(compile_query(path)(ORDER)) == found


@pytest.mark.parametrize("value", [None, 1, "text", [], True])
def test_query_for_a_member_finds_nothing_in_other_values(value: Any) -> None:
    assert list(compile_query("$.a")(value)) == []


@pytest.mark.parametrize("path", ["", "a", "$.", "$[", "$..", "$.a b", "$[?@.a ==]", "$.a "])
def test_what_is_no_path_is_refused_with_the_path(path: str) -> None:
    with pytest.raises(ValueError, match="not a valid JSONPath") as caught:
        compile_query(path)
    assert repr(path) in str(caught.value)


@pytest.mark.parametrize("pattern", ["(", r"(a)\\1"])
def test_pattern_that_re2_does_not_take_matches_nothing(pattern: str) -> None:
    assert list(compile_query(f"$.items[?search(@.sku, '{pattern}')]")(ORDER)) == []


@pytest.mark.parametrize("function", ["match", "search"])
def test_what_is_no_text_does_not_match(function: str) -> None:
    assert list(compile_query(f"$.items[?{function}(@.n, '.*')]")(ORDER)) == []
    assert list(compile_query(f"$.items[?{function}(@.sku, @.n)]")(ORDER)) == []


def test_pattern_that_hangs_backtracking_engines_does_not_hang() -> None:
    assert list(compile_query("$[?search(@, '^(a+)+$')]")(["a" * 100_000 + "b"])) == []


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


DEEP = nested(40)
WIDE: list[Any] = [[]] * 20


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$" + "..*" * 12, DEEP),
        ("$" + "..*" * 12 + ".nothing", DEEP),
        ("$" + "[*,*]" * 30, DEEP),
        ("$..[?@" + "..[?@" * 12 + "]" * 13, DEEP),
        ("$" + "[?$" * 12 + ".a" + "]" * 12, WIDE),
        ("$" + "[?!$" * 12 + "]" * 12, WIDE),
    ],
)
def test_search_that_would_take_for_ever_ends(
    monkeypatch: pytest.MonkeyPatch, path: str, value: Any
) -> None:
    monkeypatch.setattr(jsonpath_library, "MAX_STEPS", 5_000)
    with pytest.raises(TooManySteps, match="more than 5,000 steps"):
        compile_query(path)(value)


def test_each_search_has_steps_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath_library, "MAX_STEPS", 100)
    query = compile_query("$..*")
    assert all(len(query(nested(20))) == 20 for _ in range(10))
    with pytest.raises(TooManySteps):
        query(nested(80))


def test_searches_on_two_threads_do_not_share_their_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath_library, "MAX_STEPS", 100)
    query = compile_query("$..*")
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(query, [nested(40)] * 200)
        assert {len(one) for one in found} == {40}
