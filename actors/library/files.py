"""Reads the files that mocks name. They must be below the directory of the mocks file."""

from collections.abc import Callable
from pathlib import Path

from websocket_mock.actors.conversation.action import BadAction
from websocket_mock.actors.conversation.http_rules import (
    FOLDER_FOUND,
    FolderFound,
    ServedFile,
)

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
    path = _below(directory, name, "file")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadAction(f"file {name!r} is larger than {MAX_FILE_BYTES} bytes")
        if is_special(path):
            raise BadAction(f"file {name!r} cannot be read: {NO_FILE}")
        return path.read_bytes()
    except OSError as error:
        raise BadAction(f"file {name!r} cannot be read: {error.strerror}") from None


def _below(directory: Path | None, name: str, what: str) -> Path:
    """Return the path that a document names, if it is below the directory of the mocks file.

    Raises:
        BadAction: it is not, or there is no directory; the text begins with `what` it is.
    """
    if directory is None:
        raise BadAction(f"{what} {name!r}: only mocks from a file can name files")
    base = directory.resolve()
    try:
        path = (base / name).resolve()
    except ValueError as error:
        raise BadAction(f"{what} {name!r} cannot be read: {error}") from None
    if not path.is_relative_to(base):
        raise BadAction(f"{what} {name!r} is not below the directory of the mocks file")
    return path


def is_special(path: Path) -> bool:
    """Tell whether a path is a pipe, a socket or a device. To open one may wait for ever.

    Raises:
        OSError: nobody may know.
    """
    return path.exists() and not path.is_file() and not path.is_dir()


INDEX = "index.html"
"""The file that stands for a folder."""


def open_folder(directory: Path | None, name: str) -> Path:
    """Return a folder whose files may be served.

    Args:
        directory: the directory of the mocks file; None: files are refused.
        name: the path of the folder, relative to the directory.

    Raises:
        BadAction: it is no folder, or not below the directory.
    """
    folder = _below(directory, name, "folder")
    if not folder.is_dir():
        raise BadAction(f"folder {name!r} cannot be read: there is no such folder")
    return folder


def find_served_file(
    folder: Path, content_type_of: Callable[[str], str], name: str, *, is_folder: bool
) -> ServedFile | FolderFound | None:
    """Return the file of a folder that a request asks for; None: there is none.

    It reads the file, of `MAX_FILE_BYTES` at most, on the thread of the caller.

    Args:
        folder: the folder, resolved. Neither `..` nor a link leads out of it.
        content_type_of: returns the type that the name of a file tells.
        name: the path of the file below the folder, decoded.
        is_folder: whether the client asks for a folder: its path ends with a slash.
    """
    try:
        path = (folder / name.lstrip("/")).resolve()
        if not path.is_relative_to(folder):
            return None
        if path.is_dir():
            if not is_folder:
                return FOLDER_FOUND
            path = path / INDEX
        elif is_folder:
            return None
        content = read_file(folder, str(path.relative_to(folder)))
    except (BadAction, OSError, ValueError):
        return None
    return ServedFile(content, content_type_of(path.name))
