"""Writes a mocks document with its comments as YAML."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from websocket_mock.actors.documents.yaml_writing import WIDTH, write_yaml
from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.importing.draft import EndpointDraft, MocksDraft, Part

STEP = "  "


def write_mocks(draft: MocksDraft) -> str:
    """Return the text of a mocks file."""
    lines = [*_comment(draft.comments, "", between="#"), ""]
    if not draft.endpoints:
        return "\n".join([*lines, "endpoints: []", ""])
    lines.append("endpoints:")
    for index, endpoint in enumerate(draft.endpoints):
        lines += [""] if index and lines[-1] else []
        lines += _endpoint(endpoint)
    return "\n".join([*lines, ""])


def _endpoint(endpoint: EndpointDraft) -> Iterator[str]:
    yield from _comment(endpoint.comments, STEP)
    yield from _item(_keys(endpoint.keys), STEP)
    for key, parts in (("handshake", endpoint.handshake), ("rules", endpoint.rules)):
        if parts:
            yield f"{STEP * 2}{key}:"
            for part in parts:
                yield from _part(part, STEP * 3)
    yield from _indented(_keys(endpoint.contracts), STEP * 2)


def _part(part: Part, indent: str) -> Iterator[str]:
    yield from _comment(part.comments, indent)
    yield from _item(_keys(part.body), indent)
    for action in part.others:
        # As a comment, at the place where it would stand in `do`.
        yield from _indented(_item(_keys(action), ""), f"{indent}{STEP * 2}# ")


def _keys(value: dict[str, Any]) -> list[str]:
    return write_yaml(value).removesuffix("\n").split("\n") if value else []


def _item(lines: Sequence[str], indent: str) -> Iterator[str]:
    """Yield the lines of an item of a list."""
    for index, line in enumerate(lines):
        yield f"{indent}{STEP if index else '- '}{line}" if line else ""


def _indented(lines: Sequence[str] | Iterator[str], indent: str) -> Iterator[str]:
    for line in lines:
        yield f"{indent}{line}" if line else ""


def _comment(paragraphs: Sequence[str], indent: str, between: str = "") -> Iterator[str]:
    """Yield paragraphs as comments; `between` stands between two of them."""
    for index, paragraph in enumerate(paragraphs):
        if index and between:
            yield f"{indent}{between}"
        # A line of its own must not begin in the middle of what comes from the description.
        text = printable(" ".join(paragraph.split()))
        wrapped = textwrap.wrap(
            text, WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False
        )
        yield from (f"{indent}# {line}" for line in wrapped)
