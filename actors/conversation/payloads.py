"""What is written as a payload: text and bytes, as they are or as templates."""

from collections.abc import Callable

from websocket_mock.actors.conversation.expressions import Computed
from websocket_mock.actors.conversation.templates import TemplateNames, compile_bytes
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.matching.matchers import describe
from websocket_mock.actors.matching.units import is_template, parse_bytes

RenderBytes = Callable[[TemplateNames], bytes]

TEXT_FILES = (".txt", ".json")
"""The suffixes of files that are text, and so may be templates."""


def constant(data: bytes) -> RenderBytes:
    """Return a function that always renders the same bytes."""
    return lambda _: data


def text(source: str, *, is_literal: bool) -> RenderBytes:
    """Return a function that renders a text.

    Args:
        source: the text, a template unless it is literal.
        is_literal: whether templates in it are sent as they are written.

    Raises:
        BadTemplate: it is not a valid template.
    """
    return constant(source.encode()) if is_literal else compile_bytes(source)


def binary(source: str, place: Place) -> RenderBytes:
    """Return a function that renders bytes.

    Args:
        source: describes them, as in ``hex:0a0b``, or is a template that gives them.
        place: of the source, for errors when it is rendered.

    Raises:
        BadTemplate: it is not a valid template.
    """
    if not is_template(source):
        return constant(parse_bytes(source))
    return Computed(source, place, read_bytes)


def read_bytes(value: object) -> bytes:
    """Return the bytes that a rendered value stands for: bytes, or text that describes them.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, bytes):
        return value
    try:
        return parse_bytes(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(
            f"give bytes, or a text such as hex:0a0b or base64:AAEC, not {describe(value)}"
        ) from None
