"""Fixtures of the tests over real sockets."""

from collections.abc import Iterator

import pytest

from tests.helpers.server import InProcessServer, serving_here


@pytest.fixture
def server() -> Iterator[InProcessServer]:
    """A server with the default limits, on a free port."""
    with serving_here() as one:
        yield one
