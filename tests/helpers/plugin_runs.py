"""Runs of pytest on small projects, and what they print."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

CLIENT = """
import pytest
from websocket_mock import WebSocketMock
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
"""
"""What each test module of such a project begins with."""


def run(
    pytester: pytest.Pytester, module: str, *arguments: str, directory: Path | None = None
) -> pytest.RunResult:
    """Run one test module in this process, with warnings as errors.

    Args:
        pytester: runs it.
        module: the module without its imports.
        arguments: of the command line.
        directory: where the module is; None: at the top of the project.
    """
    file = pytester.makepyfile(CLIENT + dedent(module))
    if directory is not None:
        file = file.rename(directory / file.name)
    return pytester.runpytest_inprocess("-W", "error", file, *arguments)


def output(result: pytest.RunResult) -> str:
    return "\n".join(result.stdout.lines)


def failures(result: pytest.RunResult) -> list[str]:
    """The reports of the tests that have failed."""
    return _reports(result, "FAILURES")


def errors(result: pytest.RunResult) -> list[str]:
    """The reports of errors in set-ups and at the end of tests."""
    return _reports(result, "ERRORS")


def _reports(result: pytest.RunResult, section: str) -> list[str]:
    lines = output(result)
    begin = re.search(rf"^=+ {section} =+$", lines, re.MULTILINE)
    if begin is None:
        return []
    rest = lines[begin.end() :]
    end = re.search(r"^={3,} .+ ={3,}$", rest, re.MULTILINE)
    assert end is not None
    found = re.split(r"^(?=_{3,} .+ _{3,}$)", rest[: end.start()], flags=re.MULTILINE)
    return found[1:]
