"""What we use of libraries beyond their documented interface is still there.

`setup.cfg` allows no other minor version of these libraries. When this fails with a new one, look
at the module that is named before the version is raised.
"""

import inspect
import zlib
from collections.abc import Callable
from typing import Any

import jinja2
import pykka
import pytest
from jinja2 import nodes
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pykka._envelope import Envelope
from pykka.messages import ProxyCall
from websocket_server import WebsocketServer
from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from tests.helpers.plans import first_offer
from websocket_mock.actors.values.frames import MAX_CONTROL_PAYLOAD
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.framing import apply_mask
from websocket_mock.transport.protocol import ConnectionProtocol


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize(
    ("owner", "name", "expected"),
    [
        # actors/kernel/dispatched_actor.py
        (pykka.Actor, "_create_actor_inbox", []),
        (pykka.Actor, "_create_future", []),
        (pykka.Actor, "_start_actor_loop", ["self"]),
        (pykka.Actor, "_actor_loop_setup", ["self"]),
        (pykka.Actor, "_actor_loop_running", ["self"]),
        (pykka.Actor, "_actor_loop_teardown", ["self"]),
        # actors/conversation/sandbox.py
        (ImmutableSandboxedEnvironment, "_parse", ["self", "source", "name", "filename"]),
        # transport/protocol.py
        (ServerProtocol, "parse", ["self"]),
        (ServerProtocol, "process_request", ["self", "request"]),
        (ServerProtocol, "process_origin", ["self", "headers"]),
        (ServerProtocol, "process_extensions", ["self", "headers"]),
        (ServerProtocol, "process_subprotocol", ["self", "headers"]),
        (ServerProtocol, "select_subprotocol", ["self", "subprotocols"]),
        (ServerProtocol, "data_to_send", ["self"]),
        (ServerProtocol, "receive_data", ["self", "data"]),
        (ServerProtocol, "recv_frame", ["self", "frame"]),
        (ServerProtocol, "send_frame", ["self", "frame"]),
        (ServerProtocol, "send_eof", ["self"]),
        (ServerProtocol, "fail", ["self", "code", "reason"]),
        (Frame, "serialize", ["self", "mask", "extensions"]),
        (StreamReader, "read_exact", ["self", "n"]),
        (StreamReader, "at_eof", ["self"]),
        (StreamReader, "discard", ["self"]),
        # transport/listener.py
        (WebsocketServer, "run_forever", ["self", "threaded"]),
        (WebsocketServer, "set_fn_new_client", ["self", "fn"]),
        (WebsocketServer, "set_fn_client_left", ["self", "fn"]),
        (WebsocketServer, "set_fn_message_received", ["self", "fn"]),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_method_takes_what_we_give_it(owner: type, name: str, expected: list[str]) -> None:
    assert parameters(getattr(owner, name)) == expected


@pytest.mark.parametrize(
    "name",
    [
        "close_rcvd",
        "close_rcvd_then_sent",
        "close_sent",
        "current_size",
        "eof_sent",
        "extensions",
        "parser",
        "reader",
        "state",
        "writes",
    ],
)
def test_protocol_core_has_what_ours_changes(name: str) -> None:
    assert hasattr(ServerProtocol(), name)


def test_compression_has_what_ours_uses() -> None:
    deflate = PerMessageDeflate(
        remote_no_context_takeover=False,
        local_no_context_takeover=False,
        remote_max_window_bits=12,
        local_max_window_bits=12,
    )
    data = deflate.encoder.compress(b"a") + deflate.encoder.flush(zlib.Z_SYNC_FLUSH)
    assert deflate.decoder.decompress(data, 10) == b"a"
    assert not deflate.decoder.unconsumed_tail


def test_protocol_core_of_ours_begins_as_that_of_the_library() -> None:
    """Ours does not call the constructor of the library."""
    config = TransportConfig(compression=False)
    ours = ConnectionProtocol(config, first_offer)
    library = vars(ServerProtocol(max_size=config.max_message_bytes + MAX_CONTROL_PAYLOAD))
    own = {"id", "reader", "parser"}
    assert own < library.keys()
    for name in library.keys() - own:
        assert getattr(ours, name) == library[name], name


def test_headers_have_what_ours_fill() -> None:
    headers = Headers([("A", "1"), ("a", "2")])
    assert Headers.__slots__ == ["_dict", "_list"]
    assert headers._dict == {"a": ["1", "2"]}
    assert headers._list == [("A", "1"), ("a", "2")]


def test_reader_of_the_protocol_core_has_what_ours_looks_at() -> None:
    reader = StreamReader()
    assert reader.buffer == b""
    assert not reader.eof


def test_end_of_the_stream_is_an_empty_write() -> None:
    protocol = ServerProtocol()
    protocol.send_eof()
    assert protocol.writes == [b""]


def test_mask_is_applied_from_its_first_byte() -> None:
    assert apply_mask(b"abcde", b"\x00\x01\x02\x03") == b"acage"


def test_loop_of_pykka_takes_mail_outside_of_its_try() -> None:
    """A mailbox ends a turn by raising from `get`; pykka must not take that for a failure."""
    source = inspect.getsource(pykka.Actor._actor_loop_running)
    take, _, handle = source.partition("actor_inbox.get()")
    assert handle
    assert "try:" not in take


def test_loop_of_pykka_calls_a_method_by_its_name_and_reads_an_envelope() -> None:
    """`Mailbox.hand_over` makes envelopes, and lets pykka's loop handle a failure."""
    assert parameters(Envelope) == ["message", "reply_to"]
    assert ProxyCall._fields == ("attr_path", "args", "kwargs")


def test_templates_can_be_run_as_ours_are() -> None:
    template = jinja2.Environment(autoescape=True).from_string("{% set result = 1 + 1 %}")
    context = template.new_context({})
    assert list(template.root_render_func(context)) == []
    assert context.vars["result"] == 2
    assert issubclass(jinja2.StrictUndefined, Undefined)
    assert nodes.Getattr.fields == ("node", "attr", "ctx")
