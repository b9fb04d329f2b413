"""Mocks files that include others, from the disk."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.scripts import launch
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.mocks_file import MocksFile, load, stamp_of
from websocket_mock.scripts.mocks_watcher import MocksFiles

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file below `mocks` and returns its path."""

    def write_file(name: str, text: str) -> Path:
        file = tmp_path / "mocks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write_file


def problems(file: Path) -> list[str]:
    with pytest.raises(BadFile) as bad:
        load(file)
    return str(bad.value).splitlines()


def names(file: Path) -> list[str]:
    return [one.name for one in load(file).mocks.endpoints]


def test_validate_sums_up_all_files_and_warns_in_the_right_one(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    main = write("main.yaml", "include: [low/a.yaml, b.json]\nendpoints: [{path: /main}]")
    low = write("low/a.yaml", "endpoints: [{path: /a, rules: [{do: [ignore]}, {do: [ignore]}]}]")
    write("b.json", '[{"path": "/b"}]')
    assert launch.main(["validate", str(main)]) == 0
    warning, summary = capsys.readouterr().out.splitlines()
    assert warning.startswith(f"{low}: endpoints[0].rules: warning: rules[1] never fires")
    assert summary == f"{main}: valid, 3 endpoints, 2 rules"


def test_validate_tells_each_problem_in_the_file_that_has_it(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    main = write("main.yaml", "include: low/a.yaml\nendpoints: [{path: /, rules: [{do: [nil]}]}]")
    low = write("low/a.yaml", "include: b.yaml\nendpoints: [{path: 5}]")
    second = write("low/b.yaml", "actions: {x: [{clsoe: }]}")
    assert launch.main(["validate", str(main)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{second}: actions.x[0].clsoe: unknown key 'clsoe'")
    assert lines[1].startswith(f"{low}: endpoints[0].path: give text")
    assert lines[2].startswith(f"{main}: endpoints[0].rules[0].do[0]: there is no action 'nil'")
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "there is no such mocks file"),
        ("a: [", "line 1, column 5: not valid YAML: expected the node content"),
        ("[" * 5000, "not valid YAML: nested too deeply"),
    ],
)
def test_included_file_that_cannot_be_read_is_told_where_it_is_included(
    write: Write, content: str | None, why: str
) -> None:
    main = write("main.yaml", "include: [low/a.yaml]")
    if content is not None:
        write("low/a.yaml", content)
    (line,) = problems(main)
    assert line.startswith(f"{main}: include[0]: low/a.yaml: {why}")


@pytest.mark.parametrize("name", ["../out.yaml", "low/../../out.yaml", "link.yaml", "/out.yaml"])
def test_file_outside_of_the_directory_of_the_main_file_is_refused(
    write: Write, name: str, tmp_path: Path
) -> None:
    (tmp_path / "out.yaml").write_text("endpoints: []")
    main = write("main.yaml", f"include: {name}")
    (main.parent / "link.yaml").symlink_to(tmp_path / "out.yaml")
    assert problems(main) == [
        f"{main}: include: {name!r} is not below the directory of the main mocks file"
    ]


def test_link_to_a_file_below_the_directory_is_that_file(write: Write) -> None:
    main = write("main.yaml", "include: [link.yaml, low/a.yaml]")
    low = write("low/a.yaml", "include: b.yaml\nendpoints: [{path: /a}]")
    write("low/b.yaml", "endpoints: [{path: /b}]")
    (main.parent / "link.yaml").symlink_to(low)
    assert names(main) == ["/b", "/a"]


def test_main_file_that_includes_itself_is_refused(write: Write, tmp_path: Path) -> None:
    main = write("main.yaml", "include: main.yaml")
    assert problems(main) == [f"{main}: include: files include each other: main.yaml → main.yaml"]
    link = tmp_path / "other.yaml"
    link.symlink_to(main)
    (line,) = problems(link)
    assert line.endswith("main.yaml: there is no such mocks file")


@pytest.mark.parametrize("name", ['"a\\0b"', "a" * 5000, "''", "."])
def test_name_that_no_file_can_have_is_refused(write: Write, name: str) -> None:
    main = write("main.yaml", f"include: {name}")
    (line,) = problems(main)
    assert line.startswith(f"{main}: include: ")


def test_problem_is_one_printable_line_whatever_the_file_says(write: Write) -> None:
    main = write(
        "main.yaml",
        r"""
endpoints:
  - {path: /a, "ru\e[31mles\n/etc/passwd: forged": []}
  - {path: /b, handshake: [{accept: {headers: {"X\r\nSet-Cookie": a}}}]}
""",
    )
    first, second = problems(main)
    assert first.startswith(
        rf"{main}: endpoints[0].ru\x1b[31mles\n/etc/passwd: forged: unknown key"
    )
    assert second.startswith(rf"{main}: endpoints[1].handshake[0].accept.headers.X\r\nSet-Cookie: ")


@pytest.mark.parametrize("key", ["include", "use"])
def test_pipe_is_refused_instead_of_waited_for(write: Write, key: str) -> None:
    main = write("main.yaml", f"{key}: pipe")
    os.mkfifo(main.parent / "pipe")
    with pytest.raises(BadFile, match=f"{key}: 'pipe' cannot be read: it is a pipe"):
        load(main, allow_code=True)


def test_file_to_send_is_relative_to_the_directory_of_the_main_file(write: Write) -> None:
    main = write("main.yaml", "include: low/a.yaml")
    write("low/a.yaml", "endpoints: [{path: /a, rules: [{do: [{send: {file: hi.txt}}]}]}]")
    write("hi.txt", "hi")
    assert names(main) == ["/a"]


def test_stamps_are_those_of_all_files_that_were_asked_for(write: Write) -> None:
    main = write("main.yaml", "include: [a.yaml, low/gone.yaml]")
    other = write("a.yaml", "include: b.yaml")
    broken = write("b.yaml", "[")
    file = MocksFile(main)
    with pytest.raises(BadFile):
        file.load()
    assert {path.name: stamp for path, stamp in file.stamps.items()} == {
        "main.yaml": stamp_of(main),
        "a.yaml": stamp_of(other),
        "b.yaml": stamp_of(broken),
        "gone.yaml": None,
    }


class TestWatcher:
    """One look at the files, when the test says so."""

    @pytest.fixture
    def files(self, write: Write) -> MocksFiles:
        self.namespace = Namespace()
        main = write("main.yaml", "include: [a.yaml]\nendpoints: [{path: /main}]")
        self.included = write("a.yaml", "endpoints: [{path: /a}]")
        return MocksFiles([load(main)], self.namespace)

    @property
    def in_force(self) -> list[str]:
        return sorted(one.name for one in self.namespace.book.endpoints)

    def test_included_file_that_changes_is_read_again(
        self, files: MocksFiles, write: Write
    ) -> None:
        write("a.yaml", "endpoints: [{path: /changed}]")
        files._look()
        assert self.in_force == ["/changed", "/main"]

    def test_included_file_that_vanishes_changes_nothing_until_it_is_back(
        self, files: MocksFiles, write: Write, log_lines: list[str]
    ) -> None:
        self.included.unlink()
        files._look()
        files._look()
        (line,) = log_lines
        assert "the mocks stay as they were" in line
        assert "a.yaml: there is no such mocks file" in line
        assert self.in_force == ["/a", "/main"]
        write("a.yaml", "endpoints: [{path: /back}]")
        files._look()
        assert self.in_force == ["/back", "/main"]

    def test_file_that_a_refused_change_includes_is_watched(
        self, files: MocksFiles, write: Write
    ) -> None:
        write("a.yaml", "include: [new.yaml]")
        files._look()
        assert self.in_force == ["/a", "/main"]
        write("new.yaml", "endpoints: [{path: /new}]")
        files._look()
        assert self.in_force == ["/main", "/new"]

    def test_file_that_is_no_longer_included_is_not_watched(
        self, files: MocksFiles, write: Write, log_lines: list[str]
    ) -> None:
        write("main.yaml", "endpoints: [{path: /main}]")
        files._look()
        write("a.yaml", "[")
        files._look()
        assert self.in_force == ["/main"]
        assert not any("ERROR" in line for line in log_lines)

    def test_warning_is_logged_with_the_file_that_has_it(
        self, files: MocksFiles, write: Write, log_lines: list[str]
    ) -> None:
        write("a.yaml", "seed: 5")
        files._look()
        start = f"WARNING {self.included}: seed: has no effect: "
        assert log_lines[0].startswith(start)
