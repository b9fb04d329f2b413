"""Hypothesis strategies: bytes, texts and JSON near what is right, and bytes cut into reads."""

from itertools import pairwise
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.helpers.json_values import JSON_VALUES

T = TypeVar("T", str, bytes)

DEEP = 20_000
"""So many lists inside each other are too many for every parser of JSON."""

ODD_TEXTS = st.sampled_from(
    ["", "\n", "\r\nX: y", "\0", "\x1b[2J", "\ud800", "\u2028", "9" * 5_000, "x" * 300, "__class__"]
)
"""Texts that are more often trouble than others. One is no Unicode, as JSON can express it."""


def pieces(draw: st.DrawFn, data: bytes, most: int) -> list[bytes]:
    """Cut data at random places; some pieces may be empty."""
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=most).map(sorted))
    return [data[begin:end] for begin, end in pairwise((0, *cuts, len(data)))]


cut = st.composite(pieces)
"""Cut data at random places, with at most so many cuts."""


@st.composite
def spoilt(draw: st.DrawFn, good: st.SearchStrategy[T], inserted: st.SearchStrategy[T]) -> T:
    """Something good with up to four edits: at random places something is taken out, or put in."""
    whole = draw(good)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(whole)))
        taken = draw(st.integers(0, 3))
        whole = whole[:at] + draw(inserted) + whole[at + taken :]
    return whole


@st.composite
def spoilt_tree(draw: st.DrawFn, good: st.SearchStrategy[Any]) -> Any:
    """A JSON value in which up to three parts are replaced, removed or named otherwise."""
    tree = draw(good)
    for _ in range(draw(st.integers(0, 3))):
        tree = _edited(draw, tree)
    return tree


def _edited(draw: st.DrawFn, tree: Any) -> Any:
    inside = draw(st.integers(0, 7))  # so many levels below, if there are
    if not inside or not isinstance(tree, dict | list) or not tree:
        return draw(JSON_VALUES | ODD_TEXTS)
    if isinstance(tree, list):
        at = draw(st.integers(0, len(tree) - 1))
        return [*tree[:at], _edited(draw, tree[at]), *tree[at + 1 :]]
    key = draw(st.sampled_from(sorted(tree, key=repr)))
    rest = {name: value for name, value in tree.items() if name != key}
    match draw(st.integers(0, 9)):
        case 0:
            return rest
        case 1:
            return {**rest, draw(ODD_TEXTS | st.text(max_size=5)): tree[key]}
        case _:
            return {**rest, key: _edited(draw, tree[key])}
