"""A server in a child process, which ends with its owner."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websocket_mock.testing.control import Result
from websocket_mock.testing.errors import MockError
from websocket_mock.testing.remote import RemoteControl
from websocket_mock.testing.server_settings import DEFAULTS, TLS, server_settings

if TYPE_CHECKING:
    from websocket_mock.actors.conversation.own_code import Function

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL = 0.02

OURS = ("WEBSOCKET_", "TLS_", "MCP_", "LOG_LEVEL", "JOURNAL_", "NAMESPACE_", "FASTMCP_")
"""How the variables begin that the program reads. The child gets none of them."""


class ChildControl:
    """Starts a server as a child process and calls its tools over REST. Any thread.

    The constructor blocks until the server accepts connections: one to two seconds.

    Args:
        settings: settings of the server, by the names of the YAML file.
        flags: more flags of the command line.

    Raises:
        MockError: a setting cannot be used, or the server does not start; the text has what it
            wrote.
    """

    def __init__(self, settings: Mapping[str, Any], flags: Sequence[str] = ()) -> None:
        environment = _environment(settings)
        self._folder = tempfile.TemporaryDirectory(prefix="websocket-mock-")
        folder = Path(self._folder.name)
        ready_file, self._log = folder / "ready.json", folder / "server.log"
        command = [sys.executable, "-m", "websocket_mock", "serve", "--ready-file", str(ready_file)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--transport", "stdio", "--control-port", "0", *flags],
                # With this transport the server ends when its standard input does. So it ends with
                # this process, however this process ends.
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=environment,
            )
        try:
            facts = self._await_ready(ready_file)
        except BaseException:
            self.stop()
            raise
        self._remote = RemoteControl(facts["control_url"], ca_file=facts.get("ca_file"))
        self.address = self._remote.address

    def _await_ready(self, ready_file: Path) -> dict[str, Any]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(FileNotFoundError):
                facts: dict[str, Any] = json.loads(ready_file.read_text())
                return facts
            time.sleep(POLL)
        written = self._log.read_text(errors="replace").strip()
        raise MockError(f"The mock server does not start:\n{written or 'it wrote nothing'}")

    runs_code = False

    def call(
        self, tool: str, arguments: Mapping[str, Any], gone: threading.Event | None = None
    ) -> Result:
        """Call a tool; see `Control`."""
        return self._remote.call(tool, arguments, gone)

    def set_mock(self, arguments: Mapping[str, Any], functions: "Mapping[str, Function]") -> Result:
        """Call the tool that sets a mock; see `Control`."""
        return self._remote.set_mock(arguments, functions)

    def read(self, match: Mapping[str, Any], after: int, namespace: str | None) -> Iterator[Result]:
        """Yield entries; see `Control`."""
        return self._remote.read(match, after, namespace)

    def load(self, path: Path, namespace: str | None) -> list[str]:
        """Put the mocks of a file in force; see `RemoteControl.load`."""
        return self._remote.load(path, namespace)

    def authority(self) -> str | None:
        """Return the certificate of the authority; see `Control`."""
        return self._remote.authority()

    def stop(self) -> None:
        """End the process. Blocks for a few seconds at most. Idempotent."""
        self._process.terminate()
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def _environment(settings: Mapping[str, Any]) -> dict[str, str]:
    server_settings(settings)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    given = {**DEFAULTS, **settings}
    return {**kept, **{_variable(name): _written(one) for name, one in given.items()}}


def _variable(name: str) -> str:
    return name.upper() if name.startswith(TLS) else f"WEBSOCKET_{name.upper()}"


def _written(value: Any) -> str:  # noqa: ANN401 - any setting
    return str(value) if isinstance(value, str | Path) else json.dumps(value)
