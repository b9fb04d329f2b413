"""Mocks files and the real program: served, reloaded, refused, checked."""

import re
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection

from tests.helpers.examples import EXAMPLES
from tests.helpers.json_client import websocket
from tests.helpers.program import run_to_end, serving
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.e2e

SAYS = "endpoints: [{{path: {0}, rules: [{{do: [{{send: {{text: {1}}}}}]}}]}}]"


def ask(connection: ClientConnection, text: str = "?") -> str | bytes:
    connection.send(text)
    return connection.recv(PATIENCE)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two files: `/one` says one, `/two` says two."""
    both = tmp_path / "one.yaml", tmp_path / "two.yaml"
    for file in both:
        file.write_text(SAYS.format(f"/{file.stem}", file.stem))
    return both


def test_mocks_are_served_and_a_change_of_a_file_reaches_a_client_that_is_connected(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    flags = [f"--mocks={file}" for file in files]
    with (
        serving(tmp_path, *flags) as server,
        websocket(f"{server.websocket_url}/two") as other,
        websocket(f"{server.websocket_url}/one") as client,
    ):
        assert ask(other) == "two"
        assert ask(client) == "one"
        log = tmp_path / "server.log"
        lines = log.read_text().splitlines()
        # Lines of libraries have another form.
        assert [line for line in lines if not re.match(r"\d\d:\d\d:\d\d\.\d{3} ", line)] == []
        loaded = [f"{file} was loaded" for file in files]
        assert [line for line in loaded if not any(one.endswith(line) for one in lines)] == []
        replace(files[0], "endpoints: [{path: /one")
        eventually(lambda: "the mocks stay as they were" in log.read_text())
        assert ask(client) == "one"
        replace(files[0], SAYS.format("/one", "changed"))
        eventually(lambda: ask(client) == "changed")


def replace(file: Path, text: str) -> None:
    """Write a file anew in one step, as editors do."""
    draft = file.with_suffix(".draft")
    draft.write_text(text)
    draft.replace(file)


def test_mocks_that_are_not_valid_end_the_start(tmp_path: Path) -> None:
    wrong, missing = tmp_path / "wrong.yaml", tmp_path / "missing.yaml"
    wrong.write_text("endpoints: [{path: /a, ruels: []}]")
    flags = (f"--mocks={wrong}", f"--mocks={missing}", "--transport=stdio", "--port=0")

    code, out, err = run_to_end(*flags)

    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"{wrong}: endpoints[0].ruels: unknown key 'ruels'; did you mean 'rules'?",
        f"{missing}: there is no such mocks file",
    ]


def test_shipped_examples_are_valid_without_a_warning() -> None:
    files = sorted(EXAMPLES.iterdir())
    code, out, err = run_to_end("validate", *map(str, files))

    assert (code, err) == (0, "")
    assert [line.partition(": valid, ")[0] for line in out.splitlines()] == list(map(str, files))
