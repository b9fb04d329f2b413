"""Names of namespaces, and their place in a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.values.namespaces import (
    EVERY_NAMESPACE,
    BadNamespace,
    check_name,
    covers,
    prefix_of,
    split_namespace,
)

NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", (None, "/")),
        ("/chat", (None, "/chat")),
        ("/ns/a/chat/7", ("a", "/chat/7")),
        ("/ns/a", ("a", "/")),
        ("/ns/a/", ("a", "/")),
        ("/ns/a//", ("a", "//")),
        ("/ns/A-b_c.9/echo", ("A-b_c.9", "/echo")),
        ("/ns/a/ns/b/c", ("a", "/ns/b/c")),
        ("/ns/" + "x" * 64 + "/p", ("x" * 64, "/p")),
        ("/ns/" + "x" * 65 + "/p", (None, "/ns/" + "x" * 65 + "/p")),
        ("/ns", (None, "/ns")),
        ("/ns/", (None, "/ns/")),
        ("/ns//chat", (None, "/ns//chat")),
        ("/ns/a%20b/c", (None, "/ns/a%20b/c")),
        ("/ns/*/c", (None, "/ns/*/c")),
        ("/NS/a/c", (None, "/NS/a/c")),
        ("/nsa/c", (None, "/nsa/c")),
    ],
)
def test_path_is_split_at_the_name(path: str, expected: tuple[str | None, str]) -> None:
    assert split_namespace(path) == expected


@given(NAMES, st.text("abc/{}*.", max_size=12).map(lambda rest: f"/{rest}"))
def test_path_in_a_namespace_is_found_again_behind_its_prefix(name: str, path: str) -> None:
    check_name(name)
    assert split_namespace(prefix_of(name) + path) == (name, path)


def test_outside_of_any_namespace_there_is_no_prefix() -> None:
    assert prefix_of(None) == ""


def test_bad_name_is_shown_shortened() -> None:
    with pytest.raises(BadNamespace) as refused:
        check_name("?" * 10_000)
    assert len(str(refused.value)) < 200


def test_scope_reaches_its_own_namespace_or_every_one() -> None:
    assert covers(None, None)
    assert covers("a", "a")
    assert not covers(None, "a")
    assert not covers("a", None)
    assert not covers("a", "b")
    assert covers(EVERY_NAMESPACE, None)
    assert covers(EVERY_NAMESPACE, "a")
