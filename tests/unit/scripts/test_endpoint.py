"""Addresses, numbers and one-line errors of the client command lines."""

import argparse

import pytest
from websockets.exceptions import InvalidHandshake

from tests.helpers.faulty_server import closed_port
from websocket_mock.scripts.arguments import OneLineParser, printable
from websocket_mock.scripts.endpoint import (
    UnreachableError,
    excerpt,
    explain_connect_error,
    is_welcome,
    reach,
    seconds,
    websocket_url,
)


@pytest.mark.parametrize("url", ["ws://localhost:9004", "wss://[::1]:1/path?query", "ws://host"])
def test_websocket_url_is_taken_as_it_is(url: str) -> None:
    assert websocket_url(url) == url


@pytest.mark.parametrize(
    "url", ["http://localhost:9004", "localhost:9004", "ws://host:port", "ws://host:99999", ""]
)
def test_other_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write it like ws://localhost:9004"):
        websocket_url(url)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "86401", "soon", ""])
def test_impossible_seconds_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not a number of seconds"):
        seconds(text)


def test_seconds_may_be_fractions() -> None:
    assert seconds("0.25") == 0.25


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused; start the server"),
        (TimeoutError("timed out"), "no answer in time"),
        (InvalidHandshake("odd\nanswer"), r"odd\nanswer; is it a WebSocket server?"),
        (OSError("Multiple exceptions"), "multiple exceptions; start"),
    ],
)
def test_unreachable_server_is_one_line(error: Exception, part: str) -> None:
    line = explain_connect_error("ws://localhost:1", error)
    assert line.startswith("cannot connect to ws://localhost:1: ")
    assert part in line
    assert "\n" not in line


def test_refused_connection_is_unreachable() -> None:
    with (
        pytest.raises(UnreachableError, match="connection refused"),
        reach(f"ws://127.0.0.1:{closed_port()}", timeout=5, close_timeout=1),
    ):
        pass


def test_wrong_usage_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    parser = OneLineParser(prog="tool")
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["--bogus\x1b[2J"])
    assert end.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines == [r"tool: unrecognized arguments: --bogus\x1b[2J (see tool --help)"]


def test_control_characters_are_escaped_and_letters_stay() -> None:
    assert printable("grüße\t漢\x1b[2J\x9b\n") == r"grüße\t漢\x1b[2J\x9b\n"


def test_excerpt_is_short_for_text_and_bytes() -> None:
    assert excerpt("x" * 1000) == "x" * 200 + "…"
    assert excerpt(b"\x00\xff") == "2 bytes: 00 ff"
    assert excerpt(bytes(1000)) == "1000 bytes: " + "00 " * 49 + "00 …"


@pytest.mark.parametrize("data", [b'{"type": "welcome"}', "[]", "{", '{"type": "pong"}', "1"])
def test_only_a_welcome_is_a_welcome(data: str | bytes) -> None:
    assert not is_welcome(data)
    assert is_welcome('{"type": "welcome"}')
