"""AsyncAPI documents, hypothesis strategies of them, and the command that imports them."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.helpers.command import Finished, run_here
from websocket_mock.actors.documents.yaml_files import read_yaml
from websocket_mock.scripts.importing.command import main


def import_file(file: Path, *flags: str) -> Finished:
    return run_here(main, "asyncapi", str(file), *flags)


def import_document(directory: Path, document: Any, *flags: str) -> Finished:
    """Import a document that is written to a file first."""
    file = directory / "api.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return import_file(file, *flags)


def mocks_of(directory: Path, document: Any, *flags: str) -> Any:
    """Return what the mocks file for a document holds."""
    done = import_document(directory, document, *flags)
    assert (done.code, done.err) == (0, "")
    return read_yaml(done.out, json_types=True)


def endpoint_of(directory: Path, document: Any, *flags: str) -> Any:
    """Return the only endpoint of the mocks for a document."""
    (endpoint,) = mocks_of(directory, document, *flags)["endpoints"]
    return endpoint


def comments_of(directory: Path, document: Any, *flags: str) -> str:
    """Return the comments in the mocks file for a document as one line."""
    lines = import_document(directory, document, *flags).out.splitlines()
    comments = (line.strip() for line in lines)
    return " ".join(line.removeprefix("#").strip() for line in comments if line.startswith("#"))


def version2(**parts: Any) -> dict[str, Any]:
    """Return a document of AsyncAPI 2.6 with a server for WebSocket."""
    return {
        "asyncapi": "2.6.0",
        "info": {"title": "Test", "version": "1"},
        "servers": {"main": {"url": "wss://example.com", "protocol": "wss"}},
        **parts,
    }


def version3(**parts: Any) -> dict[str, Any]:
    """Return a document of AsyncAPI 3.0 with a server for WebSocket."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Test", "version": "1"},
        "servers": {"main": {"host": "example.com", "protocol": "wss"}},
        **parts,
    }


def conversation(
    received: dict[str, Any], sent: dict[str, Any] | None = None, **channel: Any
) -> dict[str, Any]:
    """Return a document of AsyncAPI 3.0 with one channel and its messages, without answers."""
    reference = {"$ref": "#/channels/chat"}
    messages = {**received, **(sent or {})}
    operations = {
        action: {
            "action": action,
            "channel": reference,
            "messages": [{"$ref": f"#/channels/chat/messages/{name}"} for name in names],
        }
        for action, names in (("receive", received), ("send", sent or {}))
        if names
    }
    return version3(
        channels={"chat": {"address": "/chat", "messages": messages, **channel}},
        operations=operations,
    )


def object_of(**properties: Any) -> dict[str, Any]:
    """Return a message whose payload must have these properties."""
    schema = {"type": "object", "required": [*properties], "properties": properties}
    return {"payload": schema}


# --- strategies -------------------------------------------------------------------------------

NAMES = st.sampled_from(["id", "type", "a b", "{x}", "items", "é", "n\n1", "{{ x }}", "\u2028"])
_NUMBERS = st.integers(-5, 5)
_SIZES = st.integers(0, 5)
_CONSTANTS = st.sampled_from([None, True, 1, 1.0, "a", "b", "{{ 1 }}", "{% x", "\x85\n", ""])
_PATTERNS = st.sampled_from(["^[a-z]+$", "a{2,3}", "(a|b)c?", "^(?!x)", "[", r"\d+-\w", r"\bx"])

