"""The verb `mocks set`: sets the endpoints of a file, all or none."""

from collections.abc import Mapping
from typing import Any

from websocket_mock.scripts.control.calling import report
from websocket_mock.scripts.control.outcomes import complaints
from websocket_mock.scripts.control.problems import EXIT_DOES_NOT_HOLD, WrongUsage
from websocket_mock.scripts.control.task import Task

DOCUMENT_KEYS = {"endpoints", "seed", "$schema"}


def run(task: Task) -> int:
    """Check all endpoints of the file, then set them; return the exit code.

    Raises:
        WrongUsage: the file is neither an endpoint nor a list of them.
        NoServer: no server can be reached.
        Refused: the server answered with an error.
    """
    tool = task.verb.tool
    written = task.options["file"]
    endpoints, common = read_endpoints(written.value)
    calls = [{**common, **task.arguments, "endpoint": endpoint} for endpoint in endpoints]
    if endpoints == [written.value] and written.text is not None:
        # The server keeps the text, with its comments.
        calls[0]["endpoint"] = written.text
    if len(calls) > 1:
        checked = [(one, task.server.call(tool, {**one, "dry_run": True})) for one in calls]
        problems = [
            f"{one['endpoint'].get('path', '?')}: {line}"
            for one, result in checked
            for line in complaints(tool, result)
        ]
        for problem in problems:
            task.say(problem)
        if problems:
            return EXIT_DOES_NOT_HOLD
    return max(report(task, tool, task.server.call(tool, one)) for one in calls)


def read_endpoints(document: object) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the endpoints of a document, and the arguments that all of them have.

    Raises:
        WrongUsage: it has none, or it has what can only be in a file of the server.
    """
    if isinstance(document, list):
        document = {"endpoints": document}
    if not isinstance(document, Mapping):
        raise WrongUsage("the file is not an endpoint; it needs at least `path: /…`")
    if "endpoints" not in document:
        return [dict(document)], {}
    others = [str(key) for key in document if key not in DOCUMENT_KEYS]
    if others:
        raise WrongUsage(
            f"{', '.join(others)}: only for files of the server (--mocks); here: endpoints, seed"
        )
    endpoints = document["endpoints"]
    if not isinstance(endpoints, list) or not endpoints:
        raise WrongUsage("endpoints: not a list of endpoints")
    if not all(isinstance(one, dict) for one in endpoints):
        raise WrongUsage("endpoints: one of them is not an endpoint")
    return endpoints, {"seed": document["seed"]} if "seed" in document else {}
