"""Texts for regular expressions."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.matching.regex import compile_pattern
from websocket_mock.scripts.importing.asyncapi.patterns import text_like


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{3}/[A-Z]{3}$",
        r"^\d{4}-\d{2}-\d{2}$",
        r"^(a|bc)+x?$",
        r"^(?P<user>\w+)@(?:\w+\.)+org$",
        "^[^a-z ]{3,}$",
        r"^[\d\-_]*$",
        "^[a-]$",
        "^x{2,}?$",
        "^.\\S\\s\\D\\W$",
        "^[]a]+$",
        r"^\n\t\.$",
        "",
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_pattern_is_found_in_its_text(pattern: str, seed: int) -> None:
    text = text_like(pattern, Random(seed))
    assert text is not None
    assert compile_pattern(pattern).search(text)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?i)a",
        r"\bword\b",
        r"\p{L}",
        "[[:alpha:]]",
        "(a",
        "a)",
        "x{1000}",
        "*",
        "[a",
        "[^ -~]",
        "\\",
    ],
)
def test_what_is_too_hard_has_no_text(pattern: str) -> None:
    assert text_like(pattern, Random(1)) is None


def test_repetitions_vary() -> None:
    text = text_like("^[a-z]{30}$", Random(1))
    assert text is not None
    assert len(set(text)) > 5


@given(st.text(alphabet="ab[]()|^$*+?{}1,\\d.-", max_size=12))
def test_any_pattern_that_is_valid_has_a_right_text_or_none(pattern: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except ValueError:
        return
    text = text_like(pattern, Random(1))
    assert text is None or compiled.search(text)
