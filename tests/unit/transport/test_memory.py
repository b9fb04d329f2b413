"""How much memory the process may use, as the files of the system say."""

import os
from pathlib import Path

import pytest

from websocket_mock.transport.budget import OutboxBudget
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.memory import usable_memory

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
MIB = 1024 * 1024


def write(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return str(root)


V1 = "9:cpu,memory:/docker/abc\n0::/\n"
V1_LIMIT = "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes"


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, MACHINE),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, MACHINE),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{64 * MIB}\n"}, 64 * MIB),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/memory.max": f"{64 * MIB}\n",
                "sys/fs/cgroup/a/b/memory.max": "max\n",
            },
            64 * MIB,
        ),
        ({"proc/self/cgroup": V1, V1_LIMIT: f"{32 * MIB}\n"}, 32 * MIB),
        ({"proc/self/cgroup": V1, V1_LIMIT: "9223372036854771712\n"}, MACHINE),
        # In a container the path is that of the machine, and the group itself is the top.
        (
            {
                "proc/self/cgroup": "0::/docker/abc\n",
                "sys/fs/cgroup/memory.max": f"{16 * MIB}\n",
            },
            16 * MIB,
        ),
    ],
)
def test_limit_of_a_control_group_counts_if_it_is_less_than_the_machine_has(
    tmp_path: Path, files: dict[str, str], limit: int
) -> None:
    assert usable_memory(write(tmp_path, files)) == limit


def test_machine_that_does_not_tell_has_two_gibibytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sysconf")
    assert usable_memory(str(tmp_path)) == 2 * 1024 * MIB


def test_default_budget_is_an_eighth_of_the_memory() -> None:
    assert OutboxBudget.of(TransportConfig()).totals().most == usable_memory() // 8


def test_budget_that_is_set_is_the_one_in_force() -> None:
    assert OutboxBudget.of(TransportConfig(max_total_outbox_bytes=5000)).totals().most == 5000
