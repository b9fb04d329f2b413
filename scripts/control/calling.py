"""Runs a verb that calls one tool."""

from websocket_mock.scripts.control.outcomes import complaints
from websocket_mock.scripts.control.problems import EXIT_DOES_NOT_HOLD
from websocket_mock.scripts.control.rest import Result
from websocket_mock.scripts.control.showing import show_result
from websocket_mock.scripts.control.task import Task


def run(task: Task) -> int:
    """Call the tool, show its result, and return the exit code. Blocks until the result is there.

    Raises:
        NoServer: no server can be reached.
        Refused: the server answered with an error.
    """
    return report(task, task.verb.tool, task.server.call(task.verb.tool, task.arguments))


def report(task: Task, tool: str, result: Result) -> int:
    """Show the result of a tool and what does not hold; return the exit code."""
    show_result(task, result)
    lines = complaints(tool, result)
    for line in lines:
        task.say(line)
    return EXIT_DOES_NOT_HOLD if lines else 0
