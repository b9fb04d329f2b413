"""What the benchmark asks of the operating system."""

import os
import resource
from pathlib import Path


def raise_open_files_limit() -> int:
    """Raise this process's soft limit of open files to the hard one, and return it.

    Children started afterwards inherit the limit.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def parse_cpu_ticks(text: str) -> int:
    """Return the ticks in user and system mode in the text of a Linux `/proc/PID/stat`."""
    # The name of the program, in brackets, may contain blanks.
    user, system = text.rpartition(")")[2].split()[11:13]
    return int(user) + int(system)


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, in steps of about 10 ms.

    Raises:
        OSError: There is no such process.
    """
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return parse_cpu_ticks(text) / os.sysconf("SC_CLK_TCK")
