"""Makes handshake rules: what clients must show, and what their parameters must be like."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any
from urllib.parse import quote

from websocket_mock.scripts.importing.asyncapi.bundle import resolve
from websocket_mock.scripts.importing.asyncapi.model import Channel, Credential, Server
from websocket_mock.scripts.importing.draft import Part

MAX_RULES = 16
"""The most rules that the credentials of one server are worth."""

MAX_LISTED = 10
"""The most names that are listed."""

SUBPROTOCOLS = "sec-websocket-protocol"

_NUMBERS = {
    "integer": (r"^-?\d+$", "a whole number"),
    "number": (r"^-?\d+(\.\d+)?([eE][-+]?\d+)?$", "a number"),
}


def credential_rules(server: Server) -> Iterator[Part]:
    """Yield the rules that refuse clients without the credentials of a server, with 401."""
    combinations = [set(one) for one in product(*server.ways_in)] if server.ways_in else []
    for missing in combinations[:MAX_RULES]:
        ordered = sorted(missing, key=lambda one: (one.where, one.name, one.scheme))
        schemes = {one.scheme for one in ordered if one.scheme and one.where == "headers"}
        reject: dict[str, Any] = {"status": 401}
        if schemes:
            reject["headers"] = {"WWW-Authenticate": ", ".join(sorted(schemes))}
        yield Part({"match": _without(ordered), "reject": reject})


def _without(credentials: list[Credential]) -> dict[str, Any]:
    """Return the match of a client that shows none of several credentials."""
    match: dict[str, Any] = {}
    for one in credentials:
        missing: dict[str, Any] = {"present": False}
        if one.scheme:
            missing = {"not": {"starts_with": f"{one.scheme} "}}
        found = match.setdefault(one.where, {})
        found[one.name] = {"all": [found[one.name], missing]} if one.name in found else missing
    return match


def listed(names: Sequence[str]) -> str:
    """Return names as a person would list them; of many names only the first ones."""
    more = len(names) - MAX_LISTED
    shown = ", ".join(names[:MAX_LISTED])
    return f"{shown} and {more} more" if more > 0 else shown


def parameter_rules(channel: Channel, path: str, captures: Mapping[str, str]) -> Iterator[Part]:
    """Yield the rules that refuse values of the path that are not allowed, with 404."""
    for parameter in channel.parameters:
        name = captures.get(parameter.name)
        if name is None or not parameter.allowed:
            continue
        pattern = _path_pattern(path, name, parameter.allowed)
        body = f"{parameter.name} must be one of {listed(parameter.allowed)}"
        match = {"path": {"not": {"matches": pattern}}}
        yield Part({"match": match, "reject": {"status": 404, "body": body}})


def _path_pattern(path: str, name: str, allowed: tuple[str, ...]) -> str:
    parts = []
    for segment in path.split("/")[1:]:
        if segment == f"{{{name}}}":
            parts.append(f"({'|'.join(re.escape(quote(one, safe='')) for one in allowed)})")
        else:
            parts.append("[^/]+" if segment.startswith("{") else re.escape(segment))
    return f"^/{'/'.join(parts)}$"


def subprotocols_of(channel: Channel, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of an endpoint for the subprotocols that the headers ask for."""
    schema = _object(channel.headers, definitions)
    for name, one in schema.get("properties", {}).items():
        values = _values(_object(one, definitions))
        if name.lower() == SUBPROTOCOLS and values:
            keys: dict[str, Any] = {"subprotocols": [_as_text(value) for value in values]}
            return keys | ({"required_subprotocol": True} if name in _required(schema) else {})
    return {}


def binding_rules(channel: Channel, definitions: Mapping[str, Any]) -> tuple[list[Part], list[str]]:
    """Return the rules that refuse what the query and the headers must not be, with 400.

    Returns:
        The rules, and comments on what is not checked.
    """
    rules: list[Part] = []
    notes: list[str] = []
    for where, schema in (("query", channel.query), ("headers", channel.headers)):
        flat = _object(schema, definitions)
        properties = {**dict.fromkeys(_required(flat), True), **flat.get("properties", {})}
        for name, one in properties.items():
            if where == "headers" and name.lower() == SUBPROTOCOLS:
                continue
            what = f"query parameter {name}" if where == "query" else f"header {name}"
            wanted, words, unchecked = _conditions(_object(one, definitions))
            notes += [f"The {what}: {note}." for note in unchecked]
            is_required = name in _required(flat)
            if not wanted and not is_required:
                continue
            matcher: dict[str, Any] = {"not": wanted} if wanted else {"present": False}
            if not is_required:
                matcher = {"present": True, **matcher}
            problems = ["is missing"] if is_required else []
            problems += [f"is not {words}"] if wanted else []
            reject = {"status": 400, "body": f"{what} {' or '.join(problems)}"}
            rules.append(Part({"match": {where: {name: matcher}}, "reject": reject}))
    return rules, notes


def _conditions(schema: dict[str, Any]) -> tuple[dict[str, Any], str, list[str]]:
    """Return the matcher of a text that conforms, its description, and what is not checked."""
    kind = schema.get("type", "string")
    if isinstance(kind, list):
        return {}, "", ["it has several types, so it is not checked"]
    notes: list[str] = []
    values = [_as_text(one) for one in _values(schema)]
    if values:
        matcher: dict[str, Any] = {"one_of": values} if len(values) > 1 else {"equals": values[0]}
        return matcher, f"one of {', '.join(values)}" if len(values) > 1 else values[0], notes
    if kind == "boolean":
        return {"one_of": ["true", "false"]}, "true or false", notes
    unchecked = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    if kind in _NUMBERS:
        notes = [f"{key} {schema[key]} is not checked" for key in unchecked if key in schema]
        pattern, words = _NUMBERS[kind]
        return {"matches": pattern}, words, notes
    if kind in ("array", "object"):
        return {}, "", [f"what is in the {kind} is not checked"]
    wanted: dict[str, Any] = {}
    if "pattern" in schema:
        wanted["matches"] = schema["pattern"]
    length = {
        word: schema[key]
        for key, word in (("minLength", "at_least"), ("maxLength", "at_most"))
        if key in schema
    }
    return wanted | ({"length": length} if length else {}), "as it must be", notes


def _values(schema: dict[str, Any]) -> list[Any]:
    found: list[Any] = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return found if all(isinstance(one, str | int | float) for one in found) else []


def _as_text(value: Any) -> str:  # noqa: ANN401 - a text, a number or a boolean
    return str(value).lower() if isinstance(value, bool) else str(value)


MAX_PARTS = 10
"""How many `allOf` inside each other are looked into."""


def _object(schema: Any, definitions: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:  # noqa: ANN401 - a JSON Schema
    """Return a schema without references and `allOf` at its top."""
    found = resolve(schema, definitions)
    if not isinstance(found, dict) or depth == MAX_PARTS:
        return {}
    flat = {key: value for key, value in found.items() if key != "allOf"}
    for part in found.get("allOf", ()):
        more = _object(part, definitions, depth + 1)
        flat = {
            **more,
            **flat,
            "properties": {**more.get("properties", {}), **flat.get("properties", {})},
            "required": [*_required(more), *_required(flat)],
        }
    return flat


def _required(schema: dict[str, Any]) -> list[str]:
    found: list[str] = schema.get("required", [])
    return found
