"""Every action of a mock, and everybody a message may be for, through real sockets."""

import struct
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.frames import BINARY, CONT, PING, PONG, TEXT, frame, text
from tests.helpers.mock_server import mocking, on, say
from tests.helpers.raw_client import RawClient, Received
from tests.helpers.server import serving_here
from tests.helpers.wait import eventually

pytestmark = pytest.mark.integration


def go(*actions: Any) -> dict[str, Any]:
    """An endpoint that does something at the word `go`, and says `end` at any other."""
    return {"rules": [on("go", *actions), say("end")]}


# --- what is sent ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("send", "received"),
    [
        ({"text": "grün"}, Received(TEXT, "grün".encode())),
        ({"text": ""}, Received(TEXT, b"")),
        ({"json": {"a": [1, None, "€"]}}, Received(TEXT, '{"a":[1,null,"€"]}'.encode())),
        ({"json": None}, Received(TEXT, b"null")),
        ({"binary": "base64:AAEC"}, Received(BINARY, b"\x00\x01\x02")),
        ({"binary": "hex:"}, Received(BINARY, b"")),
        ({"text": "{{ 1 + 1 }}"}, Received(TEXT, b"2")),
        ({"text": "{{ 1 + 1 }}", "template": False}, Received(TEXT, b"{{ 1 + 1 }}")),
        ({"json": {"n": "{{ message.size }}"}}, Received(TEXT, b'{"n":2}')),
    ],
)
def test_message_is_sent(send: dict[str, Any], received: Received) -> None:
    with mocking(go({"send": send})) as server, server.open_raw() as client:
        client.send(text("go"))
        assert client.read_frame() == received


def test_several_actions_answer_one_message_in_their_order() -> None:
    actions = [{"send": {"text": "1"}}, {"ping": {"payload": "p"}}, {"send": {"binary": "hex:02"}}]
    with mocking(go(*actions)) as server, server.open_raw() as client:
        client.send(text("go"))
        assert [client.read_frame() for _ in actions] == [
            Received(TEXT, b"1"),
            Received(PING, b"p"),
            Received(BINARY, b"\x02"),
        ]


def test_message_may_be_sent_in_fragments() -> None:
    with mocking(go({"send": {"text": "abcde", "fragments": 3}})) as server:
        with server.open_raw() as client:
            client.send(text("go"))
            assert [client.read_frame() for _ in range(3)] == [
                Received(TEXT, b"ab", fin=False),
                Received(CONT, b"cd", fin=False),
                Received(CONT, b"e"),
            ]
        with server.connect() as real:
            assert real.ask("go") == "abcde"


@pytest.mark.parametrize(
    ("send", "reserved"),
    [
        ({"text": "a" * 100}, [4]),
        ({"text": "a" * 100, "compress": False}, [0]),
        ({"text": "abcd" * 100, "fragments": 3}, [4, 0, 0]),
        ({"text": "abcd" * 100, "fragments": 2, "compress": False}, [0, 0]),
    ],
)
def test_compression_is_used_unless_it_is_switched_off(
    send: dict[str, Any], reserved: list[int]
) -> None:
    with mocking(go({"send": send})) as server:
        with server.open_raw(Sec_WebSocket_Extensions="permessage-deflate") as client:
            client.send(text("go"))
            frames = [client.read_frame() for _ in reserved]
            assert [one.reserved for one in frames] == reserved
            if not any(reserved):
                assert b"".join(one.payload for one in frames) == send["text"].encode()
        with server.connect() as real:
            assert real.ask("go") == send["text"]


def test_files_beside_the_mocks_are_sent(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"to": "{{ path.who }}"}')
    (tmp_path / "b.bin").write_bytes(b"\x00\xff{{")
    (tmp_path / "mocks.yaml").write_text(
        "endpoints:\n"
        "  - path: /{who}\n"
        "    rules:\n"
        "      - match: {text: a}\n"
        "        do: [{send: {file: a.json}}]\n"
        "      - do: [{send: {file: b.bin}}]\n"
    )
    with serving_here(tmp_path / "mocks.yaml") as server:
        client = RawClient(server.port)
        client.open("/you")
        client.send(text("a"), text("b"))
        assert client.read_frame() == Received(TEXT, b'{"to": "you"}')
        assert client.read_frame() == Received(BINARY, b"\x00\xff{{")
        client.close()


def test_templates_see_the_connection() -> None:
    seen = "{{ path.id }} {{ query.q }} {{ headers['x-a'] }} {{ cookies.sid }} {{ attempt }}"
    endpoint = {"path": "/t/{id}", "rules": [say(seen, trigger="connect")]}
    with (
        mocking(endpoint) as server,
        server.open_raw("/t/7?q=8", X_A="9", Cookie="sid=10") as client,
    ):
        assert client.read_frame() == Received(TEXT, b"7 8 9 10 1")


