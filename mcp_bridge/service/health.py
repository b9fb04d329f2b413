"""The health of the server: whether each part that must answer does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the server."""

    name: str
    is_healthy: bool
    seconds: float | None
    """How long its answer took; None: it gave none, or was not asked."""
    reason: str | None
    """What is wrong; None if nothing is."""


@dataclass(frozen=True, slots=True)
class Health:
    """All parts of the server."""

    checks: tuple[Check, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether all parts are healthy."""
        return all(check.is_healthy for check in self.checks)
