"""What the load asks of the operating system."""

import resource

import pytest

from websocket_mock.scripts import stress
from websocket_mock.scripts.stress import TooManyFilesError, allow_open_files


def allow(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    monkeypatch.setattr(stress, "raise_file_limit", lambda: None)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))


def test_more_clients_than_open_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, 1000)
    with pytest.raises(TooManyFilesError, match="1001 open files are needed, but 1000 are allowed"):
        allow_open_files(1001)


@pytest.mark.parametrize("files", [1000, resource.RLIM_INFINITY])
def test_enough_open_files_are_enough(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    allow(monkeypatch, files)
    allow_open_files(1000)
