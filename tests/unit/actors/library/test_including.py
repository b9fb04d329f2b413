"""The files of a document, in their order."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.library import including
from websocket_mock.actors.library.including import BadInclude, gather
from websocket_mock.actors.library.reading import compile_document


class Folder:
    """Files in memory, by their names."""

    main = "main.yaml"

    def __init__(self, files: Mapping[str, object]) -> None:
        self._files = files

    def read(self, name: str) -> tuple[str, object]:
        if name == self.main:
            return name, None
        if name not in self._files:
            raise BadInclude(f"no {name}")
        return name, self._files[name]

    def read_code(self, name: str) -> tuple[str, str]:
        raise BadInclude(f"no {name}")


def files(main: object, **others: object) -> list[str | None]:
    """The names of the files in their order; nothing may be wrong. `_` stands for a slash."""
    folder = Folder({f"{name.replace('_', '/')}.yaml": one for name, one in others.items()})
    sources, problems = gather(main, folder)
    assert problems == []
    return [one.file for one in sources]


def problems(main: object, **others: object) -> list[str]:
    _, found = gather(main, Folder({f"{name}.yaml": one for name, one in others.items()}))
    return list(map(str, found))


def test_included_files_come_first_in_their_order() -> None:
    assert files({"include": ["b.yaml", "a.yaml"]}, a={}, b={}) == ["b.yaml", "a.yaml", None]


def test_single_name_needs_no_list_and_a_list_of_endpoints_includes_nothing() -> None:
    assert files({"include": "a.yaml"}, a=[{"path": "/a"}]) == ["a.yaml", None]
    assert files([{"path": "/a"}]) == [None]


def test_names_are_relative_to_the_directory_of_the_file_that_includes() -> None:
    found = files({"include": "low/a.yaml"}, low_a={"include": "deep/b.yaml"}, low_deep_b={})
    assert found == ["low/deep/b.yaml", "low/a.yaml", None]


def test_file_that_is_included_twice_is_there_once() -> None:
    both = {"include": "c.yaml"}
    main = {"include": ["a.yaml", "b.yaml"]}
    assert files(main, a=both, b=both, c={}) == ["c.yaml", "a.yaml", "b.yaml", None]


def test_circle_is_refused_at_the_include_that_closes_it() -> None:
    main = {"include": ["a.yaml"]}
    assert problems(main, a={"include": "b.yaml"}, b={"include": ["a.yaml"]}) == [
        "b.yaml: include[0]: files include each other: a.yaml → b.yaml → a.yaml"
    ]
    assert problems(main, a={"include": "main.yaml"}) == [
        "a.yaml: include: files include each other: main.yaml → a.yaml → main.yaml"
    ]


def test_file_that_cannot_be_read_is_told_where_it_is_included() -> None:
    main = {"include": ["a.yaml", "c.yaml"]}
    assert problems(main, a={"include": "b.yaml"}) == [
        "a.yaml: include: no b.yaml",
        "include[1]: no c.yaml",
    ]


def test_too_many_files_are_told_once() -> None:
    names = [f"f{number}" for number in range(including.MAX_FILES + 5)]
    some = names[: including.MAX_FILES]
    everything: dict[str, object] = {name: {} for name in names}
    assert problems({"include": [f"{name}.yaml" for name in some]}, **everything) == []
    assert problems({"include": [f"{name}.yaml" for name in names]}, **everything) == [
        "include[100]: more than 100 files are included"
    ]


def test_too_many_files_in_a_row_are_refused() -> None:
    def row(length: int) -> list[str]:
        chain = {f"f{one}": {"include": f"f{one + 1}.yaml"} for one in range(1, length)}
        return problems({"include": "f1.yaml"}, **chain, **{f"f{length}": {}})

    assert row(including.MAX_DEPTH) == []
    assert row(including.MAX_DEPTH + 1) == [
        "f10.yaml: include: more than 10 files include each other in a row"
    ]


def test_include_without_files_is_refused() -> None:
    with pytest.raises(BadDocument, match="include: only mocks from a file can include files"):
        compile_document({"include": "a.yaml"})


@pytest.mark.parametrize("include", [5, [5], {"a": 1}])
def test_what_is_no_name_is_refused(include: Any) -> None:
    with pytest.raises(BadDocument, match=r"^include"):
        compile_document({"include": include}, reader=Folder({}))


def test_problems_of_all_files_are_told_in_one_round() -> None:
    other = {"include": "gone.yaml", "endpoints": [{"path": "/a", "ruels": []}, {"path": "/b"}]}
    main = {"include": "a.yaml", "endpoints": [{"path": "/b"}, {"path": 5}], "faults": ["dropp"]}
    with pytest.raises(BadDocument) as caught:
        compile_document(main, reader=Folder({"a.yaml": other}))
    assert [(one.file, one.place) for one in caught.value.problems] == [
        ("a.yaml", ("include",)),
        ("a.yaml", ("endpoints", 0, "ruels")),
        (None, ("endpoints", 1, "path")),
        (None, ("faults", 0)),
        (None, ("endpoints", 0, "name")),
    ]


def test_contents_of_all_files_are_compiled_together() -> None:
    other = {"seed": 7, "endpoints": [{"path": "/a"}], "faults": ["drop"]}
    main = {"seed": 3, "include": "a.yaml", "endpoints": [{"path": "/b"}], "faults": ["reset"]}
    compiled = compile_document(main, reader=Folder({"a.yaml": other}))
    assert [one.name for one in compiled.endpoints] == ["/a", "/b"]
    assert [one.label for one in compiled.faults] == ["drop", "reset"]
    assert {one.seed for one in compiled.endpoints} == {"3//a", "3//b"}
    assert list(map(str, compiled.warnings)) == [
        "a.yaml: seed: has no effect: the seed of the main file counts"
    ]


FILES = st.sampled_from(["main", "a", "b", "c", "gone"]).map(lambda name: f"{name}.yaml")
INCLUDES = st.fixed_dictionaries({}, optional={"include": FILES | st.lists(FILES, max_size=4)})


@given(INCLUDES, st.fixed_dictionaries({f"{name}.yaml": INCLUDES for name in "abc"}))
def test_any_graph_of_files_has_each_file_once_behind_what_it_includes(
    main: Any, others: Mapping[str, Any]
) -> None:
    sources, _ = gather(main, Folder(others))
    names = [one.file for one in sources]
    assert names[-1] is None
    assert len(set(names)) == len(names)
    for index, source in enumerate(sources):
        assert set(source.included) <= set(names[:index])
