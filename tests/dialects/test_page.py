"""The snippets of `docs/dialects.md` work, and print what the page says.

In the section of a dialect the first block of YAML is served, and each block of Python and of
JavaScript is a client of it. What a client prints is in the block `output` behind it, or in
comments that begin with an arrow: `print(answer)  # → 3`.
"""

import asyncio
import io
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.helpers.examples import Example, serving_text
from tests.helpers.node import FOLDER, node, require_package
from tests.helpers.snippets import page
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.library import dialects
from websocket_mock.actors.library.reading import compile_document

pytestmark = [pytest.mark.integration, pytest.mark.timeout(4 * PATIENCE)]

PAGE = page("dialects.md")
ADDRESS = "localhost:9004"
"""Of the server, on the page."""

SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
YAML = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
CLIENT = re.compile(
    r"^```(python|js)\n(.*?)^```\n(?:\n```output\n(.*?)^```)?", re.DOTALL | re.MULTILINE
)
PRINTED = re.compile(r"(?:#|//) → (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Client:
    """A client on the page."""

    name: str
    dialect: str
    language: str
    code: str
    printed: tuple[str, ...]
    """The lines that it prints; none: the page does not say it."""

    def connecting_to(self, served: Example) -> str:
        """Return the code with the address of a server."""
        assert ADDRESS in self.code, f"{self.name} does not connect to {ADDRESS}"
        return self.code.replace(ADDRESS, urlsplit(served.url("/")).netloc)


SECTIONS = {found[1]: found[2] for found in SECTION.finditer(PAGE)}


def clients(*languages: str) -> Iterator[Client]:
    for name, text in SECTIONS.items():
        for number, (language, code, output) in enumerate(CLIENT.findall(text)):
            printed = output.splitlines() or PRINTED.findall(code)
            if language in languages:
                yield Client(f"{name}-{number}", name, language, code, tuple(printed))


def served(name: str) -> AbstractContextManager[Example]:
    """Serve the mocks of a section."""
    return serving_text(YAML.findall(SECTIONS[name])[0])


@pytest.mark.parametrize("name", dialects.names())
def test_dialect_has_mocks_and_a_client(name: str) -> None:
    assert name in SECTIONS
    assert YAML.search(SECTIONS[name]), "a block of YAML is missing"
    assert any(one.dialect == name for one in clients("python", "js")), "a client is missing"


@pytest.mark.parametrize("text", YAML.findall(PAGE))
def test_mocks_are_valid_without_a_warning(text: str) -> None:
    document: Any = yaml.safe_load(text)
    assert compile_document(document).warnings == ()


@contextmanager
def event_loop() -> Iterator[None]:
    """An event loop for clients that would take one and never close it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


@pytest.mark.parametrize("client", list(clients("python")), ids=lambda one: one.name)
def test_client_in_python_prints_what_the_page_says(client: Client) -> None:
    output = io.StringIO()
    with served(client.dialect) as server, redirect_stdout(output), event_loop():
        exec(compile(client.connecting_to(server), client.name, "exec"), {"__name__": "__main__"})
    if client.printed:
        assert output.getvalue().splitlines() == list(client.printed)


# --- JavaScript -----------------------------------------------------------------------------------

JAVASCRIPT = list(clients("js"))


@pytest.fixture(scope="module")
def results() -> Mapping[str, Any]:
    """What the clients in JavaScript have printed, all in one process."""
    require_package("ws")
    with (
        ExitStack() as servers,
        tempfile.TemporaryDirectory(dir=FOLDER, prefix=".snippets-") as folder,
    ):
        cases = []
        for client in JAVASCRIPT:
            server = servers.enter_context(served(client.dialect))
            file = Path(folder, f"{client.name}.js")
            console = f'import {{ consoleOf }} from "{FOLDER}/snippet_console.js";\n'
            own = f"{console}const console = consoleOf({client.name!r});\n"
            file.write_text(own + client.connecting_to(server), encoding="utf-8")
            lines = len(client.printed)
            cases.append({"name": client.name, "file": str(file), "lines": lines})
        plan = Path(folder, "cases.json")
        plan.write_text(json.dumps(cases), encoding="utf-8")
        with node("snippets.js", str(plan)) as process:
            output, errors = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode == 0, errors
    found: Mapping[str, Any] = json.loads(output)
    return found


@pytest.mark.parametrize("client", JAVASCRIPT, ids=lambda one: one.name)
def test_client_in_javascript_prints_what_the_page_says(
    client: Client, results: Mapping[str, Any]
) -> None:
    result = results[client.name]
    assert result["error"] is None
    if client.printed:
        assert result["printed"] == list(client.printed)
