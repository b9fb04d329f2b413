"""The action `send`: what is sent, and to whom."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.helpers.actions import SCOPE, Bench, compiled
from tests.helpers.conversation import CLIENT
from websocket_mock.actors.conversation.action import BadAction
from websocket_mock.actors.conversation.actions.send import (
    SendBack,
    SendToOthers,
    ToAll,
    ToClient,
    ToEndpoint,
    ToGroup,
    ToOthers,
)
from websocket_mock.actors.conversation.core import Effect, Publish
from websocket_mock.actors.conversation.templates import TemplateFailed
from websocket_mock.actors.values.effects import SendBinary, SendFragments, SendText
from websocket_mock.actors.values.models import ClientId
from websocket_mock.actors.values.targets import (
    AtEndpoint,
    Everyone,
    EveryoneBut,
    InGroup,
    OneClient,
    Target,
)


def sent(files: Mapping[str, bytes] | None = None, **send: Any) -> tuple[bytes, bool]:
    """What a `send` sends: the payload, and whether it is text."""
    action = compiled({"send": send}, files)
    assert isinstance(action, SendBack)
    return action.render(SCOPE), action.effect is SendText


# --- payloads -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("send", "payload", "is_text"),
    [
        ({"text": "hello"}, b"hello", True),
        ({"text": ""}, b"", True),
        ({"text": "€ {{ name }}"}, "€ world".encode(), True),
        ({"text": "{{ name }}", "template": False}, b"{{ name }}", True),
        ({"json": {"a": [1, "{{ name }}"]}}, b'{"a":[1,"world"]}', True),
        ({"json": "{{ n }}"}, b"3", True),
        ({"json": "n is {{ n }}"}, b'"n is 3"', True),
        ({"json": {"{{ name }}": 1}}, b'{"world":1}', True),
        ({"json": None}, b"null", True),
        ({"json": {"a": "{{ name }}"}, "template": False}, b'{"a":"{{ name }}"}', True),
        ({"binary": "base64:AAEC"}, b"\x00\x01\x02", False),
        ({"binary": "hex:7b7b"}, b"{{", False),
        ({"binary": "hex:00{{ '0a' if n == 3 }}"}, b"\x00\x0a", False),
        ({"binary": "{{ data }}"}, b"\x00\xff", False),
        ({"binary": "{{ data[1:] + data }}"}, b"\xff\x00\xff", False),
        ({"binary": "hex:{{ n | pack('uint16') | hex }}"}, b"\x00\x03", False),
        ({"binary": "base64:{{ name | b64encode }}"}, b"world", False),
        ({"binary": "{{ 'hex:0' ~ n }}"}, b"\x03", False),
        ({"binary": "hex:00", "template": False}, b"\x00", False),
        ({"text": "a", "prefix": "4{{ n }}"}, b"43a", True),
        ({"text": "a", "suffix": "\u001e"}, b"a\x1e", True),
        ({"json": ["{{ n }}"], "prefix": "42"}, b"42[3]", True),
        ({"json": {}, "prefix": "<", "suffix": "{{ name }}>"}, b"<{}world>", True),
        ({"json": None, "suffix": "\n"}, b"null\n", True),
        (
            {"json": "{{ n }}", "prefix": "{{ n }}", "template": False},
            b'{{ n }}"{{ n }}"',
            True,
        ),
    ],
)
def test_payload_is_rendered(send: dict[str, Any], payload: bytes, is_text: bool) -> None:
    assert sent(**send) == (payload, is_text)


@pytest.mark.parametrize(
    ("binary", "shown"),
    [
        ("{{ n }}", "3"),
        ("{{ name }}", '"world"'),
        ("hex:0{{ n }}0", '"hex:030"'),
        ("{{ none }}", "null"),
        ("base64:{{ name }}", '"base64:world"'),
        ("{{ 'x' * 1000 }}", '"x'),
    ],
)
def test_binary_template_that_gives_no_bytes_fails_and_says_what_to_give(
    binary: str, shown: str
) -> None:
    with pytest.raises(TemplateFailed) as caught:
        sent(binary=binary)
    why = f"do[0].send.binary: give bytes, or a text such as hex:0a0b or base64:AAEC, not {shown}"
    assert str(caught.value).startswith(why)
    assert len(str(caught.value)) < len(why) + 100


def test_binary_template_that_fails_names_its_place() -> None:
    with pytest.raises(TemplateFailed, match=r"^do\[0\]\.send\.binary: 'missing' is undefined"):
        sent(binary="hex:{{ missing }}")


def test_binary_template_that_is_not_valid_is_refused() -> None:
    with pytest.raises(BadAction, match="not a valid template"):
        compiled({"send": {"binary": "hex:{{ name"}})


@pytest.mark.parametrize(
    ("name", "content", "payload", "is_text"),
    [
        ("a.txt", b"hi {{ name }}", b"hi world", True),
        ("a.json", b'{"a": "{{ name }}"}', b'{"a": "world"}', True),
        ("a.bin", b"\xff{{ name }}", b"\xff{{ name }}", False),
        ("empty.txt", b"", b"", True),
    ],
)
def test_file_is_text_or_binary_by_its_name(
    name: str, content: bytes, payload: bytes, is_text: bool
) -> None:
    assert sent({name: content}, file=name) == (payload, is_text)


def test_file_may_be_no_template() -> None:
    files = {"a.txt": b"{{ name"}
    assert sent(files, file="a.txt", template=False) == (b"{{ name", True)
    with pytest.raises(BadAction, match="not a valid template"):
        sent(files, file="a.txt")


def test_file_that_is_no_text_is_refused_by_its_name() -> None:
    why = "file 'latin.txt' is not UTF-8; only .txt and .json are sent as text"
    with pytest.raises(BadAction, match=why):
        sent({"latin.txt": b"\xe9"}, file="latin.txt")


def test_file_is_read_once_when_it_is_compiled() -> None:
    files = {"a.bin": b"before"}
    action = compiled({"send": {"file": "a.bin"}}, files)
    files.clear()
    assert isinstance(action, SendBack)
    assert action.render(SCOPE) == b"before"


# --- the other parts ------------------------------------------------------------------------------


@pytest.mark.parametrize(("to", "target"), [("others", ToOthers()), ("all", ToAll())])
def test_target_may_be_a_word(to: str, target: object) -> None:
    action = compiled({"send": {"text": "a", "to": to}})
    assert isinstance(action, SendToOthers)
    assert action.target == target


def test_target_may_be_named_by_a_template() -> None:
    found = []
    for kind in ("group", "client", "endpoint"):
        action = compiled({"send": {"text": "a", "to": {kind: "hello {{ name }}"}}})
        assert isinstance(action, SendToOthers)
        match action.target:
            case ToGroup(group=name) | ToClient(client_id=name) | ToEndpoint(endpoint=name):
                found.append(name(SCOPE))
    assert found == ["hello world"] * 3


def test_frames_and_compression_are_kept() -> None:
    action = compiled({"send": {"text": "a", "fragments": 3, "compress": False}})
    assert isinstance(action, SendBack)
    assert action.effect(b"a") == SendFragments(b"a", is_text=True, fragments=3, compress=False)


# --- what it does ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("send", "effect"),
    [
        ({"text": "a"}, SendText(b"a")),
        ({"json": [1]}, SendText(b"[1]")),
        ({"binary": "hex:00"}, SendBinary(b"\x00")),
        (
            {"text": "abc", "fragments": 2},
            SendFragments(b"abc", is_text=True, fragments=2, compress=True),
        ),
        (
            {"binary": "hex:00", "compress": False},
            SendFragments(b"\x00", is_text=False, fragments=1, compress=False),
        ),
    ],
)
def test_message_for_the_client_itself_is_sent(bench: Bench, send: Any, effect: Effect) -> None:
    assert bench.run({"send": send}) == [effect]


@pytest.mark.parametrize(
    ("to", "target"),
    [
        ("others", EveryoneBut(CLIENT)),
        ("all", Everyone()),
        ({"group": "room {{ path.id }}"}, InGroup("room 7")),
        ({"group": "g", "others": False}, InGroup("g")),
        ({"group": "g", "others": True}, InGroup("g", but=CLIENT)),
        ({"client": "{{ client.id }}"}, OneClient(CLIENT)),
        ({"client": "0000000b"}, OneClient(ClientId("0000000b"))),
        ({"endpoint": "orders"}, AtEndpoint("orders")),
    ],
)
def test_message_for_others_is_published(bench: Bench, to: Any, target: Target) -> None:
    assert bench.run({"send": {"to": to, "text": "a"}}) == [Publish(target, b"a", is_text=True)]
    (binary,) = bench.run({"send": {"to": to, "binary": "hex:00"}})
    assert binary == Publish(target, b"\x00", is_text=False)


def test_counters_count_what_this_client_sent_and_got(bench: Bench) -> None:
    bench.runner.memory.received = 4
    bench.run({"send": {"text": "a"}}, {"send": {"text": "b", "to": "all"}})
    assert bench.render("{{ counters.received }} {{ counters.sent }}") == "4 1"
