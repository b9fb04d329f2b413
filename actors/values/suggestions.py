"""Hints for misspelt words."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(
    word: object, allowed: Iterable[str], otherwise: str | None = None, *, cutoff: float = 0.5
) -> str:
    """Return a hint: the allowed word that was probably meant.

    Args:
        word: what a person wrote.
        allowed: the words that are allowed, in the order in which they are listed.
        otherwise: the hint if no word is similar; None: a list of all allowed words.
        cutoff: how similar two words must be, from 0 to 1.
    """
    words = list(allowed)
    near = get_close_matches(str(word), words, n=1, cutoff=cutoff)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"allowed: {', '.join(words)}" if otherwise is None else otherwise
