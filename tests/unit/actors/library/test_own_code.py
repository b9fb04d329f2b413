"""Python files that mocks use: how they are found, loaded and refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.mocks_file import LoadedFile, load

ANSWER = "def answer(event, connection): return []\n"


def mocks(call: str = "answer", **keys: Any) -> dict[str, Any]:
    rules = [{"do": [{"call": call}]}]
    return {"use": "code.py", "endpoints": [{"path": "/x", "rules": rules}], **keys}


def loaded(
    directory: Path, document: dict[str, Any], *, allow_code: bool = True, **files: str
) -> LoadedFile:
    """Load a document that is in a directory with Python files, which are given by their stems."""
    (directory / "mocks.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    for stem, text in files.items():
        (directory / f"{stem}.py").write_text(text, encoding="utf-8")
    return load(directory / "mocks.yaml", allow_code=allow_code)


def refusal(directory: Path, document: dict[str, Any], **files: Any) -> str:
    with pytest.raises(BadFile) as caught:
        loaded(directory, document, **files)
    return str(caught.value).removeprefix(f"{directory}/")


def test_function_is_found_by_its_name_or_with_that_of_its_file(tmp_path: Path) -> None:
    for call in ("answer", "code.answer"):
        assert loaded(tmp_path, mocks(call), code=ANSWER).mocks.endpoints


def test_function_that_two_files_have_needs_the_name_of_its_file(tmp_path: Path) -> None:
    document = mocks("code.answer", use=["code.py", "other.py"])
    assert loaded(tmp_path, document, code=ANSWER, other=ANSWER).mocks.endpoints
    document = mocks("answer", use=["code.py", "other.py"])
    why = refusal(tmp_path, document, code=ANSWER, other=ANSWER)
    assert why == (
        "mocks.yaml: endpoints[0].rules[0].do[0].call: there is no function 'answer' in the files "
        "under `use`; did you mean 'code.answer'?"
    )


def test_code_does_not_run_unless_it_is_allowed(tmp_path: Path) -> None:
    why = refusal(tmp_path, mocks(), allow_code=False, code="open('ran', 'w')")
    assert why == "mocks.yaml: use: own code is off; the option --allow-code allows it"
    assert not Path("ran").exists()


def test_mocks_that_come_from_no_file_cannot_bring_code() -> None:
    with pytest.raises(BadDocument) as caught:
        compile_document(mocks())
    assert [str(one) for one in caught.value.problems] == [
        "use: only mocks from a file can use own code"
    ]


def test_function_needs_a_file() -> None:
    with pytest.raises(BadDocument, match="no function 'answer': name its file with `use`"):
        compile_document({"endpoints": mocks()["endpoints"]})


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def answer(:", "use: code.py, line 1: not valid Python: "),
        ("1 / 0", "use: code.py cannot be loaded: ZeroDivisionError: division by zero"),
        ("def _answer(): ...", "call: there is no function 'answer'"),
        ("from zlib import crc32 as answer", "call: there is no function 'answer'"),
        ("from json import dumps as answer", "call: there is no function 'answer'"),
    ],
)
def test_file_that_has_no_such_function_is_refused(tmp_path: Path, code: str, why: str) -> None:
    assert why in refusal(tmp_path, mocks(), code=code)


def test_file_outside_of_the_directory_is_refused(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "code.py").write_text(ANSWER, encoding="utf-8")
    why = refusal(below, mocks(use="../code.py"))
    assert "use: '../code.py' is not below the directory of the main mocks file" in why


def test_missing_file_is_told_and_watched(tmp_path: Path) -> None:
    assert "use[0]: code.py: there is no such file" in refusal(tmp_path, mocks(use=["code.py"]))
    stamps = loaded(tmp_path, mocks(), code=ANSWER).stamps
    assert tmp_path / "code.py" in stamps


def test_included_file_may_bring_code_of_its_own_directory(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "code.py").write_text(ANSWER, encoding="utf-8")
    included = yaml.safe_dump({"use": "code.py"})
    (tmp_path / "shared" / "base.yaml").write_text(included, encoding="utf-8")
    document = {"include": "shared/base.yaml", "endpoints": mocks()["endpoints"]}
    assert loaded(tmp_path, document).mocks.endpoints
