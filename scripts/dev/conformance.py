"""Run the fuzzing client of the Autobahn test suite against the server's `/echo`.

The suite is the field's measure for RFC 6455 and RFC 7692, and runs on Python 2.7 only. This
module finds such a Python, keeps a virtual environment with the suite, starts the server, and
judges the suite's report. All it writes stands under `reports/`, which git ignores.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from websocket_mock.scripts.arguments import EXIT_USAGE, OneLineParser
from websocket_mock.scripts.dev.benchmark.servers import OURS, ServerStartError, running
from websocket_mock.scripts.endpoint import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OK,
    UnreachableError,
    reach,
    websocket_url,
)

AGENT = "websocket-mock-server"
NOT_RUN = "NOT RUN"
REPORTS = Path("reports/autobahn")
DEFAULT_CASES = tuple(f"{group}.*" for group in (1, 2, 3, 4, 5, 6, 7, 10, 12, 13))

PROBE_TIMEOUT = 30.0
RUN_TIMEOUT = 3600.0

# The last versions that know Python 2.7. Installed without their dependencies: this is all the
# fuzzing client imports. wsaccel is compiled; without it some cases take six times as long.
_SUITE = """
    attrs==21.4.0 autobahn==0.10.9 autobahntestsuite==0.8.2 cffi==1.15.1 constantly==15.1.0
    cryptography==3.3.2 enum34==1.1.10 hyperlink==21.0.0 idna==2.10 incremental==21.3.0
    ipaddress==1.0.23 Jinja2==2.11.3 linecache2==1.0.0 MarkupSafe==1.1.1 pyOpenSSL==21.0.0
    six==1.17.0 traceback2==1.4.0 Twisted==20.3.0 txaio==2.1.0 typing==3.10.0.0 unittest2==1.1.0
    wsaccel==0.6.2 zope.interface==5.4.0
"""
# Version 20.22 of virtualenv forgot Python 2.7.
_VIRTUALENV = "virtualenv==20.21.1 distlib==0.4.0 filelock==3.16.1 platformdirs==3.11.0"
_PIP_INSTALL = ("-m", "pip", "install", "--disable-pip-version-check", "--no-deps")
_WHO = "import sys; print(sys.version[:3] + ' ' + sys.executable)"
_LIST_CASES = """
import json
from autobahntestsuite.case import CaseBasename, Cases
print(json.dumps([case.__name__[len(CaseBasename):].replace("_", ".") for case in Cases]))
"""


class ConformanceError(Exception):
    """Raised when the suite cannot run or not end; the text is one line that says what to do."""


class Verdict(IntEnum):
    """What a case says about the server, from best to worst; named as the suite does."""

    OK = 0
    INFORMATIONAL = 1
    NON_STRICT = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What the suite says about one case, in its own words."""

    case_id: str
    behavior: str
    behavior_close: str
    page: str | None = None
    """File name of the suite's page about this case, if it has run."""

    @property
    def verdict(self) -> Verdict:
        """The worse of the two; a word that is not known counts as failed."""
        names = (word.replace("-", "_") for word in (self.behavior, self.behavior_close))
        return max(Verdict.__members__.get(name, Verdict.FAILED) for name in names)

    @property
    def has_passed(self) -> bool:
        """Whether both are OK or INFORMATIONAL."""
        return self.verdict <= Verdict.INFORMATIONAL


class _Entry(BaseModel):
    """One case in the index of a report."""

    behavior: str
    behavior_close: str = Field(alias="behaviorClose")
    reportfile: str


_INDEX = TypeAdapter(dict[str, dict[str, _Entry]])


def parse_report(index: str | bytes, cases: Sequence[str]) -> tuple[CaseResult, ...]:
    """Read the index of a report; return one result per given case, in that order.

    Args:
        index: content of the suite's `index.json`.
        cases: the ids of the cases that should have run; those not in the report are `NOT_RUN`.

    Raises:
        ConformanceError: it is no such index.
    """
    try:
        entries = _INDEX.validate_json(index).get(AGENT, {})
    except ValidationError:
        raise ConformanceError("the test suite wrote a broken report; run this again") from None
    return tuple(_result(case_id, entries.get(case_id)) for case_id in cases)


