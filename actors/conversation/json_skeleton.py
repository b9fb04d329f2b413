"""JSON with a few templates in it: all but their values is encoded when it is compiled."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from websocket_mock.actors.conversation.evaluation import Evaluate
from websocket_mock.actors.matching.units import is_template
from websocket_mock.actors.values.codec import encode

_SCALARS = frozenset((str, int, float, bool, type(None)))


def compile_skeleton(
    source: Any,  # noqa: ANN401 - any JSON value
    compile_text: Callable[[str], Evaluate],
) -> Callable[[Mapping[str, Any]], bytes] | None:
    """Return a function that renders a JSON value as UTF-8, exactly as `encode` writes the whole.

    None if there are no bytes that are always the same: if a key is a template, or if the constants
    themselves are not for orjson.

    Args:
        source: the value, with templates among its texts.
        compile_text: returns a function that gives what a template stands for.
    """
    try:
        tokens = list(_tokens(source))
        orjson.dumps(source)
    except TypeError:
        return None
    holes = [compile_text(token) for token in tokens if isinstance(token, str)]
    skeleton = b"".join(
        b"%b" if isinstance(token, str) else token.replace(b"%", b"%%") for token in tokens
    )

    def render(names: Mapping[str, Any]) -> bytes:
        values: list[Any] = []
        for hole in holes:
            # In Python 3.11 a comprehension is a call of its own, a third of the time of all this.
            values.append(hole(names))  # noqa: PERF401
        encoded: list[bytes] = []
        try:
            for value in values:
                if type(value) not in _SCALARS:
                    return encode(_fill(source, iter(values)))
                encoded.append(orjson.dumps(value))
        except TypeError:
            # For such a value, `encode` writes the constants in another way, too.
            return encode(_fill(source, iter(values)))
        return skeleton % tuple(encoded)

    return render


def _tokens(source: Any) -> Iterator[bytes | str]:  # noqa: ANN401
    """Yield the JSON text piece by piece, and between them the templates.

    Raises:
        TypeError: a key is a template, or orjson cannot write a constant.
    """
    if isinstance(source, str) and is_template(source):
        yield source
    elif isinstance(source, dict) and source:
        before = b"{"
        for key, item in source.items():
            if is_template(key):
                raise TypeError
            yield before + orjson.dumps(key) + b":"
            yield from _tokens(item)
            before = b","
        yield b"}"
    elif isinstance(source, list) and source:
        before = b"["
        for item in source:
            yield before
            yield from _tokens(item)
            before = b","
        yield b"]"
    else:
        yield orjson.dumps(source)


def _fill(source: Any, values: Iterator[Any]) -> Any:  # noqa: ANN401
    """Return the value with the values of the templates, in their order, in their places."""
    if isinstance(source, str) and is_template(source):
        return next(values)
    if isinstance(source, dict):
        return {key: _fill(item, values) for key, item in source.items()}
    if isinstance(source, list):
        return [_fill(item, values) for item in source]
    return source
