"""The commands of the interactive client. It parses lines and must not know connections."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websocket_mock.scripts.arguments import printable

DEFAULT_LISTEN = 10.0
LONGEST_WAIT = 3600.0
LONGEST_DELAY = 10.0
"""Seconds to which the server clamps a delay."""

HELP = """\
ping [ID]           send a ping; the answer carries ID
echo TEXT or JSON   send an echo; a JSON object gives the fields, other text is the message
broadcast TEXT      send to all other clients
clients             list the connected clients
stats               show the statistics of the server
delay SECONDS       ask for an answer after this time (the server allows 0 to 10)
error TYPE          provoke an error: generic, exception, timeout or invalid_json
raw TEXT            send TEXT unchanged
listen [SECONDS]    only show what comes in (default: 10; Ctrl-C ends it)
help                show this list
quit                leave (or press Ctrl-D)"""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a text message."""

    text: str
    answers: int = 1
    """The number of answers that it expects."""
    delay: float = 0.0
    """Seconds after which the answer is due."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Show what comes in for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Show:
    """Show a text to the user."""

    text: str
    is_problem: bool = False
    """Whether the text says why the line is wrong."""


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave."""


Action = Send | Listen | Show | Quit


class UsageError(ValueError):
    """Raised for a line that is not valid; the text says what to type instead."""


def parse_command(line: str) -> Action | None:
    """Return the action of a line; None for an empty line.

    An error in the line becomes a text to show.
    """
    # A terminal may give bytes that are not UTF-8 as surrogates, which cannot be sent.
    line = line.encode(errors="replace").decode()
    name, _, rest = line.strip().partition(" ")
    if not name:
        return None
    try:
        command = _COMMANDS[name]
    except KeyError:
        known = ", ".join(_COMMANDS)
        problem = f"Unknown command: {printable(name)}. Commands: {known}"
        return Show(problem, is_problem=True)
    try:
        return command(rest.strip())
    except UsageError as error:
        return Show(str(error), is_problem=True)


def _ping(rest: str) -> Action:
    return _message("ping", **({"test_id": rest} if rest else {}))


def _echo(rest: str) -> Action:
    content = _json_or_text(_needed(rest, "echo TEXT or echo JSON"))
    fields = content if isinstance(content, dict) else {"message": content}
    return Send(_dump({**fields, "type": "echo"}))


def _broadcast(rest: str) -> Action:
    return _message("broadcast", message=_needed(rest, "broadcast TEXT"))


def _clients(rest: str) -> Action:
    _nothing(rest, "clients")
    return _message("get_clients")


def _stats(rest: str) -> Action:
    _nothing(rest, "stats")
    return _message("get_stats")


def _delay(rest: str) -> Action:
    delay = _number(_needed(rest, "delay SECONDS"), "delay SECONDS")
    due = min(max(0.0, delay), LONGEST_DELAY)
    return Send(_dump({"type": "simulate_delay", "delay_seconds": delay}), delay=due)


def _error(rest: str) -> Action:
    kind = _needed(rest, "error generic | exception | timeout | invalid_json")
    answers = 0 if kind == "timeout" else 1
    return Send(_dump({"type": "error_test", "error_type": kind}), answers=answers)


def _raw(rest: str) -> Action:
    # The server answers everything except an error_test of the type timeout.
    return Send(_needed(rest, "raw TEXT"))


def _listen(rest: str) -> Action:
    if not rest:
        return Listen(DEFAULT_LISTEN)
    seconds = _number(rest, "listen [SECONDS]")
    if not 0 < seconds <= LONGEST_WAIT:
        raise UsageError(f"Usage: listen [SECONDS], above 0 and up to {LONGEST_WAIT:g}")
    return Listen(seconds)


def _help(rest: str) -> Action:  # noqa: ARG001 - help ignores the rest of the line
    return Show(HELP)


def _quit(rest: str) -> Action:
    _nothing(rest, "quit")
    return Quit()


_COMMANDS: dict[str, Callable[[str], Action]] = {
    "ping": _ping,
    "echo": _echo,
    "broadcast": _broadcast,
    "clients": _clients,
    "stats": _stats,
    "delay": _delay,
    "error": _error,
    "raw": _raw,
    "listen": _listen,
    "help": _help,
    "quit": _quit,
}
COMMAND_NAMES = tuple(_COMMANDS)


def _message(message_type: str, **fields: object) -> Send:
    return Send(_dump({"type": message_type, **fields}))


def _dump(message: dict[str, Any]) -> str:
    return json.dumps(message)


def _json_or_text(text: str) -> object:
    try:
        value: object = json.loads(text)
        # Python reads NaN and 1e999, which cannot be written as JSON.
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return text
    return value


def _needed(rest: str, usage: str) -> str:
    if not rest:
        raise UsageError(f"Usage: {usage}")
    return rest


def _nothing(rest: str, name: str) -> None:
    if rest:
        raise UsageError(f"Usage: {name} (without anything after it)")


def _number(text: str, usage: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"Usage: {usage}, a number; {text!r} is not a number")
    return value