_LEAVES = st.one_of(
    st.booleans(),
    st.fixed_dictionaries({"const": _CONSTANTS}),
    st.fixed_dictionaries({"enum": st.lists(_CONSTANTS, min_size=1, max_size=3)}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={
            "minimum": _NUMBERS,
            "maximum": _NUMBERS,
            "exclusiveMinimum": _NUMBERS,
            "multipleOf": st.sampled_from([1, 0.5, 3]),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "minLength": _SIZES,
            "maxLength": _SIZES,
            "pattern": _PATTERNS,
            "format": st.sampled_from(["date-time", "uuid", "email", "odd"]),
            "examples": st.lists(_CONSTANTS, max_size=2),
            "default": _CONSTANTS,
        },
    ),
    st.sampled_from(["node", "cat"]).map(lambda name: {"$ref": f"#/components/schemas/{name}"}),
    st.just({"type": ["null", "boolean"]}),
)


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=3)},
        optional={
            "required": st.lists(NAMES, max_size=2, unique=True),
            "additionalProperties": st.booleans(),
            "minProperties": _SIZES,
            "discriminator": NAMES,
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    )
    lists = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner | st.lists(inner, min_size=1, max_size=2)},
        optional={"minItems": _SIZES, "maxItems": _SIZES, "uniqueItems": st.booleans()},
    )
    parts = st.tuples(
        st.sampled_from(["allOf", "anyOf", "oneOf"]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda pair: {pair[0]: pair[1]})
    return objects | lists | parts


SCHEMAS: st.SearchStrategy[Any] = st.recursive(_LEAVES, _containers, max_leaves=8)

_MESSAGES = st.fixed_dictionaries(
    {"payload": SCHEMAS},
    optional={
        "name": NAMES,
        "summary": st.text(max_size=20),
        "contentType": st.sampled_from(["application/json", "text/plain", "image/png"]),
        "examples": st.lists(st.builds(lambda one: {"payload": one}, _CONSTANTS), max_size=2),
        "correlationId": st.sampled_from(["/id", "/items/0", "/a b", "id"]).map(
            lambda at: {"location": f"$message.payload#{at}"}
        ),
        "headers": st.just({"type": "object"}),
    },
)

_SECURITY = {
    "token": {"type": "http", "scheme": "bearer"},
    "key": {"type": "httpApiKey", "in": "query", "name": "key"},
    "other": {"type": "X509"},
}
_COMPONENTS = {
    "securitySchemes": _SECURITY,
    "schemas": {
        "node": {"properties": {"next": {"$ref": "#/components/schemas/node"}}},
        "cat": {"properties": {"type": {"const": "cat"}}, "required": ["type"]},
    },
}
_ADDRESSES = st.sampled_from(["/", "a", "/a/{id}", "a-{id}", "/a b/{a-b}/{a_b}?x", "x.{id}.y", ""])
_BINDINGS = st.fixed_dictionaries({}, optional={"query": SCHEMAS, "headers": SCHEMAS}).map(
    lambda found: {"ws": found}
)


@st.composite
def _version2(draw: st.DrawFn) -> Any:
    messages = st.lists(_MESSAGES, min_size=1, max_size=3).map(lambda found: {"oneOf": found})
    operation = (_MESSAGES | messages).map(lambda found: {"message": found})
    channel = st.fixed_dictionaries(
        {},
        optional={
            "publish": operation,
            "subscribe": operation,
            "description": st.text(max_size=20),
            "bindings": _BINDINGS,
            "parameters": st.just({"id": {"schema": {"enum": ["a", "b"]}}}),
        },
    )
    names = st.sampled_from([*_SECURITY])
    security: list[Any] = draw(
        st.lists(st.dictionaries(names, st.just([]), max_size=2), max_size=2)
    )
    server = {"url": "ws://x/{v}", "protocol": "ws", "variables": {"v": {}}, "security": security}
    return version2(
        servers={"s": server},
        channels=draw(st.dictionaries(_ADDRESSES, channel, max_size=3)),
        components=_COMPONENTS,
    )


@st.composite
def _version3(draw: st.DrawFn) -> Any:
    channels = draw(
        st.dictionaries(
            st.sampled_from(["one", "two", "on connect"]),
            st.fixed_dictionaries(
                {"messages": st.dictionaries(NAMES.filter("/".__ne__), _MESSAGES, max_size=3)},
                optional={"address": _ADDRESSES | st.none(), "bindings": _BINDINGS},
            ),
            min_size=1,
            max_size=3,
        )
    )
    references = st.sampled_from([{"$ref": f"#/channels/{name}"} for name in channels])
    operation = st.fixed_dictionaries(
        {"action": st.sampled_from(["send", "receive"]), "channel": references},
        optional={"reply": st.fixed_dictionaries({}, optional={"channel": references})},
    )
    operations = draw(st.dictionaries(st.sampled_from("abc"), operation, max_size=3))
    return version3(channels=channels, operations=operations, components=_COMPONENTS)


DOCUMENTS: st.SearchStrategy[Any] = _version2() | _version3()
"""Documents that can be imported."""
