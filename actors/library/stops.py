"""Looks through the actions of an endpoint: which `stop` ends nothing, which states are set."""

from collections.abc import Iterator, Sequence

from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.mocks import Endpoint
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.matching.units import is_template


def find_idle_stops(endpoint: Endpoint) -> Iterator[tuple[Place, str]]:
    """Yield the place and the name of each `stop` whose name no `every` or `after` has.

    A template may render to any name, so it is assumed to match.
    """
    actions = list(actions_of(endpoint))
    timed = [action.timed for _, action in actions if action.timed is not None]
    started = {one.name for one in timed if one.name is not None}
    is_open = any(is_template(name) for name in started)
    for place, action in actions:
        name = action.stop
        if name is None or name in started or is_open or (started and is_template(name)):
            continue
        yield (*place, "stop"), name


def states_set(endpoint: Endpoint) -> set[str]:
    """Return every state that an action of an endpoint sets."""
    return {action.state for _, action in actions_of(endpoint) if action.state is not None}


def actions_of(endpoint: Endpoint) -> Iterator[tuple[Place, Action]]:
    """Yield every action of an endpoint, at any depth, with its place in the endpoint."""
    for index, rule in enumerate(endpoint.rules):
        yield from _within(rule.do, ("rules", index, "do"))
    yield from _within(endpoint.script or (), ("script",))


def _within(actions: Sequence[Action], place: Place) -> Iterator[tuple[Place, Action]]:
    for index, action in enumerate(actions):
        here = (*place, index)
        yield here, action
        for keys, inner in action.inner():
            yield from _within(inner, (*here, *keys))
