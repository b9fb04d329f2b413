"""A client that is not written in Python: the npm package `ws`."""

import json
from typing import Any

import pytest

from tests.helpers.node import node, require_package
from tests.helpers.server import serving_here
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What one run of the Node client saw, up to the end of its server."""
    require_package("ws")
    with serving_here(subprotocols=("chat",)) as server:
        url = server.url("")
        with node("client.js", url) as process:
            assert process.stdout is not None
            ready = process.stdout.readline()
            server.stop()
            out, err = process.communicate(timeout=PATIENCE)
    assert (ready, process.returncode) == ("ready to be stopped\n", 0), err
    seen = json.loads(out)
    assert isinstance(seen, dict)
    return seen


def test_messages_of_every_size_and_kind_come_back(report: dict[str, Any]) -> None:
    assert report["plain"]["results"] == [True] * 5
    assert report["plain"]["extensions"] == ""


def test_compressed_messages_come_back(report: dict[str, Any]) -> None:
    assert report["deflated"]["results"] == [True] * 5
    assert report["deflated"]["extensions"].startswith("permessage-deflate")


def test_fragments_are_joined_and_a_ping_between_them_is_answered(report: dict[str, Any]) -> None:
    assert report["fragments"] == {"pong": "between", "joined": "one two"}


def test_close_code_and_reason_come_back(report: dict[str, Any]) -> None:
    assert report["plain"]["closed"] == [4321, "done"]
    assert report["protocol"]["closed"] == [[1000, ""], [1001, "leaving"]]


def test_json_protocol_is_spoken(report: dict[str, Any]) -> None:
    expected = {
        "subprotocol": "chat",
        "isWelcome": True,
        "pong": 7,
        "recipients": 1,
        "isFromOther": True,
        "message": "to all",
        "total": 2,
        "refused": "error",
    }
    assert {key: report["protocol"][key] for key in expected} == expected


def test_refused_handshake_shows_its_status(report: dict[str, Any]) -> None:
    assert report["refused"] == "Unexpected server response: 426"


def test_end_of_the_server_is_a_close_with_1001(report: dict[str, Any]) -> None:
    assert report["stopped"] == [1001, "server shutting down"]
