"""Sends all logs to stderr, because MCP over stdio uses stdout.

Clients choose texts that are logged: paths, close reasons, parts of messages. So a record is one
line, in which all that is not printable is escaped. Only tracebacks have more lines, and these are
indented. So nobody can write lines that look like records, or drive the terminal.
"""

import logging
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from loguru import logger

from websocket_mock.scripts.arguments import printable

if TYPE_CHECKING:
    from loguru import Record

_FORMAT = (
    "<green>{time:HH:mm:ss.SSS}</green> <level>{level: <7}</level> "
    "<cyan>{thread.name}</cyan> <level>{extra[line]}</level>{extra[below]}\n"
)

_INDENT = "    "

_DUMPS = "pykka"
"""The logger that shows what every thread is doing, in many lines."""

_QUIET = ("fastmcp", "mcp", "uvicorn", "websockets", "websocket_server", "asyncio")
"""Loggers of libraries that log too much at INFO."""


class _ToLoguru(logging.Handler):
    """Passes the standard library's records on."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record with its own level and traceback."""
        level: str | int = record.levelno
        with suppress(ValueError):
            level = logger.level(record.levelname).name
        text, below = record.getMessage(), ""
        if record.name == _DUMPS:
            text, _, below = text.partition("\n")
        log = logger.bind(dump=below).opt(exception=record.exc_info)
        log.log(level, "{}", text)


def _format(record: "Record") -> str:
    """Return the format of a record, and put into it what is shown."""
    extra = record["extra"]
    below = str(extra.get("dump", ""))
    if record["exception"] is not None:
        below += "".join(traceback.format_exception(record["exception"].value))
    extra["line"] = printable(record["message"])
    extra["below"] = "".join(f"\n{_INDENT}{printable(one)}" for one in below.split("\n") if one)
    return _FORMAT


def _log_ignored(ignored: "sys.UnraisableHookArgs") -> None:
    """Log in one line what Python would print: a server name of TLS that is not ASCII, or a bug."""
    logger.warning("ignored in {!r}: {!r}", ignored.object, ignored.exc_value)


def configure_logs(level: str) -> None:
    """Send all logs of the process from `level` up to stderr. Call it once, at the start."""
    logger.remove()
    logger.add(sys.stderr, level=level, format=_format, backtrace=False, diagnose=False)
    # A mock in a test's process keeps our log to itself; a program shows it.
    logger.enable("websocket_mock")
    logging.basicConfig(handlers=[_ToLoguru()], level=logging.INFO, force=True)
    sys.unraisablehook = _log_ignored
    quieten_libraries(level)


def quieten_libraries(level: str) -> None:
    """Take from libraries the handlers of their own. Again after an import that adds some."""
    is_verbose = level in ("TRACE", "DEBUG")
    for name in _QUIET:
        library = logging.getLogger(name)
        library.setLevel(logging.INFO if is_verbose else logging.WARNING)
        library.handlers.clear()
        library.propagate = True
