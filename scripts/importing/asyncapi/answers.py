"""Makes the actions that send the messages of a description."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from websocket_mock.actors.matching.json_schema import compile_check
from websocket_mock.scripts.importing.asyncapi.bundle import closed
from websocket_mock.scripts.importing.asyncapi.model import Message, Steps
from websocket_mock.scripts.importing.asyncapi.sampling import sample
from websocket_mock.scripts.importing.asyncapi.shapes import Shapes

MAX_EXAMPLES = 5
"""The most examples of a message that are sent one after the other."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload to send, with comments on it."""

    value: Any
    notes: tuple[str, ...] = ()


class Answers:
    """Makes `send` actions.

    Args:
        definitions: the schemas that those of the messages refer to.
        seed: the seed of what is generated.
    """

    def __init__(self, definitions: Mapping[str, Any], seed: str) -> None:
        self._definitions, self._seed = definitions, seed
        self._shapes = Shapes(definitions)
        self._payloads: dict[int, list[Payload]] = {}
        self.breaking: list[str] = []
        """The messages for whose schemas no value was found."""

    def payloads(self, message: Message) -> list[Payload]:
        """Return the examples of a message that conform to its schema, or else a sample."""
        if id(message) not in self._payloads:
            self._payloads[id(message)] = self._payloads_of(message)
        return self._payloads[id(message)]

    def _payloads_of(self, message: Message) -> list[Payload]:
        if message.schema is None or message.form == "binary":
            examples = [Payload(one) for one in message.examples[:MAX_EXAMPLES]]
            return examples or [Payload({} if message.form == "json" else "")]
        try:
            check = compile_check(closed(message.schema, self._definitions))
        except ValueError as error:  # such as one that is nested too deeply
            self.breaking.append(message.name)
            value = message.examples[0] if message.examples else {}
            return [Payload(value, (f"The schema of {message.name} is {error}.",))]
        fitting, notes = [], []
        for example in message.examples:
            why = _why(check, example)
            if why:
                notes.append(
                    f"An example of {message.name} is not sent, as its schema says no: {why}"
                )
            else:
                fitting.append(Payload(example))
        if not fitting:
            value, why = sample(message.schema, self._definitions, f"{self._seed}/{message.name}")
            if why:
                notes = [f"{message.name} does not conform to its own schema: {why}"]
                self.breaking.append(message.name)
                value = message.examples[0] if message.examples else value
            fitting = [Payload(value)]
        first = Payload(fitting[0].value, tuple(notes))
        return [first, *fitting[1:MAX_EXAMPLES]]

    def send(
        self, message: Message, payload: Payload, to: str | None, request: Message | None = None
    ) -> dict[str, Any]:
        """Return the action that sends a payload of a message.

        Args:
            message: the message.
            payload: one of its payloads.
            to: the endpoint whose clients get it; None: the client that caused it.
            request: the message that it answers.
        """
        target = {} if to is None else {"to": {"endpoint": to}}
        if message.form == "binary":
            return {"send": {**target, "binary": _as_bytes(payload.value)}}
        value = payload.value
        if message.form == "text":
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            return {"send": {**target, "text": text, **_literal(text)}}
        places = None if request is None else self._places_of_id(request, message)
        if request is None or places is None:
            return {"send": {**target, "json": value, **_literal(value)}}
        asked, answered = places
        ids = self._id_of(request, asked, _at(value, answered))
        return {"send": {**target, "json": _with(_escaped(value), answered, ids)}}

    def _places_of_id(self, request: Message, answer: Message) -> tuple[Steps, Steps] | None:
        """Return where the id is in a request and in its answer; None: nowhere.

        If only one of them says where it is, the other one may have it at the same place.
        """
        asked, answered = request.correlation, answer.correlation
        if asked and not answered and self._has(answer, asked):
            answered = asked
        if answered and not asked and self._has(request, answered):
            asked = answered
        is_json = request.form == "json"
        return (asked, answered) if asked and answered and is_json else None

    def _has(self, message: Message, steps: Steps) -> bool:
        return steps[0] in self._shapes.keys(message.schema)[0]

    def _id_of(self, request: Message, steps: Steps, otherwise: Any) -> str:  # noqa: ANN401 - a JSON value
        """Return the template that repeats the id of a request."""
        is_required = self._shapes.requires(request.schema, steps)
        expression = "message.json"
        for index, step in enumerate(steps):
            if index and not is_required:
                expression = f"({expression} | default({{}}))"
            is_name = isinstance(step, str) and _NAME.fullmatch(step) and not hasattr(dict, step)
            expression += f".{step}" if is_name else f"[{json.dumps(step)}]"
        if not is_required:
            expression += f" | default({_constant(otherwise)})"
        return f"{{{{ {expression} }}}}"


def _constant(value: Any) -> str:  # noqa: ANN401 - a JSON value
    """Return a value as an expression of a template."""
    if value is None or isinstance(value, dict | list):
        return "none"
    return json.dumps(value)


def _why(check: Any, value: Any) -> str:  # noqa: ANN401 - a function, a JSON value
    try:
        return str(check(value))
    except Exception as error:  # noqa: BLE001 - such as a reference without an end
        return f"the check failed: {error}"


def _at(value: Any, steps: Steps) -> Any:  # noqa: ANN401 - a JSON value
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _with(value: Any, steps: Steps, put: Any) -> Any:  # noqa: ANN401 - a JSON value
    """Return a value in which a part is replaced, or added to an object."""
    if not steps:
        return put
    step, *rest = steps
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [*value[:step], _with(value[step], tuple(rest), put), *value[step + 1 :]]
    if isinstance(value, dict):
        return {**value, str(step): _with(value.get(str(step), {}), tuple(rest), put)}
    return value


def _as_bytes(value: Any) -> str:  # noqa: ANN401 - a JSON value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"base64:{base64.b64encode(text.encode()).decode()}"


_NAME = re.compile(r"[A-Za-z_]\w*")
_TEMPLATE = re.compile(r"\{[{%#]")


def _literal(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a JSON value
    """Return the key of `send` that a value needs if a text in it looks like a template."""
    return {"template": False} if _has_template(value) else {}


def _has_template(value: Any) -> bool:  # noqa: ANN401 - a JSON value
    if isinstance(value, dict):
        return any(_has_template(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return any(map(_has_template, value))
    return isinstance(value, str) and _TEMPLATE.search(value) is not None


def _escaped(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    """Return a value whose texts, as templates, are what they were."""
    if isinstance(value, dict):
        return {_escaped(key): _escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    if isinstance(value, str) and _TEMPLATE.search(value):
        return f"{{{{ {json.dumps(value)} }}}}"
    return value
