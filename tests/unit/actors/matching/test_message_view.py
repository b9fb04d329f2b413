"""What came from a client, in the words of conditions."""

import pytest

from websocket_mock.actors.matching import message_view as seen_module
from websocket_mock.actors.matching.layout import Layout, compile_layout
from websocket_mock.actors.matching.layout_schema import BinaryField
from websocket_mock.actors.matching.message_view import (
    NOTHING,
    ClientEvent,
    MessageView,
    view_message,
    with_layout,
)
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    TextReceived,
)

LAYOUT = compile_layout({"id": BinaryField.model_validate({"at": 0, "as": "uint8"})})

FIELDS = ("type", "text", "binary", "size", "code", "reason")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (TextReceived("grün", 5), ("text", "grün", None, 5, None, None)),
        (BinaryReceived(b"\x00\x01"), ("binary", None, b"\x00\x01", 2, None, None)),
        (PingReceived(b"pay"), ("binary", None, b"pay", 3, None, None)),
        (PongReceived(b""), ("binary", None, b"", 0, None, None)),
        (CloseReceived(1001, "bye"), (None, None, None, 0, 1001, "bye")),
    ],
)
def test_event_has_what_belongs_to_its_kind(
    event: ClientEvent, expected: tuple[object, ...]
) -> None:
    view = view_message(event)
    assert tuple(getattr(view, name) for name in FIELDS) == expected


def test_nothing_has_nothing() -> None:
    assert [getattr(NOTHING, name) for name in FIELDS] == [None, None, None, 0, None, None]
    assert NOTHING.json is None
    assert not NOTHING.is_json


@pytest.mark.parametrize(
    ("text", "value"), [('{"a": 1}', {"a": 1}), ("null", None), ('"x"', "x"), (" 1 ", 1)]
)
def test_text_that_is_json_is_read(text: str, value: object) -> None:
    view = MessageView(text=text)
    assert view.json == value
    assert view.is_json


@pytest.mark.parametrize("text", ["", "hello", "{", "{'a': 1}", "[" * 100_000])
def test_text_that_is_no_json_is_none_and_says_so(text: str) -> None:
    view = MessageView(text=text)
    assert view.json is None
    assert not view.is_json


@pytest.mark.parametrize(
    ("view", "payload"),
    [
        (MessageView(text="gr\u00fcn"), b"gr\xc3\xbcn"),
        (MessageView(binary=b"\x00\xff"), b"\x00\xff"),
        (MessageView(text=""), b""),
        (MessageView(binary=b""), b""),
    ],
)
def test_payload_of_text_and_binary_is_seen_as_bytes_and_hex(
    view: MessageView, payload: bytes
) -> None:
    assert view.bytes == payload
    assert view.hex == payload.hex()
    assert view.bytes is view.bytes
    assert view.hex is view.hex


def test_what_has_no_payload_has_neither_bytes_nor_hex() -> None:
    close = view_message(CloseReceived(1000, "bye"))
    assert (close.bytes, close.hex, NOTHING.bytes, NOTHING.hex) == (None, None, None, None)


@pytest.mark.parametrize(
    "event", [BinaryReceived(b"\x07ab"), PingReceived(b"\x07"), PongReceived(b"\x07")]
)
def test_binary_payload_has_the_fields_of_the_layout(event: ClientEvent) -> None:
    assert view_message(event, LAYOUT).fields == {"id": 7}
    assert view_message(event).fields == {}
    assert with_layout(view_message(event), LAYOUT).fields == {"id": 7}


@pytest.mark.parametrize("event", [TextReceived("\x07", 1), CloseReceived(1000, "")])
def test_what_has_no_binary_payload_has_no_fields(event: ClientEvent) -> None:
    assert view_message(event, LAYOUT).fields == {}


def test_fields_are_read_once_and_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def note(_: Layout, data: bytes) -> dict[str, int]:
        read.append(data)
        return {}

    monkeypatch.setattr(Layout, "read", note)
    view = view_message(BinaryReceived(b"\x07"), LAYOUT)
    assert read == []
    assert view.fields is view.fields
    assert read == [b"\x07"]


def test_layout_changes_nothing_else() -> None:
    view = MessageView(text="[1]", code=1000, reason="r", size=3)
    again = with_layout(view, LAYOUT)
    assert [getattr(again, name) for name in FIELDS] == [getattr(view, name) for name in FIELDS]
    assert again.json == [1]


def test_binary_is_no_json() -> None:
    view = MessageView(binary=b"{}")
    assert view.json is None
    assert not view.is_json


def test_json_is_read_once_and_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def decode(text: str) -> list[int]:
        read.append(text)
        return []

    monkeypatch.setattr(seen_module, "decode", decode)
    view = view_message(TextReceived("[]", 2))
    assert read == []
    assert view.json is view.json
    assert read == ["[]"]
