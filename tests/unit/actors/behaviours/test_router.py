"""Which behaviour answers a path."""

import pytest

from actors.behaviours.echo import Echo
from actors.behaviours.json_protocol import JsonProtocol
from actors.behaviours.router import Router


def test_echo_path_is_the_raw_echo() -> None:
    assert Router().find("/echo") is Echo


@pytest.mark.parametrize("path", ["/", "", "/chat", "/echo/", "/Echo", "/echo/more"])
def test_every_other_path_speaks_the_json_protocol(path: str) -> None:
    assert Router().find(path) is JsonProtocol


def test_rejecting_router_knows_the_echo_path_only() -> None:
    router = Router("reject")
    assert router.find("/echo") is Echo
    assert router.find("/") is None
