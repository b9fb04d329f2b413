"""What a process takes of a Linux machine, from `/proc`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Footprint:
    """A process at one moment."""

    memory: int
    """Resident bytes."""
    threads: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> "Footprint":
        """Return what a process takes now.

        Raises:
            OSError: there is no such process.
        """
        folder = Path("/proc") / str(pid)
        lines = (folder / "status").read_text(encoding="utf-8").splitlines()
        status = dict(line.split(":", 1) for line in lines if ":" in line)
        return cls(
            memory=int(status["VmRSS"].split()[0]) * 1024,
            threads=int(status["Threads"]),
            descriptors=sum(1 for _ in (folder / "fd").iterdir()),
        )

    def is_back_to(self, before: "Footprint", allowance: int) -> bool:
        """Tell whether nothing is left but a tenth more memory and an allowance in bytes."""
        return (
            self.threads <= before.threads
            and self.descriptors <= before.descriptors
            and self.memory <= before.memory * 1.1 + allowance
        )
