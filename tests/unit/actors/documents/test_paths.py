"""Path patterns."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.documents.paths import BadPath, compile_path_pattern


@pytest.mark.parametrize(
    ("pattern", "path", "captures"),
    [
        ("/", "/", {}),
        ("/orders", "/orders", {}),
        ("/orders/{id}", "/orders/7", {"id": "7"}),
        ("/{a}/x/{b}", "/1/x/2", {"a": "1", "b": "2"}),
        ("/orders/{id}", "/orders/a%2Fb%20c", {"id": "a/b c"}),
        ("/orders/{id}", "/orders/%zz", {"id": "%zz"}),
        ("/a/**", "/a/b/c", {"rest": "b/c"}),
        ("/a/**", "/a/", {"rest": ""}),
        ("/a/**", "/a", {"rest": ""}),
        ("/**", "/", {"rest": ""}),
        ("/**", "/x/y/", {"rest": "x/y/"}),
        ("/{a}/**", "/1/%C3%BC", {"a": "1", "rest": "ü"}),
        ("/a%20b", "/a%20b", {}),
    ],
)
def test_path_matches_with_captures(pattern: str, path: str, captures: dict[str, str]) -> None:
    assert compile_path_pattern(pattern).match(path) == captures


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/", "/a"),
        ("/orders", "/orders/"),
        ("/orders", "/Orders"),
        ("/orders/{id}", "/orders"),
        ("/orders/{id}", "/orders/"),
        ("/orders/{id}", "/orders/7/8"),
        ("/orders/{id}", "/order/7"),
        ("/a/**", "/ab"),
        ("/a/**", "/"),
        ("/{a}/**", "/"),
        ("/a.c", "/abc"),
    ],
)
def test_other_path_does_not_match(pattern: str, path: str) -> None:
    assert compile_path_pattern(pattern).match(path) is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("orders", "must begin with /"),
        ("", "must begin with /"),
        ("/{}", "neither a plain segment nor {name}"),
        ("/{a b}", "neither a plain segment"),
        ("/{1}", "neither a plain segment"),
        ("/x{a}", "neither a plain segment"),
        ("/{a}{b}", "neither a plain segment"),
        ("/a*", "neither a plain segment"),
        ("/**/a", "neither a plain segment"),
        ("/*", "neither a plain segment"),
        ("/{a}/{a}", "a name of its own"),
        ("/{rest}/**", "a name of its own"),
    ],
)
def test_bad_pattern_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(BadPath, match=why):
        compile_path_pattern(pattern)


def test_more_specific_patterns_sort_first() -> None:
    sources = ["/a/b/**", "/a/{x}", "/a/**", "/{x}/b", "/{x}/{y}", "/{x}/**", "/**"]
    patterns = [compile_path_pattern(source) for source in reversed(sources)]
    patterns.sort(key=lambda pattern: pattern.specificity)
    assert [pattern.source for pattern in patterns] == sources


@given(st.text(min_size=1), st.text(min_size=1))
def test_capture_is_what_the_client_put_into_its_segment(one: str, other: str) -> None:
    path = f"/x/{quote(one, safe='')}/{quote(other, safe='')}"
    assert compile_path_pattern("/x/{a}/{b}").match(path) == {"a": one, "b": other}


@given(st.text(), st.text())
def test_any_text_is_a_pattern_or_a_bad_one(source: str, path: str) -> None:
    try:
        pattern = compile_path_pattern(source)
    except BadPath:
        return
    captures = pattern.match(path)
    assert captures is None or path.startswith("/") or pattern.takes_rest or source == path
