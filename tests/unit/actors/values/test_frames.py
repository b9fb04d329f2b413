"""How bytes are cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.values.frames import Pacing

SIZES = st.integers(0, 12)


@pytest.mark.parametrize(
    ("pacing", "pieces"),
    [
        (Pacing(1, first=1), [b"a", b"bcde"]),
        (Pacing(1, first=4), [b"abcd", b"e"]),
        (Pacing(1, first=5), [b"abcde"]),
        (Pacing(1, first=9), [b"abcde"]),
        (Pacing(1, size=1), [b"a", b"b", b"c", b"d", b"e"]),
        (Pacing(1, size=2), [b"ab", b"cd", b"e"]),
        (Pacing(1, size=9), [b"abcde"]),
        (Pacing(1, first=1, size=3), [b"a", b"bcd", b"e"]),
        (Pacing(1), [b"abcde"]),
    ],
)
def test_pieces_are_as_long_as_the_pacing_says(pacing: Pacing, pieces: list[bytes]) -> None:
    assert pacing.cut(b"abcde") == pieces


@given(SIZES, SIZES, st.binary(max_size=40))
def test_pieces_are_the_bytes_and_none_is_empty(first: int, size: int, data: bytes) -> None:
    pieces = Pacing(1, first, size).cut(data)
    assert b"".join(pieces) == data
    assert all(pieces)
