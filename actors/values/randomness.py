"""Random numbers that can be repeated."""

from random import Random


def seeded(seed: str | int) -> Random:
    """Return random numbers that are the same for the same seed.

    A text may be any that JSON can hold, so half of a surrogate pair too.
    """
    known = seed.encode("utf-8", "surrogatepass") if isinstance(seed, str) else seed
    return Random(known)  # noqa: S311 - to repeat is the point
