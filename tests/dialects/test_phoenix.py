"""The dialect phoenix, with the npm package `phoenix`, and frame by frame."""

from collections.abc import Iterator
from typing import Any

import pytest
from websockets.typing import Subprotocol

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example, Peer
from tests.helpers.node import node_report, require_package

pytestmark = pytest.mark.integration

PATH = "/socket/websocket"

TOPICS: dict[str, Any] = {
    "room:*": {
        "response": {
            "topic": "{{ frame.topic }}",
            "name": "{{ frame.payload.name | default('nobody') }}",
        },
        "push": {"event": "tick", "payload": {"n": "{{ repeat.index }}"}, "count": 2},
    },
    "room:quiet": {},
    "room:1:2": {"response": {"exact": True}},
    "private": {"allowed": "{{ frame.payload.token == 'right' }}"},
    "full": {"allowed": False, "error": {"reason": "full"}},
    "failing": {"response": "{{ frame.payload.missing }}"},
}

EVENTS: dict[str, Any] = {
    "add": {"reply": {"sum": "{{ frame.payload.a + frame.payload.b }}"}},
    "bad": {"error": {"reason": "bad"}},
    "say": {"broadcast": {"event": "said", "payload": "{{ frame.payload }}"}},
    "whisper": {"push": {"event": "secret"}},
    "bye": {"close": True},
    "crash": {"crash": True},
    "room:* where": {"reply": {"event": "{{ frame.event }}", "topic": "{{ frame.topic }}"}},
    "room:quiet where": {"reply": {"quiet": True}},
}

LOSE = {"match": {"json": {"$[3]": "lose"}}, "do": [{"abort": "close"}]}


@pytest.fixture(scope="module")
def phoenix() -> Iterator[Example]:
    own = {"extends": "phoenix", "rules": [LOSE]}
    parameters: dict[str, Any] = {
        "topics": TOPICS,
        "events": EVENTS,
        "interval": "5ms",
        "token": {"not": "wrong"},
    }
    with dialect("phoenix", own, **parameters) as served:
        yield served


@pytest.fixture
def client(phoenix: Example) -> Iterator[Peer]:
    with phoenix.connect(f"{PATH}?vsn=2.0.0") as one:
        yield one


# --- the npm package phoenix --------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(phoenix: Example) -> dict[str, Any]:
    """What one run of the npm package saw."""
    require_package("phoenix")
    return node_report("dialect_phoenix.js", phoenix.url(""))


def test_clients_join_push_hear_each_other_and_leave(report: dict[str, Any]) -> None:
    assert report["conversation"] == {
        "joined": ["ok", {"topic": "room:1", "name": "x"}],
        "ticks": [{"n": 0}, {"n": 1}],
        "replies": [["ok", {"sum": 3}], ["error", {"reason": "bad"}]],
        "heard": [[{"text": "hello"}], [{"text": "hello"}]],
        "pushed": [{}],
        "refused": ["error", {"reason": "unauthorized"}],
        "admitted": ["ok", {}],
        "unmatched": ["error", {"reason": "unmatched topic"}],
        "closed": {},
        "left": ["ok", {}],
    }


def test_heartbeats_are_answered(report: dict[str, Any]) -> None:
    assert report["heartbeats"] == [["phoenix", "phx_reply", "ok"]] * 2


def test_client_joins_again_after_its_channel_broke_or_its_connection_was_lost(
    report: dict[str, Any],
) -> None:
    again = [["joined", "error", "joined"], ["ok", {"sum": 7}]]
    assert report["rejoined"] == {"broken": again, "lost": again}


def test_client_with_the_wrong_token_is_refused(report: dict[str, Any]) -> None:
    assert report["refused"] == "Unexpected server response: 403"


# --- frame by frame -----------------------------------------------------------------------------


def join(client: Peer, topic: str, **params: Any) -> Any:
    return client.ask(["1", "1", topic, "phx_join", params])


def reply(ref: str, topic: str, response: Any, status: str = "ok") -> list[Any]:
    return ["1", ref, topic, "phx_reply", {"status": status, "response": response}]


def test_topic_is_found_exactly_and_else_by_its_prefix(client: Peer) -> None:
    assert join(client, "room:quiet") == reply("1", "room:quiet", {})
    assert join(client, "room:1:2") == reply("1", "room:1:2", {"exact": True})
    found = join(client, "room:7:8", name="ada")
    assert found == reply("1", "room:7:8", {"topic": "room:7:8", "name": "ada"})
    assert client.receive() == ["1", None, "room:7:8", "tick", {"n": 0}]
    assert client.receive() == ["1", None, "room:7:8", "tick", {"n": 1}]


