"""The verbs of the command line as a user runs them, against one server."""

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from tests.helpers.command import Finished, run_here
from tests.helpers.control import PRICES, Terminal, terminal_with_prices
from tests.helpers.json_client import websocket
from tests.helpers.program import PROGRAM, ROOT, RunningServer, environment, launch, serving
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.scripts import launch as program
from websocket_mock.scripts.control.verbs import VERBS

pytestmark = pytest.mark.e2e

PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


@pytest.fixture
def terminal(running_server: RunningServer, tmp_path: Path) -> Terminal:
    return terminal_with_prices(running_server, tmp_path)


def url_of(server: RunningServer, path: str = "/prices") -> str:
    return f"{server.websocket_url}{path}"


def result(finished: Finished) -> Any:
    assert finished.code == 0, finished.err
    return json.loads(finished.out)


def told(finished: Finished) -> str:
    (line,) = finished.err.splitlines()
    return line


# --- the page -------------------------------------------------------------------------------------


def examples() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return [line.partition(" ")[2] for block in blocks for line in block.splitlines()]


def test_page_has_an_example_of_every_verb() -> None:
    missing = [
        verb.name
        for verb in VERBS
        if not any(one == verb.name or one.startswith(f"{verb.name} ") for one in examples())
    ]
    assert missing == []


def test_examples_of_the_page_work(running_server: RunningServer, tmp_path: Path) -> None:
    (mock,) = re.findall(r"^```yaml\n# prices.yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "prices.yaml").write_text(mock)
    terminal = Terminal(running_server, tmp_path)
    assert terminal.run("mocks set prices.yaml").code == 0
    with websocket(url_of(running_server)) as client:
        client.send("hello")
        assert client.recv(PATIENCE) == "hello"
        for example in examples():
            finished = terminal.run(example, env={"EDITOR": "sed -i s/echo/ignore/"})
            assert finished.code == 0, (example, finished.err)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_shows_the_example(verb: Any) -> None:
    finished = run_here(program.main, *verb.name.split(), "--help")
    assert finished.code == 0
    assert f"example: websocket-mock-server {verb.example}\n" in finished.out


# --- exit codes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("wait --kind close --endpoint prices --timeout 50ms", "timed out"),
        ("verify --kind close --endpoint prices", "expected at least 1, found 0"),
        ("push hello --endpoint prices", "No client"),
        ("push hello --client nobody", "nobody"),
        ("close --client nobody", "nobody"),
        ("mocks list price", "no endpoint 'price'"),
        ("mocks remove price", "no endpoint 'price'"),
        ("mocks edit price", "no endpoint 'price'"),
        ("fault clear nothing", "no fault 'nothing'"),
        ("fault set latency", "latency needs parameters"),
        ("explain --endpoint price hello", "no endpoint 'price'"),
    ],
)
def test_what_does_not_hold_is_one_line_and_exit_code_1(
    terminal: Terminal, words: str, part: str
) -> None:
    finished = terminal.run_here(words)
    assert finished.code == 1
    assert part in told(finished)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("call get_websocket_client", "did you mean 'get_websocket_clients'?"),
        ("call get_websocket_clients limt=5", "did you mean 'limit'?"),
        ("call get_websocket_clients limit", "key=value"),
        ("call get_websocket_clients limit:=many", "not JSON"),
        ("call set_websocket_mock endpoint=@missing.yaml", "missing.yaml: no such file"),
        ("mocks set missing.yaml", "missing.yaml: no such file"),
        ("mocks rename", "did you mean 'remove'?"),
        ("clients --limit many", "whole number"),
        ("traffic --follow --seq 3", "--seq"),
        ("traffic --follow --limit 0", "--limit"),
        ("traffic --match nonsense", "not JSON"),
        ("""traffic --follow --match '{"knd": 1}'""", "kind"),
        ("reset everything", "everything"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(terminal: Terminal, words: str, part: str) -> None:
    finished = terminal.run_here(words)
    assert (finished.code, finished.out) == (2, "")
    assert part in told(finished)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("ftp://localhost", "http://localhost:8004"),
        ("http://localhost:none", "http://localhost:8004"),
        ("http://localhost:8004/api", "http://localhost:8004"),
        ("http://127.0.0.1:1", "connection refused"),
    ],
)
def test_address_without_a_server_is_told(url: str, part: str) -> None:
    finished = run_here(program.main, "status", f"--url={url}")
    assert finished.code == 2
    assert part in told(finished)


def test_address_of_something_else_is_told(running_server: RunningServer) -> None:
    port = running_server.websocket_url.rpartition(":")[2]
    finished = run_here(program.main, "status", f"--url=http://localhost:{port}")
    assert finished.code in (1, 2)
    assert port in told(finished)


def test_verification_waits(terminal: Terminal, running_server: RunningServer) -> None:
    process = terminal.start("verify --kind open --endpoint prices --at-least 1 --within 20")
    with websocket(url_of(running_server)):
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["count"] == 1


# --- arguments ------------------------------------------------------------------------------------


