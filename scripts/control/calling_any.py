"""The verb `call`: calls any tool, with the schema of its arguments from the server."""

from collections.abc import Mapping
from typing import Any

from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.control.calling import report
from websocket_mock.scripts.control.problems import WrongUsage
from websocket_mock.scripts.control.rest import Server
from websocket_mock.scripts.control.showing import show_result
from websocket_mock.scripts.control.task import Task
from websocket_mock.scripts.control.values import Schemas, read_words

API = "/api/"


def run(task: Task) -> int:
    """Call the tool that the words name; without a name, list all tools.

    Raises:
        WrongUsage: there is no such tool, or a word is not an argument.
        NoServer: no server can be reached.
        Refused: the server answered with an error.
    """
    name = task.options["tool"]
    known = tools(task.server)
    if name is None:
        show_result(task, known)
        return 0
    if name not in known:
        raise WrongUsage(f"there is no tool {name!r}; {nearest(name, known)}")
    schemas = arguments_of_tool(task.server, name)
    arguments = read_words(task.options["arguments"], schemas)
    # With --namespace, unless a word says it.
    return report(task, name, task.server.call(name, {**task.arguments, **arguments}))


def tools(server: Server) -> dict[str, str]:
    """Return the names of the tools, each with a few words."""
    paths = server.description.get("paths", {})
    return {
        path.removeprefix(API): str(operations.get("post", {}).get("summary", ""))
        for path, operations in paths.items()
        if path.startswith(API)
    }


def arguments_of_tool(server: Server, tool: str) -> Schemas:
    """Return the schema of each argument of a tool, its references resolved as far as needed."""
    description = server.description
    body = description["paths"][API + tool]["post"]["requestBody"]
    properties = body["content"]["application/json"]["schema"].get("properties", {})
    parts = description.get("components", {}).get("schemas", {})
    return {name: _resolved(schema, parts) for name, schema in properties.items()}


def _resolved(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        found: Mapping[str, Any] = parts.get(schema["$ref"].rpartition("/")[2], {})
        return found
    if "anyOf" in schema:
        members = [one for one in schema["anyOf"] if one != {"type": "null"}]
        return {"anyOf": [_resolved(one, parts) for one in members]}
    return schema
