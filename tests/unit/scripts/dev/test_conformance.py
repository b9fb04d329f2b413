import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from tests.helpers.program import RunningServer
from websocket_mock.scripts.dev.conformance import installing
from websocket_mock.scripts.dev.conformance import suite as suites
from websocket_mock.scripts.dev.conformance.__main__ import DEFAULT_CASES, main
from websocket_mock.scripts.dev.conformance.installing import find_python27, install_suite
from websocket_mock.scripts.dev.conformance.results import (
    AGENT,
    CaseResult,
    ConformanceError,
    Verdict,
    describe,
    parse_report,
    select_cases,
    summarise,
)

CASES = ("1.1.1", "7.1.6", "10.1.1")


def index(words: Mapping[str, tuple[str, str]], agent: str = AGENT) -> str:
    """The index of a report, from behavior and behaviorClose by case."""
    return json.dumps({agent: {case_id: entry(*both) for case_id, both in words.items()}})


def entry(behavior: str, behavior_close: str) -> dict[str, object]:
    return {
        "behavior": behavior,
        "behaviorClose": behavior_close,
        "duration": 3,
        "remoteCloseCode": None,
        "reportfile": "websocket_mock_server_case.json",
    }


GOOD = index({"1.1.1": ("OK", "OK"), "7.1.6": ("OK", "INFORMATIONAL"), "10.1.1": ("OK", "OK")})


@pytest.mark.parametrize(
    ("behavior", "behavior_close", "verdict"),
    [
        ("OK", "OK", Verdict.OK),
        ("OK", "INFORMATIONAL", Verdict.INFORMATIONAL),
        ("INFORMATIONAL", "OK", Verdict.INFORMATIONAL),
        ("NON-STRICT", "OK", Verdict.NON_STRICT),
        ("INFORMATIONAL", "NON-STRICT", Verdict.NON_STRICT),
        ("FAILED", "OK", Verdict.FAILED),
        ("OK", "FAILED", Verdict.FAILED),
        ("OK", "WRONG CODE", Verdict.FAILED),
        ("OK", "UNCLEAN", Verdict.FAILED),
        ("OK", "FAILED BY CLIENT", Verdict.FAILED),
        ("UNIMPLEMENTED", "OK", Verdict.FAILED),
        ("a word of the future", "OK", Verdict.FAILED),
    ],
)
def test_verdict_is_the_worse_of_behavior_and_close(
    behavior: str, behavior_close: str, verdict: Verdict
) -> None:
    result = CaseResult("1.1.1", behavior, behavior_close)
    assert result.verdict is verdict
    assert result.has_passed == (verdict in {Verdict.OK, Verdict.INFORMATIONAL})


def test_report_yields_one_result_per_case_in_order() -> None:
    text = index({"10.1.1": ("OK", "UNCLEAN"), "1.1.1": ("OK", "OK"), "2.1": ("OK", "OK")})
    assert parse_report(text, ("1.1.1", "10.1.1")) == (
        CaseResult("1.1.1", "OK", "OK", "websocket_mock_server_case.html"),
        CaseResult("10.1.1", "OK", "UNCLEAN", "websocket_mock_server_case.html"),
    )


@pytest.mark.parametrize(
    "text", ["{}", index({"2.1": ("OK", "OK")}), index({"1.1.1": ("OK", "OK")}, "other")]
)
def test_case_that_is_not_in_the_report_has_failed(text: str) -> None:
    (result,) = parse_report(text, ("1.1.1",))
    assert (result.behavior, result.behavior_close) == ("NOT RUN", "NOT RUN")
    assert result.verdict is Verdict.FAILED


@pytest.mark.parametrize("text", ["", "[]", '{"agent": {"1.1.1": {"behavior": "OK"}}}'])
def test_broken_report_is_an_error(text: str) -> None:
    with pytest.raises(ConformanceError, match="broken report"):
        parse_report(text, ("1.1.1",))


def test_patterns_select_whole_groups_in_the_order_of_the_suite() -> None:
    known = ("1.1.1", "1.2.1", "2.1", "10.1.1", "12.1.1")
    assert select_cases(known, ("10.*", "1.*")) == ("1.1.1", "1.2.1", "10.1.1")
    assert select_cases(known, ("2.1", "2.*")) == ("2.1",)


