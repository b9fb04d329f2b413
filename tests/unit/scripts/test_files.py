"""Files that others read while they are written."""

import secrets
import threading
from pathlib import Path

import pytest

from tests.helpers.full_disk import room_for
from tests.helpers.wait import PATIENCE
from websocket_mock.scripts.operating_system import write_atomically


def test_file_holds_the_text(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    write_atomically(file, "ü€😀\n")

    assert file.read_bytes() == "ü€😀\n".encode()


def test_old_content_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    write_atomically(file, "a longer text")
    write_atomically(file, "short")

    assert file.read_text() == "short"


def test_nothing_else_is_left(tmp_path: Path) -> None:
    write_atomically(tmp_path / "ready.json", "text")

    assert [one.name for one in tmp_path.iterdir()] == ["ready.json"]


def test_disk_without_room_keeps_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    write_atomically(file, "old")
    with room_for(2), pytest.raises(OSError, match="File too large"):
        write_atomically(file, "longer")

    assert [one.name for one in tmp_path.iterdir()] == ["ready.json"]
    assert file.read_text() == "old"


def test_reader_never_sees_a_part(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    texts = {"a" * 100_000, "b" * 200_000}
    is_done = threading.Event()
    write_atomically(file, "a" * 100_000)

    def write() -> None:
        for _ in range(100):
            for text in texts:
                write_atomically(file, text)
        is_done.set()

    writer = threading.Thread(target=write, name="writer")
    writer.start()
    seen = set()
    while not is_done.is_set():
        seen.add(file.read_text())
    writer.join(PATIENCE)

    assert seen <= texts


def test_link_that_waits_at_the_name_of_a_draft_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even if somebody knows the name: O_EXCL follows no link (open(2))."""
    monkeypatch.setattr(secrets, "token_hex", lambda _: "guessed")
    mine = tmp_path / "mine"
    mine.write_text("mine")
    (tmp_path / ".ready.json.guessed").symlink_to(mine)
    with pytest.raises(FileExistsError):
        write_atomically(tmp_path / "ready.json", "text")

    assert mine.read_text() == "mine"


def test_missing_directory_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "ready.json", "text")


def test_failure_leaves_the_old_content_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ready.json"
    write_atomically(file, "old")

    def refuse(self: Path, target: Path) -> Path:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="the disk is gone"):
        write_atomically(file, "new")

    assert file.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["ready.json"]
