"""Numbers in binary messages."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.matching.number_types import (
    MAX_VARINT,
    NUMBER_TYPES,
    is_whole,
    read_number,
    write_number,
)


@pytest.mark.parametrize(
    ("kind", "number", "written"),
    [
        ("uint8", 255, "ff"),
        ("int8", -1, "ff"),
        ("uint16", 0x0102, "0102"),
        ("uint16le", 0x0102, "0201"),
        ("int16", -2, "fffe"),
        ("uint32", 1, "00000001"),
        ("int32le", -2, "feffffff"),
        ("uint64", 2**64 - 1, "ff" * 8),
        ("int64le", 1, "0100000000000000"),
        ("float32", 1.5, "3fc00000"),
        ("float64le", 1.5, "000000000000f83f"),
        ("varint", 0, "00"),
        ("varint", 127, "7f"),
        ("varint", 128, "8001"),
        ("varint", 321, "c102"),  # MQTT 3.1.1 section 2.2.3
        ("varint", 268_435_455, "ffffff7f"),
        ("varint", 2**70 - 1, "ff" * 9 + "7f"),
    ],
)
def test_number_is_written_and_read_by_its_type(kind: str, number: float, written: str) -> None:
    data = bytes.fromhex(written)
    assert write_number(kind, number) == data
    assert read_number(kind, b"\x00" + data + b"\x00", 1) == (number, 1 + len(data))


@pytest.mark.parametrize("kind", NUMBER_TYPES)
def test_number_that_is_not_complete_is_none(kind: str) -> None:
    data = write_number(kind, 1)
    assert read_number(kind, data, 0) is not None
    assert read_number(kind, data[:-1], 0) is None
    assert read_number(kind, data, len(data)) is None
    assert read_number(kind, data, len(data) + 5) is None


def test_varint_of_more_bytes_than_allowed_is_none() -> None:
    assert read_number("varint", b"\x80" * MAX_VARINT + b"\x01", 0) is None


@pytest.mark.parametrize(
    ("kind", "number", "why"),
    [
        ("uint8", 256, "give a whole number from 0 to 255 for uint8, not 256"),
        ("int8", -129, "from -128 to 127"),
        ("varint", -1, "from 0 to 1180591620717411303423"),
        ("uint16", 1.5, "give a whole number"),
        ("uint16", True, "give a number for uint16, not True"),
        ("uint16", "1", "give a number for uint16, not '1'"),
        ("uint16", float("nan"), "give a whole number"),
        ("float32", 1e300, r"1e\+300 is too large for float32"),
        pytest.param("float64", 10**400, "is too large for float64", id="beyond float64"),
        ("unit16", 1, "there is no type 'unit16'; did you mean 'uint16'?"),
        ("text", 1, "there is no type 'text'"),
    ],
)
def test_number_that_a_type_cannot_express_is_refused(kind: str, number: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        write_number(kind, number)


def test_float_that_is_whole_is_a_whole_number() -> None:
    assert write_number("uint8", 2.0) == b"\x02"


@given(st.sampled_from(NUMBER_TYPES), st.binary(max_size=12), st.integers(0, 14))
def test_any_bytes_give_a_number_that_is_written_as_the_same_number(
    kind: str, data: bytes, start: int
) -> None:
    found = read_number(kind, data, start)
    if found is None:
        return
    number, end = found
    assert start < end <= len(data)
    if math.isnan(number):
        return
    again = write_number(kind, number)
    assert read_number(kind, again, 0) == (number, len(again))
    if is_whole(kind) and kind != "varint":
        assert again == data[start:end]
