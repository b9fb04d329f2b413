"""The verbs for a person: tables and colours on a terminal, and the completion of shells."""

import json
import os
import pty
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.helpers.command import run_here
from tests.helpers.control import Terminal, shell_program, terminal_with_prices
from tests.helpers.json_client import websocket
from tests.helpers.program import PROGRAM, ROOT, RunningServer, environment
from tests.helpers.wait import PATIENCE
from websocket_mock.scripts import launch

pytestmark = pytest.mark.e2e

EVIL = "\x1b]0;owned\x07[bold red]\u202e\x7f\x9b31m"
"""Sets the title of a terminal, and is markup of rich; turns the direction; C1 controls."""


# --- a person at a terminal -----------------------------------------------------------------------


@pytest.fixture
def terminal(running_server: RunningServer, tmp_path: Path) -> Terminal:
    return terminal_with_prices(running_server, tmp_path)


def on_terminal(
    terminal: Terminal, *words: str, env: dict[str, str] | None = None, code: int = 0
) -> str:
    """Run a verb on a pseudo terminal of 60 columns; return what it showed."""
    leader, follower = pty.openpty()
    extra = {"WEBSOCKET_MOCK_URL": terminal.url, "COLUMNS": "60", "TERM": "xterm", **(env or {})}
    process = subprocess.Popen(
        [*PROGRAM, *words], cwd=ROOT, env=environment(extra), stdout=follower, stderr=follower
    )
    os.close(follower)
    shown = b""
    with suppress(OSError):  # Linux: the end of a terminal is an error
        while data := os.read(leader, 4096):
            shown += data
    os.close(leader)
    assert process.wait(PATIENCE) == code, shown
    return shown.decode()


def test_terminal_gets_tables_that_clients_cannot_drive(
    terminal: Terminal, running_server: RunningServer
) -> None:
    with websocket(f"{running_server.websocket_url}/prices?user=ada&token=t") as client:
        client.send(EVIL)
        client.recv(PATIENCE)
        shown = {
            "table": on_terminal(terminal, "clients"),
            "page": on_terminal(terminal, "traffic", "--kind", "text"),
            "status": on_terminal(terminal, "status"),
            "one": on_terminal(terminal, "wait", "--kind", "text", "--after", "start"),
            "lines": on_terminal(
                terminal, "traffic", "--follow", "--after", "start", "--kind", "text", "--limit=2"
            ),
            "json": on_terminal(terminal, "traffic", "--kind", "text", "--json"),
            "handshake": on_terminal(
                terminal, "traffic", "--kind", "handshake", env={"COLUMNS": "120"}
            ),
            "plain": on_terminal(terminal, "traffic", "--kind", "text", env={"NO_COLOR": "1"}),
        }
    for name, text in shown.items():
        without_colours = re.sub(r"\x1b\[[\d;]*m", "", text)
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", without_colours), name
    assert "total_clients: " in shown["table"]
    assert re.search(r"\n listener +yes", shown["status"])
    assert "/prices?user=ada&token=***" in shown["handshake"]
    assert "received text" in shown["page"]
    assert "\x1b[36m" in shown["page"]
    assert "\x1b[36m" not in shown["plain"]
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown["plain"]).replace("\r", "")
    lines = [line for line in plain.splitlines() if " text " in line]
    assert [len(line) for line in lines] == [60, 60]
    assert [one["payload"] for one in json.loads(shown["json"])["entries"]] == [EVIL, EVIL]


def test_long_names_leave_the_short_columns_of_a_table_whole(
    terminal: Terminal, running_server: RunningServer
) -> None:
    name = "a_test_of_a_client_that_waits_longer_after_each_attempt"
    with websocket(f"{running_server.websocket_url}/ns/{name}/echo"):
        shown = on_terminal(
            terminal, "clients", f"--namespace={name}", env={"COLUMNS": "80", "NO_COLOR": "1"}
        )
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert re.search(r"^ [0-9a-f]{8}  .*  \d\d:\d\d:\d\d\.\d{3}", plain, re.MULTILINE)


def test_terminal_gets_an_error_once(terminal: Terminal) -> None:
    shown = on_terminal(terminal, "fault", "set", "latency", env={"COLUMNS": "200"}, code=1)
    assert shown.count("latency needs parameters") == 1


# --- completion -----------------------------------------------------------------------------------


@pytest.fixture
def shell(terminal: Terminal, tmp_path: Path) -> dict[str, str]:
    """The variables of a shell that finds the program, and its server."""
    return environment({**shell_program(tmp_path), "WEBSOCKET_MOCK_URL": terminal.url})


def run_shell(words: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(
        words, env=env, capture_output=True, text=True, timeout=2 * PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


COMPLETIONS = [
    ("mocks re", {"remove"}),
    ("traffic --kind cl", {"close"}),
    ("mocks remove pri", {"prices"}),
    ("call get_websocket_tr", {"get_websocket_traffic"}),
    ("call get_websocket_traffic det", {"detail="}),
    ("stress --scen", {"--scenario"}),
    ("no-such-verb --f", set[str]()),
]


@pytest.mark.parametrize(("line", "words"), [*COMPLETIONS, ("traffic --kind=cl", {"close"})])
def test_bash_completes(shell: dict[str, str], line: str, words: set[str]) -> None:
    code = """
        source <(websocket-mock-server completion bash)
        COMP_LINE="websocket-mock-server $1" COMP_POINT=${#COMP_LINE}
        COMP_WORDS=($COMP_LINE) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        $(complete -p websocket-mock-server | sed 's/.*-F \\([^ ]*\\).*/\\1/') websocket-mock-server
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    assert set(run_shell(["bash", "-c", code, "bash", line], shell).split()) == words


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(("line", "words"), [*COMPLETIONS, ("traffic --kind=cl", {"--kind=close"})])
def test_fish_completes(shell: dict[str, str], tmp_path: Path, line: str, words: set[str]) -> None:
    code = (
        "websocket-mock-server completion fish | source; "
        f"complete -C 'websocket-mock-server {line}'"
    )
    env = {**shell, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    lines = run_shell(["fish", "-c", code], env).splitlines()
    assert {one.partition("\t")[0] for one in lines} == words


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize(("line", "words"), COMPLETIONS)
def test_zsh_completes(shell: dict[str, str], line: str, words: set[str]) -> None:
    """Its completion system runs only at a prompt, so what it calls is in its place."""
    code = """
        compdef() { }; _files() { }
        compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -l -- "$@" }
        source <(websocket-mock-server completion zsh)
        words=(${(z)1}) CURRENT=${#words}
        _websocket_mock_server
    """
    out = run_shell(["zsh", "-f", "-c", code, "zsh", f"websocket-mock-server {line}"], shell)
    assert {one for one in out.split() if one.startswith(line.rsplit(maxsplit=1)[-1])} == words


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    "line",
    ["mocks set pr", "validate "],
)
def test_files_are_completed_where_files_are_meant(
    terminal: Terminal, shell_name: str, line: str
) -> None:
    given = f"websocket-mock-server {line}"
    finished = run_here(launch.main, "completion", shell_name, "--complete", given)
    assert finished.out == "\x1d\n"


def test_no_server_still_completes_tools() -> None:
    line = "websocket-mock-server call --url http://127.0.0.1:1 get_websocket_tr"
    finished = run_here(launch.main, "completion", "fish", "--complete", line)
    assert finished.out == "get_websocket_traffic\tRead WebSocket traffic\n"
