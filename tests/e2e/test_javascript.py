"""The package for JavaScript with Vitest, Jest and Playwright Test, and its page in docs/."""

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.helpers.node import require_node, require_package
from tests.helpers.program import ROOT, RunningServer, environment
from tests.helpers.snippets import files_in, page
from tests.helpers.wait import PATIENCE, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(8 * PATIENCE)]

PACKAGE = ROOT / "clients" / "javascript"
PROGRAMS = PACKAGE / "node_modules" / ".bin"
FAILING = PACKAGE / "tests" / "failing"

INSTALL_SECONDS = 150.0

PAGE = page("testing-in-javascript.md")
FILES = files_in(PAGE, "js")

CHROMIUM = shutil.which("chromium")

ROW = r" +\d+ +\d+\.\d{3} +[0-9a-f]{8} #1  "
"""The beginning of a row of a transcript."""


@dataclass(frozen=True)
class Run:
    """What a program printed, and its exit code."""

    code: int
    text: str


@pytest.fixture(scope="module")
def variables(running_server: RunningServer) -> dict[str, str]:
    """The environment of the programs. All of them use one server."""
    require_node(20)
    require_package("vitest", PACKAGE, INSTALL_SECONDS)
    return {
        **environment(),
        "WEBSOCKET_MOCK_URL": running_server.control_url,
        "WEBSOCKET_MOCK_COMMAND": f"{sys.executable} -m websocket_mock",
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
    }


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    """A folder for the examples of the page, where the package is installed.

    It is inside the package, so that the examples find Vitest, Jest and the others.
    """
    with tempfile.TemporaryDirectory(dir=PACKAGE / "tests", prefix=".snippets-") as folder:
        scope = Path(folder) / "node_modules" / "@websocket-mock"
        scope.mkdir(parents=True)
        (scope / "testing").symlink_to(PACKAGE)
        yield Path(folder)


def run(variables: Mapping[str, str], cwd: Path, program: str, *arguments: str) -> Run:
    done = subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
    )
    return Run(done.returncode, done.stdout)


def write(folder: Path, *names: str) -> None:
    """Write files of the page to a folder."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(FILES[name], encoding="utf-8")


def test_every_example_of_the_page_is_run() -> None:
    run_here = {*OF_VITEST, *OF_JEST, *OF_PLAYWRIGHT, "by-hand.js"}
    assert set(FILES) == run_here


# --- Vitest ---------------------------------------------------------------------------------------

OF_VITEST = (
    "vitest.config.js",
    "price-client.js",
    "prices.test.js",
    "lenient.test.js",
    "conversation.test.js",
)


@pytest.fixture(scope="module")
def vitest(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of all tests of the package, also of those that fail on purpose."""
    results = tmp_path_factory.mktemp("vitest") / "results.json"
    wanted = {**variables, "WITH_FAILING": "yes"}
    reporters = ("--reporter=default", "--reporter=json", f"--outputFile.json={results}")
    done = run(wanted, PACKAGE, str(PROGRAMS / "vitest"), "run", *reporters)
    assert results.exists(), done.text
    tests = [
        test
        for file in json.loads(results.read_text())["testResults"]
        for test in file["assertionResults"]
        if "failing" not in file["name"]
    ]
    assert tests
    assert [one["fullName"] for one in tests if one["status"] != "passed"] == [], done.text
    assert "Unhandled" not in done.text, done.text
    return done


def failure(done: Run, name: str) -> str:
    """Return what Vitest says about a test that has failed."""
    (found,) = re.findall(
        rf"> {name}\n(?!.*> {name})(.*?)^⎯+", done.text, re.DOTALL | re.MULTILINE
    )[:1]
    return str(found)


def test_tests_of_the_package_pass(vitest: Run) -> None:
    assert re.search(r"Tests +7 failed \| \d\d passed", vitest.text)


def test_client_that_does_not_back_off_is_told_with_its_gaps(vitest: Run) -> None:
    text = failure(vitest, "a client that does not back off")
    assert text.startswith(
        "VerificationFailed: Expected a handshake at /prices/{symbol} at least once, with a "
        "spacing. Expected at least 1 s between entries, found: 0."
    )
    assert re.search(r"#2 +handshake +/prices/acme → 503", text)
    assert "tests/failing/client.vitest.js" in text, "the line of the test is shown"


