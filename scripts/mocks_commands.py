"""The sub-commands about mocks files: check them, and print their JSON Schema for editors."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from websocket_mock.actors.documents.mocks import Mocks
from websocket_mock.actors.library.compiler import CompiledMocks
from websocket_mock.scripts.mocks_file import BadFile, load

VALID = 0
NOT_VALID = 1

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "Mocks of the WebSocket mock server"


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands to a command line; `run` of its result then takes that result."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    checking = commands.add_parser(
        "validate",
        help="check mocks files",
        description="Check mocks files and say what is wrong where. 0: valid, 1: not, 2: usage.",
    )
    checking.add_argument("files", nargs="+", type=Path, metavar="FILE", help="YAML or JSON")
    checking.set_defaults(run=lambda options: validate(options.files))
    printing = commands.add_parser(
        "schema",
        help="print the JSON Schema of mocks files",
        description="Print the JSON Schema of mocks files, for editors.",
    )
    printing.set_defaults(run=lambda _: print_schema())


def check(files: Sequence[Path]) -> None:
    """Check that mocks files can be used. Blocks on the file system.

    Raises:
        BadFile: at least one cannot; the text has a line for each problem of each file.
    """
    problems = []
    for file in files:
        try:
            load(file)
        except BadFile as error:
            problems.append(str(error))
    if problems:
        raise BadFile("\n".join(problems))


def validate(files: Sequence[Path]) -> int:
    """Print the problems and warnings of each file, and what a valid one has; return 0 or 1.

    Blocks on the file system.
    """
    exit_code = VALID
    for file in files:
        try:
            loaded = load(file)
        except BadFile as error:
            print(error)
            exit_code = NOT_VALID
        else:
            _print_warnings(file, loaded)
            print(f"{file}: valid, {_summary(loaded)}")
    return exit_code


def print_schema() -> int:
    """Print the JSON Schema of a mocks file; return 0."""
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a mocks file."""
    described: dict[str, Any] = _without_one_of(Mocks.model_json_schema(by_alias=True))
    return {"$schema": DIALECT, **described, "title": TITLE}


def _without_one_of(node: Any) -> Any:  # noqa: ANN401 - any JSON value
    # Pydantic writes oneOf for a choice that a function makes; two of its forms may overlap, and
    # an editor that takes oneOf at its word would then refuse what we accept.
    if isinstance(node, list):
        return [_without_one_of(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {"anyOf" if key == "oneOf" else key: _without_one_of(item) for key, item in node.items()}


def _print_warnings(file: Path, loaded: CompiledMocks) -> None:
    for warning in loaded.warnings:
        place, _, text = str(warning).partition(": ")
        print(f"{file}: {place}: warning: {text}")


def _summary(loaded: CompiledMocks) -> str:
    sources = [endpoint.source for endpoint in loaded.endpoints]
    counts = {
        "endpoint": len(sources),
        "rule": sum(len(source.rules) for source in sources),
        "handshake rule": sum(len(source.handshake) for source in sources),
        "script step": sum(len(source.script or ()) for source in sources),
        "fault": sum(len(source.faults) for source in sources) + len(loaded.faults),
    }
    shown = {name: count for name, count in counts.items() if count or name in _ALWAYS}
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in shown.items())


_ALWAYS = ("endpoint", "rule")
