"""The input of the interactive client: lines from a prompt or from a pipe.

Both stop waiting for a line when `wake` is called, by any thread.
"""

import io
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.patch_stdout import patch_stdout

from websocket_mock.scripts.clients.commands import COMMAND_NAMES

_LONGEST_LINE = 16 * 1024 * 1024
"""In bytes; the rest of a longer line counts as the next one."""


class LineSource(Protocol):
    """A source of typed lines."""

    def read(self) -> str | None:
        """Return the next line; None at the end, or after `wake`. Blocks."""

    def wake(self) -> None:
        """Let `read` return None, now and from now on. For any thread; idempotent."""


class PromptLines:
    """Lines typed at a terminal. Output appears above the prompt."""

    def __init__(self) -> None:
        self._prompt: PromptSession[str] = PromptSession(
            "> ",
            completer=WordCompleter(list(COMMAND_NAMES), sentence=True),
            complete_while_typing=False,
        )
        self._is_over = threading.Event()

    def read(self) -> str | None:
        """Return the typed line; None for Ctrl-D, Ctrl-C, or after `wake`. Main thread only."""
        try:
            return self._prompt.prompt(pre_run=self._leave_if_over)
        except (EOFError, KeyboardInterrupt):
            return None

    def wake(self) -> None:
        """Let `read` return None, now and from now on. For any thread; idempotent."""
        self._is_over.set()
        loop = self._prompt.app.loop
        if loop is not None:
            # The prompt may end at the same moment and close its loop.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._leave_if_over)

    def _leave_if_over(self) -> None:
        # Runs on the prompt's thread, also before its first key (pre_run), so no wake is missed.
        app = self._prompt.app
        if self._is_over.is_set() and app.is_running and not app.is_done:
            app.exit(exception=EOFError)


class PipedLines:
    """Lines from a standard input that is not a terminal, for scripts."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue(maxsize=16)
        self._is_over = threading.Event()
        # A daemon, because nothing can interrupt a read from a silent pipe.
        threading.Thread(target=self._pump, name="client-stdin", daemon=True).start()

    def read(self) -> str | None:
        """Return the next line; None at the end of the input, or after `wake`. Blocks."""
        if self._is_over.is_set():
            return None
        return self._lines.get()

    def wake(self) -> None:
        """Let `read` return None, now and from now on. For any thread; idempotent."""
        self._is_over.set()
        # A full queue holds a line for `read` to return; the flag ends the next call.
        with suppress(queue.Full):
            self._lines.put_nowait(None)

    def _pump(self) -> None:
        # Not sys.stdin: a thread that reads it holds a lock that the interpreter needs to exit.
        with io.FileIO(sys.stdin.fileno(), closefd=False) as stdin:
            while line := stdin.readline(_LONGEST_LINE):
                self._lines.put(line.decode(errors="replace").rstrip("\r\n"))
        self._lines.put(None)


@contextmanager
def open_lines() -> Iterator[LineSource]:
    """Yield the lines of standard input, with a prompt at a terminal. Main thread only."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        with patch_stdout():
            yield PromptLines()
    else:
        yield PipedLines()