def test_message_that_nobody_expects_is_told_as_on_the_page(vitest: Run) -> None:
    text = failure(vitest, "a message that nobody expects")
    (shown,) = re.findall(r"^```text\n(UnexpectedTraffic: .*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert without_numbers(text.rstrip()) == without_numbers(shown.rstrip())


def without_numbers(text: str) -> str:
    """Return a failure without what differs from run to run."""
    text = re.sub(r"\b[0-9a-f]{8} #", "ID #", text)
    text = re.sub(r"^ *no\.", "no.", text, flags=re.MULTILINE)
    return re.sub(r"^ *\d+  (?: *\d+\.\d+)?", "", text, flags=re.MULTILINE)


def test_rule_that_does_not_fire_is_told_with_the_difference(vitest: Run) -> None:
    text = failure(vitest, "a rule that does not fire as often as expected")
    first, second, message, why, *_ = text.splitlines()
    assert first == (
        "UnexpectedTraffic: /prices: rules[0] was expected to fire exactly twice, "
        "but it fired once."
    )
    assert second == (
        "/prices: halts was expected to fire at least once, but it fired never. "
        "The last message was:"
    )
    assert re.fullmatch(r'  \d+  {"type":"subscribe"}', message)
    assert why == '     json $.type: expected "halted", got "subscribe"'
    assert re.search(rf'^{ROW}received text  {{"type":"subscribe"}}$', text, re.MULTILINE)
    assert "lib/" not in text


def test_path_without_an_endpoint_is_told(vitest: Run) -> None:
    text = failure(vitest, "a path without an endpoint")
    assert re.match(
        r"UnexpectedTraffic: 1 connection to a path without an endpoint "
        r"\(the paths are: /prices\):\n  \d+  /price → 101\n",
        text,
    )


def test_script_that_failed_and_rule_that_is_missing_are_told(vitest: Run) -> None:
    text = failure(vitest, "a script that fails and a rule that is not there")
    assert text.startswith("UnexpectedTraffic: ")
    assert "/prices: there is no rule 'greets'; the rules are: " in text


def test_test_that_fails_by_itself_shows_its_transcript(vitest: Run) -> None:
    section = vitest.text.partition("> an expectation of Vitest\n")[2]
    assert re.match(r"WebSocket transcript:\n *no\.  seconds  client", section)
    assert "AssertionError" in failure(vitest, "an expectation of Vitest")
    assert "Test timed out" in failure(vitest, "a test that takes too long")


def test_examples_for_vitest_work(variables: dict[str, str], project: Path) -> None:
    folder = project / "vitest"
    write(folder, *OF_VITEST)
    done = run(variables, folder, str(PROGRAMS / "vitest"), "run")
    assert done.code == 0, done.text
    assert re.search(r"Tests +3 passed", done.text)
    assert "transcript" not in done.text


def test_example_without_a_framework_works(variables: dict[str, str], project: Path) -> None:
    write(project, "by-hand.js")
    done = run(variables, project, "node", "by-hand.js")
    assert done.code == 0, done.text
    assert re.fullmatch(r"ws://\S+/ns/test-\w+/prices\n", done.text)


def test_example_with_tls_works(variables: dict[str, str], project: Path) -> None:
    name = "greeter.mjs"
    (project / name).write_text(files_in(page("tls.md"), "js")[name], encoding="utf-8")
    done = run(variables, project, "node", name)
    assert (done.code, done.text) == (0, "hello\n")


def test_server_ends_with_its_tests_however_they_end(variables: dict[str, str]) -> None:
    program = """
import { WebSocketMock } from "@websocket-mock/testing";
const mock = await WebSocketMock.start();
console.log(mock.address);
setInterval(() => {}, 1000);
"""
    command = ("node", "--input-type=module", "--eval", program)
    with subprocess.Popen(
        command, cwd=PACKAGE, env=variables, stdout=subprocess.PIPE, text=True
    ) as tests:
        try:
            assert tests.stdout is not None
            port = urlsplit(tests.stdout.readline().strip()).port
            assert port is not None
        finally:
            tests.kill()
    eventually(lambda: not is_listening(port))


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


# --- Jest and Playwright Test ---------------------------------------------------------------------

OF_JEST = ("jest.config.js", "price-client.js", "prices.jest.test.js")
OF_PLAYWRIGHT = ("playwright.config.js", "prices.page.test.js")

SYSTEM_CHROMIUM = """
import config from "./playwright.config.js";
const launchOptions = { executablePath: process.env.CHROMIUM };
export default { ...config, outputDir: "results", workers: 1, use: { launchOptions } };
"""


def test_example_for_jest_works_and_failures_are_told(
    variables: dict[str, str], project: Path
) -> None:
    require_package("jest", PACKAGE, INSTALL_SECONDS)
    folder = project / "jest"
    write(folder, *OF_JEST)
    shutil.copy(FAILING / "client.jest.js", folder / "failing.test.js")
    # Its global setup starts a server.
    with_modules = {**variables, "NODE_OPTIONS": "--experimental-vm-modules"}
    del with_modules["WEBSOCKET_MOCK_URL"]
    done = run(with_modules, folder, str(PROGRAMS / "jest"), "--runInBand", "--verbose")

    assert "Tests:       2 failed, 1 passed, 3 total" in done.text, done.text
    assert "✓ the client gets a price" in done.text
    (unexpected,) = re.findall(r"● a message that nobody expects\n(.*?)●", done.text, re.DOTALL)
    assert re.search(r'1 message nobody expected:\n +\d+  {"type":"subscribe"}\n', unexpected)
    (own,) = re.findall(r"● an expectation of Jest\n(.*)", done.text, re.DOTALL)
    assert own.count("WebSocket transcript:") == 1
    assert re.search(rf'^ *{ROW}received text  {{"type":"subscribe"}}$', own, re.MULTILINE)


def test_example_for_playwright_works_and_failures_are_told(
    variables: dict[str, str], project: Path
) -> None:
    require_package("@playwright/test", PACKAGE, INSTALL_SECONDS)
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    folder = project / "playwright"
    write(folder, *OF_PLAYWRIGHT)
    shutil.copy(FAILING / "client.playwright.js", folder / "failing.page.test.js")
    (folder / "system.config.js").write_text(SYSTEM_CHROMIUM, encoding="utf-8")
    with_chromium = {**variables, "CHROMIUM": CHROMIUM}
    arguments = ("--config", "system.config.js", "--reporter=line")
    done = run(with_chromium, folder, str(PROGRAMS / "playwright"), "test", *arguments)

    assert "2 failed" in done.text, done.text
    assert "1 passed" in done.text, done.text
    assert re.search(r"1 message nobody expected:\n +\d+  subscribe\n", done.text)
    own = done.text.partition("attachment #1: WebSocket transcript")[2]
    assert re.search(rf"^ *{ROW}received text  subscribe$", own, re.MULTILINE)


# --- types ----------------------------------------------------------------------------------------


def test_types_are_right(variables: dict[str, str]) -> None:
    require_package("typescript", PACKAGE, INSTALL_SECONDS)
    done = run(variables, PACKAGE, str(PROGRAMS / "tsc"), "--project", "tests")
    assert (done.code, done.text) == (0, "")


def test_types_have_every_method(variables: dict[str, str]) -> None:
    """By the names: what JavaScript has and what the types say are written in two files."""
    program = """
import * as all from "@websocket-mock/testing";
const names = {};
for (const [name, one] of Object.entries(all)) {
  const methods = one.prototype ? Object.getOwnPropertyNames(one.prototype) : [];
  names[name] = methods.filter((method) => method !== "constructor");
}
console.log(JSON.stringify(names));
"""
    done = run(variables, PACKAGE, "node", "--input-type=module", "--eval", program)
    types = (PACKAGE / "index.d.ts").read_text(encoding="utf-8")
    parts = re.findall(
        r"^export (?:class|function) (\w+)(.*?)(?=^export|\Z)", types, re.DOTALL | re.MULTILINE
    )
    described = {
        name: re.findall(r"^  (?:get )?(\w+)[(:]", text, re.MULTILINE) for name, text in parts
    }
    exported = json.loads(done.text)
    assert set(exported) == set(described)
    for name, methods in exported.items():
        inside = {"apply", "countFired", "allExpected"} if name == "Endpoint" else {"document"}
        assert set(methods) - inside <= set(described[name]), name
