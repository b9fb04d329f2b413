"""The client command lines, as child processes and inside this one."""

import io
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from tests.helpers.program import ROOT, environment
from tests.helpers.wait import PATIENCE


@dataclass(frozen=True, slots=True)
class Finished:
    code: int
    out: str
    err: str


def start(module: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]", typed: str | None = None) -> Finished:
    try:
        out, err = process.communicate(typed, timeout=2 * PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"did not end in time: {out}{err}") from None
    return Finished(process.returncode, out, err)


def run(module: str, *arguments: str, typed: str | None = None) -> Finished:
    return finish(start(module, *arguments), typed)


def run_here(main: Callable[[Sequence[str]], int], *arguments: str) -> Finished:
    """Run a command line inside this process, where its start is not what a test is about."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            code = main(arguments)
        except SystemExit as wrong_usage:
            code = int(wrong_usage.code or 0)
    return Finished(code, out.getvalue(), err.getvalue())
