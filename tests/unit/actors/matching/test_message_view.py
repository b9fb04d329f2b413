"""What came from a client, in the words of conditions."""

import pytest

from websocket_mock.actors.matching import message_view as seen_module
from websocket_mock.actors.matching.message_view import (
    NOTHING,
    ClientEvent,
    MessageView,
    view_message,
)
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    TextReceived,
)

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
