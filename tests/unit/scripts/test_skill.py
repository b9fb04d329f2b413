"""The command that prints and installs the skill for agents, and the skill itself."""

import re
from pathlib import Path

import pytest
import yaml

from tests.helpers.command import run_here
from websocket_mock.scripts import launch
from websocket_mock.skills import SKILL_FILE, SKILL_FOLDER

TEXT = SKILL_FILE.read_text(encoding="utf-8")

MAX_BODY = 6_000


def test_skill_has_the_format_of_agent_skills() -> None:
    """See https://agentskills.io/specification."""
    _, head, body = TEXT.split("---\n", 2)
    fields = yaml.safe_load(head)
    assert set(fields) == {"name", "description"}
    assert fields["name"] == SKILL_FOLDER.name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fields["name"])
    assert len(fields["name"]) <= 64
    assert 0 < len(fields["description"]) <= 1024
    assert len(body) < MAX_BODY


def test_it_is_printed_as_it_is() -> None:
    done = run_here(launch.main, "skill")
    assert (done.code, done.out, done.err) == (0, TEXT, "")


def test_it_is_installed_where_agents_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path(".claude", "skills", "websocket-testing", "SKILL.md")
    done = run_here(launch.main, "skill", "--install")
    assert (done.code, done.out, done.err) == (0, f"wrote {file}\n", "")
    assert file.read_text(encoding="utf-8") == TEXT
    # Not even a draft is left.
    assert [one.name for one in file.parent.iterdir()] == ["SKILL.md"]

    again = run_here(launch.main, "skill", "--install")
    assert (again.code, again.out, again.err) == (0, f"{file} is up to date\n", "")


def test_changed_file_is_overwritten_by_force_only(tmp_path: Path) -> None:
    file = tmp_path / "skills" / "websocket-testing" / "SKILL.md"
    file.parent.mkdir(parents=True)
    file.write_text(f"{TEXT}My own recipe.\n", encoding="utf-8")
    arguments = ("skill", "--install", str(tmp_path / "skills"))

    refused = run_here(launch.main, *arguments)
    assert (refused.code, refused.out) == (1, "")
    (line,) = refused.err.splitlines()
    assert str(file) in line
    assert "--force" in line
    assert file.read_text(encoding="utf-8").endswith("My own recipe.\n")

    forced = run_here(launch.main, *arguments, "--force")
    assert (forced.code, forced.out, forced.err) == (0, f"overwrote {file}\n", "")
    assert file.read_text(encoding="utf-8") == TEXT


def test_folder_that_is_a_file_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "skills").write_text("")
    done = run_here(launch.main, "skill", "--install", str(tmp_path / "skills"))
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert "cannot be written: " in line


def test_force_alone_is_wrong_usage() -> None:
    done = run_here(launch.main, "skill", "--force")
    assert (done.code, done.out) == (2, "")
    assert "--install" in done.err
