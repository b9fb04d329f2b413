"""Finds a Python 2.7, and installs the suite into a virtual environment of it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from websocket_mock.scripts.dev.conformance.results import ConformanceError
from websocket_mock.scripts.dev.conformance.suite import Suite, log_run, output_of

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


def find_python27(given: str | None) -> str:
    """Return the path of a Python 2.7; blocks while candidates are tried, 30 s each at most.

    Args:
        given: the one to take; None looks on the PATH, and then at what pyenv has.

    Raises:
        ConformanceError: there is none, or the given one is none.
    """
    for candidate in _python27_candidates() if given is None else (given,):
        # Its own word, because the candidate may be a shim that stands for another one tomorrow.
        version, _, program = output_of(candidate, "-c", _WHO).partition(" ")
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
    root = output_of("pyenv", "root") or os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"
    # Past the shims of pyenv, which only work for versions that are switched on.
    yield from map(str, Path(root).glob("versions/2.7.*/bin/python2.7"))


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
        log_run(log, str(suite.python), "-E", *_PIP_INSTALL, *_SUITE.split())
    except (OSError, subprocess.SubprocessError):
        raise ConformanceError(
            "the Autobahn test suite cannot be installed; it needs pip, the Python package index"
            f" and a C compiler; see {log}"
        ) from None
    marker.write_text(content)
    return suite


def _make_environment(python27: str, environment: Path, log: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="conformance-") as tools:
        log_run(log, sys.executable, *_PIP_INSTALL, "--target", tools, *_VIRTUALENV.split())
        virtualenv = ("-m", "virtualenv", "--clear", "--app-data", f"{tools}/app-data")
        command = (sys.executable, *virtualenv, "--python", python27, str(environment))
        log_run(log, *command, env={**os.environ, "PYTHONPATH": tools})
