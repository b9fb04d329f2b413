"""Namespaces on the wire: mocks, the JSON protocol, groups and refusals."""

from typing import Any

import pytest

from tests.helpers.frames import TEXT, request, text
from tests.helpers.json_client import json_client
from tests.helpers.mock_server import MockServer, Talker, mocking, on, say
from tests.helpers.mocks import compile_endpoints
from tests.helpers.raw_client import Received, connected, opened
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.wait import eventually
from websocket_mock.actors.library import library as library_module
from websocket_mock.actors.values.targets import InGroup

pytestmark = pytest.mark.integration


def put(server: InProcessServer, namespace: str | None, *endpoints: dict[str, Any]) -> None:
    """Program endpoints in a namespace."""
    space = server.gateway.library.use(namespace)
    space.put(compile_endpoints(*({"path": "/mock", **one} for one in endpoints)))


def test_same_path_is_another_endpoint_in_each_namespace() -> None:
    with mocking({"rules": [say("outside")]}) as server:
        put(server.server, "x", {"rules": [say("inside {{ path.id }}")], "path": "/mock/{id}"})
        with server.connect("/mock") as outside, server.connect("/ns/x/mock/7") as inside:
            assert (outside.ask("?"), inside.ask("?")) == ("outside", "inside 7")
        with server.connect("/ns/x/mock") as builtin:
            assert "welcome" in str(builtin.hear())


def test_rest_of_the_path_is_the_path_and_the_name_is_told(server: InProcessServer) -> None:
    with json_client(server.url("/ns/x/a/b?c=d")) as client:
        (listed,) = client.ask(type="get_clients")["clients"]
        assert (listed["path"], listed["namespace"]) == ("/a/b", "x")
    with json_client(server.url("/ns/x")) as client:
        assert client.ask(type="get_clients")["clients"][0]["path"] == "/"
    with json_client(server.url("/ns/not%20a%20name/b")) as client:
        (listed,) = client.ask(type="get_clients")["clients"]
        assert (listed["path"], listed["namespace"]) == ("/ns/not%20a%20name/b", None)


def test_echo_answers_in_every_namespace(server: InProcessServer) -> None:
    with opened(server.port, "/ns/x/echo") as client:
        client.send(b"\x81\x82\x00\x00\x00\x00hi")
        assert client.read_frame() == Received(TEXT, b"hi")


def test_json_protocol_reaches_its_own_namespace_only(server: InProcessServer) -> None:
    with (
        json_client(server.url("/ns/x/")) as one,
        json_client(server.url("/ns/x/elsewhere")) as other,
        json_client(server.url("/ns/y/")) as stranger,
        json_client(server.url("/")) as outside,
    ):
        assert one.ask(type="broadcast", message="hi")["recipients"] == 1
        assert other.receive()["message"] == "hi"
        assert outside.ask(type="broadcast", message="ho")["recipients"] == 0
        listed = one.ask(type="get_clients")
        assert [client["id"] for client in listed["clients"]] == [one.id, other.id]
        assert stranger.ask(type="get_clients")["total_clients"] == 1
        assert stranger.ask(type="get_stats")["stats"]["current_clients"] == 4


@pytest.mark.parametrize("target", ["others", "all", {"group": "g"}, {"endpoint": "room"}], ids=str)
def test_mock_sends_to_clients_of_its_namespace_only(target: Any) -> None:
    room = {
        "name": "room",
        "rules": [
            {"trigger": "connect", "do": [{"join": "g"}, {"send": {"text": "in"}}]},
            on("say", {"send": {"to": target, "text": "said"}}),
            say("pong"),
        ],
    }
    with mocking(room) as server:
        for name in ("x", "y"):
            put(server.server, name, room)
        with (
            server.connect("/ns/x/mock") as one,
            server.connect("/ns/x/mock") as other,
            server.connect("/ns/y/mock") as stranger,
            server.connect("/mock") as outside,
        ):
            for client in (one, other, stranger, outside):
                assert client.hear() == "in"
            one.say("say")
            assert other.hear() == "said"
            assert (stranger.ask("?"), outside.ask("?")) == ("pong", "pong")


