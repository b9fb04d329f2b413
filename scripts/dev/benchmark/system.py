"""What the benchmark asks of the operating system: open files, memory and threads of a process."""

import resource
from pathlib import Path
from typing import NamedTuple

_KIB = 1024


class ProcessFigures(NamedTuple):
    """Resident memory in bytes and number of threads of one process."""

    memory_bytes: int
    threads: int


def raise_open_files_limit() -> int:
    """Raise this process's soft limit of open files to the hard one, and return it.

    Children started afterwards inherit the limit.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def parse_process_status(text: str) -> ProcessFigures:
    """Return the figures in the text of a Linux `/proc/PID/status`.

    Raises:
        KeyError: The text lacks a figure, as that of a process that has ended does.
    """
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return ProcessFigures(
        memory_bytes=int(fields["VmRSS"].split()[0]) * _KIB,
        threads=int(fields["Threads"]),
    )


def process_figures(pid: int) -> ProcessFigures:
    """Read the present figures of process `pid`.

    Raises:
        OSError: There is no such process.
        KeyError: The process has ended, but nobody has collected it.
    """
    return parse_process_status(Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
