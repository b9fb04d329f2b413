"""Conditions, loops and memory of mocks, through real sockets and reconnects."""

import json
from typing import Any

import pytest

from tests.helpers.faulty import noted
from tests.helpers.mock_server import MockServer, Talker, mocking, on, say
from tests.helpers.wait import eventually

pytestmark = pytest.mark.integration


def send(value: Any) -> dict[str, Any]:
    return {"send": {"json": value}}


def ask(client: Talker, value: Any) -> Any:
    return json.loads(client.ask(json.dumps(value)))


def test_ids_of_subscriptions_are_unique_on_each_connection() -> None:
    subscribe = {
        "match": {"json": {"$.type": "subscribe"}},
        "do": [
            {
                "when": "{{ message.json.id in vars.ids }}",
                "do": [{"close": {"code": 4409, "reason": "{{ message.json.id }} exists"}}],
                "else": [{"set": {"ids": {"append": "{{ message.json.id }}"}}}, send("ok")],
            }
        ],
    }
    with (
        mocking({"rules": [subscribe]}) as server,
        server.connect() as first,
        server.connect() as second,
    ):
        assert ask(first, {"type": "subscribe", "id": 1}) == "ok"
        assert ask(second, {"type": "subscribe", "id": 1}) == "ok"
        assert ask(first, {"type": "subscribe", "id": 2}) == "ok"
        first.say(json.dumps({"type": "subscribe", "id": 1}))
        assert first.end() == (4409, "1 exists")


def test_rule_whose_condition_is_false_leaves_the_message_to_the_next() -> None:
    rules = [
        say("again", when="{{ vars.seen }}", times=1),
        say("first", when="{{ not vars.seen }}"),
        say("no more"),
    ]
    rules[1]["do"].append({"set": {"seen": True}})
    with mocking({"rules": rules}) as server, server.connect() as client:
        assert [client.ask("x") for _ in range(3)] == ["first", "again", "no more"]


def test_each_parameter_of_a_message_becomes_a_stream() -> None:
    subscribe = {
        "match": {"json": {"$.method": "SUBSCRIBE"}},
        "do": [
            {
                "for_each": {
                    "in": "{{ message.json.params }}",
                    "as": "stream",
                    "do": [
                        {
                            "every": {
                                "name": "{{ stream }}",
                                "interval": "1ms",
                                "count": 2,
                                "do": [send({"s": "{{ stream }}"})],
                                "then": [send({"end": "{{ stream }}"})],
                            }
                        }
                    ],
                }
            },
            send({"result": None}),
        ],
    }
    with mocking({"rules": [subscribe]}) as server, server.connect() as client:
        assert ask(client, {"method": "SUBSCRIBE", "params": ["a", "b"]}) == {"result": None}
        heard = [json.loads(client.hear()) for _ in range(6)]
        for name in ("a", "b"):
            own = [one for one in heard if name in one.values()]
            assert own == [{"s": name}, {"s": name}, {"end": name}]


SESSIONS: dict[str, Any] = {
    "client_key": {"query": "user"},
    "rules": [
        on(
            "count",
            {"set": {"client_vars.n": {"increment": 1}, "endpoint_vars.n": {"increment": 1}}},
            send(["{{ client_vars.n }}", "{{ endpoint_vars.n }}"]),
        ),
    ],
}


def count(server: MockServer, user: str) -> list[int]:
    with server.connect(f"/mock?user={user}") as client:
        counts: list[int] = json.loads(client.ask("count"))
        return counts


def test_client_is_remembered_over_its_connections_and_the_endpoint_over_its_clients() -> None:
    with mocking(SESSIONS) as server:
        users = ["ann", "ann", "bob", "ann"]
        assert [count(server, user) for user in users] == [[1, 1], [2, 2], [1, 3], [3, 4]]


def test_namespaces_do_not_share_their_memory() -> None:
    with mocking(SESSIONS) as server:
        library = server.server.gateway.library
        library.use("other").put(library.default.book.endpoints)
        assert count(server, "ann") == [1, 1]
        with server.connect("/ns/other/mock?user=ann") as client:
            assert json.loads(client.ask("count")) == [1, 1]


def test_changed_mocks_keep_the_memory() -> None:
    sessions = {**SESSIONS, "unmatched": "echo"}
    with mocking(sessions) as server:
        assert count(server, "ann") == [1, 1]
        changed = {**sessions, "rules": [*SESSIONS["rules"], say("new")]}
        server.write({"path": "/mock", **changed})
        with server.connect("/mock?user=bob") as client:
            eventually(lambda: client.ask("x") == "new")
        assert count(server, "ann") == [2, 2]


