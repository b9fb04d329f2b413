"""Values of a command line: text or JSON, as the schema says."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from websocket_mock.scripts.control import values
from websocket_mock.scripts.control.problems import WrongUsage
from websocket_mock.scripts.control.values import read_words

SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    "number": {"type": "integer"},
    "seconds": {"type": "number"},
    "flag": {"type": "boolean"},
    "object": {"anyOf": [{"type": "object"}]},
    "names": {"type": "array"},
    "either": {"anyOf": [{"type": "integer"}, {"type": "string", "enum": ["now", "start"]}]},
    "clear": {"anyOf": [{"type": "array"}, {"const": "all", "type": "string"}]},
    "anything": {},
}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("text=17", "17"),
        ("text={}", "{}"),
        ("text=a=b", "a=b"),
        ("text=", ""),
        ("number=17", 17),
        ("number=true", "true"),
        ("number=many", "many"),
        ("seconds=1.5", 1.5),
        ("seconds=2", 2),
        ("flag=true", True),
        ("flag=1", "1"),
        ('object={"a": 1}', {"a": 1}),
        ("object=[1]", "[1]"),
        ("names=prices", ["prices"]),
        ('names=["a", "b"]', ["a", "b"]),
        ("either=3", 3),
        ("either=now", "now"),
        ("clear=all", "all"),
        ("clear=slow", ["slow"]),
        ("anything=5", 5),
        ("anything=five", "five"),
        ("text:=17", 17),
        ("unknown=17", "17"),
    ],
)
def test_type_of_the_schema_decides(word: str, value: Any) -> None:
    (read,) = read_words([word], SCHEMAS).values()
    assert (read, type(read)) == (value, type(value))


def test_lists_are_joined_and_objects_overridden() -> None:
    assert read_words(["names=a", "names=b"], SCHEMAS) == {"names": ["a", "b"]}
    assert read_words(["number=2", '{"number": 1, "x": 3}'], SCHEMAS) == {"number": 2, "x": 3}


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["text=a", "text=b"], "given twice"),
        (["text"], "key=value"),
        (["=a"], "key=value"),
        (["text:=a"], "not JSON"),
        (["{"], "not JSON"),
        (["text=@/no/such/file"], "no such file"),
    ],
)
def test_word_that_is_no_argument_is_told(words: list[str], part: str) -> None:
    with pytest.raises(WrongUsage, match=part):
        read_words(words, SCHEMAS)


def test_files_are_text_or_yaml(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a: [on, 1]\n")
    assert read_words([f"text=@{file}"], SCHEMAS) == {"text": "a: [on, 1]\n"}
    assert read_words([f"object=@{file}"], SCHEMAS) == {"object": {"a": ["on", 1]}}
    file.write_text("a: [")
    with pytest.raises(WrongUsage, match="line 1"):
        read_words([f"object=@{file}"], SCHEMAS)


def test_file_that_is_too_large_or_no_text_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"\xff")
    with pytest.raises(WrongUsage, match="hex:"):
        values.read_file(str(file))
    monkeypatch.setattr(values, "MAX_FILE", 3)
    file.write_bytes(b"1234")
    with pytest.raises(WrongUsage, match="more than"):
        values.read_file(str(file))


@pytest.mark.parametrize("typed", ["[]", "{", ""])
def test_standard_input_is_an_object(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(typed.encode())))
    with pytest.raises(WrongUsage, match="standard input"):
        read_words(["-"], SCHEMAS)
