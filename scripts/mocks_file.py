"""Reads mocks files and compiles them. `mocks_watcher` keeps them in force."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.library.compiler import CompiledMocks
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.scripts.errors import BadFile
from websocket_mock.actors.documents.yaml_files import NotYaml, read_yaml

Stamp = tuple[int, int] | None
"""The modification time of a file in nanoseconds, and its size; None: there is no file."""


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A mocks file at one moment."""

    path: Path
    stamp: Stamp
    """Taken before the file was read, so that a change during the reading is noticed later."""
    mocks: CompiledMocks


def load(path: Path) -> LoadedFile:
    """Read and compile a mocks file, YAML or JSON. Blocks on the file system.

    Raises:
        BadFile: it cannot be read, or is not valid.
    """
    stamp = stamp_of(path)
    try:
        return LoadedFile(path, stamp, compile_document(_parse(path), path.parent))
    except BadDocument as error:
        lines = [f"{path}: {problem}" for problem in error.problems]
        raise BadFile("\n".join(lines)) from None


def load_all(paths: Iterable[Path]) -> tuple[LoadedFile, ...]:
    """Read and compile several mocks files. Blocks on the file system.

    Raises:
        BadFile: at least one cannot be used; the text has a line for each problem of each file.
    """
    loaded, problems = [], []
    for path in paths:
        try:
            loaded.append(load(path))
        except BadFile as error:
            problems.append(str(error))
    if problems:
        raise BadFile("\n".join(problems))
    return tuple(loaded)


def stamp_of(path: Path) -> Stamp:
    """Return the current stamp of a file. Blocks on the file system."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


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
