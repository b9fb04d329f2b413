"""The verb `traffic`: shows a page of the traffic or, with --follow, new entries as they come."""

import select
import sys
from collections.abc import Mapping
from typing import Any

from websocket_mock.scripts.control import calling, events
from websocket_mock.scripts.control.problems import WrongUsage
from websocket_mock.scripts.control.showing import entry_printer, to_json
from websocket_mock.scripts.control.task import Task

OF_THE_PAST = ("seq", "payload_offset", "newest")


def run(task: Task) -> int:
    """Show a page, or follow the traffic until Ctrl-C or the limit; return the exit code.

    Raises:
        WrongUsage: flags that do not go together.
        NoServer: no server can be reached, or it is gone for good.
        Refused: the server answered with an error.
        BrokenPipeError: the reader of the output has left.
    """
    if not task.options["follow"]:
        return calling.run(task)
    arguments = task.arguments
    if any(name in arguments for name in OF_THE_PAST):
        raise WrongUsage("--follow shows new entries; --seq and --newest show those before")
    left = _limit(arguments.pop("limit", None))
    show = entry_printer(task)
    for event in events.follow(task.server, _question(arguments), task.say):
        match event.name:
            case events.ENTRY:
                show(event.data)
                left = None if left is None else left - 1
                if left == 0:
                    return 0
            case events.GAP:
                missing = event.data.get("missing")
                task.say(f"{'some' if missing is None else missing} entries are lost")
            case events.CUT:
                task.say("this reader was too slow and was cut")
            case events.ALIVE:
                _check_output()
            case _:
                pass
    return 0


def _question(arguments: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else to_json(value)
        for name, value in {"after": "now", **arguments}.items()
    }


def _limit(given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise WrongUsage(f"--limit: {given!r} is not a number of entries")
    return given


def _check_output() -> None:
    """Notice while nothing comes that the reader of a pipe has left, as `tail -f` does.

    Raises:
        BrokenPipeError: it has left.
    """
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):
        return
    if any(found & select.POLLERR for _, found in poll.poll(0)):
        raise BrokenPipeError
