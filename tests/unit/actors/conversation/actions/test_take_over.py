"""The action `take_over`."""

from tests.helpers.actions import SCOPE, Bench, compiled
from websocket_mock.actors.conversation.actions.take_over import DoTakeOver
from websocket_mock.actors.conversation.core import TakeOver
from websocket_mock.actors.values.models import ClientId


def test_id_is_a_template() -> None:
    action = compiled({"take_over": "c{{ n }}"})
    assert isinstance(action, DoTakeOver)
    assert action.client_id(SCOPE) == "c3"


def test_another_client_is_taken_over(bench: Bench) -> None:
    assert bench.run({"take_over": "{{ path.id }}"}) == [TakeOver(ClientId("7"))]


def test_client_does_not_take_over_itself(bench: Bench) -> None:
    assert bench.run({"take_over": "{{ client.id }}"}) == []
