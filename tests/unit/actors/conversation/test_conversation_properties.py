"""Any rule set and any messages: nothing raises, and the same comes of the same."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.conversation import Conversation, converse
from tests.helpers.mock_strategies import ENDPOINTS, EVENTS
from websocket_mock.actors.conversation.core import Effect, Event, RaiseFault
from websocket_mock.actors.conversation.sandbox import MAX_TEXT
from websocket_mock.actors.values.effects import SendBinary, SendFragments, SendText

MOST = settings(suppress_health_check=[HealthCheck.too_slow])


def talk(mock: Conversation, events: list[Event]) -> list[Effect]:
    """All that comes of the events, with some time after each."""
    effects = mock.open()
    for event in events:
        effects += mock.handle(event)
        effects += mock.advance(0.5)
    return effects + mock.advance(3)


@given(ENDPOINTS, st.lists(EVENTS, max_size=5))
@MOST
def test_nothing_raises(endpoint: dict[str, Any], events: list[Event]) -> None:
    for effect in talk(converse(**endpoint), events):
        if isinstance(effect, SendText | SendBinary | SendFragments):
            assert isinstance(effect.payload, bytes)
            assert len(effect.payload) <= 4 * MAX_TEXT


@given(ENDPOINTS, st.lists(EVENTS, max_size=4))
@MOST
def test_same_seed_and_same_messages_give_the_same_answers(
    endpoint: dict[str, Any], events: list[Event]
) -> None:
    first, second = (
        # Compiled conditions are not compared.
        [one.fault.source if isinstance(one, RaiseFault) else one for one in talk(mock, events)]
        for mock in (converse(**endpoint), converse(**endpoint))
    )
    assert first == second


@given(ENDPOINTS, ENDPOINTS, st.lists(EVENTS, max_size=3), st.booleans())
@MOST
def test_nothing_raises_when_the_mock_changes_in_between(
    before: dict[str, Any], after: dict[str, Any], events: list[Event], is_removed: bool
) -> None:
    mock = converse(**before)
    talk(mock, events)
    if is_removed:
        mock.remove()
        talk(mock, events)
    mock.change(**after)
    talk(mock, events)
