"""Percentiles in bounded memory."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.scripts.load.histogram import LARGEST, RELATIVE_ERROR, Histogram, merged

VALUES = st.lists(st.integers(0, LARGEST), min_size=1, max_size=200)


def histogram_of(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def nearest_rank(values: list[int], percent: float) -> int:
    return sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]


@given(VALUES, st.integers(0, 100))
def test_percentile_is_exact_or_slightly_too_high(values: list[int], percent: int) -> None:
    exact = nearest_rank(values, percent)
    measured = histogram_of(values).percentile(percent)
    assert exact <= measured <= exact * (1 + RELATIVE_ERROR)
    assert measured <= max(values)


@given(VALUES)
def test_count_and_largest_are_exact(values: list[int]) -> None:
    histogram = histogram_of(values)
    assert histogram.count == len(values)
    assert histogram.largest == max(values)
    assert histogram.percentile(100) == max(values)


@given(VALUES, VALUES)
def test_merging_equals_recording_everything_in_one(one: list[int], other: list[int]) -> None:
    together = merged([histogram_of(one), histogram_of(other)])
    direct = histogram_of(one + other)
    assert together.counts == direct.counts
    assert (together.count, together.largest) == (direct.count, direct.largest)


def test_small_values_are_exact() -> None:
    histogram = histogram_of(list(range(1, 101)))
    assert [histogram.percentile(percent) for percent in (0, 50, 95, 99)] == [1, 50, 95, 99]


def test_memory_does_not_grow_with_values() -> None:
    few, many = histogram_of([1]), histogram_of([10**9 + step for step in range(10_000)])
    assert len(many.counts) == len(few.counts) < 5000


def test_values_out_of_range_count_at_its_ends() -> None:
    histogram = histogram_of([-5, LARGEST * 2])
    assert (histogram.percentile(0), histogram.percentile(100)) == (0, LARGEST)


def test_nothing_recorded_is_zero() -> None:
    histogram = Histogram()
    assert (histogram.percentile(50), histogram.largest, histogram.count) == (0, 0, 0)


@pytest.mark.parametrize("percent", [-1, 100.1, math.nan])
def test_impossible_percentage_is_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="is not a percentage"):
        Histogram().percentile(percent)