def test_default_has_all_groups_that_the_suite_has() -> None:
    known = tuple(f"{group}.1.1" for group in range(1, 14))
    left_out = {"8.1.1", "11.1.1"}  # the suite has none of these
    assert set(known) - set(select_cases(known, DEFAULT_CASES)) == left_out


def test_pattern_that_matches_no_case_is_an_error() -> None:
    with pytest.raises(ConformanceError, match=r"no case matches '1\.9'"):
        select_cases(CASES, ("1.*", "1.9"))


def test_table_counts_verdicts_per_group_and_in_all() -> None:
    results = [
        CaseResult("1.1.1", "OK", "OK"),
        CaseResult("1.1.2", "OK", "OK"),
        CaseResult("1.2.1", "OK", "UNCLEAN"),
        CaseResult("10.1.1", "NON-STRICT", "OK"),
        CaseResult("10.1.2", "OK", "INFORMATIONAL"),
    ]
    console = Console(file=io.StringIO(), width=80)
    console.print(summarise(results))
    assert isinstance(console.file, io.StringIO)
    rows = [line.split() for line in console.file.getvalue().replace("│", "").splitlines()]
    assert ["1.*", "2", "0", "0", "1"] in rows
    assert ["10.*", "0", "1", "1", "0"] in rows
    assert ["all", "2", "1", "1", "1"] in rows


def test_description_names_case_words_and_page() -> None:
    line = describe(CaseResult("7.1.5", "FAILED", "WRONG CODE", "page.html"), Path("reports"))
    assert line == "7.1.5    behavior FAILED, behaviorClose WRONG CODE  reports/page.html"


def program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def python_of(version: str, path: Path) -> Path:
    return program(path, f'echo "{version} {path}"')


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no Python 2.7 yet; returns its only folder of programs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return folder


def test_python27_is_the_given_one(bare_machine: Path) -> None:
    python_of("2.7", bare_machine / "python2.7")
    given = python_of("2.7", bare_machine / "mine")
    assert find_python27(str(given)) == str(given)


@pytest.mark.parametrize("name", ["python2.7", "python2"])
def test_python27_is_found_on_the_path(bare_machine: Path, name: str) -> None:
    python = python_of("2.7", bare_machine / name)
    assert find_python27(None) == str(python)


def test_python27_is_found_in_pyenv_behind_a_shim_that_is_off(bare_machine: Path) -> None:
    root = bare_machine / "root"
    program(bare_machine / "python2.7", "exit 127")
    python_of("2.6", bare_machine / "python2")
    program(bare_machine / "pyenv", f"echo {root}")
    python = python_of("2.7", root / "versions" / "2.7.18" / "bin" / "python2.7")
    assert find_python27(None) == str(python)


def test_python27_is_found_in_pyenv_root_without_pyenv_on_the_path(
    bare_machine: Path, tmp_path: Path
) -> None:
    python = python_of("2.7", tmp_path / "pyenv/versions/2.7.18/bin/python2.7")
    assert find_python27(None) == str(python)


@pytest.mark.parametrize("given", [None, "python3", "no-such-program"])
def test_missing_python27_is_one_line_and_exit_code_2(
    bare_machine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str | None
) -> None:
    python_of("3.1", bare_machine / "python3")
    assert main([] if given is None else ["--python27", given], tmp_path) == 2
    message = capsys.readouterr().err
    assert message.startswith("conformance: ")
    assert "--python27" in message
    assert message.count("\n") == 1


