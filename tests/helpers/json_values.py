"""Hypothesis strategies for JSON."""

from typing import Any

from hypothesis import strategies as st

BIG_INTEGERS = st.integers(2**63, 10**300) | st.integers(-(10**300), -(2**63) - 1)
"""Integers that 64 bits with a sign cannot hold."""

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | BIG_INTEGERS
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=15,
)
"""Any JSON value."""
