"""Sends all logs to stderr, because MCP over stdio uses stdout."""

import logging
import sys
from contextlib import suppress

from loguru import logger

_FORMAT = (
    "<green>{time:HH:mm:ss.SSS}</green> <level>{level: <7}</level> "
    "<cyan>{thread.name}</cyan> <level>{message}</level>"
)

_QUIET = ("fastmcp", "mcp", "uvicorn", "websockets", "websocket_server", "asyncio")
"""Loggers of libraries that log too much at INFO."""


class _ToLoguru(logging.Handler):
    """Passes the standard library's records on."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record with its own level and traceback."""
        level: str | int = record.levelno
        with suppress(ValueError):
            level = logger.level(record.levelname).name
        logger.opt(exception=record.exc_info).log(level, "{}", record.getMessage())


def configure_logs(level: str) -> None:
    """Send all logs of the process from `level` up to stderr. Call it once, at the start."""
    logger.remove()
    logger.add(sys.stderr, level=level, format=_FORMAT, backtrace=False, diagnose=False)
    # A mock in a test's process keeps our log to itself; a program shows it.
    logger.enable("websocket_mock")
    logging.basicConfig(handlers=[_ToLoguru()], level=logging.INFO, force=True)
    quieten_libraries(level)


def quieten_libraries(level: str) -> None:
    """Take from libraries the handlers of their own. Again after an import that adds some."""
    is_verbose = level in ("TRACE", "DEBUG")
    for name in _QUIET:
        library = logging.getLogger(name)
        library.setLevel(logging.INFO if is_verbose else logging.WARNING)
        library.handlers.clear()
        library.propagate = True
