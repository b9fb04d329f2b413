"""When freed memory is given back, with an allocator that only counts."""

import ctypes
import sys
import threading

import pytest

from tests.helpers.wait import eventually
from websocket_mock.scripts import memory
from websocket_mock.scripts.memory import (
    PATIENCE,
    QUIET_SHARE,
    WORTHWHILE_BYTES,
    Glibc,
    Trimmer,
    giving_memory_back,
)

QUIET = 0.0
BUSY = QUIET_SHARE + 0.01


class Allocator:
    def __init__(self, free: int = 0) -> None:
        self.free = free
        self.used = 0
        self.given_back = 0
        self.trims = 0
        self.tells = True

    def free_bytes(self) -> int:
        return self.free

    def resident_bytes(self) -> int | None:
        return self.used + self.free - self.given_back if self.tells else None

    def trim(self) -> None:
        self.trims += 1


def test_nothing_is_done_as_long_as_little_is_freed() -> None:
    allocator = Allocator(100)
    trimmer = Trimmer(allocator)
    for _ in range(100):
        allocator.free = 100 + WORTHWHILE_BYTES - 1
        trimmer.look(QUIET)
    assert allocator.trims == 0


def test_what_was_freed_is_given_back_once() -> None:
    allocator = Allocator()
    trimmer = Trimmer(allocator)
    allocator.free = WORTHWHILE_BYTES
    for _ in range(3):
        trimmer.look(QUIET)
    assert allocator.trims == 1


def test_memory_that_was_used_again_is_given_back_again() -> None:
    allocator = Allocator()
    trimmer = Trimmer(allocator)
    for _ in range(3):
        for allocator.free in (WORTHWHILE_BYTES, 0):
            trimmer.look(QUIET)
    assert allocator.trims == 3


def test_memory_that_was_used_again_between_two_looks_is_given_back_again() -> None:
    allocator = Allocator()
    trimmer = Trimmer(allocator)
    allocator.free = WORTHWHILE_BYTES
    for turn in range(1, 4):
        trimmer.look(QUIET)
        assert allocator.trims == turn
        allocator.given_back = WORTHWHILE_BYTES
        trimmer.look(QUIET)
        allocator.given_back = 0


def test_memory_in_use_is_not_looked_for_again_and_again() -> None:
    allocator = Allocator()
    trimmer = Trimmer(allocator)
    for _ in range(10):
        allocator.used += WORTHWHILE_BYTES
        trimmer.look(QUIET)
    assert allocator.trims == 0


def test_look_without_an_answer_of_the_system_changes_nothing() -> None:
    allocator = Allocator()
    allocator.used = WORTHWHILE_BYTES
    trimmer = Trimmer(allocator)
    allocator.tells = False
    trimmer.look(QUIET)
    allocator.tells = True
    allocator.free = WORTHWHILE_BYTES - 1
    trimmer.look(QUIET)
    assert allocator.trims == 0


def test_busy_process_is_not_disturbed_until_it_is_quiet() -> None:
    allocator = Allocator()
    trimmer = Trimmer(allocator)
    allocator.free = WORTHWHILE_BYTES
    for _ in range(PATIENCE - 1):
        trimmer.look(BUSY)
    assert allocator.trims == 0
    trimmer.look(QUIET)
    assert allocator.trims == 1


def test_process_that_is_never_quiet_gives_memory_back_at_last() -> None:
    allocator = Allocator()
    trimmer = Trimmer(allocator)
    allocator.free = WORTHWHILE_BYTES
    for _ in range(PATIENCE):
        trimmer.look(BUSY)
    assert allocator.trims == 1


@pytest.mark.skipif(sys.platform != "linux", reason="needs glibc")
def test_thread_looks_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    monkeypatch.setattr(memory, "PERIOD", 0.001)
    monkeypatch.setattr(Trimmer, "look", lambda _, share: looks.append(share))
    with giving_memory_back():
        eventually(lambda: len(looks) > 3)
    assert "memory" not in [one.name for one in threading.enumerate()]


def test_other_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    before = threading.active_count()
    with giving_memory_back():
        assert threading.active_count() == before


@pytest.mark.skipif(sys.platform != "linux", reason="needs glibc")
def test_bytes_that_are_freed_are_free() -> None:
    allocator = Glibc()
    # Too small to be mapped alone. Every second one stays, so that the others cannot merge.
    blocks = [bytes(50_000) for _ in range(200)]
    before = allocator.free_bytes()
    del blocks[::2]
    assert allocator.free_bytes() - before > 4_000_000
    allocator.trim()