def test_captures_and_json_of_the_message_reach_templates() -> None:
    rules = [
        say("{{ match.a|int + match.b|int }}", match={"text": {"matches": r"(?P<a>\d) (?P<b>\d)"}}),
        {"do": [{"send": {"json": {"id": "{{ message.json.id }}"}}}]},
    ]
    with mocking({"rules": rules}) as server, server.connect() as client:
        assert client.ask("2 3") == "5"
        assert client.ask('{"id": [1, null]}') == '{"id":[1,null]}'


def test_same_attempt_draws_the_same_chance_on_another_server() -> None:
    drawn = []
    for _ in range(2):
        with mocking({"rules": [say("{{ random.int(1, 10**9) }} {{ uuid() }}")]}) as server:
            for _ in range(2):
                with server.connect() as client:
                    drawn.append(client.ask("?"))
    assert drawn[:2] == drawn[2:]
    assert drawn[0] != drawn[1]


# --- time, state, variables -----------------------------------------------------------------------


def test_wait_delays_what_follows_and_nothing_else() -> None:
    actions = [{"wait": "60ms"}, {"send": {"text": "late"}}]
    with mocking(go(*actions)) as server, server.connect() as client:
        client.say("go")
        assert client.ask("?") == "end"
        assert client.hear() == "late"


def test_after_lets_the_list_go_on() -> None:
    after = {"after": {"delay": "20ms", "do": [{"send": {"text": "late"}}]}}
    with mocking(go(after, {"send": {"text": "now"}})) as server, server.connect() as client:
        assert client.ask("go") == "now"
        assert client.hear() == "late"


def test_every_streams_so_many_times() -> None:
    every = {
        "interval": "10ms",
        "jitter": "5ms",
        "count": 4,
        "do": [{"send": {"text": "{{ repeat.index }}"}}],
    }
    with mocking(go({"every": every})) as server, server.connect() as client:
        client.say("go")
        assert [client.hear() for _ in range(4)] == ["0", "1", "2", "3"]
        assert client.ask("?") == "end"


def test_named_streams_are_stopped_and_restarted_by_their_name() -> None:
    tick = {"interval": "10ms", "do": [{"send": {"text": "{{ message.text }}{{ repeat.index }}"}}]}
    watchdog = {"name": "watchdog", "delay": "20ms", "do": [{"send": {"text": "never"}}]}
    rules = [
        on("a", {"after": watchdog}, {"every": {**tick, "name": "ticks"}}),
        on("b", {"every": {**tick, "name": "{{ 'ticks' }}"}}),
        on("stop", {"stop": "ticks"}, {"stop": "watchdog"}, {"send": {"text": "stopped"}}),
        on("wait", {"wait": "60ms"}, {"send": {"text": "quiet"}}),
    ]
    with mocking({"rules": rules}) as server, server.connect() as client:
        for word in ("a", "stop", "wait"):
            client.say(word)
        heard = [client.hear()]
        while heard[-1] != "quiet":
            heard.append(client.hear())
        assert heard[heard.index("stopped") :] == ["stopped", "quiet"]
        client.say("a")
        assert client.hear() == "a0"
        client.say("b")
        while (tick_of := client.hear()) != "b0":
            assert tick_of == "never" or str(tick_of).startswith("a")
        assert [client.hear() for _ in range(3)] == ["b1", "b2", "b3"]


def test_variables_are_kept_by_the_connection() -> None:
    rules = [
        say("{{ vars.n|default(0) }}", match={"text": "get"}),
        {"do": [{"set": {"n": "{{ vars.n|default(0) + 1 }}"}}]},
    ]
    with mocking({"rules": rules}) as server, server.connect() as client:
        client.say("count")
        client.say("count")
        assert client.ask("get") == "2"
        with server.connect() as other:
            assert other.ask("get") == "0"


# --- the end --------------------------------------------------------------------------------------


def test_close_has_its_code_and_reason() -> None:
    close = {"close": {"code": 4001, "reason": "bye {{ message.text }}"}}
    with mocking(go(close)) as server, server.connect() as client:
        client.say("go")
        assert client.end() == (4001, "bye go")


def test_close_with_a_reason_that_became_too_long_is_cut() -> None:
    close = {"do": [{"close": {"reason": "{{ message.text }}"}}]}
    with mocking({"rules": [close]}) as server, server.connect() as client:
        client.say("€" * 100)
        assert client.end() == (1000, "€" * 41)


def test_reset_is_a_reset_behind_what_was_sent() -> None:
    with (
        mocking(go({"send": {"text": "last"}}, {"abort": "reset"})) as server,
        server.open_raw() as client,
    ):
        client.send(text("go"))
        with pytest.raises(ConnectionResetError):
            client.read_end()


