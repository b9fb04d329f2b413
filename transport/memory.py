"""How much memory this process may use: that of the machine, or less in a container."""

import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = "sys/fs/cgroup"
"""Where Linux shows control groups (cgroups(7))."""

MEMBERSHIP = "proc/self/cgroup"
"""The control groups of this process: lines of `hierarchy:controllers:path`."""

FALLBACK_BYTES = 2 * 1024**3
"""What is assumed where the system does not tell."""


def usable_memory(root: str = "/") -> int:
    """Return the bytes of memory of the machine, or the limit of a control group if that is less.

    Reads a few small files; does not raise.

    Args:
        root: the folder that has the files of the system.
    """
    return min([_physical_memory(), *_limits(Path(root))])


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return FALLBACK_BYTES


def _limits(root: Path) -> Iterator[int]:
    cgroups = root / CGROUPS
    for folder, name in _groups(cgroups, root / MEMBERSHIP):
        # A limit of any group above counts, too. In a container the group itself is the top.
        for group in (folder, *folder.parents):
            if not group.is_relative_to(cgroups):
                break
            limit = _read_number(group / name)
            if limit is not None:
                yield limit


def _groups(cgroups: Path, membership: Path) -> Iterator[tuple[Path, str]]:
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield cgroups / path.lstrip("/"), "memory.max"
        elif "memory" in controllers.split(","):
            yield cgroups / "memory" / path.lstrip("/"), "memory.limit_in_bytes"


def _read_number(file: Path) -> int | None:
    """Return the number in a file; None if there is no file, or no limit in it."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
