"""Reloads mocks files when they or their included files change, on its own thread."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from loguru import logger

from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.library.compiler import CompiledMocks
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.mocks_file import LoadedFile, MocksFile, show_problem, stamp_of

POLL_SECONDS = 0.25
"""Seconds between two checks of the files."""


class MocksFiles:
    """Keeps the endpoints and faults of a namespace up to date with files. Connections stay open.

    A change that is not valid is logged, and the last valid version stays in force. If several
    files have an endpoint or a fault of the same name, the last file counts.

    Args:
        files: the files, as they were read at the start.
        namespace: the namespace of their endpoints and faults.
    """

    def __init__(self, files: Sequence[LoadedFile], namespace: Namespace) -> None:
        self._namespace = namespace
        self._by_file: dict[Path, CompiledMocks] = {}
        self._in_force: dict[str, CompiledEndpoint] = {}
        self._faults_in_force: dict[str, CompiledFault] = {}
        self._stamps = {file.path: file.stamps for file in files}
        """By the main file, those of all files that it was made of when it was last read."""
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="mocks-watcher", daemon=True)
        self._with_code = frozenset(file.path for file in files if file.allow_code)
        for file in files:
            self._put(file)
            logger.info("{} was loaded", file.path)

    def start(self) -> None:
        """Start to watch on its own thread. Without files no thread is started."""
        if self._stamps:
            self._thread.start()

    def stop(self) -> None:
        """Stop watching. Idempotent; blocks for at most 5 s."""
        self._is_stopped.set()
        if self._thread.ident is not None:
            self._thread.join(5.0)

    def _watch(self) -> None:
        while not self._is_stopped.wait(POLL_SECONDS):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - whatever it is, later changes must count
                logger.opt(exception=error).error("the mocks files could not be looked at")

    def _look(self) -> None:
        for path, stamps in list(self._stamps.items()):
            if any(stamp_of(one) != before for one, before in stamps.items()):
                self._reload(path)

    def _reload(self, path: Path) -> None:
        file = MocksFile(path, allow_code=path in self._with_code)
        # Kept whatever comes of it, so that an invalid file is not read again and again.
        self._stamps[path] = file.stamps
        try:
            self._put(file.load())
        except BadFile as error:
            for line in str(error).splitlines():
                logger.error("the mocks stay as they were: {}", line)
        else:
            logger.info("{} was loaded again", path)

    def _put(self, file: LoadedFile) -> None:
        for warning in file.mocks.warnings:
            logger.warning("{}", show_problem(file.path, warning))
        self._by_file[file.path] = file.mocks
        # The order of the files decides, not the order in which they were read.
        wanted = {one.name: one for file in self._by_file.values() for one in file.endpoints}
        changed = [one for name, one in wanted.items() if self._in_force.get(name) is not one]
        self._namespace.put(changed, self._in_force.keys() - wanted.keys())
        self._in_force = wanted
        self._namespace.files = {
            one.name: str(path) for path, file in self._by_file.items() for one in file.endpoints
        }
        self._put_faults()

    def _put_faults(self) -> None:
        wanted = {
            one.key: one
            for path, file in self._by_file.items()
            for one in _apart(path, file.faults)
        }
        if wanted != self._faults_in_force:
            self._namespace.put_faults(wanted.values(), self._faults_in_force.keys())
            self._faults_in_force = wanted


def _apart(path: Path, faults: Iterable[CompiledFault]) -> Iterator[CompiledFault]:
    """Give faults without a name keys that no other file has."""
    for fault in faults:
        is_named = fault.source.name is not None
        yield fault if is_named else replace(fault, key=f"{path}: {fault.key}")
