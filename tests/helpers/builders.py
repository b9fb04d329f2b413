"""Builds the documents of mocks with the methods of the Python API."""

from collections.abc import Mapping
from typing import Any

from websocket_mock import Actions, actions
from websocket_mock.testing.answering import Answering
from websocket_mock.testing.rules import Rule

CONDITIONS = ("name", "when", "state", "priority", "times", "after_times", "every_nth")


class AcceptingHost:
    """Stands for a server that accepts every definition."""

    is_strict = False

    def put(self, _document: Any, _functions: Any) -> dict[str, Any]:
        return {"errors": [], "warnings": []}


def build(document: Mapping[str, Any]) -> Answering:
    """Return an endpoint on which each method was called that the document needs."""
    options = {key: one for key, one in document.items() if key not in ("rules", "script")}
    endpoint = Answering(AcceptingHost(), options)  # type: ignore[arg-type] # all that it uses
    for rule in document.get("rules", ()):
        add_actions(_rule(endpoint, rule), rule["do"])
    for step in document.get("script", ()):
        if "expect" in step:
            within = {name: step[name] for name in ("within",) if name in step}
            endpoint.script().expect(**step["expect"], **within)
        else:
            add_actions(endpoint.script(), [step])
    return endpoint


def _rule(endpoint: Answering, rule: Mapping[str, Any]) -> Rule:
    given = {**rule.get("match", {}), **{key: rule[key] for key in CONDITIONS if key in rule}}
    match rule.get("trigger", "message"):
        case "message":
            return endpoint.on(**given)
        case "connect":
            return endpoint.on_connect(**given)
        case "ping":
            return endpoint.on_ping(**given)
        case "pong":
            return endpoint.on_pong(**given)
        case "close":
            return endpoint.on_close(**given)
        case "end":
            return endpoint.on_end(**given)
        case "idle":
            return endpoint.on_idle(rule["after"], **given)
        case _:
            return endpoint.on_timer(rule["after"], interval=rule.get("interval"), **given)


def add_actions(target: Actions, documents: list[Any]) -> Actions:
    """Add each action with the method of its name."""
    for one in documents:
        _add(target, {"ignore": True} if one == "ignore" else one)
    return target


def _list(documents: list[Any] | None) -> Actions:
    return add_actions(actions(), documents or [])


def _add(target: Actions, action: Any) -> None:
    match action:
        case {"after": given}:
            delay, inner = given["delay"], _list(given["do"])
            target.after(delay, inner, name=given.get("name"))
        case {"every": given}:
            parts = {key: one for key, one in given.items() if key not in ("interval", "do")}
            if "then" in parts:
                parts["then"] = _list(parts["then"])
            target.every(given["interval"], _list(given["do"]), **parts)
        case {"for_each": given}:
            target.for_each(given["in"], _list(given["do"]))
        case {"choose": given}:
            otherwise = _list(given["else"]) if "else" in given else None
            target.choose(given["from"], given["by"], _list(given["do"]), otherwise)
        case {"when": condition, "do": inner}:
            otherwise = _list(action["else"]) if "else" in action else None
            target.when(condition, _list(inner), otherwise)
        case {"send": given}:
            target.send(**given)
        case {"ping": given}:
            target.ping(**given)
        case {"close": given}:
            target.close(**given)
        case {"ignore": _}:
            target.ignore()
        case {"fault": fault}:
            target.raise_fault(fault)
        case _:
            ((name, value),) = action.items()
            getattr(target, name)(value)
