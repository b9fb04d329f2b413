"""Hypothesis strategies: conditions that often compare with constants, and messages for them."""

import json
from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]

_CONSTANTS: list[Any] = [
    *(0, 1, 1.0, -0.0, 2**53, 2.0**53, 2**53 + 1, 10**30, 1e30, float("inf"), float("nan")),
    *(True, False, "", "a", "1", "true", "null", "€", "😀", "a b"),
]
_VALUES: Strategy = st.sampled_from([*_CONSTANTS[:-10], None, *_CONSTANTS[-10:], [], [1], {}])
_TESTS: Strategy = st.one_of(
    st.sampled_from(_CONSTANTS),
    st.sampled_from([[1], [True], []]),
    st.fixed_dictionaries({"equals": _VALUES}),
    st.fixed_dictionaries({"one_of": st.lists(_VALUES, min_size=1, max_size=3)}),
    st.sampled_from(
        [
            {"not": "a"},
            {"present": False},
            {"equals": "a", "length": 1},
            {"any": ["a", 1]},
            {"matches": "(?P<word>a|€)"},
            {"at_least": 1},
            {"schema": {"$ref": "#/nowhere"}},
        ]
    ),
)
_PATHS = st.sampled_from(["$", "$.a", "$['a']", "$.b", "$.a.b", "$..a", "$.a[0]", "$.type"])
CONDITIONS: Strategy = st.fixed_dictionaries(
    {},
    optional={
        "json": _TESTS | st.dictionaries(_PATHS, _TESTS, min_size=1, max_size=2),
        "text": _TESTS,
        "type": st.sampled_from(["text", "binary"]),
        "size": _TESTS,
        "binary": st.sampled_from(["hex:", "hex:61", {"one_of": ["hex:61", "hex:62"]}]),
        "json_of": st.sampled_from([{"prefix": "{", "as": "word"}, {"suffix": "}", "json": 1}]),
    },
)
"""What a person may write under `match`."""

_OBJECTS: Strategy = st.fixed_dictionaries(
    {}, optional={"a": _VALUES | st.fixed_dictionaries({"b": _VALUES}), "b": _VALUES}
)
TEXTS: st.SearchStrategy[str] = st.one_of(
    _OBJECTS.map(json.dumps),
    _VALUES.map(json.dumps),
    st.sampled_from(
        [
            *("", "a", "€", "{", "NaN", "[1", '{"a": 1, "a": "a"}', '{"a": "\\u20ac"}'),
            *('{"a": 1e999}', '{"a": "\\ud800"}', '{"a": 9007199254740993.0}', "[" * 2000),
        ]
    ),
)
