"""The errors callers have to expect."""

import pytest

from websocket_mock.actors.kernel.errors import ActorError, ActorGone, AskTimeout


@pytest.mark.parametrize("error", [ActorGone, AskTimeout])
def test_every_error_is_an_actor_error(error: type[ActorError]) -> None:
    with pytest.raises(ActorError, match="reason"):
        raise error("reason")


def test_a_late_answer_and_a_gone_actor_are_told_apart() -> None:
    assert not issubclass(AskTimeout, ActorGone)
    assert not issubclass(ActorGone, AskTimeout)
