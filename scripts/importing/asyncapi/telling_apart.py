"""Finds the conditions by which the messages of one channel are told apart."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from websocket_mock.scripts.importing.asyncapi.model import Message
from websocket_mock.scripts.importing.asyncapi.shapes import Constant, Path, Shapes, is_same

USUAL = ("type", "event", "op", "action", "method", "kind", "cmd", "command", "name", "messageType")
"""Keys that most often say what a message is; they are tried first."""

MAX_PRESENT = 3
"""The most keys that a condition asks for when there are no constants."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A message with the conditions that it is recognised by."""

    message: Message
    match: dict[str, Any]
    """As `match` of a rule; empty: any message."""
    twin: Message | None = None
    """A message before it with the same conditions, so that this one never matches."""


def tell_apart(messages: Sequence[Message], definitions: Mapping[str, Any]) -> list[Recognised]:
    """Return the messages with their conditions, the ones with the most conditions first.

    Args:
        messages: what one endpoint receives.
        definitions: the schemas that those of the messages refer to.
    """
    of_json = [one for one in messages if one.form == "json"]
    shapes = [_Shape(one, definitions) for one in of_json]
    found: list[tuple[int, Message, dict[str, Any]]] = []
    for shape in shapes:
        weight, match = shape.match([one for one in shapes if one is not shape])
        if not match and len(messages) > 1:
            match = {"json": {"present": True}}
        found.append((weight, shape.message, match))
    of_bytes = [one for one in messages if one.form == "binary"]
    found += [(1, one, _match_of_bytes(messages)) for one in of_bytes]
    for one in messages:
        if one.form == "text":
            match = _match_of_text(one, messages)
            found.append((_TOLD if "text" in match else 0, one, match))
    found.sort(key=lambda each: -each[0])
    first: dict[str, Message] = {}
    made = []
    for _, message, match in found:
        key = json.dumps(match, sort_keys=True)
        made.append(Recognised(message, match, first.get(key)))
        first.setdefault(key, message)
    return made


_TOLD, _CONSTANT = 100, 10
"""What counts for the order: that it is told apart from all others, and each constant."""


def _match_of_bytes(messages: Sequence[Message]) -> dict[str, Any]:
    return {} if len(messages) == 1 else {"type": "binary"}


def _match_of_text(message: Message, messages: Sequence[Message]) -> dict[str, Any]:
    schema = message.schema if isinstance(message.schema, dict) else {}
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values and all(isinstance(one, str) for one in values):
        return {"text": values[0] if len(values) == 1 else {"one_of": values}}
    if "pattern" in schema:
        return {"text": {"matches": schema["pattern"]}}
    return {} if len(messages) == 1 else {"type": "text"}


class _Shape:
    """What is known of the payload of a message."""

    def __init__(self, message: Message, definitions: Mapping[str, Any]) -> None:
        self.message = message
        reader = Shapes(definitions)
        self.constants = reader.constants(message.schema, (), is_required=True)
        self.keys, self.required = reader.keys(message.schema)

    def match(self, others: Sequence["_Shape"]) -> tuple[int, dict[str, Any]]:
        """Return the conditions that tell it from others, as far as there are any.

        Returns:
            How much they tell, and the `match`.
        """
        telling = [path for path, one in self.constants.items() if one.is_telling]
        telling.sort(key=lambda path: (_usual(path), len(path)))
        chosen = [path for path in telling if all(self._differs(one, path) for one in others)][:1]
        left = [one for one in others if not any(self._differs(one, path) for path in telling)]
        if not chosen:
            useful = [path for path in telling if any(self._differs(one, path) for one in others)]
            chosen = useful or [path for path in telling if _is_usual(path)][:1] or telling[:1]
        weight = len(chosen) * _CONSTANT + (0 if left or not chosen else _TOLD)
        conditions = {_json_path(path): _condition(self.constants[path]) for path in chosen}
        if not chosen or left:
            constant = {path[0] for path in self.constants if len(path) == 1}
            keys = [key for key in self._own_keys(left) if not (chosen and key in constant)]
            conditions |= {_json_path((key,)): {"present": True} for key in keys[:MAX_PRESENT]}
        if conditions:
            return weight + len(conditions), {"json": conditions}
        return 0, {}

    def _own_keys(self, others: Sequence["_Shape"]) -> list[str]:
        """Return the keys that it has and these others do not, the required ones if it has any."""
        taken = {key for one in others for key in one.keys}
        required = [key for key in self.keys if key in self.required and key not in taken]
        return required or ([key for key in self.keys if key not in taken] if others else [])

    def _differs(self, other: "_Shape", path: Path) -> bool:
        """Tell whether a constant of this message cannot be one of the other message."""
        found = other.constants.get(path)
        if found is None:
            # The other one may have any value there, but it is tried later.
            return path[0] not in other.keys
        own = self.constants[path].values
        return not any(is_same(one, two) for one in own for two in found.values)


def _is_usual(path: Path) -> bool:
    return path[-1] in USUAL


def _usual(path: Path) -> int:
    return USUAL.index(path[-1]) if _is_usual(path) else len(USUAL)


def _condition(constant: Constant) -> Any:  # noqa: ANN401 - a matcher
    if len(constant.values) > 1:
        return {"one_of": list(constant.values)}
    (value,) = constant.values
    return {"equals": None} if value is None else value


def _json_path(path: Path) -> str:
    steps = (
        f".{one}" if re.fullmatch(r"[A-Za-z_]\w*", one) else f"[{_quoted(one)}]" for one in path
    )
    return "$" + "".join(steps)


def _quoted(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)
