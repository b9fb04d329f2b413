"""The interactive client at a terminal: messages appear while a line is being typed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.sync.client import connect

from tests.helpers.faulty_server import Faults, faulty_server
from tests.helpers.program import ROOT, RunningServer, environment
from tests.helpers.wait import PATIENCE, eventually

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on this system")

pytestmark = pytest.mark.e2e


BRACKETED_PASTE = "\x1b[?2004h"
"""What the prompt sends to the terminal when it begins to read keys."""


class Terminal:
    """A program in a pseudo-terminal: keys go in, the screen's text comes out."""

    def __init__(self, process: "subprocess.Popen[bytes]", controller: int) -> None:
        self.process = process
        self._controller = controller
        self._screen = bytearray()
        self.reader = threading.Thread(target=self._read, name="terminal-reader")
        self.reader.start()

    def type(self, keys: str) -> None:
        os.write(self._controller, keys.encode())

    def await_text(self, text: str) -> None:
        eventually(lambda: text.encode() in bytes(self._screen))

    def await_prompt(self) -> None:
        """Wait until keys reach the prompt; before, the terminal itself would act on them."""
        self.await_text('"welcome"')
        self.await_text(BRACKETED_PASTE)

    def count(self, text: str) -> int:
        return bytes(self._screen).count(text.encode())

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._controller, 65536)
            except OSError:
                return
            if not data:
                return
            self._screen += data


@contextmanager
def terminal(*arguments: str) -> Iterator[Terminal]:
    controller, device = pty.openpty()
    # The pseudo-terminal does not answer questions for the cursor's position.
    env = environment({"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "200"})
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=env,
        stdin=device,
        stdout=device,
        stderr=device,
        start_new_session=True,
    )
    os.close(device)
    screen = Terminal(process, controller)
    try:
        yield screen
    finally:
        process.kill()
        process.wait(PATIENCE)
        screen.reader.join(PATIENCE)
        os.close(controller)


def test_messages_appear_while_a_line_is_typed(running_server: RunningServer) -> None:
    url = running_server.websocket_url
    with terminal("scripts.client", "interactive", "--url", url) as client:
        client.await_prompt()
        client.type("ping half")
        client.await_text("ping half")
        with connect(url) as other:
            other.send('{"type": "broadcast", "message": "in between"}')
            client.await_text("in between")
        client.type("-typed\r")
        client.await_text('"test_id":"half-typed"')
        client.type("quit\r")
        assert client.process.wait(PATIENCE) == 0


def test_control_c_ends_listening_but_not_the_client(running_server: RunningServer) -> None:
    url = running_server.websocket_url
    with terminal("scripts.client", "interactive", "--url", url) as client:
        client.await_prompt()
        client.type("listen 600\r")
        client.await_text("Listening for 600 s")
        client.process.send_signal(signal.SIGINT)
        client.await_text("No longer listening.")
        client.type("ping after\r")
        client.await_text('"test_id":"after"')
        client.type("quit\r")
        assert client.process.wait(PATIENCE) == 0


def test_control_d_leaves(running_server: RunningServer) -> None:
    url = running_server.websocket_url
    with terminal("scripts.client", "interactive", "--url", url) as client:
        client.await_prompt()
        client.type("\x04")
        assert client.process.wait(PATIENCE) == 0


def test_close_by_the_server_ends_the_prompt() -> None:
    with (
        faulty_server(Faults(closed_after=1)) as server,
        terminal("scripts.client", "interactive", "--url", server.url) as client,
    ):
        client.await_prompt()
        client.type("ping\r")
        assert client.process.wait(PATIENCE) == 1
        client.await_text("The server closed the connection: 1013 (try again later)")


def test_load_shows_live_progress_at_a_terminal(running_server: RunningServer) -> None:
    url = running_server.websocket_url
    load = ("scripts.stress", "--clients=4", "--threads=2", "--duration=1", "--scenario=ping")
    with terminal(*load, f"--url={url}") as screen:
        screen.await_text("4/4 connected")
        assert screen.process.wait(PATIENCE) == 0
        screen.await_text("Passed")
        assert screen.count("msg/s") > 1