def _result(case_id: str, entry: _Entry | None) -> CaseResult:
    if entry is None:
        return CaseResult(case_id, NOT_RUN, NOT_RUN)
    page = Path(entry.reportfile).with_suffix(".html").name
    return CaseResult(case_id, entry.behavior, entry.behavior_close, page)


def select_cases(known: Sequence[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the known cases that a pattern matches, in the order in which they are known.

    Raises:
        ConformanceError: a pattern matches none.
    """
    chosen: set[str] = set()
    for pattern in patterns:
        matches = [case_id for case_id in known if fnmatchcase(case_id, pattern)]
        if not matches:
            raise ConformanceError(f"no case matches {pattern!r}; give ids or patterns like '7.*'")
        chosen.update(matches)
    return tuple(case_id for case_id in known if case_id in chosen)


def summarise(results: Iterable[CaseResult]) -> Table:
    """Return the table of verdicts per group of cases, to be printed with rich."""
    groups: defaultdict[str, list[Verdict]] = defaultdict(list)
    for result in results:
        groups[f"{result.case_id.partition('.')[0]}.*"].append(result.verdict)
    everything = [verdict for verdicts in groups.values() for verdict in verdicts]
    table = Table("cases")
    for verdict in Verdict:
        table.add_column(verdict.name.replace("_", "-"), justify="right")
    for group, verdicts in {**groups, "all": everything}.items():
        table.add_row(group, *(str(verdicts.count(verdict)) for verdict in Verdict))
    return table


def describe(result: CaseResult, reports: Path) -> str:
    """Say in one line what the suite found in a case, and where it says more."""
    line = f"{result.case_id:<8} behavior {result.behavior}, behaviorClose {result.behavior_close}"
    return line if result.page is None else f"{line}  {reports / result.page}"


def find_python27(given: str | None) -> str:
    """Return the path of a Python 2.7; blocks while candidates are tried, 30 s each at most.

    Args:
        given: the one to take; None looks on the PATH, and then at what pyenv has.

    Raises:
        ConformanceError: there is none, or the given one is none.
    """
    for candidate in _python27_candidates() if given is None else (given,):
        # Its own word, because the candidate may be a shim that stands for another one tomorrow.
        version, _, program = _output(candidate, "-c", _WHO).partition(" ")
        if version == "2.7":
            return str(Path(program).absolute())
    if given is not None:
        raise ConformanceError(
            f"--python27 {given}: not a Python 2.7; name the program file of one"
        )
    raise ConformanceError(
        "the Autobahn test suite needs Python 2.7, and there is none on the PATH or in pyenv;"
        " install it (pyenv install 2.7.18) or name it with --python27"
    )


def _python27_candidates() -> Iterator[str]:
    yield from ("python2.7", "python2")
    root = _output("pyenv", "root") or os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"
    # Past the shims of pyenv, which only work for versions that are switched on.
    yield from map(str, Path(root).glob("versions/2.7.*/bin/python2.7"))


def _output(*command: str, folder: Path | None = None) -> str:
    """Return what a command prints, stripped; nothing if it fails."""
    try:
        result = subprocess.run(  # noqa: S603 - a program the user has, or our own environment
            command, cwd=folder, capture_output=True, text=True, check=True, timeout=PROBE_TIMEOUT
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return result.stdout.strip()


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
        output = _output(*self._command, "-c", _LIST_CASES, folder=self.reports)
        try:
            return tuple(json.loads(output))
        except ValueError:
            raise ConformanceError(
                "the installed test suite does not work;"
                f" delete {self.python.parent.parent} and run this again"
            ) from None

    def run(self, url: str, cases: Sequence[str]) -> tuple[CaseResult, ...]:
        """Run cases against an echo endpoint; blocks until they have ended, an hour at most.

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
            _log_run(log, *self._command, *client, "--spec", specification.name)
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


def install_suite(python27: str, environment: Path, reports: Path) -> Suite:
    """Return the suite, installed into a virtual environment unless it already is.

    Blocks only if something has to be installed: half a minute or more.

    Args:
        python27: path of a Python 2.7.
        environment: folder of the virtual environment; made anew when it is not up to date.
        reports: folder for reports and logs; made if it is missing.

    Raises:
        ConformanceError: it cannot be installed.
    """
    reports.mkdir(parents=True, exist_ok=True)
    suite = Suite(environment / "bin" / "python", reports)
    marker = environment / "installed.txt"
    content = f"{python27}{_SUITE}"
    if marker.exists() and marker.read_text() == content:
        return suite
    log = reports / "install.log"
    log.unlink(missing_ok=True)
    print(f"installing the Autobahn test suite; progress: {log}", flush=True)
    try:
        _make_environment(python27, environment, log)
        _log_run(log, str(suite.python), "-E", *_PIP_INSTALL, *_SUITE.split())
    except (OSError, subprocess.SubprocessError):
        raise ConformanceError(
            "the Autobahn test suite cannot be installed; it needs pip, the Python package index"
            f" and a C compiler; see {log}"
        ) from None
    marker.write_text(content)
    return suite


def _make_environment(python27: str, environment: Path, log: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="conformance-") as tools:
        _log_run(log, sys.executable, *_PIP_INSTALL, "--target", tools, *_VIRTUALENV.split())
        virtualenv = ("-m", "virtualenv", "--clear", "--app-data", f"{tools}/app-data")
        command = (sys.executable, *virtualenv, "--python", python27, str(environment))
        _log_run(log, *command, env={**os.environ, "PYTHONPATH": tools})


def _log_run(log: Path, *command: str, env: Mapping[str, str] | None = None) -> None:
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


@contextmanager
def _target(url: str | None, folder: Path) -> Iterator[str]:
    """Give the server to test: the one that is named, or one of our own for that long."""
    if url is not None:
        with reach(url, timeout=PROBE_TIMEOUT, close_timeout=PROBE_TIMEOUT):
            pass
        yield url
        return
    folder.mkdir(exist_ok=True)
    (folder / "ready.json").unlink(missing_ok=True)
    with running(OURS, folder) as server:
        yield f"{server.url}/echo"


def run(options: argparse.Namespace, root: Path) -> tuple[CaseResult, ...]:
    """Do what the command line says, below a root folder; blocks for about ten minutes.

    Raises:
        ConformanceError: it cannot be done.
        ServerStartError: the server does not start.
        UnreachableError: there is none where it should be.
    """
    python27 = find_python27(options.python27)
    suite = install_suite(python27, root / "reports/autobahn-venv", root / REPORTS)
    cases = select_cases(suite.list_cases(), options.cases)
    with _target(options.url, suite.reports / "server") as url:
        return suite.run(url, cases)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="conformance",
        description="Run the fuzzing client of the Autobahn test suite against /echo.",
        epilog="Exit code: 0 if all cases are OK or INFORMATIONAL, 1 if not, 2 if it cannot run.",
    )
    add = parser.add_argument
    add("--url", type=websocket_url, help="an echo endpoint that runs (default: start the server)")
    add(
        "--cases",
        nargs="+",
        default=DEFAULT_CASES,
        metavar="CASE",
        help=f"ids or patterns (default: {' '.join(DEFAULT_CASES)})",
    )
    add("--python27", metavar="FILE", help="a Python 2.7 (default: from the PATH or from pyenv)")
    return parser


def main(arguments: Sequence[str] | None = None, root: Path | None = None) -> int:
    """Run the command line; return the exit code. Main thread only; leaves no process behind."""
    options = _parser().parse_args(arguments)
    root = Path(__file__).resolve().parents[2] if root is None else root
    try:
        results = run(options, root)
    except (ConformanceError, ServerStartError, UnreachableError, OSError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("conformance: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    Console().print(summarise(results))
    for result in results:
        if not result.has_passed:
            print(describe(result, root / REPORTS))
    print(f"more in {root / REPORTS / 'index.html'}")
    return EXIT_OK if all(result.has_passed for result in results) else EXIT_FAILED


if __name__ == "__main__":
    # Like Ctrl-C, so that the children are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
