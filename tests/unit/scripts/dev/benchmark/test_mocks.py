"""The mocks files of the benchmark do what its figures claim."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.helpers.conversation import make_context, texts
from tests.helpers.mocks import compile_endpoints
from websocket_mock.actors.conversation.conversation import MockConversation
from websocket_mock.actors.conversation.core import Effect
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.inbound import TextReceived
from websocket_mock.scripts.dev.benchmark.mocks import (
    FIRST_PATH,
    LATENCY_PATH,
    MOCKS,
    RULE_PATH,
    STREAM_PATH,
    TEN_RULES_PATH,
    plain,
    programmed,
    write_mocks,
)

PING = '{"type":"ping","id":"x7"}'


def answer_to_a_ping(document: dict[str, Any], path: str) -> tuple[list[Effect], list[str]]:
    """The effects of a ping, and the names of the rules of its endpoint."""
    library = Namespace()
    library.put(compile_endpoints(*document["endpoints"]))
    found = library.book.find(path)
    assert found is not None
    mock = MockConversation(make_context(HandshakeRequest(path)), found, "client", library.get)
    effects = list(mock.handle(TextReceived(PING, len(PING)), 0.0))
    return effects, [rule.label for rule in found.endpoint.rules["message"]]


@pytest.mark.parametrize(("endpoints", "rules"), [(1, 1), (30, 10)])
def test_a_ping_is_answered_by_the_last_rule_with_a_pong(endpoints: int, rules: int) -> None:
    effects, labels = answer_to_a_ping(plain(endpoints, rules), FIRST_PATH)
    assert len(labels) == rules
    assert getattr(effects[0], "rule", None) == labels[-1]
    (pong,) = texts(effects)
    assert orjson.loads(pong)["type"] == "pong"


@pytest.mark.parametrize(
    ("path", "rules"), [(RULE_PATH, 1), (TEN_RULES_PATH, 10), (LATENCY_PATH, 1)]
)
def test_a_programmed_reply_has_the_id_and_comes_from_the_last_rule(path: str, rules: int) -> None:
    effects, labels = answer_to_a_ping(programmed(), path)
    assert len(labels) == rules
    assert getattr(effects[0], "rule", None) == labels[-1]
    (pong,) = texts(effects)
    assert orjson.loads(pong) == {"type": "pong", "id": "x7"}


def test_the_stream_sends_twenty_messages_a_second() -> None:
    (stream,) = (one for one in programmed()["endpoints"] if one["path"] == STREAM_PATH)
    assert stream["rules"][0]["do"][0]["every"]["interval"] == "50ms"


def test_one_path_in_ten_has_a_capture() -> None:
    paths = [endpoint["path"] for endpoint in plain(100, 1)["endpoints"]]
    assert len(set(paths)) == 100
    assert sum("{" in path for path in paths) == 10


def test_the_documents_have_as_many_rules_as_their_names_say() -> None:
    counts = {
        name: [len(endpoint["rules"]) for endpoint in make()["endpoints"]]
        for name, make in MOCKS.items()
        if name != "programmed"
    }
    assert counts == {
        "1 rule": [1],
        "10,000 rules": [10_000],
        "1,000 endpoints x 10 rules": [10] * 1000,
    }


def test_file_holds_the_document(tmp_path: Path) -> None:
    file = write_mocks(tmp_path, "programmed")
    assert orjson.loads(file.read_bytes()) == programmed()
