"""The files that mocks send."""

import os
from pathlib import Path

import pytest

from websocket_mock.actors.conversation.action import BadAction
from websocket_mock.actors.library import files
from websocket_mock.actors.library.files import read_file


def test_file_may_be_below_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "bodies").mkdir()
    (tmp_path / "bodies" / "a.txt").write_text("hi")
    assert read_file(tmp_path, "bodies/../bodies/a.txt") == b"hi"


def test_without_a_directory_there_are_no_files() -> None:
    with pytest.raises(BadAction, match="only mocks from a file can name files"):
        read_file(None, "a.txt")


@pytest.mark.parametrize("name", ["../secret.txt", "folder/../../secret.txt", "{}/secret.txt"])
def test_file_outside_of_the_directory_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    base = tmp_path / "mocks"
    base.mkdir()
    with pytest.raises(BadAction, match="not below the directory"):
        read_file(base, name.format(tmp_path))


def test_link_to_a_file_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    base = tmp_path / "mocks"
    base.mkdir()
    (base / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(BadAction, match="not below the directory"):
        read_file(base, "link.txt")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing.txt", "cannot be read: No such file"),
        ("folder", "cannot be read: Is a directory"),
        ("a\0b", "cannot be read"),
        ("pipe", "cannot be read: it is a pipe, a socket or a device"),
    ],
)
def test_file_that_cannot_be_had_is_refused(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadAction, match=why) as caught:
        read_file(tmp_path, name)
    assert repr(name) in str(caught.value)


def test_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 3)
    (tmp_path / "a.bin").write_bytes(b"123")
    (tmp_path / "b.bin").write_bytes(b"1234")
    assert read_file(tmp_path, "a.bin") == b"123"
    with pytest.raises(BadAction, match="larger than 3 bytes"):
        read_file(tmp_path, "b.bin")
