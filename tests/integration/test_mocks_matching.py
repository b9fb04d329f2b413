"""Every trigger, matcher and policy of a mock, through real sockets."""

import json
from typing import Any

import pytest

from tests.helpers.frames import CLOSE, PING, PONG, TEXT, close, frame, text
from tests.helpers.mock_server import mocking, on, say
from tests.helpers.raw_client import Received
from tests.helpers.wait import eventually
from websocket_mock.actors.matching.schema import MessageMatch, Tests
from websocket_mock.scripts.dev.mocks_reference import own_keys

pytestmark = pytest.mark.integration

# --- matchers -------------------------------------------------------------------------------------

MATCHERS: dict[str, tuple[dict[str, Any], str | bytes, str | bytes]] = {
    "plain": ({"text": "a"}, "a", "b"),
    "equals": ({"text": {"equals": "a"}}, "a", "ab"),
    "contains": ({"text": {"contains": "el"}}, "hello", "hallo"),
    "starts_with": ({"text": {"starts_with": "he"}}, "hello", "ohe"),
    "ends_with": ({"text": {"ends_with": "lo"}}, "hello", "lok"),
    "matches": ({"text": {"matches": r"^\d+$"}}, "123", "12a"),
    "one_of": ({"text": {"one_of": ["a", "b"]}}, "b", "c"),
    "length": ({"text": {"length": {"at_most": 2}}}, "€€", "€€€"),
    "not": ({"text": {"not": "a"}}, "b", "a"),
    "all": ({"text": {"all": [{"starts_with": "a"}, {"ends_with": "z"}]}}, "abz", "ab"),
    "any": ({"text": {"any": ["a", "b"]}}, "b", "c"),
    "less_than": ({"json": {"$.n": {"less_than": 3}}}, '{"n": 2}', '{"n": 3}'),
    "at_most": ({"json": {"$.n": {"at_most": 3}}}, '{"n": 3}', '{"n": 4}'),
    "at_least": ({"json": {"$.n": {"at_least": 3}}}, '{"n": 3}', '{"n": 2}'),
    "greater_than": ({"json": {"$.n": {"greater_than": 3}}}, '{"n": 4}', '{"n": 3}'),
    "present": ({"json": {"$.a": {"present": True}}}, '{"a": null}', "{}"),
    "absent": ({"json": {"$.a": {"present": False}}}, "{}", '{"a": null}'),
    "includes": ({"json": {"includes": {"a": {"b": 1}}}}, '{"a": {"b": 1, "c": 2}}', '{"a": {}}'),
    "schema": ({"json": {"schema": {"type": "object"}}}, "{}", "[]"),
    "whole json": ({"json": [1, {"a": None}]}, '[1.0, {"a": null}]', "[1]"),
    "jsonpath": ({"json": {"$.a[?@.b == 1].c": "x"}}, '{"a": [{"b": 1, "c": "x"}]}', '{"a": []}'),
    "binary": ({"binary": "hex:0a0b"}, b"\x0a\x0b", b"\x0a"),
    "binary end": ({"binary": {"ends_with": "hex:02"}}, b"\x01\x02", b"\x02\x01"),
    "binary part": ({"binary": {"contains": "hex:0102"}}, b"\x00\x01\x02", b"\x01\x00\x02"),
    "binary choice": ({"binary": {"one_of": ["hex:01", "hex:02"]}}, b"\x02", b"\x03"),
    "item": ({"json": {"$.a": {"contains": 1}}}, '{"a": [0, 1]}', '{"a": [0, true]}'),
    "binary prefix": ({"binary": {"starts_with": "base64:AAE="}}, b"\x00\x01\x02", b"\x01"),
    "type": ({"type": "binary"}, b"a", "a"),
    "size": ({"size": {"at_least": 3}}, "€", "ab"),
    "two fields": ({"type": "text", "size": 1}, "a", "ab"),
    "fields": ({"fields": {"id": 7}}, b"\x00\x07", b"\x00\x08"),
    "json_of": ({"json_of": {"prefix": "42", "json": {"$[0]": "a"}}}, '42["a"]', '42["b"]'),
}


def test_every_matcher_is_among_them() -> None:
    tried = json.dumps([match for match, _, _ in MATCHERS.values()])
    assert [one for one in own_keys(Tests) if f'"{one}":' not in tried] == []
    # Those of a close frame have a trigger of their own below; `use` is for files with blocks.
    fields = {key for match, _, _ in MATCHERS.values() for key in match}
    assert own_keys(MessageMatch).keys() - fields == {"code", "reason", "use"}