def test_mock_cannot_send_to_a_client_of_another_namespace() -> None:
    rules = [
        on("who", {"send": {"text": "{{ client.id }}"}}),
        on("ping", {"send": {"text": "pong"}}),
        {"do": [{"send": {"to": {"client": "{{ message.text }}"}, "text": "found you"}}]},
    ]
    with mocking({"rules": rules}) as server:
        put(server.server, "x", {"rules": rules})
        with (
            server.connect("/ns/x/mock") as one,
            server.connect("/ns/x/mock") as other,
            server.connect("/mock") as outside,
        ):
            outside.say(str(one.ask("who")))
            other.say(str(outside.ask("who")))
            other.say(str(one.ask("who")))
            assert one.hear() == "found you"
            assert (outside.ask("ping"), one.ask("ping")) == ("pong", "pong")


def test_attempts_are_counted_in_each_namespace() -> None:
    hello = {"rules": [say("{{ attempt }}", trigger="connect")]}
    with mocking(hello) as server:
        put(server.server, "x", hello)
        heard = []
        for path in ("/mock", "/ns/x/mock", "/ns/x/mock", "/mock", "/ns/y/mock"):
            with server.connect(path) as client:
                heard.append(client.hear())
    assert heard[:4] == ["1", "1", "2", "2"]


def test_one_namespace_too_many_is_answered_with_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_module, "MAX_NAMESPACES", 1)
    with serving_here() as server, opened(server.port, "/ns/x/echo"):
        with connected(server.port) as refused:
            answer = refused.ask(request("/ns/y/echo"))
        assert answer.status == 503
        assert "namespaces" in answer.body
        with opened(server.port, "/ns/x/echo"):
            pass


def test_client_that_is_connected_keeps_its_namespace() -> None:
    with serving_here(namespace_idle=0.05) as server:
        with opened(server.port, "/ns/x/echo"):
            server.gateway.library.use("idle")
            eventually(lambda: server.gateway.library.names() == ["x"])
        eventually(lambda: server.gateway.library.names() == [])


def test_client_on_a_dead_line_goes_with_its_namespace() -> None:
    dead = {"rules": [say("later")], "faults": [{"half_open": {}, "frames": {"nth": 1}}]}
    with serving_here() as server:
        put(server, "x", {"path": "/dead", **dead})
        with opened(server.port, "/ns/x/dead") as client:
            client.send(text("hello"))
            eventually(lambda: server.gateway.count_clients("x") == 1)
            server.gateway.remove_namespace("x")
            assert server.gateway.count_clients("x") == 0
            assert server.gateway.library.names() == []


def test_reset_of_state_is_for_its_namespace_and_keeps_the_connection() -> None:
    counting = {"rules": [say("first", times=1), say("later")], "initial_state": "new"}
    with mocking(counting) as server:
        put(server.server, "x", counting)
        with server.connect("/mock") as outside, server.connect("/ns/x/mock") as inside:
            for client in (outside, inside):
                assert [client.ask("?"), client.ask("?")] == ["first", "later"]
            server.server.gateway.reset_state("x")
            assert [inside.ask("?"), outside.ask("?")] == ["first", "later"]


def test_reset_of_state_takes_clients_out_of_groups_and_stops_their_streams() -> None:
    rules = [
        on("join", {"join": "g"}, {"send": {"text": "joined"}}),
        on("go", {"every": {"interval": "20ms", "do": [{"send": {"text": "tick"}}]}}),
        on("say", {"send": {"to": {"group": "g"}, "text": "to the group"}}),
        say("pong"),
    ]
    with mocking({"rules": rules}) as server, server.connect() as client:
        assert client.ask("join") == "joined"
        assert client.ask("say") == "to the group"
        assert client.ask("go") == "tick"
        server.server.gateway.reset_state(None)
        assert until_pong(client) <= {"tick"}
        client.say("say")
        assert [client.ask("?") for _ in range(3)] == ["pong"] * 3
        eventually(lambda: members_of_g(server) == 0)


def until_pong(client: Talker) -> set[str | bytes]:
    client.say("?")
    return set(iter(client.hear, "pong"))


def members_of_g(server: MockServer) -> int:
    return len(server.server.gateway.find_clients(InGroup("g")))


def test_clients_that_do_not_answer_get_the_close_frame_and_the_end(
    server: InProcessServer,
) -> None:
    with (
        opened(server.port, "/ns/x/echo") as silent,
        opened(server.port, "/ns/x/echo") as other,
        opened(server.port, "/ns/y/echo") as stranger,
    ):
        server.gateway.remove_namespace("x")
        assert server.gateway.count_clients("x") == 0
        for client in (silent, other):
            assert client.read_close() == (1001, "the namespace was removed")
            assert client.read_end() == b""
        stranger.send(b"\x81\x82\x00\x00\x00\x00hi")
        assert stranger.read_frame() == Received(TEXT, b"hi")
