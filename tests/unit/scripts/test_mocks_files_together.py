"""Several mocks files and one namespace: which endpoint is in force, whoever changes when."""

from pathlib import Path

import pytest

from tests.helpers.faults import compile_faults
from websocket_mock.actors.documents.problems import parse_mocks
from websocket_mock.actors.library.compiler import compile_mocks
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.mocks_file import load_all
from websocket_mock.scripts.mocks_watcher import MocksFiles


class Desk:
    """Two files that are read again when the test says so."""

    def __init__(self, directory: Path, first: str, second: str) -> None:
        self.told: list[str | None] = []
        """Once for each time that clients have had to look at their faults."""
        self.namespace = Namespace(None, self.told.append)
        self._paths = [directory / "first.yaml", directory / "second.yaml"]
        for path, text in zip(self._paths, (first, second), strict=True):
            path.write_text(text)
        self._files = MocksFiles(load_all(self._paths), self.namespace)

    def change(self, number: int, text: str) -> None:
        self._paths[number].write_text(text)
        self._files._reload(self._paths[number])

    @property
    def faults(self) -> list[str]:
        """The labels of the faults of any connection, as they act."""
        return [one.label for one in self.namespace.book.faults]

    @property
    def in_force(self) -> dict[str, str]:
        """The path of each endpoint by its name."""
        return {one.name: one.pattern.source for one in self.namespace.book.endpoints}


def named(name: str, path: str) -> str:
    return f"endpoints: [{{name: {name}, path: {path}}}]"


def test_last_file_wins_and_goes_on_to_when_the_first_changes(tmp_path: Path) -> None:
    desk = Desk(tmp_path, named("x", "/a"), named("x", "/b"))
    assert desk.in_force == {"x": "/b"}
    desk.change(0, named("x", "/c"))
    assert desk.in_force == {"x": "/b"}


def test_endpoint_of_the_first_file_is_back_when_the_last_gives_it_up(tmp_path: Path) -> None:
    desk = Desk(tmp_path, named("x", "/a"), named("x", "/b"))
    desk.change(1, named("y", "/y"))
    assert desk.in_force == {"x": "/a", "y": "/y"}


def test_endpoint_that_no_file_has_any_more_is_gone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, named("x", "/a"), named("y", "/b"))
    desk.change(0, "endpoints: []")
    assert desk.in_force == {"y": "/b"}


def test_endpoints_from_elsewhere_and_of_other_files_stay_untouched(tmp_path: Path) -> None:
    desk = Desk(tmp_path, named("x", "/a"), named("y", "/b"))
    document = {"endpoints": [{"name": "z", "path": "/z"}, {"name": "y", "path": "/mine"}]}
    desk.namespace.put(compile_mocks(parse_mocks(document)).endpoints)
    desk.change(0, named("x", "/c"))
    assert desk.in_force == {"x": "/c", "y": "/mine", "z": "/z"}


def test_change_that_is_not_valid_changes_nothing(tmp_path: Path, log_lines: list[str]) -> None:
    desk = Desk(tmp_path, named("x", "/a"), named("y", "/b"))
    log_lines.clear()
    desk.change(0, "endpoints: 5")
    assert desk.in_force == {"x": "/a", "y": "/b"}
    (line,) = log_lines
    assert line.startswith("ERROR the mocks stay as they were")
    assert "endpoints: give a list" in line


def test_file_that_is_not_valid_at_the_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"first\.yaml: endpoints"):
        Desk(tmp_path, "endpoints: 5", named("y", "/b"))


# --- faults ---------------------------------------------------------------------------------------


def test_faults_of_all_files_are_in_force_in_their_order(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "faults: [drop, corrupt]", "faults: [drop]")
    assert desk.faults == ["drop", "corrupt", "drop"]


def test_faults_of_files_of_the_same_name_are_kept_apart(tmp_path: Path) -> None:
    paths = [tmp_path / directory / "mocks.yaml" for directory in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_text("faults: [drop]")
    namespace = Namespace()
    MocksFiles(load_all(paths), namespace)
    assert len(namespace.book.faults) == 2


def test_namespace_tells_the_file_of_each_endpoint(tmp_path: Path) -> None:
    desk = Desk(tmp_path, named("x", "/a"), named("y", "/b"))
    first, second = (str(tmp_path / name) for name in ("first.yaml", "second.yaml"))
    assert desk.namespace.files == {"x": first, "y": second}
    desk.change(1, named("x", "/c"))
    assert desk.namespace.files == {"x": second}


def test_last_fault_of_a_name_wins_and_the_first_is_back_without_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "faults: [{name: x, drop: }]", "faults: [{name: x, reset: }]")
    assert [fault.kind for fault in desk.namespace.book.faults] == ["reset"]
    desk.change(1, "endpoints: []")
    assert [fault.kind for fault in desk.namespace.book.faults] == ["drop"]


def test_faults_follow_their_file_and_others_stay(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "faults: [drop, reset]", "faults: [corrupt]")
    desk.namespace.put_faults(compile_faults({"hang_up": {}, "name": "mine"}))
    desk.change(0, "faults: [reset, drop]")
    assert desk.faults == ["mine", "reset", "drop", "corrupt"]
    desk.change(0, "endpoints: []")
    assert desk.faults == ["mine", "corrupt"]


def test_file_without_faults_tells_nobody_of_a_change(tmp_path: Path) -> None:
    desk = Desk(tmp_path, named("x", "/a"), named("y", "/b"))
    desk.change(0, named("x", "/c"))
    assert desk.told == []
    desk.change(0, "faults: [drop]")
    assert desk.told != []
