"""The examples for the JVM and for Go in docs/, with the JDK and with Go alone."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.program import ROOT, environment
from tests.helpers.snippets import files_in, page
from tests.helpers.wait import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(8 * PATIENCE)]

ANNOTATION = """package org.junit.jupiter.api;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

@Retention(RetentionPolicy.RUNTIME)
public @interface {name} {{}}
"""

ASSERTIONS = """package org.junit.jupiter.api;

public final class Assertions {
    public static void assertEquals(Object expected, Object found) {
        if (!expected.equals(found)) throw new AssertionError(expected + " is not " + found);
    }
}
"""

ANNOTATIONS = ("AfterAll", "AfterEach", "BeforeAll", "BeforeEach", "Test")

VARIABLES = {
    "WEBSOCKET_MOCK_COMMAND": f"{sys.executable} -m websocket_mock",
    "PYTHONPATH": str(ROOT),
    "GOPROXY": "off",
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-count=1",
}
"""The server starts as a child; Go fetches nothing."""


def run(cwd: Path, *command: str) -> tuple[int, str]:
    """Run a program to its end; return its exit code and what it printed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(VARIABLES),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


def require(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def test_examples_for_the_jvm_work(tmp_path: Path) -> None:
    require("javac", "java")
    write(tmp_path, files_in(page("testing-in-java.md"), "java"))
    shutil.copytree(ROOT / "tests" / "jvm", tmp_path, dirs_exist_ok=True)
    stand_ins = tmp_path / "org" / "junit" / "jupiter" / "api"
    stand_ins.mkdir(parents=True)
    write(stand_ins, {f"{name}.java": ANNOTATION.format(name=name) for name in ANNOTATIONS})
    write(stand_ins, {"Assertions.java": ASSERTIONS})
    sources = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.java")]

    assert run(tmp_path, "javac", "-Xlint:all", "-Werror", *sources) == (0, "")
    code, text = run(
        tmp_path, "java", "-cp", ".", "RunTests", "PriceClientTest", "BrokenClientTest"
    )

    assert code == 0, text
    assert "clientBacksOff passed\n" in text
    assert (
        "messageNobodyExpects failed: java.lang.AssertionError: no rule matches; the nearest is "
        'rules[0]: json $.type: expected "subscribed", got "subscribe"\n'
    ) in text
    assert re.search(r"definitionIsNotValid failed: .*did you mean 'rules'", text)
    assert re.search(r"argumentIsNotValid failed: .*did you mean 'kind'", text)


def test_examples_for_go_work(tmp_path: Path) -> None:
    require("go")
    write(tmp_path, files_in(page("testing-in-go.md"), "go"))
    shutil.copytree(ROOT / "tests" / "go", tmp_path, dirs_exist_ok=True)
    write(tmp_path, {"go.mod": "module prices\n\ngo 1.18\n"})

    assert run(tmp_path, "gofmt", "-l", ".") == (0, "")
    code, text = run(tmp_path, "go", "test", "-v", ".")

    assert code == 1, text
    assert "--- PASS: TestClientBacksOff" in text, text
    (unexpected,) = re.findall(r"=== RUN +TestMessageNobodyExpects\n(.*?)--- FAIL", text, re.DOTALL)
    assert "map[kind:verdict never:true passed:false]: expected never, found once" in unexpected
    assert re.search(r"\d  verdict +map\[.*the nearest is rules\[0\]: json \$\.type:", unexpected)
    (stranger,) = re.findall(r"=== RUN +TestPathWithoutEndpoint\n(.*?)--- FAIL", text, re.DOTALL)
    assert "map[kind:handshake never:true status:404]: expected never, found once" in stranger
