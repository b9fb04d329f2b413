"""What the pages for agents name exists: files, headings, tools, commands, flags and targets."""

import re
from pathlib import Path

import pytest

from tests.helpers.bridge import FakeGateway, bridge_over
from tests.helpers.command import run_here
from tests.helpers.mcp_session import mcp_session
from tests.helpers.program import ROOT
from websocket_mock.scripts import launch
from websocket_mock.scripts.dev.mocks_reference import slug
from websocket_mock.skills import SKILL_FILE

DOCS = sorted((ROOT / "docs").glob("*.md"))
TOP = [ROOT / name for name in ("SECURITY.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
PAGES = [ROOT / "AGENTS.md", ROOT / "llms.txt", SKILL_FILE]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

LINK = re.compile(r"\]\(([^)]+)\)")
TOOL = re.compile(r"\b\w+_websocket_\w+\b")
COMMAND = re.compile(r"`websocket-mock-server((?: [^`]+)?)`")
FLAG = re.compile(r"--[a-z-]+")
TARGET = re.compile(r"`make (\w+)")


@pytest.mark.parametrize("page", [*PAGES, *DOCS, *TOP], ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), link


@pytest.fixture(scope="module")
def tools() -> set[str]:
    with mcp_session(bridge_over(FakeGateway())) as session:
        return set(session.tools())


@each_page
def test_tools_exist(page: Path, tools: set[str]) -> None:
    named = set(TOOL.findall(page.read_text(encoding="utf-8")))
    assert named
    assert named - tools == set()


@each_page
def test_commands_and_their_flags_exist(page: Path) -> None:
    for arguments in COMMAND.findall(page.read_text(encoding="utf-8")):
        words = arguments.split()
        command = words[:1] if words and not words[0].startswith("-") else []
        assert set(command) <= set(launch.COMMANDS)
        known = set(FLAG.findall(run_here(launch.main, *command, "--help").out))
        assert set(FLAG.findall(arguments)) - known == set()


def test_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(TARGET.findall((ROOT / "AGENTS.md").read_text(encoding="utf-8")))
    assert {"run", "test", "check", "docs"} <= named
    assert named - set(re.findall(r"^(\w+):", makefile, re.MULTILINE)) == set()


def test_llms_txt_has_its_format_and_names_every_page() -> None:
    """See https://llmstxt.org: a title, a summary, texts without headings, then lists of links."""
    text = (ROOT / "llms.txt").read_text(encoding="utf-8")
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    assert re.match(r"# [^\n]+\n\n(> [^\n]+\n)+\n", head)
    for section in sections:
        assert re.fullmatch(r"[^\n]+\n\n(- \[[^\]]+\]\([^)]+\): [^\n]+\n)+\n?", section), section
    linked = {ROOT / link for link in LINK.findall(text)}
    assert linked >= {*PAGES, *DOCS, *ROOT.glob("[A-Z]*.md")} - {ROOT / "llms.txt"}
