"""Reads YAML strictly and safely; errors have their line and column.

It must not know what a file is for; its users know that.
"""

import re
from collections.abc import Hashable
from typing import Any, NoReturn

import yaml

MAX_TEXT = 100_000
"""The most characters of a text that comes over a tool, and the most values that it may hold.
Reading this much takes about a second."""


class NotYaml(ValueError):
    """Raised for a text that is not valid; it says where and why, without quoting the text."""


def read_yaml(text: str | bytes, *, json_types: bool = False, max_values: int | None = None) -> Any:  # noqa: ANN401 - any value
    """Return the value of a YAML text.

    Args:
        text: the YAML text; bytes must be UTF-8 or UTF-16.
        json_types: read only the types of JSON, so that a date, `on` and `yes` are text.
        max_values: the most values that it may hold when each alias is written out; None: any
            number. A short text can stand for billions.

    Raises:
        NotYaml: it is not valid, a mapping has a key twice, or it holds too many values.
    """
    try:
        loader = (_JsonTypesLoader if json_types else _StrictLoader)(text)
        try:
            node = loader.get_single_node()
            if max_values is not None and _count(node, {}) > max_values:
                raise NotYaml(f"it holds more than {max_values:,} values")
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except NotYaml:
        raise
    except yaml.MarkedYAMLError as error:
        raise NotYaml(f"{_place(error)}not valid YAML: {_reason(error)}") from None
    except RecursionError:
        raise NotYaml("not valid YAML: nested too deeply") from None
    except (yaml.YAMLError, ValueError):
        # The YAML library gives no line for a forbidden character or date.
        raise NotYaml("not valid YAML in UTF-8: a character or a value that YAML forbids") from None


def _count(node: yaml.Node | None, counted: dict[int, int]) -> int:
    """Return how many values a node holds, with each alias written out.

    Args:
        node: the node.
        counted: the counts of the nodes so far, by their ids. A node inside itself counts once.
    """
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in counted:
        counted[id(node)] = 1
        is_mapping = isinstance(node, yaml.MappingNode)
        children = [one for pair in node.value for one in pair] if is_mapping else node.value
        counted[id(node)] = 1 + sum(_count(one, counted) for one in children)
    return counted[id(node)]


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "


def _reason(error: yaml.MarkedYAMLError) -> str:
    # Not the whole text of the exception: it quotes the file, which may contain a token.
    if isinstance(error, yaml.scanner.ScannerError | yaml.parser.ParserError | _OwnError):
        return str(error.problem)
    return "put quotes around text that begins with a special character"


class _OwnError(yaml.MarkedYAMLError):
    """Raised for YAML that is valid but not allowed here."""


class _StrictLoader(yaml.SafeLoader):
    """A `SafeLoader` that refuses a repeated key instead of silently taking the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the signature of the base class
        """Return the mapping, for the loader.

        Raises:
            yaml.MarkedYAMLError: a key is in it twice.
        """
        seen: set[str] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    raise _OwnError(
                        problem=f"the key {key_node.value!r} is given twice",
                        problem_mark=key_node.start_mark,
                    )
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


class _JsonTypesLoader(_StrictLoader):
    """JSON's types only: a date is text, and so are on, off, yes and no."""

    def construct_undefined(self, node: yaml.Node) -> NoReturn:
        """Refuse a tag such as ``!!binary``.

        Raises:
            yaml.MarkedYAMLError: always.
        """
        tag = str(node.tag).replace(_TAG, "!!")
        raise _OwnError(problem=f"the tag {tag} is not known", problem_mark=node.start_mark)


_TAG = "tag:yaml.org,2002:"
_BOOLEAN = f"{_TAG}bool"
FLOAT = f"{_TAG}float"
JSON_FLOAT = re.compile(r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?[eE][-+]?[0-9]+$")
"""A number with an exponent (RFC 8259 section 6). YAML 1.1 takes it for text if it has no dot."""
DIGITS = list("-0123456789")
"""What such a number begins with."""
_JSON_TAGS = {f"{_TAG}{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")}
_GUESSED_TAGS = _JSON_TAGS - {_BOOLEAN} | {f"{_TAG}merge"}

_JsonTypesLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _GUESSED_TAGS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_JsonTypesLoader.add_implicit_resolver(
    _BOOLEAN, re.compile(r"^(?:true|false|True|False)$"), list("tTfF")
)
_JsonTypesLoader.add_implicit_resolver(FLOAT, JSON_FLOAT, DIGITS)
_JsonTypesLoader.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
    if tag in _JSON_TAGS
}
_JsonTypesLoader.add_constructor(None, _JsonTypesLoader.construct_undefined)
