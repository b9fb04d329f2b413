"""Writes a definition as YAML, in the way in which a person would write it."""

import json
import re
from typing import Any

import yaml

from websocket_mock.actors.documents.yaml_files import DIGITS, FLOAT, JSON_FLOAT, NotYaml, read_yaml

WIDTH = 100
"""Columns after which a long line is broken, where it can be."""

SHORT = 72
"""The most columns of a list or mapping that is written on one line."""


def write_yaml(definition: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a definition as YAML or, where YAML would read it as another value, as JSON.

    Keys keep their order. What is short is on one line, but an endpoint and its rules have a line
    for each key. Characters that are not printable are escaped as in YAML.

    Args:
        definition: a JSON value.
    """
    text = str(
        yaml.dump(definition, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=WIDTH)
    )
    try:
        if read_yaml(text, json_types=True) == definition:
            return text
    except NotYaml:
        pass
    # YAML does not join the surrogate pairs of JSON.
    text = json.dumps(definition, indent=2, ensure_ascii=False)
    return re.sub(r"[^\n -~]", lambda found: _escaped(found[0]), text) + "\n"


def _escaped(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):08x}"


_Node = yaml.ScalarNode | yaml.CollectionNode


class _Writer(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature of the base class
        """Write a value that occurs twice in full, both times."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indent the items of a list below its key."""
        super().increase_indent(flow, indentless=False)

    def serialize(self, node: Any) -> None:  # noqa: ANN401 - the stubs know no kinds of nodes
        """Decide what is written on one line, and write it."""
        _lay_out(node, 0)
        super().serialize(node)


_Writer.add_implicit_resolver(FLOAT, JSON_FLOAT, DIGITS)


def _lay_out(node: _Node, depth: int) -> int:
    """Decide what is written on one line; return the columns that the node takes on one."""
    if isinstance(node, yaml.ScalarNode):
        return _quote(node)
    is_mapping = isinstance(node, yaml.MappingNode)
    children = [one for pair in node.value for one in pair] if is_mapping else list(node.value)
    # A mapping is {a: b, c: d}, a list [a, b]: each part takes two columns more.
    columns = sum(_lay_out(one, depth + 1) + 2 for one in children)
    collections = [one for one in children if isinstance(one, yaml.CollectionNode)]
    has_lines = depth in _DEPTHS_OF_MAPPINGS if is_mapping else depth == 1 and bool(collections)
    node.flow_style = not children or (columns <= SHORT and not has_lines)
    if not is_mapping and not node.flow_style:
        for one in collections:
            if isinstance(one, yaml.MappingNode) and len(one.value) == 1:
                # `- send: {…}` and not `- {send: {…}}`.
                one.flow_style = False
    return columns


_DEPTHS_OF_MAPPINGS = (0, 2)
"""Where a mapping always has a line for each key: an endpoint, and a rule."""


def _quote(node: yaml.ScalarNode) -> int:
    """Decide how a scalar is quoted; return the columns that it takes."""
    if re.search("[\x85\u2028\u2029]", node.value):
        # Line breaks for YAML: unescaped, what is behind them would need its own indentation.
        node.style = '"'
    elif "\n" in node.value:
        node.style = "|"
        return SHORT + 1
    elif "'" in node.value and not re.search(r'["\\]', node.value):
        # In single quotes, each single quote would be written twice.
        node.style = '"'
    return len(node.value) + 2
