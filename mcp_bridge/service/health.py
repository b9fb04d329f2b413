"""Whether everything that must answer does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the server."""

    name: str
    is_healthy: bool
    seconds: float | None
    """How long its answer took; None without an answer, or where none is asked for."""
    reason: str | None
    """What is wrong; None while nothing is."""


@dataclass(frozen=True, slots=True)
class Health:
    """All parts of the server."""

    checks: tuple[Check, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether all parts are."""
        return all(check.is_healthy for check in self.checks)
