"""Rules are looked up: those that fire are the same as if one after the other was tried."""

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.comparisons import CONDITIONS, TEXTS
from tests.helpers.conversation import Conversation
from tests.helpers.mocks import compile_endpoint
from websocket_mock.actors.conversation.compiled import CompiledEndpoint, RuleList
from websocket_mock.actors.conversation.core import Effect
from websocket_mock.actors.values.inbound import BinaryReceived, TextReceived

RULES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "do": st.sampled_from(
            [
                ["ignore"],
                [{"state": "live"}],
                [{"state": "initial"}],
                [{"send": {"text": "{{ match }}"}}],
            ]
        )
    },
    optional={
        "match": CONDITIONS,
        "state": st.sampled_from(["initial", "live", ["initial", "live"]]),
        "times": st.sampled_from([1, 2, "{{ message.json.a }}"]),
        "when": st.sampled_from(["{{ message.json.a }}", "{{ 'x' + 1 }}", "{{ false }}"]),
        "after_times": st.integers(0, 2),
        "every_nth": st.integers(1, 2),
        "priority": st.integers(0, 1),
    },
)
MESSAGES = TEXTS.map(lambda text: TextReceived(text, len(text.encode()))) | st.sampled_from(
    [b"a", b""]
).map(BinaryReceived)


def one_by_one(endpoint: CompiledEndpoint) -> CompiledEndpoint:
    """The endpoint with lists of rules that are all tried."""

    def scan(rules: RuleList) -> RuleList:
        scanned = RuleList(rules)
        scanned.find = lambda _: rules
        return scanned

    return replace(endpoint, rules={key: scan(rules) for key, rules in endpoint.rules.items()})


def talk(endpoint: CompiledEndpoint, events: list[Any]) -> tuple[list[list[Effect]], list[str]]:
    """The effects of each event, and the rules that fired."""
    mock = Conversation(endpoint)
    return [mock.open(), *map(mock.handle, events)], mock.fired


@given(st.lists(RULES, min_size=1, max_size=8), st.lists(MESSAGES, max_size=5))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_looked_up_rules_do_what_rules_tried_one_by_one_do(
    rules: list[dict[str, Any]], events: list[Any]
) -> None:
    endpoint = compile_endpoint(rules=rules, unmatched="error")
    assert talk(endpoint, events) == talk(one_by_one(endpoint), events)
