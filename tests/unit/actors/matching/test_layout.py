"""The fields of binary messages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from websocket_mock.actors.matching.layout import (
    MAX_ITEMS,
    BadLayout,
    Layout,
    compile_layout,
    compile_packet_end,
    stand_in,
)
from websocket_mock.actors.matching.layout_schema import LENGTH_TYPES, BinaryField
from websocket_mock.actors.matching.number_types import NUMBER_TYPES


def parsed(written: dict[str, Any]) -> dict[str, BinaryField]:
    return {name: BinaryField.model_validate(field) for name, field in written.items()}


def layout(**written: Any) -> Layout:
    return compile_layout(parsed(written))


def problems(**written: Any) -> list[tuple[tuple[str, ...], str]]:
    with pytest.raises(BadLayout) as caught:
        layout(**written)
    return list(caught.value.problems)


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "data", "value"),
    [
        ({"at": 0, "as": "uint8"}, b"\x07", 7),
        ({"at": 1, "as": "uint16"}, b"\x00\x01\x02", 0x0102),
        ({"at": -2, "as": "uint16le"}, b"\x00\x01\x02", 0x0201),
        ({"at": 0, "as": "varint"}, b"\x80\x01", 128),
        ({"at": 1, "as": "bytes"}, b"abc", b"bc"),
        ({"at": 3, "as": "bytes"}, b"abc", b""),
        ({"at": -2, "as": "text"}, b"abc", "bc"),
        ({"at": 0, "as": "text", "length": 2}, b"abc", "ab"),
        ({"at": 0, "as": "text", "length": 0}, b"", ""),
        ({"at": 0, "as": "text", "length": "uint8"}, b"\x02abc", "ab"),
        ({"at": 0, "as": "text", "length": "uint16"}, b"\x00\x02abc", "ab"),
        ({"at": 0, "as": "text", "length": "uint16le"}, b"\x02\x00abc", "ab"),
        ({"at": 0, "as": "bytes", "length": "varint"}, b"\x81\x00abc", b"a"),
        ({"at": 0, "as": "text"}, "grün".encode(), "grün"),
    ],
)
def test_field_is_read_at_its_place(field: dict[str, Any], data: bytes, value: object) -> None:
    assert layout(a=field).read(data) == {"a": value}


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ({"at": 0, "as": "uint16"}, b"\x01"),
        ({"at": 5, "as": "uint8"}, b"\x01"),
        ({"at": -3, "as": "uint8"}, b"\x01"),
        ({"at": 2, "as": "bytes"}, b"a"),
        ({"at": 0, "as": "bytes", "length": 2}, b"a"),
        ({"at": 0, "as": "text", "length": "uint8"}, b"\x03ab"),
        ({"at": 0, "as": "text", "length": "uint16"}, b"\x00"),
        ({"at": 0, "as": "text"}, b"\xff"),
    ],
)
def test_field_that_a_message_does_not_have_is_missing(field: dict[str, Any], data: bytes) -> None:
    assert layout(a=field).read(data) == {}


def test_field_follows_another_in_any_order_of_writing() -> None:
    fields = layout(
        last={"after": "name", "as": "uint8"},
        name={"after": "id", "as": "text", "length": "uint8"},
        id={"at": 0, "as": "uint16"},
    )
    assert fields.read(b"\x00\x07\x02ab\x09") == {"id": 7, "name": "ab", "last": 9}
    assert fields.read(b"\x00\x07\x03ab") == {"id": 7}


def test_length_may_be_in_another_field() -> None:
    fields = layout(
        count={"at": 0, "as": "int8"},
        kind={"after": "count", "as": "uint8"},
        body={"after": "kind", "as": "bytes", "length": "count"},
        rest={"after": "body", "as": "text"},
    )
    assert fields.read(b"\x02\x09abcd") == {"count": 2, "kind": 9, "body": b"ab", "rest": "cd"}
    assert fields.read(b"\xff\x09abcd") == {"count": -1, "kind": 9}


def test_field_may_follow_a_text_that_is_not_utf8() -> None:
    fields = layout(
        name={"at": 0, "as": "text", "length": 1}, next={"after": "name", "as": "uint8"}
    )
    assert fields.read(b"\xff\x05") == {"next": 5}


# --- lists ----------------------------------------------------------------------------------------

FILTERS = {
    "at": 1,
    "as": "list",
    "of": {"name": {"as": "text", "length": "uint8"}, "qos": {"as": "uint8"}},
}


@pytest.mark.parametrize(
    ("data", "items"),
    [
        (b"\x09", []),
        (b"\x09\x01a\x00", [{"name": "a", "qos": 0}]),
        (b"\x09\x01a\x00\x02bc\x01", [{"name": "a", "qos": 0}, {"name": "bc", "qos": 1}]),
    ],
)
def test_list_has_its_items_up_to_the_end(data: bytes, items: list[Any]) -> None:
    assert layout(filters=FILTERS).read(data) == {"filters": items}


@pytest.mark.parametrize("data", [b"", b"\x09\x01a", b"\x09\x01a\x00\x05", b"\x09\x01\xff\x00"])
def test_list_with_something_else_than_whole_items_is_missing(data: bytes) -> None:
    assert layout(filters=FILTERS).read(data) == {}


@pytest.mark.parametrize("length", [4, "uint8", "size"])
def test_list_ends_where_its_length_says(length: int | str) -> None:
    fields = layout(
        size={"at": 0, "as": "uint8"},
        numbers={
            "at": 0 if length == "uint8" else 1,
            "as": "list",
            "length": length,
            "of": {"n": {"as": "uint16"}},
        },
        rest={"after": "numbers", "as": "bytes"},
    )
    assert fields.read(b"\x04\0\x01\0\x02xy") == {
        "size": 4,
        "numbers": [{"n": 1}, {"n": 2}],
        "rest": b"xy",
    }


def test_part_of_an_item_may_have_the_length_of_another() -> None:
    item = {"size": {"as": "uint8"}, "kind": {"as": "uint8"}, "body": {"as": "bytes"}}
    item["body"]["length"] = "size"
    (field,) = layout(a={"at": 0, "as": "list", "of": item}).read(b"\x01\x07a\0\x08").values()
    assert field == [{"size": 1, "kind": 7, "body": b"a"}, {"size": 0, "kind": 8, "body": b""}]


@pytest.mark.parametrize("item", [{"as": "uint8"}, {"as": "bytes", "length": 0}])
def test_list_of_too_many_items_is_missing(item: dict[str, Any]) -> None:
    numbers = layout(a={"at": 0, "as": "list", "of": {"n": item}})
    assert numbers.read(bytes(MAX_ITEMS + 1)) == {}
    if item["as"] == "uint8":
        assert len(numbers.read(bytes(MAX_ITEMS))["a"]) == MAX_ITEMS


def test_problems_of_the_parts_of_a_list_have_their_places() -> None:
    item = {"1a": {"as": "uint8"}, "b": {"as": "text", "length": "c"}, "c": {"as": "uint8"}}
    (name, length) = problems(a={"at": 0, "as": "list", "of": item})
    assert name[0] == ("a", "of", "1a")
    assert length[0] == ("a", "of", "b", "length")
    assert length[1].startswith("there is no field or type 'c'; allowed: 1a, uint8")


# --- the ends of packets --------------------------------------------------------------------------

PACKET: dict[str, Any] = {
    "kind": {"at": 0, "as": "uint8"},
    "size": {"after": "kind", "as": "varint"},
    "packet": {"after": "size", "as": "bytes", "length": "size"},
    "all": {"at": 0, "as": "bytes"},
    "last": {"at": -1, "as": "uint8"},
    "behind": {"after": "last", "as": "uint8"},
}


@pytest.mark.parametrize(
    ("data", "base", "end"),
    [
        (b"\x10\x02ab", 0, 4),
        (b"\x10\x02abcd", 0, 4),
        (b"\x10\x02ab\x20\0", 4, 6),
        (b"\x10\x02a", 0, None),
        (b"\x10\x02ab\x20", 4, None),
        (b"", 0, None),
    ],
)
def test_packet_ends_behind_its_last_field(data: bytes, base: int, end: int | None) -> None:
    assert compile_packet_end(layout(**PACKET), "packet").find(data, base) == end


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("paket", "there is no field 'paket'; did you mean 'packet'?"),
        ("all", "the place of 'all' depends on the end of the message"),
        ("last", "the place of 'last' depends on the end of the message"),
        ("behind", "the place of 'last' depends on the end of the message"),
    ],
)
def test_field_that_ends_no_packet_is_refused(name: str, problem: str) -> None:
    with pytest.raises(BadLayout) as caught:
        compile_packet_end(layout(**PACKET), name)
    assert caught.value.problems == (((), problem),)


# --- errors ---------------------------------------------------------------------------------------


def test_field_that_does_not_exist_is_named_with_the_nearest() -> None:
    assert problems(
        id={"at": 0, "as": "uint8"},
        name={"after": "idd", "as": "text", "length": "unit8"},
    ) == [
        (("name", "after"), "there is no field 'idd'; did you mean 'id'?"),
        (("name", "length"), "there is no field or type 'unit8'; did you mean 'uint8'?"),
    ]


@pytest.mark.parametrize("kind", ["text", "bytes", "float32"])
def test_length_in_a_field_that_is_no_whole_number_is_refused(kind: str) -> None:
    (problem,) = problems(a={"at": 0, "as": kind}, b={"at": 4, "as": "text", "length": "a"})
    assert problem == (("b", "length"), f"a length is a whole number, but 'a' is {kind}")


@pytest.mark.parametrize(
    "fields",
    [
        {"a": {"after": "a", "as": "uint8"}},
        {"a": {"after": "b", "as": "uint8"}, "b": {"after": "a", "as": "uint8"}},
        {
            "a": {"after": "b", "as": "uint8"},
            "b": {"at": 0, "as": "text", "length": "a"},
        },
    ],
)
def test_fields_that_depend_on_each_other_are_refused(fields: dict[str, Any]) -> None:
    ((place, text),) = problems(**fields)
    assert place[0] in fields
    assert text.startswith("fields depend on each other: ")
    assert text.count("→") == len(fields)


@pytest.mark.parametrize("name", ["", "1a", "a b", "ä", "uint16"])
def test_name_that_templates_cannot_use_is_refused(name: str) -> None:
    ((place, text),) = problems(**{name: {"at": 0, "as": "uint8"}})
    assert place == (name,)
    assert text.startswith("give a name of letters")


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({"as": "uint8"}, "exactly one of at and after"),
        ({"at": 0, "after": "b", "as": "uint8"}, "exactly one of at and after"),
        ({"at": 0, "as": "uint8", "length": 1}, "`length` goes with bytes and text"),
        ({"at": 0, "as": "text", "length": -1}, "greater than or equal to 0"),
        ({"at": 0, "as": "string"}, "literal_error"),
        ({"at": 0, "as": "list"}, "give `of` for a list"),
        ({"at": 0, "as": "uint8", "of": {"a": {"as": "uint8"}}}, "give `of` for a list"),
        ({"at": 0, "as": "list", "of": {}}, "at least 1 item"),
        ({"at": 0, "as": "list", "of": {"a": {"as": "text"}}}, "give a `length` for bytes"),
        ({"at": 0, "as": "list", "of": {"a": {"as": "int8", "length": 1}}}, "give a `length` for"),
    ],
)
def test_field_that_cannot_be_is_refused(field: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        BinaryField.model_validate(field)


def test_stand_in_knows_the_names_and_reads_nothing() -> None:
    fields = stand_in(parsed({"a": {"after": "b", "as": "uint8"}}))
    assert fields.kinds == {"a": "uint8"}
    assert fields.read(b"\x01") == {}


# --- any layout and any bytes ---------------------------------------------------------------------

NAMES = ["a", "b", "c", "d"]
PLACES = st.fixed_dictionaries({"at": st.integers(-4, 6)}) | st.fixed_dictionaries(
    {"after": st.sampled_from(NAMES)}
)
LENGTHS = st.integers(0, 4) | st.sampled_from([*LENGTH_TYPES, *NAMES])
TYPES = st.one_of(
    st.fixed_dictionaries({"as": st.sampled_from(NUMBER_TYPES)}),
    st.fixed_dictionaries({"as": st.sampled_from(["bytes", "text"])}, optional={"length": LENGTHS}),
    st.fixed_dictionaries(
        {
            "as": st.just("list"),
            "of": st.dictionaries(
                st.sampled_from(NAMES),
                st.fixed_dictionaries({"as": st.sampled_from(NUMBER_TYPES)})
                | st.fixed_dictionaries({"as": st.just("text"), "length": LENGTHS}),
                min_size=1,
            ),
        },
        optional={"length": LENGTHS},
    ),
)
FIELDS = st.builds(lambda place, kind: {**place, **kind}, PLACES, TYPES)


@given(st.dictionaries(st.sampled_from(NAMES), FIELDS, min_size=1), st.binary(max_size=16))
def test_any_layout_is_refused_or_reads_any_bytes(written: dict[str, Any], data: bytes) -> None:
    try:
        fields = layout(**written)
    except BadLayout:
        return
    values = fields.read(data)
    assert values.keys() <= written.keys()
    for name, value in values.items():
        if written[name]["as"] == "bytes":
            assert value in data
        elif written[name]["as"] == "text":
            assert value.encode() in data
        elif written[name]["as"] == "list":
            assert all(item.keys() == written[name]["of"].keys() for item in value)
        else:
            assert isinstance(value, int | float)


@given(st.dictionaries(st.sampled_from(NAMES), FIELDS, min_size=1), st.binary(max_size=12))
def test_any_packet_ends_within_its_bytes(written: dict[str, Any], data: bytes) -> None:
    try:
        end = compile_packet_end(layout(**written), "a")
    except BadLayout:
        return
    found = end.find(b"x" + data, 1)
    assert found is None or 0 <= found - 1 <= len(data)
    if found is not None:
        assert end.find(b"x" + data + b"more", 1) == found


@given(st.dictionaries(st.sampled_from(NAMES), FIELDS, min_size=1), st.binary(max_size=12))
def test_order_of_writing_changes_nothing(written: dict[str, Any], data: bytes) -> None:
    try:
        first = layout(**written)
    except BadLayout:
        return
    second = layout(**dict(reversed(written.items())))
    # As texts, because a float may be no number, which is not equal to itself.
    assert sorted(map(repr, first.read(data).items())) == sorted(
        map(repr, second.read(data).items())
    )
