"""Judges a soak: what was lost, and what was left behind."""

from collections.abc import Sequence
from dataclasses import dataclass

from websocket_mock.scripts.dev.soak.load import Tally
from websocket_mock.scripts.dev.soak.process import Sample

MIB = 1024 * 1024

GROWTH = 1.1
"""How much more memory there may be at the end than after the warm-up."""

JOURNAL = 8 * MIB
"""What the journal may hold in addition."""

SPARE = 8
"""More threads and descriptors that may be there: http keeps idle connections and workers."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a soak went."""

    is_good: bool
    text: str


def judge(tally: Tally, samples: Sequence[Sample]) -> Verdict:
    """Return the verdict on what was counted; the first sample is under load, the last at rest."""
    first, last = samples[0], samples[-1]
    most = max(one.memory for one in samples)
    counts = {
        "lost": tally.lost,
        "doubled": tally.doubled,
        "reordered": tally.reordered,
        "disturbed": tally.disturbed,
    }
    leaks = [
        name
        for name, is_leak in {
            "memory": last.memory > first.memory * GROWTH + JOURNAL,
            "threads": last.threads > first.threads + SPARE,
            "descriptors": last.descriptors > first.descriptors + SPARE,
        }.items()
        if is_leak
    ]
    is_good = tally.answered > 0 and not any(counts.values()) and not leaks
    seen = ", ".join(f"{name} {count:,}" for name, count in sorted(tally.seen.items()))
    lines = [
        f"{'PASSED' if is_good else 'FAILED'} after {last.at:.0f} s",
        f"right answers of well-behaved clients: {tally.answered:,}",
        ", ".join(f"{name} {count}" for name, count in counts.items()),
        f"MiB: first {first.memory // MIB}, most {most // MIB}, last {last.memory // MIB}",
        f"threads: first {first.threads}, last {last.threads}",
        f"descriptors: first {first.descriptors}, last {last.descriptors}",
        f"leaks: {', '.join(leaks) or 'none'}",
        f"what else happened: {seen}",
    ]
    return Verdict(is_good, "\n".join(lines))
