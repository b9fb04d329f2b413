"""The installed suite: which cases it has, and a run of some of them."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from websocket_mock.scripts.dev.conformance.results import (
    AGENT,
    CaseResult,
    ConformanceError,
    parse_report,
)

PROBE_TIMEOUT = 30.0
RUN_TIMEOUT = 7200.0
"""The longest run of the suite, in seconds. The cases of compression take half an hour each where
six other programs want the two cores."""

_LIST_CASES = """
import json
from autobahntestsuite.case import CaseBasename, Cases
print(json.dumps([case.__name__[len(CaseBasename):].replace("_", ".") for case in Cases]))
"""


@dataclass(frozen=True, slots=True)
class Suite:
    """The installed test suite.

    Attributes:
        python: The Python 2.7 it is installed for.
        reports: An existing folder for its reports and logs.
    """

    python: Path
    reports: Path

    def list_cases(self) -> tuple[str, ...]:
        """Return the ids of all its cases; blocks for a second, 30 at most.

        Raises:
            ConformanceError: the suite does not answer.
        """
        output = output_of(*self._command, "-c", _LIST_CASES, folder=self.reports)
        try:
            return tuple(json.loads(output))
        except ValueError:
            raise ConformanceError(
                "the installed test suite does not work;"
                f" delete {self.python.parent.parent} and run this again"
            ) from None

    def run(self, url: str, cases: Sequence[str]) -> tuple[CaseResult, ...]:
        """Run cases against an echo endpoint; blocks until they have ended, two hours at most.

        Raises:
            ConformanceError: the suite did not end in time, or left no report.
        """
        index, log = self.reports / "index.json", self.reports / "wstest.log"
        specification = self.reports / "fuzzingclient.json"
        for stale in (index, log):
            stale.unlink(missing_ok=True)
        servers = [{"agent": AGENT, "url": url}]
        specification.write_text(json.dumps({"outdir": ".", "servers": servers, "cases": cases}))
        client = ("-m", "autobahntestsuite.wstest", "--mode", "fuzzingclient")
        print(f"running {len(cases)} cases against {url}; progress: {log}", flush=True)
        try:
            log_run(log, *self._command, *client, "--spec", specification.name)
            return parse_report(index.read_bytes(), cases)
        except subprocess.TimeoutExpired:
            raise ConformanceError(
                f"the cases did not end within {RUN_TIMEOUT:g} s; see {log}, or narrow with --cases"
            ) from None
        except (OSError, subprocess.SubprocessError):
            raise ConformanceError(f"the test suite broke and left no report; see {log}") from None

    @property
    def _command(self) -> tuple[str, ...]:
        # -E, because a PYTHONPATH in our environment is one for Python 3.
        return (str(self.python), "-E", "-u", "-W", "ignore")


def output_of(*command: str, folder: Path | None = None) -> str:
    """Return what a command prints, stripped; nothing if it fails."""
    try:
        result = subprocess.run(  # noqa: S603 - a program the user has, or our own environment
            command, cwd=folder, capture_output=True, text=True, check=True, timeout=PROBE_TIMEOUT
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return result.stdout.strip()


def log_run(log: Path, *command: str, env: Mapping[str, str] | None = None) -> None:
    """Run a command in the folder of its log, to which its output is added."""
    with log.open("ab") as output:
        subprocess.run(  # noqa: S603 - pip, virtualenv and the suite, with fixed versions
            command,
            cwd=log.parent,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=True,
            timeout=RUN_TIMEOUT,
        )
