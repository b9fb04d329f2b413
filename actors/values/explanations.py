"""Why the rules of an endpoint match a message, or do not."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explained:
    """The result of trying a rule, or a step of a script, on a message."""

    rule: str
    matches: bool
    why: str
    """The first condition that does not hold; empty if it matches."""
    acts: bool
    """Whether it is the first that matches, and so the one that would act."""
    note: str
    """What else it depends on that is not checked here; empty if nothing."""
    depth: int
    """How many conditions hold before the first that does not."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an endpoint would do with a message."""

    endpoint: str
    state: str
    """The state in which the rules were tried."""
    rules: tuple[Explained, ...]
    """In the order in which they are tried."""
    otherwise: str | None
    """What happens when the rule that acts must not; None if it always may."""
    breach: str
    """How the message breaks the contract of the endpoint; empty if it does not."""
