"""Finds unknown names in templates, such as ``{{ mesage.text }}``."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from websocket_mock.actors.conversation.names import HTTP_NAMES, NAMES
from websocket_mock.actors.conversation.templates import BadTemplate, references
from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.http import HttpRule
from websocket_mock.actors.documents.mocks import Endpoint
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.matching.units import is_template
from websocket_mock.actors.values.suggestions import nearest

Known = Mapping[str, Collection[str] | None]
"""Names with their attributes, like `NAMES`."""

_BUILT_IN = ("range",)
"""The functions of the template language."""


def find_unknown_names(
    endpoint: Endpoint, captures: Collection[str]
) -> Iterator[tuple[Place, str]]:
    """Yield the place of each template with an unknown name, and what is wrong with it.

    Args:
        endpoint: the endpoint whose templates are checked. The places are relative to it.
        captures: the names that its path captures.
    """
    known = {
        **NAMES,
        "path": frozenset(captures),
        "message.fields": frozenset(endpoint.fields),
    }
    for index, rule in enumerate(endpoint.rules):
        here: Place = ("rules", index)
        for key, value in (("when", rule.when), ("times", rule.times)):
            yield from _in_value(value, (*here, key), known)
        yield from _in_actions(rule.do, (*here, "do"), known)
    for index, answer in enumerate(endpoint.http):
        yield from _in_http(answer, ("http", index), {**known, **HTTP_NAMES})
    for index, step in enumerate(endpoint.script or ()):
        if step.expect is None:
            yield from _in_action(step, ("script", index), known)
        else:
            yield from _in_value(step.within, ("script", index, "within"), known)


def _in_http(rule: HttpRule, place: Place, known: Known) -> Iterator[tuple[Place, str]]:
    for key, value in (("when", rule.when), ("wait_for", rule.wait_for)):
        yield from _in_value(value, (*place, key), known)
    yield from _in_actions(rule.do, (*place, "do"), known)
    if rule.respond is None:
        return
    here = (*place, "respond")
    written = rule.respond.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for index, event in enumerate(rule.respond.events or ()):
        # The lists of actions inside may see other names.
        written["events"][index].pop("do", None)
        yield from _in_actions(event.do, (*here, "events", index, "do"), known)
    yield from _in_value(written, here, known)


def _in_actions(
    actions: Sequence[Action], place: Place, known: Known
) -> Iterator[tuple[Place, str]]:
    for index, action in enumerate(actions):
        yield from _in_action(action, (*place, index), known)


def _in_action(action: Action, place: Place, known: Known) -> Iterator[tuple[Place, str]]:
    written = action.model_dump(mode="json", by_alias=True, exclude_unset=True)
    inner = dict(action.inner())
    for keys in inner:
        _remove(written, keys)
    yield from _in_value(written, place, known)
    binding = action.for_each or action.choose
    bound = known if binding is None else {**known, binding.as_: None}
    for keys, actions in inner.items():
        is_chosen = keys != ("choose", "else")
        yield from _in_actions(actions, (*place, *keys), bound if is_chosen else known)


def _remove(written: dict[str, Any], keys: Sequence[str]) -> None:
    """Remove a list of actions, whose templates may see other names."""
    *outer, last = keys
    for key in outer:
        written = written[key]
    written.pop(last, None)


def _in_value(value: Any, place: Place, known: Known) -> Iterator[tuple[Place, str]]:  # noqa: ANN401
    for where, text in _templates(value, place):
        try:
            found = references(text)
        except BadTemplate:
            continue  # the compiler reports it as an error
        for name, attribute in found:
            problem = _why_unknown(name, attribute, known)
            if problem is not None:
                yield where, problem


def _why_unknown(name: str, attribute: str | None, known: Known) -> str | None:
    """Return what is wrong with a name or its attribute; None if nothing is wrong."""
    if attribute is None:
        if name in known or name in _BUILT_IN:
            return None
        names = sorted(one for one in known if "." not in one)
        return f"there is no {name!r} in templates; {nearest(name, names)}"
    attributes = known.get(name)
    if attributes is None or attribute in attributes:
        return None
    hint = nearest(attribute, sorted(attributes)) if attributes else "it has no attributes"
    return f"{name!r} has no {attribute!r}; {hint}"


def _templates(written: Any, place: Place) -> Iterator[tuple[Place, str]]:  # noqa: ANN401
    """Yield the texts that contain templates, each with its place."""
    if isinstance(written, str):
        if is_template(written):
            yield place, written
    elif isinstance(written, dict):
        if written.get("template") is False:
            return
        for key, item in written.items():
            yield from _templates(item, (*place, key))
    elif isinstance(written, list):
        for index, item in enumerate(written):
            yield from _templates(item, (*place, index))
