"""Regular expressions in linear time."""

import pytest

from websocket_mock.actors.matching.regex import compile_pattern


def test_pattern_is_searched_anywhere() -> None:
    assert compile_pattern("b+").search("abbc")
    assert compile_pattern("^b").search("ab") is None


def test_fullmatch_is_of_the_whole_text() -> None:
    assert compile_pattern("a|ab").fullmatch("ab")
    assert compile_pattern("a").fullmatch("ab") is None


def test_named_groups_are_captured() -> None:
    found = compile_pattern(r"^add (?P<a>\d+) (?P<b>\d+)$").search("add 2 40")
    assert found is not None
    assert found.groupdict() == {"a": "2", "b": "40"}


def test_text_beyond_ascii_is_matched_by_characters() -> None:
    found = compile_pattern("^(?P<one>.)€$").search("ü€")
    assert found is not None
    assert found.groupdict() == {"one": "ü"}


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "*", r"(a)\1", "(?=a)", "(?<!a)b"])
def test_what_re2_does_not_take_is_refused(pattern: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"not a valid regular expression \(RE2\): ."):
        compile_pattern(pattern)
    assert capfd.readouterr().err == ""  # RE2 itself writes there, unless told not to


def test_pattern_that_hangs_backtracking_engines_does_not_hang() -> None:
    # Twenty thousand times as long as what takes Python's `re` a minute.
    assert compile_pattern("^(a+)+$").search("a" * 600_000 + "b") is None
