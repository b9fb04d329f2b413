"""The verbs of the command line against a running server."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from tests.helpers.command import Finished, run_here
from tests.helpers.program import PROGRAM, ROOT, RunningServer, environment
from tests.helpers.wait import PATIENCE
from websocket_mock.scripts import launch
from websocket_mock.scripts.control.rest import Server


class Terminal:
    """Runs verbs as a user does, each in a process of its own.

    Args:
        server: the server they are to find.
        directory: where they run.
    """

    def __init__(self, server: RunningServer, directory: Path = ROOT) -> None:
        self.url = server.http_url
        self._directory = directory

    def start(
        self, words: str | Sequence[str], env: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        """Start a verb; a text is split as a shell does."""
        given = shlex.split(words) if isinstance(words, str) else words
        return subprocess.Popen(
            [*PROGRAM, *given],
            cwd=self._directory,
            env=environment(
                {"PYTHONPATH": str(ROOT), "WEBSOCKET_MOCK_URL": self.url, **(env or {})}
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_here(self, words: str) -> Finished:
        """Run a verb to its end inside this process, where its start is not what a test is about.

        It must not read standard input.
        """
        return run_here(launch.main, *shlex.split(words), f"--url={self.url}")

    def run(
        self,
        words: str | Sequence[str],
        typed: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run a verb to its end."""
        with self.start(words, env) as process:
            try:
                out, err = process.communicate(typed, timeout=PATIENCE)
            finally:
                process.kill()
        return Finished(process.returncode, out, err)


PRICES = "path: /prices\nname: prices\nunmatched: echo\n"


def terminal_with_prices(server: RunningServer, directory: Path) -> Terminal:
    """Reset the server, program `/prices`, and write its file; return a terminal."""
    (directory / "prices.yaml").write_text(PRICES, encoding="utf-8")
    control = Server(server.http_url)
    control.call("reset_websocket_server", {"what": ["traffic", "faults", "mocks"]})
    control.call("set_websocket_mock", {"endpoint": yaml.safe_load(PRICES)})
    return Terminal(server, directory)


def shell_program(directory: Path) -> dict[str, str]:
    """Put the program into a directory, by its name; return the variables that find it."""
    program = directory / "websocket-mock-server"
    program.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec {shlex.join(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    return {"PATH": f"{directory}:{os.environ['PATH']}"}
