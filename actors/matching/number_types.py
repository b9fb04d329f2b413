"""The types of numbers in binary messages: how each is read and written. Pure."""

from collections.abc import Mapping
from struct import Struct
from typing import Literal, get_args

from websocket_mock.actors.values.suggestions import nearest

NumberType = Literal[
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "float32",
    "float64",
    "uint8le",
    "int8le",
    "uint16le",
    "int16le",
    "uint32le",
    "int32le",
    "uint64le",
    "int64le",
    "float32le",
    "float64le",
    "varint",
]
"""With the suffix `le` the least significant byte comes first, otherwise the most significant."""

NUMBER_TYPES: tuple[str, ...] = get_args(NumberType)

MAX_VARINT = 10
"""The most bytes of a `varint`."""

_CODES = {
    "uint8": "B",
    "int8": "b",
    "uint16": "H",
    "int16": "h",
    "uint32": "I",
    "int32": "i",
    "uint64": "Q",
    "int64": "q",
    "float32": "f",
    "float64": "d",
}
_STRUCTS: Mapping[str, Struct] = {
    f"{name}{suffix}": Struct(order + code)
    for name, code in _CODES.items()
    for suffix, order in (("", ">"), ("le", "<"))
}


def is_whole(kind: str) -> bool:
    """Return whether a type has whole numbers only."""
    return kind in NUMBER_TYPES and not kind.startswith("float")


def read_number(kind: str, data: bytes, start: int) -> tuple[int | float, int] | None:
    """Return a number in bytes and the offset behind it; None if it is not complete there.

    Args:
        kind: a `NumberType`.
        data: the bytes.
        start: the offset of the number, not negative.
    """
    if kind == "varint":
        return _read_varint(data, start)
    layout = _STRUCTS[kind]
    end = start + layout.size
    if end > len(data):
        return None
    (value,) = layout.unpack_from(data, start)
    return value, end


def write_number(kind: str, value: object) -> bytes:
    """Return the bytes of a number.

    Raises:
        ValueError: there is no such type, or it cannot express the value; the text says why.
    """
    check_type(kind)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"give a number for {kind}, not {value!r:.80}")  # noqa: TRY004 - documented
    if not is_whole(kind):
        try:
            return _STRUCTS[kind].pack(float(value))
        except OverflowError:
            raise ValueError(f"{value!r:.80} is too large for {kind}") from None
    low, high = _range(kind)
    if not low <= value <= high or value != int(value):
        raise ValueError(f"give a whole number from {low} to {high} for {kind}, not {value!r:.80}")
    return _write_varint(int(value)) if kind == "varint" else _STRUCTS[kind].pack(int(value))


def check_type(kind: object) -> None:
    """Check the name of a type.

    Raises:
        ValueError: it is none.
    """
    if kind not in NUMBER_TYPES:
        raise ValueError(f"there is no type {kind!r:.80}; {nearest(kind, NUMBER_TYPES)}")


def _range(kind: str) -> tuple[int, int]:
    if kind == "varint":
        return 0, (1 << 7 * MAX_VARINT) - 1
    bits = 8 * _STRUCTS[kind].size
    if kind.startswith("u"):
        return 0, (1 << bits) - 1
    return -(1 << bits - 1), (1 << bits - 1) - 1


def _read_varint(data: bytes, start: int) -> tuple[int, int] | None:
    """Read groups of seven bits, the least significant first; the top bit says that more follow."""
    value = 0
    for index, byte in enumerate(data[start : start + MAX_VARINT]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:  # noqa: PLR2004 - the top bit
            return value, start + index + 1
    return None


def _write_varint(value: int) -> bytes:
    groups = []
    while True:
        value, group = value >> 7, value & 0x7F
        groups.append(group | (0x80 if value else 0))
        if not value:
            return bytes(groups)