class Machine:
    """A machine with a stand-in for the installed suite, which reports what it is told to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.python27 = python_of("2.7", root / "python2.7")
        self.environment = root / "reports" / "autobahn-venv"
        self.reports = root / "reports" / "autobahn"
        self.suite = program(
            root / "suite",
            f"""case "$*" in
                *fuzzingclient*) cat fuzzingclient.json; cp {root}/index.json . ;;
                *-c*) echo '{json.dumps(CASES)}' ;;
            esac""",
        )

    def install(self) -> None:
        (self.environment / "bin").mkdir(parents=True)
        (self.environment / "bin" / "python").symlink_to(self.suite)
        (self.environment / "installed.txt").write_text(f"{self.python27}{installing._SUITE}")

    def report(self, text: str) -> None:
        (self.root / "index.json").write_text(text)

    def main(self, *arguments: str) -> int:
        return main(["--python27", str(self.python27), *arguments], self.root)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.install()
    machine.report(GOOD)
    return machine


@pytest.fixture(scope="module")
def echo_url(running_server: RunningServer) -> str:
    return f"{running_server.websocket_url}/echo"


@pytest.mark.e2e
@pytest.mark.parametrize(("words", "scheme"), [((), "ws"), (("--tls",), "wss")])
def test_own_server_is_started_for_the_suite_and_stopped(
    machine: Machine, words: tuple[str, ...], scheme: str
) -> None:
    assert machine.main("--cases", "*", *words) == 0
    (server,) = json.loads((machine.reports / "wstest.log").read_text())["servers"]
    assert server["agent"] == AGENT
    assert server["url"].startswith(f"{scheme}://localhost:")
    assert server["url"].endswith("/echo")
    log = (machine.reports / "server" / "log.txt").read_text()
    assert server["url"].partition("localhost")[2].removesuffix("/echo") in log
    # The server removes its ready file in the end.
    assert not (machine.reports / "server" / "ready.json").exists()


@pytest.mark.e2e
def test_suite_gets_the_given_url_and_only_the_chosen_cases(
    machine: Machine, echo_url: str
) -> None:
    assert machine.main("--url", echo_url, "--cases", "7.*", "1.1.1") == 0
    told = json.loads((machine.reports / "wstest.log").read_text())
    assert told["servers"][0]["url"] == echo_url
    assert told["cases"] == ["1.1.1", "7.1.6"]


@pytest.mark.e2e
def test_every_case_that_did_not_pass_is_named_and_the_exit_code_is_1(
    machine: Machine, echo_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.report(index({"1.1.1": ("OK", "UNCLEAN"), "7.1.6": ("OK", "INFORMATIONAL")}))
    assert machine.main("--url", echo_url, "--cases", "*") == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "behaviorClose" in line]
    assert len(lines) == 2
    assert lines[0].startswith("1.1.1    behavior OK, behaviorClose UNCLEAN")
    assert lines[1].startswith("10.1.1   behavior NOT RUN, behaviorClose NOT RUN")


@pytest.mark.e2e
def test_report_of_an_earlier_run_is_not_taken_for_that_of_a_broken_one(
    machine: Machine, echo_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert machine.main("--url", echo_url, "--cases", "*") == 0
    (machine.root / "index.json").unlink()
    assert machine.main("--url", echo_url, "--cases", "*") == 2
    assert "left no report; see" in capsys.readouterr().err


@pytest.mark.e2e
def test_suite_that_does_not_end_is_given_up(
    machine: Machine,
    echo_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = f"case \"$*\" in *fuzzingclient*) exec sleep 60 ;; esac; echo '{json.dumps(CASES)}'"
    program(machine.suite, body)
    monkeypatch.setattr(suites, "RUN_TIMEOUT", 0.1)
    assert machine.main("--url", echo_url, "--cases", "*") == 2
    assert "did not end within 0.1 s" in capsys.readouterr().err


def test_suite_that_knows_no_cases_is_to_be_installed_anew(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    program(machine.suite, "exit 1")
    assert machine.main() == 2
    assert f"delete {machine.environment}" in capsys.readouterr().err


def test_server_that_is_not_there_is_one_line_and_exit_code_2(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    # Port 1 belongs to a service that nobody runs.
    assert machine.main("--url", "ws://localhost:1/echo", "--cases", "*") == 2
    message = capsys.readouterr().err
    assert message.startswith("conformance: cannot connect to ws://localhost:1/echo")
    assert message.count("\n") == 1


def test_suite_is_installed_once_and_again_when_python27_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path)
    pip_and_virtualenv = program(
        tmp_path / "python3",
        f"""echo "$PYTHONPATH $*"; for last; do :; done
        case "$*" in *virtualenv\\ --clear*)
            mkdir -p "$last/bin"; cp {machine.suite} "$last/bin/python" ;;
        esac""",
    )
    monkeypatch.setattr(sys, "executable", str(pip_and_virtualenv))
    log = machine.reports / "install.log"

    def install(python27: str) -> bool:
        log.unlink(missing_ok=True)
        suite = install_suite(python27, machine.environment, machine.reports)
        assert suite.list_cases() == CASES
        return log.exists()

    assert install("one")
    assert not install("one")
    assert install("another")
    assert "--python another" in log.read_text()


def test_failed_installation_is_not_taken_for_an_installed_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(tmp_path)
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / "python3", "exit 1")))
    for _ in range(2):
        assert machine.main() == 2
        assert "cannot be installed" in capsys.readouterr().err
