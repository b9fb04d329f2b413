"""The reference of mocks says what the schema says, and its examples work."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import yaml
from packaging.utils import canonicalize_name
from websockets.exceptions import ConnectionClosed

from tests.helpers.agent import PRICES
from tests.helpers.dependencies import run_time_dependencies
from tests.helpers.json_behaviour import CONTEXT
from tests.helpers.json_client import websocket
from tests.helpers.program import ROOT
from tests.helpers.recipes import calls_in
from tests.helpers.server import serving_here
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.conversation import sandbox
from websocket_mock.actors.conversation.filters import FILTERS
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.documents.problems import parse_mocks
from websocket_mock.actors.journal.schema import EntryMatch, EntrySequence, Expectation
from websocket_mock.actors.library import expansion, including
from websocket_mock.actors.library.compiler import compile_mocks
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.actors.matching import json_schema, jsonpath_library
from websocket_mock.actors.matching.message_view import NOTHING
from websocket_mock.scripts import schema as schema_command
from websocket_mock.scripts.dev import mocks_reference
from websocket_mock.scripts.mocks_file import load

PARAMETERS: dict[str, set[str]] = {
    "set_websocket_mock": {"endpoint"},
    "get_websocket_traffic": set(),
    "wait_for_websocket_event": {"match", "after", "timeout", "quiet"},
    "verify_websocket_traffic": {"expect", "sequence", "after"},
    "set_websocket_faults": {"faults", "expires_after"},
}
"""Of the calls on the page of the agent's session."""

PAGE = mocks_reference.PAGE.read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")

TABLE = re.compile(r"<!-- keys: ([\w ]+) -->\n(.*?)<!-- end of keys -->", re.DOTALL)
KEY = re.compile(r"^\| `([\w$]+)` \|", re.MULTILINE)
NAMED_FILE = re.compile(r"^# ([\w/]+\.yaml)$", re.MULTILINE)
YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_tables_are_those_of_the_schema() -> None:
    assert mocks_reference.rewrite(PAGE) == PAGE, "run `make docs`"


def test_page_names_every_key_and_no_other() -> None:
    """By way of the JSON Schema, so that a mistake in the maker of the tables shows."""
    schema = schema_command.schema()
    keys = {name: keys_of(one) for name, one in {**schema["$defs"], "Mocks": schema}.items()}
    keys["Step"] -= keys["Action"]
    # What takes no parameters needs no table.
    keys = {name: own for name, own in keys.items() if own}
    keys["TargetedFault"] -= keys["Fault"]
    shown = {
        block[1]: set(KEY.findall(block[2]))
        for block in TABLE.finditer(PAGE)
        if " " not in block[1]
    }
    (targets,) = (block for block in TABLE.finditer(PAGE) if " " in block[1])
    assert set(KEY.findall(targets[2])) == {
        key for name in targets[1].split() for key in keys.pop(name)
    }
    assert shown == keys


def keys_of(definition: dict[str, Any]) -> set[str]:
    # An action may be a word, too; bytes are a text. An endpoint has one of two keys.
    forms = [definition] if "properties" in definition else definition.get("anyOf", [definition])
    return set(forms[-1].get("properties", ()))


@pytest.mark.parametrize("name", mocks_reference.models())
def test_every_key_has_a_meaning(name: str) -> None:
    fields = mocks_reference.own_keys(mocks_reference.models()[name])
    assert [key for key, field in fields.items() if not field.description] == []


def test_table_of_an_unknown_model_is_noticed() -> None:
    page = f"{PAGE}\n## More\n<!-- keys: Nonsense -->\n<!-- end of keys -->\n"
    with pytest.raises(mocks_reference.BadPage, match="no Nonsense"):
        mocks_reference.rewrite(page)


def test_missing_table_is_noticed() -> None:
    page = PAGE.replace("<!-- keys: Reject -->", "<!-- keys: Accept -->")
    with pytest.raises(mocks_reference.BadPage, match="no table for Reject"):
        mocks_reference.rewrite(page)


def test_table_that_is_out_of_date_is_made_anew() -> None:
    page = PAGE.replace("| `fragments` |", "| `fragmented` |")
    assert page != PAGE
    assert mocks_reference.rewrite(page) == PAGE


def test_command_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "mocks.md"
    page.write_text(PAGE.replace("| `fragments` |", "| `fragmented` |"), encoding="utf-8")
    monkeypatch.setattr(mocks_reference, "PAGE", page)
    assert mocks_reference.main() == 0
    assert page.read_text(encoding="utf-8") == PAGE


def test_command_says_what_does_not_fit_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "mocks.md"
    page.write_text("# Nothing\n", encoding="utf-8")
    monkeypatch.setattr(mocks_reference, "PAGE", page)
    assert mocks_reference.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "mocks.md has no table for Mocks, Parameter, Inclusion" in line
    assert page.read_text(encoding="utf-8") == "# Nothing\n"


