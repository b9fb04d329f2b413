"""Several mocks files and one namespace: which endpoint is in force, whoever changes when."""

from pathlib import Path

import pytest

from actors.mocks.compiler import compile_mocks
from actors.mocks.namespace import Namespace
from actors.mocks.problems import parse_mocks
from scripts.mocks_file import BadFile, MocksFiles


class Desk:
    """Two files that are read again when the test says so."""

    def __init__(self, directory: Path, first: str, second: str) -> None:
        self.namespace = Namespace()
        self._paths = [directory / "first.yaml", directory / "second.yaml"]
        for path, text in zip(self._paths, (first, second), strict=True):
            path.write_text(text)
        self._files = MocksFiles(self._paths, self.namespace)

    def change(self, number: int, text: str) -> None:
        self._paths[number].write_text(text)
        self._files._reload(self._paths[number])

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
    desk.change(0, "endpoints: 5")
    assert desk.in_force == {"x": "/a", "y": "/b"}
    (line,) = log_lines
    assert line.startswith("ERROR the mocks stay as they were")
    assert "endpoints: give a list" in line


def test_file_that_is_not_valid_at_the_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"first\.yaml: endpoints"):
        Desk(tmp_path, "endpoints: 5", named("y", "/b"))
