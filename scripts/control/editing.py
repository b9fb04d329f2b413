"""The verb `mocks edit`: opens the definition of an endpoint in an editor, as often as needed."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.control.calling import report
from websocket_mock.scripts.control.problems import EXIT_DOES_NOT_HOLD, WrongUsage
from websocket_mock.scripts.control.task import Task
from websocket_mock.scripts.control.values import read_file, yaml_value

EDITOR_VARIABLES = ("VISUAL", "EDITOR")
DEFAULT_EDITOR = "vi"

ERROR = "# error: "
HELP = "# Save and close to apply it. An empty file, or one without a change, changes nothing.\n"


def run(task: Task) -> int:
    """Let the person edit until the definition is valid, then set it; return the exit code.

    Raises:
        WrongUsage: the editor cannot be started, or fails.
        NoServer: no server can be reached.
        Refused: the server answered with an error, such as: there is no such endpoint.
    """
    name = task.options["name"]
    where = {"namespace": task.options["namespace"]} if task.options["namespace"] else {}
    found = task.server.call("list_websocket_mocks", {"name": name, "as_yaml": True, **where})
    before = found["endpoints"][0]["yaml"]
    with tempfile.TemporaryDirectory(prefix="websocket-mock-") as directory:
        file = Path(directory) / "endpoint.yaml"
        text, errors = before, list[str]()
        while True:
            edited = _edit(file, text, errors)
            if not edited.strip() or edited == before:
                task.say("nothing was changed")
                return EXIT_DOES_NOT_HOLD if errors else 0
            if errors and edited == text:
                for error in errors:
                    task.say(error)
                return EXIT_DOES_NOT_HOLD
            text = edited
            errors = _check(task, text)
            if not errors:
                return _apply(task, name, text)


def _edit(file: Path, text: str, errors: list[str]) -> str:
    """Return the text after editing, without our comments. Blocks until the editor ends."""
    notes = "".join(f"{ERROR}{printable(error)}\n" for error in errors)
    file.write_text(HELP + notes + text, encoding="utf-8")
    editor = next(filter(None, map(os.environ.get, EDITOR_VARIABLES)), DEFAULT_EDITOR)
    try:
        done = subprocess.run([*shlex.split(editor), str(file)], check=False)  # noqa: S603 - theirs
    except (OSError, ValueError) as error:
        raise WrongUsage(f"the editor {editor!r} cannot be started: {error}; set EDITOR") from None
    if done.returncode:
        raise WrongUsage(f"the editor {editor!r} failed with exit code {done.returncode}")
    lines = read_file(str(file)).splitlines(keepends=True)
    return "".join(line for line in lines if line != HELP and not line.startswith(ERROR))


def _check(task: Task, text: str) -> list[str]:
    """Return what is wrong with a text."""
    try:
        definition = yaml_value(text, "the file")
    except WrongUsage as error:
        return [str(error)]
    if not isinstance(definition, dict):
        return ["not an endpoint: it needs at least `path: /…`"]
    call = {**task.arguments, "endpoint": text, "dry_run": True}
    return list(task.server.call(task.verb.tool, call)["errors"])


def _apply(task: Task, name: str, text: str) -> int:
    result = task.server.call(task.verb.tool, {**task.arguments, "endpoint": text})
    if result["name"] not in (name, None):
        task.say(f"this is a new endpoint, {result['name']!r}; {name!r} stays as it was")
    return report(task, task.verb.tool, result)
