"""Reads the files that mocks name. They must be below the directory of the mocks file."""

from pathlib import Path

from websocket_mock.actors.conversation.action import BadAction

MAX_FILE_BYTES = 16 * 1024 * 1024

NO_FILE = "it is a pipe, a socket or a device"
"""What to say of a path that `is_special`."""


def read_file(directory: Path | None, name: str) -> bytes:
    """Return the content of a file.

    Args:
        directory: the directory of the mocks file; None: files are refused.
        name: the path of the file, relative to the directory.

    Raises:
        BadAction: the file cannot be read, is too large, or is not below the directory.
    """
    if directory is None:
        raise BadAction(f"file {name!r}: only mocks from a file can name files")
    base = directory.resolve()
    try:
        path = (base / name).resolve()
    except ValueError as error:
        raise BadAction(f"file {name!r} cannot be read: {error}") from None
    if not path.is_relative_to(base):
        raise BadAction(f"file {name!r} is not below the directory of the mocks file")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadAction(f"file {name!r} is larger than {MAX_FILE_BYTES} bytes")
        if is_special(path):
            raise BadAction(f"file {name!r} cannot be read: {NO_FILE}")
        return path.read_bytes()
    except OSError as error:
        raise BadAction(f"file {name!r} cannot be read: {error.strerror}") from None


def is_special(path: Path) -> bool:
    """Tell whether a path is a pipe, a socket or a device. To open one may wait for ever.

    Raises:
        OSError: nobody may know.
    """
    return path.exists() and not path.is_file() and not path.is_dir()
