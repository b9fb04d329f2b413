"""Binary protocols, JSON inside texts, and batches: examples of the reference, on real sockets."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.helpers.faulty import noted
from tests.helpers.frames import TEXT, text
from tests.helpers.mock_server import Talker, mocking, say
from tests.helpers.raw_client import Received
from tests.helpers.wait import eventually
from websocket_mock.scripts.dev.mocks_reference import PAGE

pytestmark = pytest.mark.integration

YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = YAML_BLOCK.findall(PAGE.read_text(encoding="utf-8"))


def example(mark: str) -> dict[str, Any]:
    """The endpoint of the one example on the page that contains a text; rules are at `/mock`."""
    (block,) = (one for one in BLOCKS if mark in one)
    found: dict[str, Any] = yaml.safe_load(block)
    if "endpoints" not in found:
        return found
    (endpoint,) = found["endpoints"]
    return {**endpoint, "path": "/mock"}


def mqtt_text(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


def connect_packet(client_id: str, flags: int, level: int = 4) -> bytes:
    """MQTT 3.1.1 section 3.1, with a remaining length of one byte."""
    body = mqtt_text("MQTT") + bytes((level, flags, 0, 60)) + mqtt_text(client_id)
    return bytes((0x10, len(body))) + body


# --- fields ---------------------------------------------------------------------------------------


def test_mqtt_client_is_accepted_by_the_fields_of_its_packets() -> None:
    publish = mqtt_text("sensors/1") + b"\x12\x34" + b"21.5"
    with (
        mocking(example("/mqtt")) as server,
        server.connect(subprotocols=["mqtt"]) as client,
    ):
        assert client.connection.subprotocol == "mqtt"
        assert client.ask(connect_packet("device-1", flags=2)) == bytes.fromhex("20020000")
        assert client.ask(bytes((0x32, len(publish))) + publish) == bytes.fromhex("40021234")
        assert client.ask(b"\xc0\x00") == b"\xd0\x00"


def test_mqtt_client_without_an_id_is_refused_unless_its_session_is_clean() -> None:
    with mocking(example("/mqtt")) as server:
        with server.connect(subprotocols=["mqtt"]) as client:
            assert client.ask(connect_packet("", flags=2)) == bytes.fromhex("20020000")
        with server.connect(subprotocols=["mqtt"]) as client:
            assert client.ask(connect_packet("", flags=0)) == bytes.fromhex("20020002")
            assert client.end()[0] == 1000


def test_length_of_several_bytes_is_read() -> None:
    topic = "sensors/" + "x" * 300
    publish = mqtt_text(topic) + b"\xab\xcd"
    length = bytes((len(publish) & 0x7F | 0x80, len(publish) >> 7))
    with mocking(example("/mqtt")) as server, server.connect() as client:
        assert client.ask(b"\x32" + length + publish) == bytes.fromhex("4002abcd")


def test_templates_see_fields_and_which_are_missing() -> None:
    fields = {
        "id": {"at": 0, "as": "uint16"},
        "name": {"after": "id", "as": "text", "length": "uint8"},
        "tail": {"at": -2, "as": "bytes"},
    }
    shown = "{{ message.fields.id }} {{ message.fields.name | default('-') }} {{ message.fields }}"
    mock = {"fields": fields, "rules": [say(shown)]}
    with mocking(mock) as server, server.connect() as client:
        assert client.ask(b"\x00\x07\x02ab") == ("7 ab {'id': 7, 'name': 'ab', 'tail': b'ab'}")
        assert client.ask(b"\x00\x07") == "7 - {'id': 7, 'tail': b'\\x00\\x07'}"


def test_fields_of_a_ping_are_matched() -> None:
    rules = [say("seven", trigger="ping", match={"fields": {"id": 7}})]
    mock = {"fields": {"id": {"at": 0, "as": "uint8"}}, "rules": rules}
    with mocking(mock) as server, server.connect() as client:
        client.connection.ping(b"\x08")
        client.connection.ping(b"\x07")
        assert client.hear() == "seven"


def test_script_expects_fields() -> None:
    script = [{"expect": {"fields": {"id": 7}}}, {"send": {"binary": "{{ message.bytes }}"}}]
    mock = {"fields": {"id": {"at": 0, "as": "uint8"}}, "script": script}
    with mocking(mock) as server:
        with server.connect() as client:
            assert client.ask(b"\x07\xff") == b"\x07\xff"
        with server.connect() as client:
            client.say(b"\x08")
            assert client.end() == (1008, "the script failed")


def test_changed_fields_are_in_force_from_the_next_message() -> None:
    def mock(at: int) -> dict[str, Any]:
        fields = {"id": {"at": at, "as": "uint8"}}
        return {"path": "/mock", "fields": fields, "rules": [say("{{ message.fields.id }}")]}

    with mocking(mock(0)) as server, server.connect() as client:
        assert client.ask(b"\x01\x02") == "1"
        server.write(mock(1))
        eventually(lambda: client.ask(b"\x01\x02") == "2")


# --- binary templates -----------------------------------------------------------------------------


def test_binary_answer_is_made_of_the_request() -> None:
    with mocking(example("the number of the request")) as server, server.connect() as client:
        client.say(b"\x82\x04\x12\x34")
        assert client.hear() == bytes.fromhex("90031234")
        assert client.hear() == bytes.fromhex("9003123404000000")


def test_binary_template_that_gives_no_bytes_is_not_sent_and_the_others_are() -> None:
    actions = [{"send": {"binary": "{{ message.text }}"}}, {"send": {"text": "next"}}]
    with mocking({"rules": [{"do": actions}]}) as server, server.connect() as client:
        assert client.ask("no bytes") == "next"
        assert client.ask("hex:0a") == b"\x0a"


# --- JSON inside texts ----------------------------------------------------------------------------


def test_socket_io_client_opens_and_sends_events() -> None:
    with mocking(example("/socket.io/")) as server, server.connect() as client:
        opening = client.hear()
        assert isinstance(opening, str)
        assert json.loads(opening.removeprefix("0"))["pingInterval"] == 25000
        accepted = client.ask("40")
        assert isinstance(accepted, str)
        assert json.loads(accepted.removeprefix("40"))["sid"]
        assert client.ask('42["chat",{"text":"hi"}]') == '42["chat",{"text":"hi"}]'
        assert client.ask('427["add",1,2]') == "437[3]"
        client.say('42["other"]')
        assert client.ask('42["chat",1]') == '42["chat",1]'


# --- batches --------------------------------------------------------------------------------------


def add(number: int) -> str:
    call = {"type": 1, "invocationId": str(number), "target": "Add", "arguments": [number, 1]}
    return json.dumps(call) + "\x1e"


def ask_hub(client: Talker, *calls: str) -> list[Any]:
    """What the hub answers to a batch: one message for each call."""
    client.say("".join(calls))
    return [json.loads(str(client.hear()).removesuffix("\x1e")) for _ in calls]


def test_signalr_batch_is_answered_call_by_call() -> None:
    with mocking(example("/hub")) as server, server.connect() as client:
        handshake = '{"protocol":"json","version":1}\x1e'
        answers = ask_hub(client, handshake, add(1), '{"type":6}\x1e', add(2))
        assert answers == [
            {},
            {"type": 3, "invocationId": "1", "result": 2},
            {"type": 6},
            {"type": 3, "invocationId": "2", "result": 3},
        ]


def test_every_answer_of_a_hub_ends_with_the_separator() -> None:
    with mocking(example("/hub")) as server, server.open_raw() as client:
        client.send(text('{"type":6}\x1e{"type":6}\x1e'))
        for _ in range(2):
            assert client.read_frame() == Received(TEXT, b'{"type":6}\x1e')


def test_parts_after_a_close_are_not_answered() -> None:
    rules = [{"match": {"text": "bye"}, "do": [{"close": {"code": 4000}}]}, say("heard")]
    with mocking({"split_by": "\n", "rules": rules}) as server, server.connect() as client:
        client.say("a\nbye\nb\n")
        assert client.hear() == "heard"
        assert client.end() == (4000, "")


def test_journal_has_the_text_as_it_was_received() -> None:
    with mocking(example("/hub")) as server, server.connect() as client:
        ask_hub(client, add(1), add(2))
        received = [one for one in noted(server, "text") if one.direction == "received"]
        assert [one.payload for one in received] == [add(1) + add(2)]
        (snapshot,) = server.server.clients()
        assert snapshot.messages_received == 1


# --- filters --------------------------------------------------------------------------------------


def test_stomp_frame_is_answered_by_its_headers() -> None:
    frame = "SEND\ndestination:/queue/a\nreceipt:r-1\n\nhello\0"
    with mocking(example("a STOMP frame")) as server, server.connect() as client:
        receipt = client.ask(frame)
        assert isinstance(receipt, str)
        assert receipt.startswith("RECEIPT\nreceipt-id:r-1\nbody-hash:")
        assert receipt.endswith("\n\n\0")
        second = client.hear()
        assert isinstance(second, str)
        assert json.loads(second)["at"].endswith("Z")