def test_close_of_the_socket_is_the_end_of_the_stream_without_a_close_frame() -> None:
    with (
        mocking(go({"send": {"text": "last"}}, {"abort": "close"})) as server,
        server.open_raw() as client,
    ):
        client.send(text("go"))
        assert client.read_end() == b"\x81\x04last"
        eventually(lambda: server.server.clients() == ())


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_abort_comes_behind_a_message_that_drips(kind: str) -> None:
    drip = {"drip": {"size": 2, "interval": "5ms"}}
    mock = {**go({"send": {"text": "payload"}}, {"abort": kind}), "faults": [drip]}
    with mocking(mock) as server, server.open_raw() as client:
        client.send(text("go"))
        assert client.read_frame() == Received(TEXT, b"payload")


def test_ignore_alone_is_no_answer() -> None:
    with mocking(go("ignore")) as server, server.open_raw() as client:
        client.send(text("go"), frame(PING, b"p"))
        assert client.read_frame() == Received(PONG, b"p")


# --- for whom -------------------------------------------------------------------------------------


class Hall:
    """Four clients: a, b and c at the endpoint `one`, d at the endpoint `two`."""

    def __init__(self, stack: ExitStack, send: dict[str, Any], *rules: dict[str, Any]) -> None:
        ready = on("ready", {"send": {"text": "ready"}})
        shout = on("shout", {"send": {"text": "heard", **send}})
        endpoint = {"rules": [ready, *rules, shout]}
        server = stack.enter_context(
            mocking({**endpoint, "name": "one", "path": "/one"}, {**endpoint, "path": "/two"})
        )
        self.server = server.server
        self.clients = {
            name: stack.enter_context(server.connect(path))
            for name, path in (("a", "/one"), ("b", "/one"), ("c", "/one"), ("d", "/two"))
        }
        for client in self.clients.values():
            assert client.ask("ready") == "ready"

    def heard(self, sender: str = "a") -> set[str]:
        """Who hears what a client lets the mock send."""
        found = set()
        self.clients[sender].say("shout")
        self.clients[sender].say("ready")
        # Once this is answered the broadcaster has been told, so a push comes behind it.
        while self.clients[sender].hear() != "ready":
            found.add(sender)
        self.server.gateway.push(b"over")
        for name, client in self.clients.items():
            while (message := client.hear()) != "over":
                assert message == "heard"
                found.add(name)
        return found


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("sender", "a"),
        ("others", "bcd"),
        ("all", "abcd"),
        ({"endpoint": "one"}, "abc"),
        ({"endpoint": "/two"}, "d"),
        ({"endpoint": "three"}, ""),
        ({"client": "{{ client.id }}"}, "a"),
        ({"client": "ffffffff"}, ""),
        ({"group": "nobody"}, ""),
    ],
    ids=str,
)
def test_message_reaches_those_it_is_for(to: Any, expected: str) -> None:
    with ExitStack() as stack:
        assert Hall(stack, {"to": to}).heard() == set(expected)


def test_message_reaches_one_client_by_its_id() -> None:
    with ExitStack() as stack:
        hall = Hall(stack, {"to": {"client": "{{ vars.id }}"}}, SET_TARGET)
        ids = {one.info.path: one.info.id for one in hall.server.clients()}
        hall.clients["a"].say(f"to {ids['/two']}")
        assert hall.heard() == {"d"}


SET_TARGET = {
    "match": {"text": {"matches": "^to (?P<id>.*)$"}},
    "do": [{"set": {"id": "{{ match.id }}"}}],
}
JOIN = on("join", {"join": "room {{ path|length }}"}, {"send": {"text": "joined"}})
LEAVE = on("leave", {"leave": "room {{ path|length }}"}, {"send": {"text": "left"}})


def test_group_is_who_has_joined_and_not_left() -> None:
    with ExitStack() as stack:
        hall = Hall(stack, {"to": {"group": "room 0"}}, JOIN, LEAVE)
        for name in ("b", "c", "d"):
            assert hall.clients[name].ask("join") == "joined"
        assert hall.clients["c"].ask("leave") == "left"
        assert hall.heard() == {"b", "d"}


def test_others_of_a_group_are_its_members_but_the_sender() -> None:
    with ExitStack() as stack:
        hall = Hall(stack, {"to": {"group": "room 0", "others": True}}, JOIN)
        for name in ("a", "b"):
            assert hall.clients[name].ask("join") == "joined"
        assert hall.heard() == {"b"}


def test_binary_may_be_for_others() -> None:
    shout = on("shout", {"send": {"to": "others", "binary": "hex:0102"}})
    with (
        mocking({"rules": [shout]}) as server,
        server.open_raw() as one,
        server.open_raw() as other,
    ):
        eventually(lambda: len(server.server.clients()) == 2)
        one.send(text("shout"))
        assert other.read_frame() == Received(BINARY, b"\x01\x02")


def test_large_message_has_a_long_length() -> None:
    with (
        mocking(go({"send": {"text": "{{ 'x' * 70000 }}"}})) as server,
        server.open_raw() as client,
    ):
        client.send(text("go"))
        assert client.read(10) == b"\x81\x7f" + struct.pack("!Q", 70_000)
        assert client.read(70_000) == b"x" * 70_000
