"""What a process takes of the machine, from `/proc`."""

import os
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Footprint:
    """A moment of a process."""

    memory: int
    """Resident bytes."""
    threads: int
    descriptors: int
    cpu: float
    """Seconds of processor time since its start."""

    @classmethod
    def of(cls, pid: int) -> "Footprint":
        folder = Path("/proc") / str(pid)
        lines = (folder / "status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines if ":" in line)
        # The name of the program may have spaces and brackets.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        return cls(
            memory=int(status["VmRSS"].split()[0]) * 1024,
            threads=int(status["Threads"]),
            descriptors=sum(1 for _ in (folder / "fd").iterdir()),
            cpu=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        )

    def is_back_to(self, before: "Footprint", allowance: int) -> bool:
        """Tell whether nothing is left, with up to a tenth more memory and an allowance."""
        return (
            self.threads <= before.threads
            and self.descriptors <= before.descriptors
            and self.memory <= before.memory * 1.1 + allowance
        )
