"""What a message costs, in rules that are looked at: those of its own endpoint, and no others."""

from collections import Counter
from typing import Any

import pytest

from tests.helpers.conversation import make_context, texts
from tests.helpers.fakes import START_TIME
from tests.helpers.mocks import compile_endpoints
from tests.helpers.worker import boom
from websocket_mock.actors.conversation.conversation import MockConversation
from websocket_mock.actors.documents.paths import PathPattern
from websocket_mock.actors.library import compiler
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.matching import matchers
from websocket_mock.actors.matching.conditions import Condition
from websocket_mock.actors.matching.matchers import Captures
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.inbound import TextReceived

ENDPOINTS, RULES = 1000, 10


def rules(count: int) -> list[dict[str, Any]]:
    """Rules of which only the last takes the word `last`. None can be looked up by its word."""
    words = [f"word {number}" for number in range(count - 1)] + ["last"]
    return [rule({"text": {"all": [word]}}) for word in words]


def rule(match: dict[str, Any]) -> dict[str, Any]:
    return {"match": match, "do": [{"send": {"text": "found"}}]}


@pytest.fixture(scope="module")
def library() -> Namespace:
    """A thousand endpoints of ten rules each: plain paths, and one in ten with a capture."""
    made = Namespace()
    paths = [f"/{n}/{{id}}" if n % 10 == 0 else f"/{n}/plain" for n in range(ENDPOINTS)]
    made.put(compile_endpoints(*({"path": path, "rules": rules(RULES)} for path in paths)))
    return made


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the conditions and the patterns that are tried, and the endpoints compiled."""
    counter: Counter[str] = Counter()
    try_condition, match = Condition.match, PathPattern.match

    def count_condition(self: Condition, subject: object) -> Captures | None:
        counter["conditions"] += 1
        return try_condition(self, subject)

    def count_match(self: PathPattern, path: str) -> Any:
        counter["patterns"] += 1
        return match(self, path)

    def count_compiling(*_: object) -> Any:
        counter["compiled"] += 1
        raise AssertionError("compiled again")

    monkeypatch.setattr(Condition, "match", count_condition)
    monkeypatch.setattr(PathPattern, "match", count_match)
    monkeypatch.setattr(compiler, "compile_mocks", count_compiling)
    return counter


def converse(library: Namespace, path: str) -> MockConversation:
    found = library.book.find(path)
    assert found is not None
    context = make_context(HandshakeRequest(path))
    return MockConversation(context, found, "client", library.get)


def say(mock: MockConversation, text: str) -> list[str]:
    return texts(list(mock.handle(TextReceived(text, len(text)), START_TIME)))


@pytest.mark.parametrize("path", ["/501/plain", "/500/7"])
def test_message_is_tried_on_the_rules_of_its_own_endpoint_only(
    library: Namespace, looked_at: Counter[str], path: str
) -> None:
    mock = converse(library, path)
    looked_at.clear()
    assert say(mock, "last") == ["found"]
    assert looked_at == {"conditions": RULES}


def test_search_ends_with_the_first_rule_that_matches(
    library: Namespace, looked_at: Counter[str]
) -> None:
    mock = converse(library, "/501/plain")
    assert say(mock, "word 2") == ["found"]
    assert looked_at["conditions"] == 3


@pytest.mark.parametrize("key", ["json", "text"])
def test_rules_that_compare_are_looked_up_so_that_many_cost_as_much_as_one(
    looked_at: Counter[str], key: str
) -> None:
    def match(word: str) -> dict[str, Any]:
        return {"text": word} if key == "text" else {"json": {"$.type": word}}

    library = Namespace()
    many = [rule(match(f"word {number}")) for number in range(1000)]
    library.put(compile_endpoints({"path": "/a", "rules": [*many, rule(match("last"))]}))
    mock = converse(library, "/a")
    assert say(mock, "last" if key == "text" else '{"type": "last"}') == ["found"]
    assert looked_at["conditions"] == 1


def test_no_reason_is_made_for_rules_that_do_not_match(
    library: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matchers, "describe", boom)
    assert say(converse(library, "/501/plain"), "last") == ["found"]


def test_message_costs_the_same_number_of_looks_among_a_thousand_endpoints_as_alone(
    library: Namespace, looked_at: Counter[str]
) -> None:
    alone = Namespace()
    alone.put(compile_endpoints({"path": "/501/plain", "rules": rules(RULES)}))
    counts = []
    for one in (alone, library):
        mock = converse(one, "/501/plain")
        looked_at.clear()
        say(mock, "last")
        counts.append(dict(looked_at))
    assert counts[0] == counts[1]


def test_rules_of_other_triggers_are_not_looked_at(looked_at: Counter[str]) -> None:
    others = [
        {"trigger": trigger, "match": {"size": 0}, "do": ["ignore"]}
        for trigger in ("connect", "ping", "pong", "close")
        for _ in range(RULES)
    ]
    library = Namespace()
    library.put(compile_endpoints({"path": "/a", "rules": [*others, *rules(1)]}))
    mock = converse(library, "/a")
    assert say(mock, "last") == ["found"]
    assert looked_at["conditions"] == 1


def test_connection_to_a_plain_path_tries_no_pattern(
    library: Namespace, looked_at: Counter[str]
) -> None:
    converse(library, "/501/plain")
    assert looked_at["patterns"] == 0


def test_connection_to_a_captured_path_tries_its_own_pattern_only(
    library: Namespace, looked_at: Counter[str]
) -> None:
    converse(library, "/990/7")
    assert looked_at["patterns"] == 1


def test_nothing_is_looked_at_to_notice_that_nothing_changed(
    library: Namespace, looked_at: Counter[str]
) -> None:
    mock = converse(library, "/501/plain")
    library.put(compile_endpoints({"path": "/another", "rules": rules(RULES)}))
    looked_at.clear()
    assert say(mock, "word 0") == ["found"]
    assert looked_at == {"conditions": 1}
