"""What a line typed into the interactive client means."""

import json
from typing import Any

import pytest

from websocket_mock.scripts.clients.commands import Listen, Quit, Send, Show, parse_command


def sent(line: str) -> dict[str, Any]:
    action = parse_command(line)
    assert isinstance(action, Send)
    message: dict[str, Any] = json.loads(action.text)
    return message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ping", {"type": "ping"}),
        ("  ping   an id ", {"type": "ping", "test_id": "an id"}),
        ("echo hello there", {"type": "echo", "message": "hello there"}),
        ("echo 42", {"type": "echo", "message": 42}),
        ('echo ["a", 1]', {"type": "echo", "message": ["a", 1]}),
        ('echo {"a": 36893488147419103233}', {"type": "echo", "a": 36893488147419103233}),
        ('echo {"type": "ping", "a": 1}', {"type": "echo", "a": 1}),
        ("echo NaN", {"type": "echo", "message": "NaN"}),
        ("echo 1e999", {"type": "echo", "message": "1e999"}),
        ("echo {broken", {"type": "echo", "message": "{broken"}),
        ("broadcast hi all", {"type": "broadcast", "message": "hi all"}),
        ("clients", {"type": "get_clients"}),
        ("stats", {"type": "get_stats"}),
        ("delay 1.5", {"type": "simulate_delay", "delay_seconds": 1.5}),
        ("error generic", {"type": "error_test", "error_type": "generic"}),
    ],
)
def test_command_becomes_a_message(line: str, message: dict[str, Any]) -> None:
    assert sent(line) == message


def test_raw_text_is_sent_as_it_is() -> None:
    assert parse_command('raw  {"type":  1') == Send('{"type":  1')


def test_bytes_that_are_no_text_can_be_sent() -> None:
    action = parse_command("raw \udcff")
    assert isinstance(action, Send)
    action.text.encode()


@pytest.mark.parametrize(
    ("line", "answers", "delay"),
    [
        ("ping", 1, 0),
        ("error timeout", 0, 0),
        ("delay 2", 1, 2),
        ("delay 99", 1, 10),
        ("delay -1", 1, 0),
    ],
)
def test_owed_answers_are_known(line: str, answers: int, delay: float) -> None:
    action = parse_command(line)
    assert isinstance(action, Send)
    assert (action.answers, action.delay) == (answers, delay)


def test_listen_takes_seconds_or_ten() -> None:
    assert parse_command("listen 2.5") == Listen(2.5)
    assert parse_command("listen") == Listen(10)


def test_quit_and_empty_lines() -> None:
    assert parse_command("quit") == Quit()
    assert parse_command("   ") is None


def test_unknown_command_lists_the_known_ones() -> None:
    action = parse_command("Pin\x1bg 1")
    assert isinstance(action, Show)
    assert action.is_problem
    assert action.text == (
        r"Unknown command: Pin\x1bg. Commands: ping, echo, broadcast, clients, stats, delay, "
        "error, raw, listen, help, quit"
    )


def test_help_explains_every_command() -> None:
    action, unknown = parse_command("help"), parse_command("?")
    assert isinstance(action, Show)
    assert isinstance(unknown, Show)
    names = unknown.text.partition("Commands: ")[2].split(", ")
    assert [line.split()[0] for line in action.text.splitlines()] == names


@pytest.mark.parametrize(
    "line",
    [
        *("echo", "broadcast", "delay", "error", "raw"),
        *("delay soon", "delay nan", "delay inf", "listen 0", "listen -1", "listen x"),
        *("clients now", "stats now", "quit now"),
    ],
)
def test_wrong_use_is_answered_with_the_right_one(line: str) -> None:
    action = parse_command(line)
    assert isinstance(action, Show)
    assert action.is_problem
    assert action.text.startswith(f"Usage: {line.split(maxsplit=1)[0]}")