def test_every_dependency_is_explained() -> None:
    """Those that only tests need may be in the table, too."""
    section = ARCHITECTURE.partition("\n## Dependencies\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE)
    explained = {canonicalize_name(name) for row in rows for name in row.split(", ")}
    assert run_time_dependencies() - explained == set()


def test_links_lead_to_headings() -> None:
    anchors = {mocks_reference.slug(one) for one in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) - anchors == set()


def documents() -> Iterator[Any]:
    for block in YAML_BLOCK.finditer(PAGE):
        if not NAMED_FILE.match(block[1]):
            found = yaml.safe_load(block[1])
            is_whole = "endpoints" in found
            yield found if is_whole else {"endpoints": [{"path": "/{room}", **found}]}


@pytest.mark.parametrize("document", list(documents()))
def test_examples_are_valid_without_a_warning(document: Any) -> None:
    compiled = compile_document(document)
    assert compiled.endpoints or compiled.faults
    assert compiled.warnings == ()


def test_example_of_several_files_is_valid_without_a_warning(tmp_path: Path) -> None:
    texts = [block[1] for block in YAML_BLOCK.finditer(PAGE)]
    named = {found[1]: text for text in texts if (found := NAMED_FILE.match(text))}
    for name, text in named.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    compiled = load(tmp_path / "mocks.yaml").mocks
    assert [one.unmatched for one in compiled.endpoints] == ["strict", "echo"]
    assert compiled.warnings == ()
    assert len(named) > 1
    compiled = load(tmp_path / "orders.yaml").mocks
    assert [one.name for one in compiled.endpoints] == ["/acme/orders", "/globex/orders"]
    assert compiled.warnings == ()
    (endpoint,) = load(tmp_path / "cancelling.yaml").mocks.endpoints
    assert len(endpoint.source.rules) == 2


def test_example_of_own_code_works(tmp_path: Path) -> None:
    texts = [block[1] for block in YAML_BLOCK.finditer(PAGE)]
    (mocks,) = (text for text in texts if text.startswith("# with_code.yaml"))
    (code,) = re.findall(r"^```python\n# my_mocks.py\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "mocks.yaml").write_text(mocks, encoding="utf-8")
    (tmp_path / "my_mocks.py").write_text(code, encoding="utf-8")
    with (
        serving_here(tmp_path / "mocks.yaml", allow_code=True) as server,
        websocket(server.url("/checksum")) as client,
    ):
        for _ in range(3):
            client.send('{"type": "check"}')
            assert json.loads(client.recv(PATIENCE)) == {
                "type": "checked",
                "crc32": crc32(b'{"type": "check"}'),
                "attempt": 1,
            }
        client.send('{"type": "check"}')
        with pytest.raises(ConnectionClosed):
            client.recv(PATIENCE)
        assert client.close_code == 4008


def test_bounds_of_includes_and_blocks_are_the_documented_ones() -> None:
    text = " ".join(section("Several files, shared parts").split())
    assert f"at most {including.MAX_DEPTH} in a row and {including.MAX_FILES} in all" in text
    assert f"at most {expansion.MAX_SIZE:,} actions" in text
    assert f"at most {expansion.MAX_NESTING} lists" in text


def test_variables_of_templates_are_the_documented_ones() -> None:
    runner = ActionRunner(CONTEXT, {}, "seed", "initial")
    scope = runner.names(Occasion("", "", NOTHING), 0.0)
    cells = re.findall(r"^\| (`.+?) \| ", section("Templates"), re.MULTILINE)
    names = re.findall(r"`(\w+)", " ".join(cells))
    assert set(names) == set(scope)


def test_filters_of_templates_are_the_documented_ones() -> None:
    text = section("Templates").partition("Filters: ")[2].partition(".\n")[0]
    assert re.findall(r"`(\w+)`", text) == sorted(FILTERS)


def test_bounds_of_templates_are_the_documented_ones() -> None:
    assert f"{sandbox.MAX_STEPS:,} turns" in PAGE
    assert f"{sandbox.MAX_TEXT:,} characters" in PAGE


def test_bounds_of_checks_and_searches_are_the_documented_ones() -> None:
    text = " ".join(PAGE.split())
    assert f"at most {json_schema.MAX_STEPS:,} subschemas" in text
    assert f"at most {json_schema.MAX_DEPTH} lists and objects" in text
    assert f"at most at {jsonpath_library.MAX_STEPS:,} values" in text


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_mocks_in_the_readme_are_valid() -> None:
    (block,) = (one[1] for one in YAML_BLOCK.finditer(README) if "endpoints:" in one[1])
    compiled = compile_mocks(parse_mocks(yaml.safe_load(block)))
    assert compiled.endpoints
    assert compiled.warnings == ()


# --- the agent's session --------------------------------------------------------------------------

SESSION = (ROOT / "docs" / "agent-session.md").read_text(encoding="utf-8")


def test_every_call_of_the_session_would_be_taken() -> None:
    checks: dict[str, Callable[[Any], object]] = {
        "endpoint": lambda one: compile_mocks(parse_mocks({"endpoints": [one]})),
        "faults": lambda some: compile_mocks(parse_mocks({"faults": some})),
        "match": EntryMatch.model_validate,
        "expect": Expectation.model_validate,
        "sequence": EntrySequence.model_validate,
    }
    checked = []
    for call in calls_in(SESSION):
        for name, value in call.arguments.items():
            if name in checks:
                checks[name](value)
                checked.append(name)
        assert set(call.arguments) <= PARAMETERS[call.tool], call.tool
    assert set(checked) == set(checks)


def test_mock_of_the_session_is_the_one_that_is_tested() -> None:
    (armed, changed) = [
        call.arguments["endpoint"]
        for call in calls_in(SESSION)
        if call.tool == "set_websocket_mock"
    ]
    assert armed == PRICES
    assert changed["name"] == PRICES["name"]
