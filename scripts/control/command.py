"""Runs the verbs: reads their command line, and turns errors into a line and an exit code."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.arguments import EXIT_USAGE, OneLineParser, printable
from websocket_mock.scripts.control.problems import (
    BAD_ARGUMENTS,
    EXIT_DOES_NOT_HOLD,
    NoServer,
    Refused,
    WrongUsage,
)
from websocket_mock.scripts.control.task import Task
from websocket_mock.scripts.control.verb import Flag, Verb, flags_of
from websocket_mock.scripts.control.verbs import GROUPS, VERBS

PROGRAM = "websocket-mock-server"
INTERRUPTED = 130
DEFAULT_OF_GROUP = "list"

EXIT_CODES = (
    "exit codes: 0 it holds or is done, 1 it does not hold or the server refused,\n"
    "2 wrong usage or no server can be reached, 130 Ctrl-C"
)


def main(words: Sequence[str]) -> int:
    """Run a verb. Blocks until it is done.

    Args:
        words: the command line without the program, beginning with the verb.

    Returns:
        The exit code: 1 if it does not hold or the server refused, 2 if the usage is wrong or no
        server can be reached, 130 after Ctrl-C.

    Raises:
        SystemExit: wrong usage (code 2), or help was asked for (0).
        BrokenPipeError: the reader of the output has left.
    """
    verb, rest = find(words)
    program = f"{PROGRAM} {verb.name}"
    try:
        options = vars(parser(verb).parse_intermixed_args(rest))
        task = Task(program, verb, options)
        run = importlib.import_module(f"websocket_mock.scripts.control.{verb.runs}").run
        code: int = run(task)
    except (WrongUsage, NoServer) as error:
        return _fail(program, str(error), EXIT_USAGE)
    except Refused as error:
        is_usage = error.status == BAD_ARGUMENTS
        return _fail(program, str(error), EXIT_USAGE if is_usage else EXIT_DOES_NOT_HOLD)
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        # What answers at this address may be another version, or something else with JSON.
        text = f"the answer cannot be read: {error!r}; is it a server of the same version?"
        return _fail(program, text, EXIT_USAGE)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _fail(program: str, text: str, code: int) -> int:
    line = "; ".join(filter(None, text.splitlines()))
    print(f"{program}: {printable(line)}", file=sys.stderr)
    return code


def find(words: Sequence[str]) -> tuple[Verb, list[str]]:
    """Return the verb that words begin with, and the rest of the words.

    Raises:
        SystemExit: there is no such verb (code 2), or help of a group was asked for (0).
    """
    verbs = {verb.name: verb for verb in VERBS}
    first, *rest = words
    if first not in GROUPS:
        return verbs[first], rest
    if not rest or (rest[0].startswith("-") and rest[0] not in ("-h", "--help")):
        return verbs[f"{first} {DEFAULT_OF_GROUP}"], rest
    found = verbs.get(f"{first} {rest[0]}")
    return (found, rest[1:]) if found is not None else _explain_group(first, rest[0])


def _explain_group(group: str, word: str) -> NoReturn:
    members = [verb for verb in VERBS if verb.name.startswith(f"{group} ")]
    names = [verb.name.partition(" ")[2] for verb in members]
    lines = "\n".join(
        f"  {name:<8} {verb.summary}" for name, verb in zip(names, members, strict=True)
    )
    found = OneLineParser(
        prog=f"{PROGRAM} {group}",
        usage=f"%(prog)s {'|'.join(names)} …",
        description=f"{GROUPS[group].capitalize()}.",
        epilog=f"verbs:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if word in ("-h", "--help"):
        found.parse_args([word])
    found.error(f"there is no {group} {word!r}; {nearest(word, names)}")


def parser(verb: Verb) -> argparse.ArgumentParser:
    """Return the parser of a verb."""
    found = OneLineParser(
        prog=f"{PROGRAM} {verb.name}",
        description=f"{verb.summary[0].upper()}{verb.summary[1:]}.",
        epilog=f"example: {PROGRAM} {verb.example}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for flag in flags_of(verb):
        found.add_argument(flag.name, **_settings(flag))
    return found


def _settings(flag: Flag) -> dict[str, Any]:
    settings: dict[str, Any] = {"help": flag.help.replace("%", "%%") or argparse.SUPPRESS}
    if flag.const is not None:
        return {**settings, "action": "store_true"}
    settings["type"] = flag.read
    if flag.choices:
        settings["choices"] = flag.choices
    if flag.metavar or not (flag.choices or flag.is_word):
        settings["metavar"] = flag.metavar or flag.name.strip("-").upper()
    if flag.is_word:
        needed, optional = ("+", "*") if flag.is_many else (None, "?")
        settings["nargs"] = needed if flag.is_needed else optional
    return settings
