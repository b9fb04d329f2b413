"""Classes that are found because they stand in a package."""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import count
from pathlib import Path

import pytest

from websocket_mock.actors.faults.kind import FaultKind
from websocket_mock.actors.values.registration import BadRegistration, find_keyed

IMPORTS = "from websocket_mock.actors.faults.kind import FaultKind\n"

_numbers = count()


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Find"]:
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield Find(tmp_path)
    for name in set(sys.modules) - before:
        del sys.modules[name]


class Find:
    """Looks for classes in a package of modules with some code."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, **modules: str) -> Mapping[str, type[FaultKind]]:
        name = f"package_{next(_numbers)}"
        folder = self._directory / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        for module, code in modules.items():
            (folder / f"{module}.py").write_text(IMPORTS + code.format(package=name))
        return find_keyed(import_module(name), FaultKind)


def a_class(name: str, key: str) -> str:
    return f"class {name}(FaultKind):\n    key = {key!r}\n"


def test_classes_are_found_by_their_keys(find: Find) -> None:
    found = find(one=a_class("A", "a") + a_class("B", "b"), two=a_class("C", "c"))
    assert {key: kind.__name__ for key, kind in found.items()} == {"a": "A", "b": "B", "c": "C"}


def test_class_that_is_imported_belongs_to_its_own_module(find: Find) -> None:
    two = "from {package}.one import A\n" + a_class("B", "b")
    assert find(one=a_class("A", "a"), two=two).keys() == {"a", "b"}


@pytest.mark.parametrize("code", ["", "class A(FaultKind): ...\n", "class A:\n    key = 'a'\n"])
def test_module_without_a_class_with_a_key_is_refused(find: Find, code: str) -> None:
    with pytest.raises(BadRegistration, match="one has no class with a key"):
        find(one=code)


def test_key_of_two_classes_is_refused(find: Find) -> None:
    with pytest.raises(BadRegistration, match="two: there is a class for 'a' already"):
        find(one=a_class("A", "a"), two=a_class("B", "a"))
