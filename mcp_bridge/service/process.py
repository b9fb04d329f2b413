"""What the process of the server takes of the machine."""

import os
import threading
import time
from pathlib import Path

from pydantic import BaseModel, Field

STATM = Path("/proc/self/statm")
"""The memory of this process in pages (Linux, proc_pid_statm(5)); the second number is resident."""


class ProcessModel(BaseModel):
    """What the process of the server takes."""

    memory_bytes: int | None = Field(
        description="resident memory; null where the system does not tell it"
    )
    cpu_seconds: float = Field(description="of all threads, since the start")
    threads: int


def describe_process() -> ProcessModel:
    """Return what this process takes. Does not block."""
    return ProcessModel(
        memory_bytes=resident_bytes(),
        cpu_seconds=round(time.process_time(), 3),
        threads=threading.active_count(),
    )


def resident_bytes() -> int | None:
    """Return the memory that the system has given to this process; None: it does not tell."""
    try:
        pages = int(STATM.read_bytes().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError):
        return None
