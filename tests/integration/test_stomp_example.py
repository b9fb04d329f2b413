"""The example of STOMP does what it says beside the dialect, which `tests/dialects` tests."""

from collections.abc import Iterator

import pytest

from tests.helpers.examples import Peer, example
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.integration

CONNECT = "CONNECT\naccept-version:1.2\nhost:localhost\n\n\0"


@pytest.fixture
def client() -> Iterator[Peer]:
    with example("stomp") as stomp, stomp.connect("/stomp") as peer:
        yield peer


def say(client: Peer, frame: str) -> str:
    """Send a frame and return the answer."""
    client.connection.send(frame)
    return str(client.connection.recv(PATIENCE))


@pytest.mark.parametrize(
    ("login", "is_accepted"),
    [
        ("", True),
        ("login:ada\npasscode:secret\n", True),
        ("login:ada\npasscode:wrong\n", False),
        ("login:ada\n", False),
    ],
)
def test_login_needs_the_passcode(client: Peer, login: str, is_accepted: bool) -> None:
    answer = say(client, CONNECT.replace("host:", f"{login}host:"))
    if is_accepted:
        assert "heart-beat:200,200\n" in answer
    else:
        assert "message:Bad login or passcode\n" in answer
        assert client.close_code() == 1002


def test_only_stomp_1_2_is_spoken(client: Peer) -> None:
    assert "version:1.2\n" in say(client, "CONNECT\naccept-version:1.1\n\n\0")


def test_bot_answers(client: Peer) -> None:
    say(client, CONNECT)
    client.connection.send("SUBSCRIBE\nid:1\ndestination:/topic/bot\n\n\0")
    answer = say(client, "SEND\ndestination:/queue/bot\nreceipt:7\n\nhello\0")
    assert answer.startswith("MESSAGE\n")
    assert answer.endswith("\n\nyou said: hello\0")
    assert client.connection.recv(PATIENCE) == "RECEIPT\nreceipt-id:7\n\n\0"
