"""Durations, sizes, and bytes as text."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.matching.units import (
    MAX_DURATION,
    parse_bytes,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("250ms", 0.25),
        ("3s", 3.0),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("1.5 s", 1.5),
        (" 24h ", MAX_DURATION),
        (0, 0.0),
        (2, 2.0),
        (0.5, 0.5),
    ],
)
def test_duration_is_seconds(written: object, seconds: float) -> None:
    parsed = parse_duration(written)
    assert parsed == seconds
    assert isinstance(parsed, float)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "3",
        "s",
        "-1s",
        "1d",
        "1 s 2",
        "1,5s",
        "25h",
        "86401s",
        pytest.param("9" * 400 + "s", id="huge text"),
        -1,
        -0.001,
        86_401,
        pytest.param(10**400, id="huge"),
        float("nan"),
        float("inf"),
        True,
        None,
        [],
        b"3s",
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(written: object) -> None:
    with pytest.raises(ValueError, match="250ms, 3s, 2m"):
        parse_duration(written)


@pytest.mark.parametrize(
    ("written", "size"),
    [
        (0, 0),
        (17, 17),
        ("17", 17),
        ("17B", 17),
        ("64KiB", 65_536),
        ("2 MiB", 2 * 1024 * 1024),
        ("1KB", 1000),
        ("1MB", 1_000_000),
    ],
)
def test_size_is_bytes(written: object, size: int) -> None:
    assert parse_size(written) == size


@pytest.mark.parametrize("written", ["", "KiB", "1.5MB", "1GB", "1kb", -1, 1.5, True, None])
def test_what_is_no_size_is_refused_with_an_example(written: object) -> None:
    with pytest.raises(ValueError, match="64KiB, 1MB"):
        parse_size(written)


@pytest.mark.parametrize(
    ("written", "data"),
    [
        ("hex:0a0B", b"\x0a\x0b"),
        ("hex:0a 0b", b"\x0a\x0b"),
        ("hex:", b""),
        ("base64:AAEC", b"\x00\x01\x02"),
        ("base64:", b""),
    ],
)
def test_bytes_are_written_as_hex_or_base64(written: str, data: bytes) -> None:
    assert parse_bytes(written) == data


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("hex:0", "not valid hex"),
        ("hex:xy", "not valid hex"),
        ("base64:A", "not valid base64"),
        ("base64:A A=", "not valid base64"),
        ("base64:é", "not valid base64"),
        ("0a0b", "hex:… or base64:…"),
        ("HEX:0a", "hex:… or base64:…"),
        ("", "hex:… or base64:…"),
    ],
)
def test_what_are_no_bytes_is_refused(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_bytes(written)


@given(st.binary())
def test_bytes_survive_either_form(data: bytes) -> None:
    assert parse_bytes(f"hex:{data.hex()}") == data
    assert parse_bytes(f"base64:{base64.b64encode(data).decode()}") == data


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_anything_is_a_duration_and_a_size_or_a_value_error(written: object) -> None:
    for parse, most in ((parse_duration, MAX_DURATION), (parse_size, float("inf"))):
        try:
            parsed = parse(written)
        except ValueError:
            continue
        assert 0 <= parsed <= most