def test_values_come_as_text_json_files_and_from_standard_input(terminal: Terminal) -> None:
    listed = result(terminal.run("call list_websocket_mocks name=prices"))
    assert listed["endpoints"][0]["path"] == "/prices"
    assert result(terminal.run("call list_websocket_mocks -", typed='{"name": "prices"}')) == listed
    checked = result(terminal.run("call set_websocket_mock endpoint=@prices.yaml dry_run=true"))
    assert checked["status"] == "valid"
    # Text that looks like JSON stays text where text is wanted.
    explained = terminal.run(["call", "explain_websocket_message", "endpoint=prices", "text=17"])
    assert result(explained)["otherwise"] == "unmatched: echo"


def test_flags_make_conditions(terminal: Terminal, running_server: RunningServer) -> None:
    with websocket(url_of(running_server)) as client:
        client.send("one")
        client.recv(PATIENCE)
        client.send("two")
        client.recv(PATIENCE)
        words = """traffic --direction received --match '{"match": {"text": "two"}}'"""
        (entry,) = result(terminal.run(f"{words} --detail summary"))["entries"]
    assert (entry["kind"], entry["direction"], "payload" in entry) == ("text", "received", False)


def test_namespace_is_that_of_the_call(terminal: Terminal) -> None:
    assert result(terminal.run("mocks set prices.yaml --namespace cli-1"))["status"] == "set"
    assert "cli-1" in result(terminal.run("namespaces"))["namespaces"]
    listed = result(terminal.run("call list_websocket_mocks --namespace cli-1"))
    assert [one["name"] for one in listed["endpoints"]] == ["prices"]
    assert result(terminal.run("reset namespace --namespace cli-1")) == {"reset": ["namespace"]}


@pytest.mark.parametrize(
    "document",
    [
        {"path": "/forms", "name": "forms"},
        [{"path": "/forms", "name": "forms"}],
        {"endpoints": [{"path": "/forms", "name": "forms"}], "$schema": "mocks.schema.json"},
    ],
    ids=["one endpoint", "a list", "a document"],
)
def test_file_that_is_valid_can_be_set(
    terminal: Terminal, tmp_path: Path, document: object
) -> None:
    file = tmp_path / "forms.json"
    file.write_text(json.dumps(document))
    assert terminal.run_here(f"mocks set {file} --dry-run").code == 0
    assert program.main(["validate", str(file)]) == 0


def test_endpoints_of_a_file_are_set_all_or_none(terminal: Terminal, tmp_path: Path) -> None:
    document = {"endpoints": [{"path": "/a", "name": "a"}, {"path": "/b", "rulez": []}]}
    finished = terminal.run("mocks set -", typed=json.dumps(document))
    assert finished.code == 1
    assert "rulez" in told(finished)
    assert terminal.run("mocks list a").code == 1
    document["endpoints"][1] = {"path": "/b", "name": "b"}
    assert terminal.run("mocks set -", typed=json.dumps(document)).code == 0
    assert terminal.run("mocks remove a b").code == 0


# --- the editor -----------------------------------------------------------------------------------


def editor(directory: Path, *scripts: str) -> dict[str, str]:
    """An editor that applies one sed script each time it is opened, and keeps what it saw."""
    program = directory / "editor"
    cases = "\n".join(
        f'{number}) sed -i {script!r} "$1";;' for number, script in enumerate(scripts)
    )
    program.write_text(
        f"#!/bin/sh\nn=$(ls '{directory}' | grep -c '^seen')\ncp \"$1\" '{directory}'/seen$n\n"
        f"case $n in\n{cases}\nesac\n"
    )
    program.chmod(0o755)
    return {"EDITOR": str(program)}


def test_editor_opens_again_with_the_errors_as_comments(terminal: Terminal, tmp_path: Path) -> None:
    env = editor(tmp_path, "s/echo/ecko/", "s/ecko/ignore/")
    finished = terminal.run("mocks edit prices", env=env)
    assert finished.code == 0, finished.err
    seen = (tmp_path / "seen1").read_text()
    assert "# error: unmatched: " in seen
    assert "unmatched: ecko" in seen
    found = result(terminal.run("mocks list prices"))["endpoints"][0]
    assert found["unmatched"] == "ignore"


def test_text_of_a_file_is_kept_and_edited_as_it_is_written(
    terminal: Terminal, tmp_path: Path
) -> None:
    text = "# for the editor\npath: /kept\nunmatched: echo # all\n"
    (tmp_path / "kept.yaml").write_text(text)
    assert terminal.run("mocks set kept.yaml").code == 0
    finished = terminal.run("mocks edit /kept", env={"EDITOR": "sed -i s/echo/ignore/"})
    assert finished.code == 0, finished.err
    (one,) = result(terminal.run_here("call list_websocket_mocks name=/kept as_yaml=true"))[
        "endpoints"
    ]
    assert one["yaml"] == text.replace("echo", "ignore")


def test_editor_that_is_closed_without_a_change_changes_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    finished = terminal.run("mocks edit prices", env={"EDITOR": "true"})
    assert finished.code == 0
    assert "nothing was changed" in told(finished)
    given_up = terminal.run("mocks edit prices", env=editor(tmp_path, "s/echo/ecko/", ""))
    assert given_up.code == 1
    assert "unmatched" in told(given_up)
    assert result(terminal.run("mocks list prices"))["endpoints"][0]["unmatched"] == "echo"