@pytest.mark.parametrize("name", MATCHERS)
def test_matcher_takes_what_it_should_and_nothing_else(name: str) -> None:
    match, taken, refused = MATCHERS[name]
    rules = [say("yes", match=match), say("no")]
    fields = {"id": {"at": 0, "as": "uint16"}}
    mock = {"rules": rules, "fields": fields}
    with mocking(mock) as server, server.connect() as client:
        assert client.ask(taken) == "yes"
        assert client.ask(refused) == "no"


def test_message_in_fragments_is_matched_as_a_whole() -> None:
    with (
        mocking({"rules": [say("yes", match={"text": "abc"})]}) as server,
        server.open_raw() as client,
    ):
        client.send(text("a", fin=False), frame(0, b"b", fin=False), frame(0, b"c"))
        assert client.read_frame() == Received(TEXT, b"yes")


# --- triggers -------------------------------------------------------------------------------------


def test_connect_rule_greets() -> None:
    greeting = say("hello {{ path.name }} {{ query.x }}", trigger="connect")
    with (
        mocking({"path": "/{name}", "rules": [greeting]}) as server,
        server.connect("/you?x=1") as client,
    ):
        assert client.hear() == "hello you 1"


def test_ping_rule_speaks_beside_the_pong() -> None:
    with mocking({"rules": [say("pinged", trigger="ping")]}) as server, server.open_raw() as client:
        client.send(frame(PING, b"p"))
        assert client.read_frame() == Received(PONG, b"p")
        assert client.read_frame() == Received(TEXT, b"pinged")


def test_ignored_ping_gets_no_pong() -> None:
    ignoring = {"trigger": "ping", "match": {"binary": "hex:00"}, "do": ["ignore"]}
    with mocking({"rules": [ignoring]}) as server, server.open_raw() as client:
        client.send(frame(PING, b"\x00"), frame(PING, b"\x01"))
        assert client.read_frame() == Received(PONG, b"\x01")


def test_pong_rule_answers_a_pong() -> None:
    rules = [on("ping me", {"ping": {"payload": "p"}}), say("thanks", trigger="pong")]
    with mocking({"rules": rules}) as server, server.open_raw() as client:
        client.send(text("ping me"))
        assert client.read_frame() == Received(PING, b"p")
        client.send(frame(PONG, b"p"))
        assert client.read_frame() == Received(TEXT, b"thanks")


def test_close_rule_speaks_before_the_answer() -> None:
    rules = [say("bye", trigger="close", match={"code": 4000, "reason": {"contains": "go"}})]
    with mocking({"rules": rules}) as server, server.open_raw() as client:
        client.send(close(4000, b"I go"))
        assert client.read_frame() == Received(TEXT, b"bye")
        assert client.read_close() == (4000, "I go")


def test_ignored_close_is_not_answered_and_ends_with_the_close_timeout() -> None:
    ignoring = {"trigger": "close", "do": ["ignore"]}
    with mocking({"rules": [ignoring]}, close_timeout=0.2) as server, server.open_raw() as client:
        client.send(close(1000))
        assert client.read_end() == b""


def test_idle_rule_fires_in_the_silence() -> None:
    rules = [{"trigger": "idle", "after": "50ms", "do": [{"close": {"code": 4001}}]}]
    with mocking({"rules": rules}) as server, server.connect() as client:
        assert client.end() == (4001, "")


def test_short_idle_rule_does_not_keep_a_longer_one_from_firing() -> None:
    rules = [
        {"trigger": "idle", "after": "20ms", "do": [{"ping": None}]},
        {"trigger": "idle", "after": "100ms", "do": [{"close": {"code": 4001}}]},
    ]
    # The client does not answer, as an answer would be a sign of life.
    with mocking({"rules": rules}) as server, server.open_raw() as client:
        frames = [client.read_frame()]
        while frames[-1].opcode != CLOSE:
            frames.append(client.read_frame())
        assert frames[0] == Received(PING, b"")
        assert frames[-1].payload == b"\x0f\xa1"


