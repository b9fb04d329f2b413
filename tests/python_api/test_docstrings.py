"""The examples in the docstrings of the Python API."""

import doctest
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

import websocket_mock
from websocket_mock import WebSocketMock

WITHOUT_EXAMPLE = {"__version__", "MockAssertionError", "MockError"}


def examples() -> Iterator[doctest.DocTest]:
    """The examples of all public classes, their bases and their methods."""
    finder = doctest.DocTestFinder(recurse=False)
    public = [getattr(websocket_mock, name) for name in websocket_mock.__all__]
    classes = {base for one in public if isinstance(one, type) for base in one.__mro__}
    ours = [one for one in classes if one.__module__.startswith("websocket_mock.testing")]
    found: list[tuple[str, Any]] = [("actions", websocket_mock.actions)]
    found += [(one.__name__, one) for one in ours]
    for one in ours:
        found += [(f"{one.__name__}.{name}", member) for name, member in vars(one).items()]
    for name, member in sorted(found, key=lambda pair: pair[0]):
        if not isinstance(member, str) and inspect.getdoc(member) and not name.startswith("Async"):
            target = member.__func__ if isinstance(member, classmethod) else member
            yield from (one for one in finder.find(target, name) if one.examples)


@pytest.mark.parametrize("example", list(examples()), ids=lambda one: one.name)
def test_an_example_does_what_it_says(example: doctest.DocTest, mock: WebSocketMock) -> None:
    example.globs = {
        **{name: getattr(websocket_mock, name) for name in websocket_mock.__all__},
        "connect": connect,
        "mock": mock,
        "prices": mock.endpoint("/prices/{symbol}"),
        "chat": mock.endpoint("/chat"),
    }
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(example, out=output.append)
    assert not runner.failures, "".join(output)


def test_every_public_name_has_an_example() -> None:
    shown = {example.name.partition(".")[0] for example in examples()}
    assert set(websocket_mock.__all__) - shown == WITHOUT_EXAMPLE
