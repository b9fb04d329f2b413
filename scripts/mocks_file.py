"""Reads a mocks file and compiles it. Who keeps it in force is `mocks_watcher`."""

import json
from pathlib import Path
from typing import Any

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.library.compiler import CompiledMocks
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.yaml_files import NotYaml, read_yaml


def load(path: Path) -> CompiledMocks:
    """Read and compile a mocks file, YAML or JSON. Blocks on the file system.

    Raises:
        BadFile: it cannot be read, or is not valid.
    """
    try:
        return compile_document(_parse(path), path.parent)
    except BadDocument as error:
        lines = [f"{path}: {problem}" for problem in error.problems]
        raise BadFile("\n".join(lines)) from None


def _parse(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadFile(f"{path}: there is no such mocks file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: cannot be read: {error}") from None
    try:
        return json.loads(text) if path.suffix == ".json" else read_yaml(text, json_types=True)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadFile(f"{path}: {place}: not valid JSON: {error.msg}") from None
    except NotYaml as error:
        raise BadFile(f"{path}: {error}") from None
    except RecursionError:
        raise BadFile(f"{path}: nested too deeply") from None
