"""The interactive client: sends typed commands and shows at once what comes in."""

import sys
import threading
import time
from typing import TextIO

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.clients.commands import Listen, Quit, Send, Show, parse_command
from websocket_mock.scripts.clients.input import LineSource, PipedLines, open_lines
from websocket_mock.scripts.clients.session import as_object, is_unsolicited
from websocket_mock.scripts.endpoint import EXIT_FAILED, EXIT_OK, excerpt, reach

_KEEPALIVE = 20.0
_CLOSE_TIMEOUT = 2.0


def run_interactive(url: str, timeout: float) -> int:
    """Talk to a server until the input ends. Blocks; main thread only.

    Args:
        url: the server.
        timeout: seconds for connecting, and for the last answers when a pipe ends.

    Returns:
        The exit code: 1 if the server closed the connection, or answers are missing at the end.

    Raises:
        UnreachableError: no connection could be opened.
    """
    with (
        reach(
            url, timeout=timeout, close_timeout=_CLOSE_TIMEOUT, keepalive=_KEEPALIVE
        ) as connection,
        open_lines() as lines,
    ):
        _print(f"Connected to {url}. Type help for the commands, quit to leave.")
        conversation = Conversation(connection, lines)
        try:
            _obey_lines(conversation, lines)
            # At a terminal, quit means now. A script waits for its answers.
            answered = not isinstance(lines, PipedLines) or conversation.wait_for_answers(timeout)
        finally:
            conversation.close()
        return EXIT_OK if answered and not conversation.was_closed_by_server else EXIT_FAILED


class Conversation:
    """A connection whose incoming messages are shown by a separate thread.

    The main thread sends; the thread `client-receiver` receives, prints, and counts answers.
    """

    def __init__(self, connection: ClientConnection, lines: LineSource) -> None:
        self._connection = connection
        self._lines = lines
        self._answers_changed = threading.Condition()
        self._due = 0
        self._due_by = 0.0
        self._is_leaving = False
        self.was_closed_by_server = False
        self._receiver = threading.Thread(target=self._show_all, name="client-receiver")
        self._receiver.start()

    def send(self, command: Send) -> None:
        """Send the message of a command. Does nothing once the connection is closed."""
        with self._answers_changed:
            self._due += command.answers
            self._due_by = max(self._due_by, time.monotonic() + command.delay)
        try:
            self._connection.send(command.text)
        except ConnectionClosed:
            # The receiver reports that, with the code and the reason.
            return

    def listen(self, seconds: float) -> None:
        """Wait while messages are shown. Blocks until the time is over or the connection ends."""
        self._receiver.join(seconds)

    def wait_for_answers(self, timeout: float) -> bool:
        """Wait until all commands are answered. Blocks.

        Args:
            timeout: seconds, counted from when the last answer is due.

        Returns:
            Whether all answers came; missing ones are reported to the user.
        """
        with self._answers_changed:
            late = max(0.0, self._due_by - time.monotonic()) + timeout
            self._answers_changed.wait_for(self._nothing_due, late)
            missing = max(0, self._due)
        if missing and not self.was_closed_by_server:
            _print(f"{missing} answer(s) did not come within {timeout:g} s", sys.stderr)
        return not missing

    def close(self) -> None:
        """Close the connection and end the thread. Idempotent; bounded by the close timeout."""
        with self._answers_changed:
            self._is_leaving = True
        self._connection.close()
        self._receiver.join(_CLOSE_TIMEOUT)

    def _nothing_due(self) -> bool:
        return self._due <= 0 or self.was_closed_by_server

    def _show_all(self) -> None:
        try:
            while True:
                self._show(self._connection.recv())
        except ConnectionClosed as closed:
            self._show_closed(closed)
        finally:
            self._lines.wake()

    def _show(self, data: str | bytes) -> None:
        _print(f"< {printable(data) if isinstance(data, str) else excerpt(data)}")
        message = as_object(data)
        if message is None or not (is_unsolicited(message) or message.get("type") == "welcome"):
            with self._answers_changed:
                self._due -= 1
                self._answers_changed.notify_all()

    def _show_closed(self, closed: ConnectionClosed) -> None:
        with self._answers_changed:
            if self._is_leaving:
                return
            self.was_closed_by_server = True
            self._answers_changed.notify_all()
        # A close frame reads as "1001 (going away) reason".
        why = str(closed.rcvd) if closed.rcvd else f"without a close frame ({closed})"
        _print(f"The server closed the connection: {printable(why)}")


def _obey_lines(conversation: Conversation, lines: LineSource) -> None:
    while (line := lines.read()) is not None:
        match parse_command(line):
            case Quit():
                return
            case Send() as command:
                conversation.send(command)
            case Listen(seconds):
                _listen(conversation, seconds)
            case Show(text, is_problem):
                _print(text, sys.stderr if is_problem else None)
            case None:
                continue


def _listen(conversation: Conversation, seconds: float) -> None:
    try:
        _print(f"Listening for {seconds:g} s; Ctrl-C ends it.")
        conversation.listen(seconds)
    except KeyboardInterrupt:
        _print("No longer listening.")


def _print(text: str, stream: TextIO | None = None) -> None:
    # One write, because two threads print. Streams are looked up late: the prompt replaces them.
    stream = stream or sys.stdout
    stream.write(f"{text}\n")
    stream.flush()
