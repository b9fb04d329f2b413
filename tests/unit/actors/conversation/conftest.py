"""Fixtures of the tests of conversations."""

import pytest

from tests.helpers.actions import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
