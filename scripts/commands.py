"""The commands that have a module in this folder. The verbs are in `control.verbs`."""

from collections.abc import Mapping

MODULES: Mapping[str, str] = {
    "serve": "serve WebSocket and MCP clients; the default",
    "validate": "check mocks files",
    "schema": "print the JSON Schema of mocks files, for editors",
    "dialects": "list the ready-made mocks for well-known protocols, or print one",
    "import": "make a mocks file of an AsyncAPI document",
    "skill": "print the skill for AI agents, or install it",
    "client": "talk to a server by hand, or test it",
    "stress": "put load on a server and count what is lost",
    "orchestrate": "start, watch and stop the servers of a configuration file",
}
"""Each command with its line in the help. The module of the same name runs it, if `HOMES` names
no other one."""

HOMES: Mapping[str, str] = {"import": "importing.command"}
"""The modules of commands that have a room of their own."""
