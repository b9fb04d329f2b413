"""Scripts with a real client, and their verdicts in the log."""

from typing import Any

import pytest

from tests.helpers.frames import PING, PONG, TEXT, close, frame, text
from tests.helpers.mock_server import mocking
from tests.helpers.raw_client import Received
from tests.helpers.wait import eventually

pytestmark = pytest.mark.integration

LOGIN: list[dict[str, Any]] = [
    {"expect": {"json": {"$.type": "login", "$.user": {"present": True}}}, "within": "5s"},
    {"send": {"json": {"type": "welcome", "user": "{{ message.json.user }}"}}},
    {"wait": "30ms"},
    {"close": {"code": 1012, "reason": "restart"}},
]


def verdict(log_lines: list[str]) -> str:
    """The one verdict in the log, once it is there."""
    lines = eventually(lambda: [line for line in log_lines if ": the script " in line])
    assert len(lines) == 1
    return lines[0].partition(": the script ")[2].strip()


def test_script_that_is_followed_passes(log_lines: list[str]) -> None:
    with mocking({"script": LOGIN}) as server, server.connect() as client:
        assert client.ask('{"type": "login", "user": "u"}') == '{"type":"welcome","user":"u"}'
        assert client.end() == (1012, "restart")
        assert verdict(log_lines) == "passed"


def test_wrong_message_fails_with_the_step_and_the_difference(log_lines: list[str]) -> None:
    with mocking({"script": LOGIN}) as server, server.connect() as client:
        client.say('{"type": "logn", "user": "u"}')
        assert client.end() == (1008, "the script failed")
        expected = 'failed at script[0]: json $.type: expected "login", got "logn"'
        assert verdict(log_lines) == expected


def test_silence_fails_when_the_time_is_over(log_lines: list[str]) -> None:
    script = [{"expect": {"text": "a"}, "within": "30ms"}]
    with mocking({"script": script}) as server, server.connect() as client:
        assert client.end() == (1008, "the script failed")
        assert verdict(log_lines) == "failed at script[0]: no matching message came within 0.03 s"


@pytest.mark.parametrize(("is_clean", "code"), [(True, 1000), (False, 1006)])
def test_client_that_leaves_too_early_fails_the_script(
    log_lines: list[str], is_clean: bool, code: int
) -> None:
    script = [{"send": {"text": "hi"}}, {"expect": {"text": "a"}}]
    with mocking({"script": script}) as server, server.open_raw() as client:
        assert client.read_frame() == Received(TEXT, b"hi")
        if is_clean:
            client.send(close(1000))
            assert client.read_close() == (1000, "")
        client.close()
        assert verdict(log_lines) == f"failed at script[1]: the connection closed with {code}"


def test_script_that_fails_sends_nothing_more(log_lines: list[str]) -> None:
    script = [{"send": {"text": "1"}}, {"wait": "30ms"}, {"send": {"text": "2"}}]
    with mocking({"script": script}) as server, server.open_raw() as client:
        assert client.read_frame() == Received(TEXT, b"1")
        client.send(text("too early"))
        assert client.read_close() == (1008, "the script failed")
        client.send(close(1008))
        assert client.read_end() == b""
        assert verdict(log_lines) == "failed at script[2]: nothing is expected now"


def test_script_that_tolerates_other_messages_goes_on(log_lines: list[str]) -> None:
    script = [{"expect": {"text": "a"}}, {"send": {"text": "A"}}]
    with mocking({"script": script, "unmatched": "echo"}) as server, server.connect() as client:
        assert client.ask("x") == "x"
        assert client.ask("a") == "A"
        assert client.ask("y") == "y"
        assert verdict(log_lines) == "passed"


def test_pings_are_answered_beside_a_script() -> None:
    with mocking({"script": [{"expect": {"text": "a"}}]}) as server, server.open_raw() as client:
        client.send(frame(PING, b"p"))
        assert client.read_frame() == Received(PONG, b"p")


def test_each_connection_has_its_own_run(log_lines: list[str]) -> None:
    script = [{"expect": {"text": "a"}}, {"send": {"text": "A"}}]
    with mocking({"script": script}) as server:
        with server.connect() as one, server.connect() as other:
            assert one.ask("a") == "A"
            other.say("b")
            assert other.end()[0] == 1008

        def verdicts() -> list[str]:
            return [line for line in log_lines if ": the script " in line]

        eventually(lambda: len(verdicts()) == 2)
        assert sorted("passed" in line for line in verdicts()) == [False, True]