def test_timer_rules_fire_once_or_again_and_again() -> None:
    rules = [
        say("tick", trigger="timer", after="10ms", interval="10ms", times=3),
        {"trigger": "timer", "after": "150ms", "do": [{"close": {"code": 4002}}]},
    ]
    with mocking({"rules": rules}) as server, server.connect() as client:
        assert [client.hear() for _ in range(3)] == ["tick"] * 3
        assert client.end() == (4002, "")


# --- counts, priority, state ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "answers"),
    [
        ({"times": 2}, "yynnn"),
        ({"after_times": 2}, "nnyyy"),
        ({"every_nth": 2}, "nynyn"),
        ({"every_nth": 2, "times": 1}, "nynnn"),
        ({"after_times": 1, "every_nth": 2}, "nnyny"),
    ],
)
def test_rule_fires_as_often_as_it_may(fields: dict[str, Any], answers: str) -> None:
    with mocking({"rules": [say("y", **fields), say("n")]}) as server, server.connect() as client:
        assert "".join(str(client.ask("?")) for _ in answers) == answers


def test_counts_belong_to_a_connection() -> None:
    with mocking({"rules": [say("first", times=1), say("later")]}) as server:
        for _ in range(2):
            with server.connect() as client:
                assert [client.ask("?"), client.ask("?")] == ["first", "later"]


def test_priority_comes_before_order() -> None:
    rules = [say("low", priority=-1), say("mid"), say("high", priority=1, match={"text": "a"})]
    with mocking({"rules": rules}) as server, server.connect() as client:
        assert client.ask("a") == "high"
        assert client.ask("b") == "mid"


def test_state_decides_which_rules_are_there() -> None:
    rules = [
        on("login", {"state": "live"}, {"send": {"text": "welcome"}}, state="new"),
        say("{{ state }}", state=["live"]),
        say("log in first"),
    ]
    with mocking({"initial_state": "new", "rules": rules}) as server, server.connect() as client:
        assert client.ask("a") == "log in first"
        assert client.ask("login") == "welcome"
        assert client.ask("login") == "live"


# --- unmatched ------------------------------------------------------------------------------------


def test_unmatched_messages_are_ignored_by_default() -> None:
    with (
        mocking({"rules": [on("a", {"send": {"text": "A"}})]}) as server,
        server.connect() as client,
    ):
        client.say("b")
        assert client.ask("a") == "A"


def test_unmatched_messages_may_be_echoed() -> None:
    with mocking({"unmatched": "echo"}) as server, server.connect() as client:
        assert client.ask("€") == "€"
        assert client.ask(b"\x00") == b"\x00"


def test_unmatched_messages_may_be_an_error() -> None:
    with mocking({"unmatched": "error"}) as server, server.connect() as client:
        assert '"type":"error"' in str(client.ask("a"))
        eventually(lambda: server.server.stats().errors == 1)


def test_unmatched_messages_may_speak_the_built_in_protocol() -> None:
    with mocking({"unmatched": "builtin"}) as server, server.connect() as client:
        assert '"type":"welcome"' in str(client.hear())
        assert '"type":"pong"' in str(client.ask('{"type": "ping"}'))


def test_unmatched_messages_may_end_the_connection(log_lines: list[str]) -> None:
    with mocking({"unmatched": "strict"}) as server, server.connect() as client:
        client.say("a")
        assert client.end() == (1008, "no rule matches")
    assert any("no rule matches; there is no rule for messages" in line for line in log_lines)


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (say("{{ nope }}"), "'nope' is undefined"),
        (say("{{ 'x' * 10 ** 9 }}"), "more than"),
        ({"do": [{"send": {"json": "{{ uuid }}"}}]}, "this is not a value"),
        (say("x", match={"json": {"schema": {"$ref": "#/nowhere"}}}), "nowhere"),
    ],
)
def test_rule_that_fails_is_logged_by_its_name_and_the_connection_goes_on(
    log_lines: list[str], rule: dict[str, Any], reason: str
) -> None:
    broken = {**rule, "name": "the rule", "times": 1}
    with mocking({"rules": [broken], "unmatched": "echo"}) as server, server.connect() as client:
        client.say("{}")
        client.say("more")
        answers = [client.hear()]
        if answers == ["{}"]:
            answers.append(client.hear())
        assert answers[-1] == "more"
        (line,) = [line for line in log_lines if line.startswith("WARNING client")]
        assert ": the rule: " in line
        assert reason in line
        eventually(lambda: server.server.stats().errors == 1)
