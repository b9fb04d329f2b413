"""What is loaded for what, told by fresh interpreters: it decides how long a command takes."""

import ast
import re
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from tests.helpers.dependencies import run_time_dependencies, setup
from tests.helpers.program import ROOT, run_python

ROOMS = (
    *("actors", "transport", "mcp_bridge", "scripts", "skills", "websocket_mock"),
    "config/dialects",
)

SKINS = {"fastmcp", "mcp", "mcp_types", "starlette", "uvicorn", "rich", "prompt_toolkit"}
"""What only the skins need: the MCP server, and tables and prompts of the command lines."""

SLOW = {*SKINS, "pydantic", "yaml", "jinja2", "loguru", "pykka", "websockets", "asyncio"}

RUN = """
from websocket_mock.scripts.launch import main
try:
    main({})
except SystemExit:
    pass
"""


def loaded(code: str) -> set[str]:
    """Return the top-level modules that are loaded once some code has run."""
    show = "\nimport sys\nprint('loaded:', *{name.partition('.')[0] for name in sys.modules})"
    return set(run_python(code + show).rpartition("loaded:")[2].split())


def test_core_runs_without_the_skins() -> None:
    modules = loaded("import websocket_mock.scripts.runtime")
    assert {"pykka", "websockets", "websocket_mock"} <= modules
    assert not modules & SKINS


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_version_and_help_load_next_to_nothing(flag: str) -> None:
    assert not loaded(RUN.format([flag])) & SLOW


@pytest.mark.parametrize(
    "arguments",
    [
        ["clients", "--url=http://127.0.0.1:1"],
        ["traffic", "--follow", "--url=http://127.0.0.1:1"],
        ["completion", "bash", "--complete", "websocket-mock-server mocks "],
    ],
    ids=lambda one: one[0],
)
def test_verbs_load_next_to_nothing(arguments: list[str]) -> None:
    assert not loaded(RUN.format(arguments)) & SLOW


@pytest.mark.parametrize(
    "arguments", [["validate", "config/examples/chat.yaml"], ["schema"]], ids=lambda one: one[0]
)
def test_commands_about_files_load_no_server(arguments: list[str]) -> None:
    modules = loaded(RUN.format(arguments))
    assert "pydantic" in modules
    late = {"pydantic_settings", "loguru", "jsonschema", "jsonpath_rfc9535", "websockets"}
    assert not modules & (SKINS | late)


# --- what setup.cfg says --------------------------------------------------------------------------


def shipped() -> list[Path]:
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    return [file for file in files if "dev" not in file.parts]


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def normal(distribution: str) -> str:
    return distribution.lower().replace("_", "-")


def test_every_package_that_is_imported_is_declared() -> None:
    declared = run_time_dependencies()
    # FastMCP is a distribution without modules; those are in one that it requires.
    declared |= {normal(re.split(r"[\[=]", line)[0]) for line in requires("fastmcp") or ()}
    theirs = packages_distributions()
    # Only pytest loads the plugin.
    ours = {name for file in shipped() for name in imported(file)} - {"websocket_mock", "pytest"}
    missing = {
        name
        for name in ours - sys.stdlib_module_names
        if not declared & {normal(one) for one in theirs[name]}
    }
    assert missing == set()


def test_every_folder_is_a_package_of_the_wheel() -> None:
    folders = {file.parent.relative_to(ROOT) for file in shipped() if file.name == "__init__.py"}
    names = {".".join(folder.parts).removeprefix("config.") for folder in folders}
    expected = {
        name if name.startswith("websocket_mock") else f"websocket_mock.{name}" for name in names
    }
    assert set(setup()["options"]["packages"].split()) == expected