@pytest.mark.parametrize("program", ["false", "no-such-editor"])
def test_editor_that_fails_is_told(terminal: Terminal, program: str) -> None:
    finished = terminal.run("mocks edit prices", env={"EDITOR": program})
    assert finished.code == 2
    assert program in told(finished)


# --- following ------------------------------------------------------------------------------------


def talk(client: ClientConnection, text: str) -> None:
    client.send(text)
    client.recv(PATIENCE)


def test_follow_shows_each_entry_until_ctrl_c(
    terminal: Terminal, running_server: RunningServer
) -> None:
    process = terminal.start("traffic --follow --after start --endpoint prices --kind text")
    assert process.stdout is not None
    with websocket(url_of(running_server)) as client:
        talk(client, "one")
        entries = [json.loads(process.stdout.readline()) for _ in range(2)]
        talk(client, "two")
        entries += [json.loads(process.stdout.readline()) for _ in range(2)]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, "")
    assert [one["payload"] for one in entries] == ["one", "one", "two", "two"]


def test_follow_ends_when_the_reader_of_its_output_has_left(
    terminal: Terminal, running_server: RunningServer
) -> None:
    process = terminal.start("traffic --follow --after start --endpoint prices")
    assert process.stdout is not None
    with websocket(url_of(running_server)) as client:
        talk(client, "one")
        process.stdout.readline()
        process.stdout.close()
        talk(client, "two")
        assert process.wait(PATIENCE) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.stdin is not None
    process.stdin.close()


def test_follow_goes_on_when_the_server_was_restarted(tmp_path: Path) -> None:
    (tmp_path / "mocks.yaml").write_text(f"endpoints: [{{{', '.join(PRICES.splitlines())}}}]")
    mocks = f"--mocks={tmp_path / 'mocks.yaml'}"
    with serving(tmp_path, mocks) as server:
        port = server.http_url.rpartition(":")[2]
        process = Terminal(server).start("traffic --follow --after start --kind text")
        assert process.stdout is not None
        with websocket(url_of(server)) as client:
            talk(client, "before")
            assert json.loads(process.stdout.readline())["payload"] == "before"
            process.stdout.readline()
        server.stop()
    again = tmp_path / "again"
    again.mkdir()
    with serving(again, mocks, f"--port={port}") as server:
        with websocket(url_of(server)) as client:
            talk(client, "after")
            assert json.loads(process.stdout.readline())["payload"] == "after"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    lost, restarted = err.splitlines()
    assert "connection is lost" in lost
    assert "was restarted" in restarted


# --- which server ---------------------------------------------------------------------------------


class TestDiscovery:
    @pytest.fixture
    def env(self, tmp_path: Path) -> dict[str, str]:
        state = str(tmp_path / "state")
        return {"XDG_RUNTIME_DIR": state, "XDG_STATE_HOME": state, "WEBSOCKET_MOCK_URL": ""}

    def find(self, env: dict[str, str], *words: str) -> Finished:
        done = subprocess.run(
            [*PROGRAM, *(words or ("status",))],
            cwd=ROOT,
            env=environment(env),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def test_server_is_found_and_forgotten(self, tmp_path: Path, env: dict[str, str]) -> None:
        nobody = self.find(env)
        assert nobody.code == 2
        assert "start one with: websocket-mock-server" in told(nobody)

        with serving(tmp_path, "--token=swordfish", env=env) as first:
            refused = self.find(env)
            assert refused.code == 1
            assert "token" in told(refused).lower()
            found = self.find({**env, "MCP_TOKEN": "swordfish"})
            assert result(found)["websocket_server"]["url"] == first.websocket_url
            assert self.find(env, "status", "--token", "swordfish").code == 0
            for file in (tmp_path / "state").rglob("*.json"):
                assert "swordfish" not in file.read_text()

            second_directory = tmp_path / "second"
            second_directory.mkdir()
            with serving(second_directory, env=env) as second:
                several = self.find(env)
                assert several.code == 2
                assert first.http_url in told(several)
                assert second.http_url in told(several)
                assert self.find(env, "clients", f"--url={second.mcp_url}").code == 0
                # A server that was killed leaves its file, but nobody takes it for alive.
                second.process.kill()
                second.process.wait(PATIENCE)
            assert self.find(env, "status", "--token", "swordfish").code == 0
        assert self.find(env).code == 2

    def test_server_beside_mcp_over_stdio_is_found(
        self, tmp_path: Path, env: dict[str, str]
    ) -> None:
        flags = ("--transport=stdio", "--control-port=0", "--websocket-port=0")
        with launch(*flags, env=env, stderr=subprocess.DEVNULL) as process:
            try:
                eventually(lambda: list((tmp_path / "state").rglob("[0-9]*.json")))
                assert result(self.find(env))["mcp_server"]["mcp_server_type"] == "websocket_mock"
            finally:
                process.terminate()
                process.communicate(timeout=PATIENCE)
