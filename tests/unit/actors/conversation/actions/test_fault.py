"""The action `fault`."""

import pytest

from tests.helpers.actions import Bench, compiled
from websocket_mock.actors.conversation.action import BadAction
from websocket_mock.actors.conversation.core import RaiseFault


def test_fault_is_raised(bench: Bench) -> None:
    (effect,) = bench.run({"fault": {"drop": {}, "name": "loss"}})
    assert isinstance(effect, RaiseFault)
    assert (effect.fault.label, effect.fault.kind) == ("loss", "drop")


def test_fault_of_the_handshake_is_refused() -> None:
    with pytest.raises(BadAction, match="happens at the handshake; put it under `faults`"):
        compiled({"fault": "wrong_accept"})


def test_matcher_that_is_not_valid_is_refused() -> None:
    with pytest.raises(BadAction, match="match: "):
        compiled({"fault": {"drop": {}, "match": {"text": {"matches": "("}}}})
