"""What has its coverage measured: not every process that tests start, and not every test.

What is measured takes twice the processor time, and most of it is covered more than once. So only
those processes are measured that show more.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "COVERAGE_PROCESS_CONFIG"
"""With it in its environment, a process is measured (`patch = subprocess` of coverage)."""

_kept: list[str] = []


def measure_no_processes() -> None:
    """Let no process be measured that is started from now on, except in `measured`."""
    if VARIABLE in os.environ:
        _kept.append(os.environ.pop(VARIABLE))


@contextmanager
def measured() -> Iterator[None]:
    """Let all processes be measured that are started in a `with` block, if tests are measured."""
    for config in _kept:
        os.environ[VARIABLE] = config
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)


@contextmanager
def unmeasured() -> Iterator[None]:
    """Run a `with` block on this thread without measuring it."""
    trace = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(trace)
