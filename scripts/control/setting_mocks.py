"""The verb `mocks set`: sets what a file holds, all or nothing."""

from websocket_mock.scripts.control.calling import report
from websocket_mock.scripts.control.task import Task


def run(task: Task) -> int:
    """Set the endpoint, the list or the document of the file; return the exit code.

    Raises:
        WrongUsage: the file cannot be read.
        NoServer: no server can be reached.
        Refused: the server answered with an error.
    """
    tool, written = task.verb.tool, task.options["file"]
    # The server keeps the text of a single endpoint, with its comments.
    endpoint = written.value if written.text is None else written.text
    return report(task, tool, task.server.call(tool, {**task.arguments, "endpoint": endpoint}))
