"""Finding running servers by their files: locks, leftovers, and what others may have put there."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.full_disk import room_for
from websocket_mock.scripts.control import run_files
from websocket_mock.scripts.control.run_files import (
    RunFile,
    RunningServer,
    directories,
    local_url,
    running_servers,
)

SERVER = RunningServer(
    "http://localhost:8004", "ws://localhost:9004", None, os.getpid(), "mock", "1.2.3", 1000.0
)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files are written; nothing else is looked at."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path / "runtime" / "websocket-mock-server"


@pytest.fixture
def run_file() -> Iterator[RunFile]:
    made = RunFile()
    yield made
    made.remove()


def test_server_is_found_until_its_file_is_removed(directory: Path, run_file: RunFile) -> None:
    path = run_file.write(SERVER)
    assert path.parent == directory
    assert running_servers() == [SERVER]
    assert (directory.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    run_file.remove()
    run_file.remove()
    assert running_servers() == []
    assert list(directory.iterdir()) == []


def test_server_of_an_earlier_version_is_found(directory: Path, run_file: RunFile) -> None:
    path = run_file.write(SERVER)
    facts = json.loads(path.read_text())
    for name in ("secure_url", "ca_file"):
        del facts[name]
    path.write_text(json.dumps(facts))
    assert running_servers() == [SERVER]


def test_servers_are_listed_from_the_oldest_on(run_file: RunFile) -> None:
    younger = replace(SERVER, started=2000.0, control_url="http://localhost:8005")
    run_file.write(younger)
    other = RunFile()
    other.write(SERVER)
    assert running_servers() == [SERVER, younger]
    other.remove()


def test_leftover_is_ignored_and_removed_by_the_next_server(
    directory: Path, run_file: RunFile
) -> None:
    leftover = run_file.write(SERVER)
    assert run_file._lock is not None
    os.close(run_file._lock)  # as the kernel does it when a process is killed
    run_file._lock = None
    assert running_servers() == []
    assert leftover.exists()
    other = RunFile()
    other.write(SERVER)
    assert not leftover.exists()
    assert running_servers() == [SERVER]
    other.remove()


@pytest.mark.parametrize("room", [0, 20])
def test_disk_without_room_is_an_error_and_nothing_is_left(
    directory: Path, tmp_path: Path, run_file: RunFile, room: int
) -> None:
    with room_for(room), pytest.raises(OSError, match="File too large"):
        run_file.write(SERVER)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert running_servers() == []
    run_file.write(SERVER)
    assert running_servers() == [SERVER]


def test_draft_of_a_server_that_starts_is_left_alone(directory: Path, run_file: RunFile) -> None:
    directory.mkdir(mode=0o700, parents=True)
    draft = directory / ".1-abc.json"
    draft.write_text("{}")
    run_file.write(SERVER)
    assert draft.exists()
    assert running_servers() == [SERVER]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "nonsense",
        "{}",
        json.dumps({"control_url": 5, "started": 1.0}),
        json.dumps({"control_url": "http://localhost:1", "started": "now"}),
    ],
)
def test_file_with_something_else_is_ignored(run_file: RunFile, content: str) -> None:
    # Written in place, so that its lock stays.
    run_file.write(SERVER).write_text(content)
    assert running_servers() == []


def test_directory_that_others_may_use_does_not_count(directory: Path, run_file: RunFile) -> None:
    path = run_file.write(SERVER)
    directory.chmod(0o755)
    assert running_servers() == []
    other = RunFile()
    second = other.write(SERVER)
    assert second.parent != path.parent
    assert running_servers() == [SERVER]
    other.remove()


def test_directory_that_is_a_link_does_not_count(directory: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    directory.parent.mkdir()
    directory.symlink_to(elsewhere)
    made = RunFile()
    assert made.write(SERVER).parent == tmp_path / "state" / "websocket-mock-server" / "run"
    assert list(elsewhere.iterdir()) == []
    made.remove()


def test_links_and_pipes_in_the_directory_do_not_count(directory: Path, run_file: RunFile) -> None:
    path = run_file.write(SERVER)
    (directory / "link.json").symlink_to(path)
    os.mkfifo(directory / "pipe.json")
    (directory / "folder.json").mkdir()
    assert running_servers() == [SERVER]


@pytest.mark.parametrize("kind", ["directory", "file"])
def test_what_belongs_to_somebody_else_does_not_count(
    run_file: RunFile, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    run_file.write(SERVER)
    original, calls = os.fstat, list[int]()

    def of_somebody_else(file: int) -> os.stat_result:
        calls.append(file)
        found = list(original(file))
        if len(calls) == (1 if kind == "directory" else 2):
            found[4] += 1
        return os.stat_result(found)

    monkeypatch.setattr(os, "fstat", of_somebody_else)
    assert running_servers() == []


def test_no_directory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(run_files, "directories", lambda: [tmp_path / "file" / "x"])
    with pytest.raises(OSError, match="file"):
        RunFile().write(SERVER)


def test_relative_variables_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "runtime")
    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert directories() == [
        tmp_path / ".local" / "state" / "websocket-mock-server" / "run",
        tmp_path / "temporary" / f"websocket-mock-server-{os.geteuid()}",
    ]


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://0.0.0.0:80", "http://127.0.0.1:80"),
        ("http://[::]:80", "http://[::1]:80"),
        ("http://localhost:80", "http://localhost:80"),
    ],
)
def test_all_addresses_are_reached_on_loopback(url: str, local: str) -> None:
    assert local_url(url) == local