def test_join_is_refused_with_a_reason(client: Peer) -> None:
    for topic, reason in [
        ("full", "full"),
        ("failing", "join crashed"),
        ("private", "join crashed"),
        ("nowhere", "unmatched topic"),
    ]:
        assert join(client, topic) == reply("1", topic, {"reason": reason}, "error")
    assert join(client, "private", token="right") == reply("1", "private", {})


def test_event_is_found_for_its_topic_and_else_for_all(client: Peer) -> None:
    join(client, "room:quiet")
    quiet = client.ask(["1", "2", "room:quiet", "where", {}])
    assert quiet == reply("2", "room:quiet", {"quiet": True})
    join(client, "room:1:2")
    other = client.ask(["1", "3", "room:1:2", "where", {}])
    assert other == reply("3", "room:1:2", {"event": "where", "topic": "room:1:2"})


@pytest.mark.parametrize(
    ("event", "params", "end"),
    [
        ("crash", {}, "phx_error"),
        ("no such event", {}, "phx_error"),
        ("add", {"a": 1}, "phx_error"),
        ("bye", {}, "phx_close"),
    ],
)
def test_channel_that_has_ended_is_no_longer_joined(
    client: Peer, event: str, params: dict[str, Any], end: str
) -> None:
    join(client, "room:quiet")
    assert client.ask(["1", "2", "room:quiet", event, params]) == ["1", "1", "room:quiet", end, {}]
    unmatched = reply("3", "room:quiet", {"reason": "unmatched topic"}, "error")
    assert client.ask(["1", "3", "room:quiet", "add", {"a": 1, "b": 2}]) == unmatched
    assert join(client, "room:quiet") == reply("1", "room:quiet", {})


def test_leave_is_answered_and_ends_the_pushes(client: Peer) -> None:
    join(client, "room:3")
    client.send(["1", "2", "room:3", "phx_leave", {}])
    while (frame := client.receive())[3] == "tick":
        pass
    assert frame == reply("2", "room:3", {})
    assert client.receive() == ["1", "1", "room:3", "phx_close", {}]
    assert client.ask(["1", "3", "room:3", "phx_leave", {}]) == reply("3", "room:3", {})
    assert client.ask([None, "4", "phoenix", "heartbeat", {}])[1] == "4"


def test_clients_of_both_versions_are_in_one_topic(phoenix: Example, client: Peer) -> None:
    join(client, "room:quiet")
    with phoenix.connect(PATH) as older:
        frame = {"topic": "room:quiet", "ref": "9", "payload": {}}
        joined = older.ask({**frame, "event": "phx_join"})
        assert joined["payload"] == {"status": "ok", "response": {}}
        assert (joined["topic"], joined["event"], joined["ref"]) == ("room:quiet", "phx_reply", "9")
        older.send({**frame, "event": "say", "payload": {"n": 1}})
        said = {"topic": "room:quiet", "event": "said", "payload": {"n": 1}, "ref": None}
        assert older.receive() == said
        assert client.receive() == [None, None, "room:quiet", "said", {"n": 1}]
        assert older.ask({**frame, "event": "phx_leave"})["event"] == "phx_reply"
        assert older.receive()["event"] == "phx_close"


@pytest.mark.parametrize(
    "text", ["no JSON", "5", "[]", '[1, "1", "t", "e", {}]', '{"topic": "t", "event": "e"}']
)
def test_what_is_no_frame_breaks_the_connection(client: Peer, text: str) -> None:
    client.connection.send(text)
    assert client.close_code() == 1011


def test_token_may_be_in_the_subprotocol_and_silence_ends_a_connection() -> None:
    with dialect("phoenix", heartbeat_timeout="20ms") as served:
        offered = [Subprotocol("phoenix"), Subprotocol("base64url.bearer.phx.c2VjcmV0")]
        with served.connect(PATH, subprotocols=offered) as client:
            assert client.connection.subprotocol == "phoenix"
            assert client.close_code() == 1000
    with dialect("phoenix") as served, served.connect(PATH) as client:
        assert join(client, "anything") == reply("1", "anything", {})
        pong = reply("2", "anything", {"pong": {"a": 1}})
        assert client.ask(["1", "2", "anything", "ping", {"a": 1}]) == pong
        shouted = [None, None, "anything", "shout", {"b": 2}]
        assert client.ask(["1", "3", "anything", "shout", {"b": 2}]) == shouted
