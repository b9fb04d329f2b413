"""Reads the messages of an AsyncAPI document."""

from collections.abc import Sequence
from typing import Any

from websocket_mock.scripts.importing.asyncapi.bundle import Schemas, resolve
from websocket_mock.scripts.importing.asyncapi.model import Form, Message, Steps
from websocket_mock.scripts.importing.nodes import Node, plain

MAX_ANSWERS = 3
"""How many `x-response` in a row are followed."""

JSON_SCHEMAS = (
    "application/schema+json",
    "application/schema+yaml",
    "application/vnd.aai.asyncapi",
)
"""What the format of a schema begins with if it is JSON Schema."""

TEXTS = ("text/", "application/xml", "application/yaml", "application/x-yaml")

PAYLOAD = "$message.payload#"
"""What the location of a correlation id begins with if it is in the payload."""


class Overlaid:
    """A part of a document together with its traits.

    Args:
        node: the part.
        traits_win: whether a trait replaces what the part has, as in AsyncAPI 2.
    """

    def __init__(self, node: Node, *, traits_win: bool) -> None:
        traits = list(node.get("traits").members()) if node else []
        # Of several traits the last one wins.
        layers = [*reversed(traits), node] if traits_win else [node, *reversed(traits)]
        self.node = node
        self._layers = layers

    def get(self, key: str) -> Node:
        """Return what is under a key in the first layer that has it."""
        for layer in self._layers:
            if isinstance(layer.value, dict) and key in layer.value:
                return layer.get(key)
        return self.node.get(key)

    def text(self, key: str) -> str:
        """Return the text under a key; empty if there is none."""
        found = self.get(key)
        return found.as_text() if found else ""

    def summary(self) -> str:
        """Return the summary, or else the first paragraph of the description, or else the title."""
        description = self.text("description").strip().partition("\n\n")[0]
        return self.text("summary").strip() or description or self.text("title").strip()


class Messages:
    """Reads messages. Not thread-safe.

    Args:
        root: the document.
        schemas: where the schemas of payloads go.
        traits_win: as for `Overlaid`.
    """

    def __init__(self, root: Node, schemas: Schemas, *, traits_win: bool) -> None:
        self._content_type = root.text("defaultContentType")
        self._schemas, self._traits_win = schemas, traits_win

    def read(self, node: Node, name: str, depth: int = 0) -> Message:
        """Return a message.

        Args:
            node: the message.
            name: its name if it does not say it itself.
            depth: how many messages it answers in a row.
        """
        part = Overlaid(node, traits_win=self._traits_win)
        self._schemas.take_left_out()
        notes: list[str] = []
        schema = self._schema(part, notes)
        form = self._form(part, schema)
        notes += [f"{name}: {one}." for one in self._schemas.take_left_out()]
        if part.get("headers"):
            notes.append(f"{name} has headers; a WebSocket message has none.")
        answer = part.get("x-response")
        answers: tuple[Message, ...] = ()
        if answer and depth < MAX_ANSWERS:
            answers = tuple(self.read(one, one.label, depth + 1) for one in alternatives(answer))
        return Message(
            name=name,
            form=form,
            summary=part.summary(),
            schema=schema,
            examples=tuple(_examples(part.get("examples"))),
            correlation=self._correlation(part.get("correlationId"), name, notes),
            answers=answers,
            notes=tuple(notes),
        )

    def _schema(self, part: Overlaid, notes: list[str]) -> Any:  # noqa: ANN401 - a JSON Schema
        """Return the schema of the payload; None if there is none, or one of another kind."""
        owner = part.node if part.node.child("payload").value is not None else None
        if owner is None:
            return None
        payload, form = owner.child("payload"), part.text("schemaFormat")
        inner = payload.followed()
        if isinstance(inner.value, dict) and "schemaFormat" in inner.value:
            form, payload = inner.text("schemaFormat"), inner.child("schema")
        if form and not form.startswith(JSON_SCHEMAS):
            notes.append(
                f"The schema of the payload is of the format {form}, so it is not checked."
            )
            return None
        return None if payload.value is None else self._schemas.add(payload)

    def _form(self, part: Overlaid, schema: Any) -> Form:  # noqa: ANN401 - a JSON Schema
        content_type = (part.text("contentType") or self._content_type).partition(";")[0].strip()
        found = resolve(schema, self._schemas.definitions)
        shape = found if isinstance(found, dict) else {}
        if not content_type:
            if shape.get("type") != "string":
                return "json"
            return "binary" if shape.get("format") == "binary" else "text"
        if content_type.endswith(("/json", "+json")):
            return "json"
        return "text" if content_type.startswith(TEXTS) else "binary"

    def _correlation(self, node: Node, name: str, notes: list[str]) -> Steps | None:
        location = node.text("location") if node else ""
        if not location:
            return None
        begin, _, pointer = location.partition("#")
        if f"{begin}#" != PAYLOAD or not pointer.startswith("/"):
            notes.append(
                f"{name}: its correlation id is at {location}, which is not in the payload."
            )
            return None
        tokens = [one.replace("~1", "/").replace("~0", "~") for one in pointer.split("/")[1:]]
        return tuple(int(one) if one.isdecimal() else one for one in tokens)


def alternatives(node: Node) -> Sequence[Node]:
    """Return the messages of `message` in AsyncAPI 2: one, or several under `oneOf`."""
    is_several = isinstance(node.value, dict) and "oneOf" in node.value
    return list(node.get("oneOf").members()) if is_several else [node]


def _examples(node: Node) -> Sequence[Any]:
    found = []
    for one in node.members():
        value = plain(one.value)
        if isinstance(value, dict) and "payload" in value:
            found.append(value["payload"])
        elif not (isinstance(value, dict) and set(value) <= {"headers", "name", "summary"}):
            found.append(value)  # as in AsyncAPI 2.0
    return found
