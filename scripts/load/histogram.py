"""A histogram of latencies in bounded memory. It must not know threads or clocks.

The buckets are those of HdrHistogram: up to 2^PRECISION_BITS each value has its own bucket; above,
each power of two is cut into as many equal buckets. So a bucket is at most 1/2^PRECISION_BITS as
wide as its values, which bounds the error of each percentile: at most 0.8 % too high.
"""

import math
from collections.abc import Iterable, Sequence

PRECISION_BITS = 7
RELATIVE_ERROR = 1 / 2**PRECISION_BITS
LARGEST = 2**42 - 1
"""Larger values are recorded as this value: 73 minutes in nanoseconds."""

_BUCKETS = (LARGEST.bit_length() - PRECISION_BITS + 1) << PRECISION_BITS
_PERCENT = 100


class Histogram:
    """Counts of non-negative whole numbers. It always takes about 37 kB.

    One thread records. Others may read at the same time; they may miss the last few values.
    """

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self.count = 0
        self.largest = 0
        """The largest recorded value, exactly; 0 if nothing was recorded."""

    @property
    def counts(self) -> Sequence[int]:
        """The number of values in each bucket; not a copy."""
        return self._counts

    def record(self, value: int) -> None:
        """Count a value. Negative ones count as 0, those above `LARGEST` as `LARGEST`."""
        value = min(max(value, 0), LARGEST)
        self._counts[_index(value)] += 1
        self.count += 1
        self.largest = max(self.largest, value)

    def add(self, other: "Histogram") -> None:
        """Add the counts of another histogram."""
        for index, count in enumerate(other.counts):
            self._counts[index] += count
        self.count += other.count
        self.largest = max(self.largest, other.largest)

    def percentile(self, percent: float) -> int:
        """Return the smallest value that `percent` percent of all values do not exceed.

        Args:
            percent: from 0 to 100; 0 means the smallest value.

        Returns:
            That value (nearest rank) or up to `RELATIVE_ERROR` more; never more than `largest`.
            0 if nothing was recorded.

        Raises:
            ValueError: the percentage is out of its range.
        """
        if not 0 <= percent <= _PERCENT:
            raise ValueError(f"{percent} is not a percentage from 0 to 100")
        rank = max(1, math.ceil(self.count * percent / _PERCENT))
        seen = 0
        for index, count in enumerate(self._counts):
            seen += count
            if seen >= rank:
                return min(_highest(index), self.largest)
        return 0


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """Return a new histogram of all values in several histograms."""
    total = Histogram()
    for histogram in histograms:
        total.add(histogram)
    return total


def _index(value: int) -> int:
    shift = max(0, value.bit_length() - PRECISION_BITS - 1)
    return (shift << PRECISION_BITS) + (value >> shift)


def _highest(index: int) -> int:
    """Return the highest value that is counted in a bucket."""
    shift = max(0, (index >> PRECISION_BITS) - 1)
    lowest = (index - (shift << PRECISION_BITS)) << shift
    return lowest + (1 << shift) - 1