RESUME: dict[str, Any] = {
    "client_key": {"query": "user"},
    "replay": 3,
    "rules": [
        {
            "match": {"json": {"$.op": "emit"}},
            "do": [
                {"set": {"client_vars.seq": {"increment": 1}}},
                {
                    "send": {
                        "number": "{{ client_vars.seq }}",
                        "json": {"seq": "{{ client_vars.seq }}", "d": "{{ message.json.d }}"},
                    }
                },
            ],
        },
        {
            "match": {"json": {"$.op": "resume"}},
            "do": [
                {
                    "when": "{{ replay.first is none or message.json.seq + 1 < replay.first }}",
                    "do": [send({"op": "invalid"})],
                    "else": [
                        {"send": {"missed": {"after": "{{ message.json.seq }}"}}},
                        send({"op": "resumed", "kept": "{{ replay.count }}"}),
                    ],
                }
            ],
        },
    ],
}


def test_client_that_connects_again_gets_what_it_missed() -> None:
    with mocking(RESUME) as server:
        with server.connect("/mock?user=ann") as client:
            for word in "abcd":
                assert ask(client, {"op": "emit", "d": word})["d"] == word
        with server.connect("/mock?user=ann") as client:
            assert ask(client, {"op": "resume", "seq": 2}) == {"seq": 3, "d": "c"}
            assert json.loads(client.hear()) == {"seq": 4, "d": "d"}
            assert json.loads(client.hear()) == {"op": "resumed", "kept": 3}
            assert ask(client, {"op": "resume", "seq": 0}) == {"op": "invalid"}
        with server.connect("/mock?user=bob") as client:
            assert ask(client, {"op": "resume", "seq": 0}) == {"op": "invalid"}


def test_number_that_a_template_does_not_give_is_in_the_journal_with_its_place() -> None:
    close = on("close", {"close": {"code": "{{ 1005 }}"}}, {"send": {"text": "still here"}})
    with mocking({"rules": [close]}) as server, server.connect() as client:
        assert client.ask("close") == "still here"
        (error,) = noted(server, "error")
        assert error.details["reason"].startswith(
            "endpoints[0].rules[0].do[0].close.code: 1005 cannot be sent"
        )


def test_ping_may_be_ignored_by_a_condition() -> None:
    rules = [
        {"trigger": "ping", "do": [{"when": "{{ state == 'deaf' }}", "do": ["ignore"]}]},
        on("deaf", {"state": "deaf"}, {"send": {"text": "ok"}}),
        say("heard"),
    ]
    with mocking({"rules": rules}) as server, server.connect() as client:
        assert client.connection.ping().wait(5)
        assert client.ask("deaf") == "ok"
        unanswered = client.connection.ping()
        assert client.ask("after the ping") == "heard"
        assert not unanswered.is_set()


def test_script_waits_for_a_wait_inside_a_condition() -> None:
    script = [
        {"expect": {"text": "go"}},
        {"when": "{{ true }}", "do": [{"wait": "20ms"}, {"send": {"text": "1"}}]},
        {"send": {"text": "2"}},
    ]
    with mocking({"script": script}) as server, server.connect() as client:
        assert [client.ask("go"), client.hear()] == ["1", "2"]


def test_others_are_told_when_a_connection_ends_however_it_ends() -> None:
    leave = {
        "trigger": "end",
        "match": {"code": {"at_least": 1000}},
        "do": [
            {"set": {"endpoint_vars.present": {"remove": "{{ query.user }}"}}},
            send("nobody hears this"),
            {"send": {"to": {"group": "room"}, "text": "{{ query.user }} {{ message.code }}"}},
            {"after": {"delay": 0, "do": [{"send": {"to": "all", "text": "nor this"}}]}},
        ],
    }
    enter = {
        "trigger": "connect",
        "do": [
            {"set": {"endpoint_vars.present": {"append": "{{ query.user }}"}}},
            {"join": "room"},
            {"send": {"text": "hi"}},
        ],
    }
    who = on("who", send("{{ endpoint_vars.present }}"))
    with mocking({"rules": [enter, leave, who]}) as server, server.connect("/mock?user=a") as watch:
        assert watch.hear() == "hi"
        with server.connect("/mock?user=b") as leaver:
            assert leaver.hear() == "hi"
            assert json.loads(watch.ask("who")) == ["a", "b"]
            leaver.connection.close(4000)
        assert watch.hear() == "b 4000"
        with server.open_raw("/mock?user=c") as lost:
            lost.read_frame()
            lost.vanish()
        assert watch.hear() == "c 1006"
        assert json.loads(watch.ask("who")) == ["a"]
