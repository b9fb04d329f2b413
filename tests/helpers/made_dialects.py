"""Dialects that a test makes, instead of those that come with the server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from websocket_mock import dialects as package
from websocket_mock.actors.library import dialects


@contextmanager
def made_dialects(folder: Path, files: Mapping[str, str]) -> Iterator[None]:
    """Let there be the dialects in these files, and no others."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package, "FOLDER", folder)
        _forget()
        yield
    _forget()


def _forget() -> None:
    dialects.names.cache_clear()
    dialects.find.cache_clear()
