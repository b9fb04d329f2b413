"""The recipes of the skill: the tool calls under each of its headings."""

import json
import re
from dataclasses import dataclass
from typing import Any

from websocket_mock.skills import SKILL_FILE

_BLOCK = re.compile(r"^```json\n(.*?)^```", re.DOTALL | re.MULTILINE)
_CALL = re.compile(r"^(\w+)\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as a page writes it: `tool({"name": value, …})`."""

    tool: str
    arguments: dict[str, Any]


def calls_in(text: str) -> list[Call]:
    """The calls in the JSON blocks of a page."""
    found = []
    for block in _BLOCK.findall(text):
        for call in _CALL.finditer(block):
            rest = block[call.end() :]
            arguments = {} if rest.startswith(")") else json.JSONDecoder().raw_decode(rest)[0]
            found.append(Call(call[1], arguments))
    return found


def recipes() -> dict[str, list[Call]]:
    """The calls of each recipe, by its heading."""
    _, *sections = re.split(r"^## ", SKILL_FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    parts = (section.partition("\n") for section in sections)
    return {heading: calls_in(body) for heading, _, body in parts}
