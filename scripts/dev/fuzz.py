"""Run the fuzzing tests for minutes: guided by the coverage of the code, or at random.

With atheris, each target has a process of its own, in which libFuzzer looks for inputs that reach
new code, and ends one that takes long or fills the memory. Without it, hypothesis draws inputs at
random for as long. What is found is kept in `.hypothesis`, so that the tests show it, too.
"""

import argparse
import importlib
import importlib.util
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hypothesis import settings
from loguru import logger
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    *(f"tests.fuzz.{one.stem}" for one in sorted((ROOT / "tests/fuzz").glob("test_*.py"))),
    "tests.unit.transport.test_protocol_properties",
    "tests.unit.actors.conversation.test_conversation_properties",
    "tests.unit.actors.matching.test_layout",
)
"""Where the targets are."""

FINDINGS = ROOT / ".hypothesis"

SLOW_SECONDS = 30
"""What one input may take at most. Other programs may want the processor, too."""
MEMORY_MIB = 2048
"""What a target may take at most."""
EXTRA_SECONDS = 120
"""What a process may take for its start and end beside its share."""
_RUNS = re.compile(r"(?:Done|stat::number_of_executed_units:) (\d+)")
_BATCH = 200


class Target:
    """A test of hypothesis.

    Args:
        name: the module and the name in it, with a colon between them.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        module, _, test = name.partition(":")
        self._made: Any = getattr(importlib.import_module(module), test)

    @contextmanager
    def ready(self) -> Iterator[Any]:
        """Give the test; it may need something around it that runs meanwhile."""
        if hasattr(self._made, "hypothesis"):
            yield self._made
        else:
            with self._made() as test:
                yield test


def names_of_targets() -> list[str]:
    """Return the names of all targets: tests, and what makes a test (`…_target`)."""
    found = []
    for module in MODULES:
        for name, value in vars(importlib.import_module(module)).items():
            if name.endswith("_target") or (
                name.startswith("test_") and hasattr(value, "hypothesis")
            ):
                found.append(f"{module}:{name}")
    return found


def fuzz_at_random(name: str, seconds: float) -> None:
    """Run a target again and again, for so long."""
    settings.register_profile("fuzz", deadline=None, max_examples=_BATCH)
    settings.load_profile("fuzz")
    end, runs = time.monotonic() + seconds, 0
    with Target(name).ready() as test:
        while time.monotonic() < end:
            test()
            runs += _BATCH
    print(f"Done {runs}")


def fuzz_guided(name: str, seconds: float) -> None:
    """Run a target with libFuzzer, for so long; it ends the process."""
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore] # noqa: PLC0415

    with atheris.instrument_imports(include=["websocket_mock"]):
        target = Target(name)
    FINDINGS.mkdir(exist_ok=True)
    with ExitStack() as stack:
        test = stack.enter_context(target.ready())
        run: Callable[[bytes], object] = test.hypothesis.fuzz_one_input
        options = {
            # 0 would mean: without an end.
            "max_total_time": max(1, int(seconds)),
            "timeout": SLOW_SECONDS,
            "rss_limit_mb": MEMORY_MIB,
            "max_len": 4096,
            "artifact_prefix": f"{FINDINGS}/",
        }
        atheris.Setup(
            [sys.argv[0], *(f"-{option}={value}" for option, value in options.items())],
            lambda data: run(data) and None,
        )
        atheris.Fuzz()


def run_all(minutes: float, pattern: str) -> bool:
    """Give each target its share of the time, print what came of it, and return whether all held.

    Blocks for so many minutes, and up to two more for each target that hangs.

    Args:
        minutes: the time for all targets together.
        pattern: a text that is in the names of the targets to run.
    """
    has_atheris = importlib.util.find_spec("atheris") is not None
    print("with atheris" if has_atheris else "atheris is not there: at random, with hypothesis")
    names = [name for name in names_of_targets() if pattern in name]
    share = minutes * 60 / max(1, len(names))
    table = Table("target")
    table.add_column("runs", justify="right")
    table.add_column("verdict")
    failed = []
    for name in names:
        command = [sys.executable, "-m", "scripts.dev.fuzz", "--target", name]
        result = _run([*command, "--seconds", str(share)], share + EXTRA_SECONDS)
        runs = _RUNS.findall(result.stdout)
        if result.returncode:
            failed.append(result.stdout)
        verdict = f"FAILED ({result.returncode})" if result.returncode else "held"
        table.add_row(name.removeprefix("tests."), runs[-1] if runs else "?", verdict)
    Console(width=140).print(table)
    for output in failed:
        print(output[-4000:])
    return not failed


def _run(command: list[str], timeout: float) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603 - this very module
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, "it did not end in time")


def main() -> int:
    """Run the command line; return 0 if every target held, 1 if not."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="for all targets together")
    parser.add_argument("--only", default="", help="targets whose name has this text")
    parser.add_argument("--target", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.target is None:
        return 0 if run_all(options.minutes, options.only) else 1
    logger.remove()
    has_atheris = importlib.util.find_spec("atheris") is not None
    (fuzz_guided if has_atheris else fuzz_at_random)(options.target, options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
