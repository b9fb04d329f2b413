"""Everything that is logged goes to stderr, and nothing to stdout."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import Any, NamedTuple, cast

import pykka.debug
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.logs import configure_logs

LIBRARIES = ("fastmcp", "mcp", "uvicorn", "websockets", "websocket_server", "asyncio")


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Give pytest its own logging back."""
    root, hook = logging.getLogger(), sys.unraisablehook
    loggers = [root, *map(logging.getLogger, LIBRARIES)]
    before = [(one, one.level, one.handlers[:], one.propagate) for one in loggers]
    root.handlers.clear()  # what stands here would be closed
    yield
    sys.unraisablehook = hook
    for one, level, handlers, propagate in before:
        one.setLevel(level)
        one.handlers[:] = handlers
        one.propagate = propagate
    logger.remove()
    logger.add(sys.stderr)


Lines = pytest.CaptureFixture[str]


def test_logs_go_to_stderr_with_level_and_thread(capsys: Lines) -> None:
    configure_logs("INFO")
    logger.info("a line")
    logging.getLogger("somebody").warning("another")

    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert "INFO" in first
    assert "MainThread a line" in first
    assert "WARNING" in second
    assert second.endswith("another")


def test_no_handler_from_before_is_left(capsys: Lines) -> None:
    logger.add(sys.stdout)
    logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
    logging.getLogger("uvicorn").addHandler(logging.StreamHandler(sys.stdout))
    configure_logs("INFO")
    logger.info("a line")
    logging.getLogger("uvicorn").warning("another")

    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 2


@pytest.mark.parametrize(
    ("level", "shown"), [("DEBUG", "diwe"), ("INFO", "iwe"), ("WARNING", "we"), ("ERROR", "e")]
)
def test_less_severe_logs_are_left_out(capsys: Lines, level: str, shown: str) -> None:
    configure_logs(level)
    logger.debug("d")
    logger.info("i")
    logger.warning("w")
    logger.error("e")

    assert [line[-1] for line in capsys.readouterr().err.splitlines()] == list(shown)


@pytest.mark.parametrize("library", LIBRARIES)
def test_libraries_do_not_chat_unless_asked_to(capsys: Lines, library: str) -> None:
    configure_logs("INFO")
    logging.getLogger(library).info("chat")
    logging.getLogger(f"{library}.inner").info("chat")
    logging.getLogger(library).warning("trouble")
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == ["trouble"]

    configure_logs("DEBUG")
    logging.getLogger(f"{library}.inner").info("chat")
    assert "chat" in capsys.readouterr().err


def test_traceback_comes_along_without_values(capsys: Lines) -> None:
    configure_logs("INFO")
    secret = "swordfish"
    try:
        int(f"no number, {len(secret)} characters")
    except ValueError:
        logging.getLogger("somebody").exception("it broke")
        logger.exception("it broke here, too")

    err = capsys.readouterr().err
    assert err.count("Traceback (most recent call last)") == 2
    assert err.count("ValueError: invalid literal") == 2
    assert "swordfish" not in err.replace('secret = "swordfish"', "")


def test_braces_and_percent_signs_are_plain_text(capsys: Lines) -> None:
    configure_logs("INFO")
    logging.getLogger("somebody").warning("{} {0} {name} %s", "100 %")
    logging.getLogger("somebody").warning("<red>%d</red>", 1)

    err = capsys.readouterr().err
    assert "{} {0} {name} 100 %" in err
    assert "<red>1</red>" in err


def test_level_without_a_name_is_shown_by_its_number(capsys: Lines) -> None:
    configure_logs("INFO")
    logging.getLogger("somebody").log(35, "in between")

    assert "in between" in capsys.readouterr().err


def test_records_of_a_level_that_only_logging_knows_are_shown(capsys: Lines) -> None:
    logging.addLevelName(36, "NOTICE")
    configure_logs("INFO")
    logging.getLogger("somebody").log(36, "take note")

    assert "take note" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "\n12:00:00.000 INFO    MainThread forged",
        "\r\n\x0b\x0c\x1c\x85\u2028\u2029",
        "\x1b[2J\x1b]0;title\x07\x9b31m",
        "\u202e\u2066\u200f\ufeff",
        "{} {message} {extra[line]} <red>x</red> </level> \\<",
    ],
)
def test_record_is_one_printable_line_whatever_a_client_has_sent(capsys: Lines, text: str) -> None:
    configure_logs("INFO")
    logger.warning("client {}: {}", "7", text)
    logging.getLogger("somebody").warning("client 7: %s", text)

    lines = capsys.readouterr().err.split("\n")
    assert [line[:2].isdigit() for line in lines] == [True, True, False]
    assert all(line.isprintable() for line in lines)
    assert all(line.endswith(f"client 7: {printable(text)}") for line in lines[:2])


def test_lines_of_a_traceback_are_indented_and_printable(capsys: Lines) -> None:
    configure_logs("INFO")
    try:
        int("\n12:00:00.000 INFO    MainThread forged\x1b[2J")
    except ValueError:
        logger.exception("it broke")

    first, *below, end = capsys.readouterr().err.split("\n")
    assert first.endswith("it broke")
    assert end == ""
    assert below[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") and line.isprintable() for line in below)


def test_what_every_thread_is_doing_has_its_lines(capsys: Lines) -> None:
    configure_logs("INFO")
    pykka.debug.log_thread_tracebacks()

    # Other threads of the test process may come before.
    lines = capsys.readouterr().err.split("\n")
    own = next(n for n, line in enumerate(lines) if "Current state of MainThread" in line)
    assert "      File " in lines[own + 1]
    assert any("log_thread_tracebacks" in line for line in lines[own:])


class Unraisable(NamedTuple):
    object: object
    exc_value: BaseException


def test_what_cannot_be_raised_is_one_line(capsys: Lines) -> None:
    configure_logs("INFO")
    sys.unraisablehook(cast("Any", Unraisable(b"\xff\n", ValueError("line\nline"))))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(r"ignored in b'\xff\n': ValueError('line\nline')")


@given(st.text(), st.text())
def test_no_text_makes_a_second_line(text: str, other: str) -> None:
    shown = io.StringIO()
    with redirect_stderr(shown):
        configure_logs("INFO")
        logger.info("client {} left: {}", text, other)
        logging.getLogger("somebody").warning("%s", text)
    first, second, rest = shown.getvalue().split("\n")
    assert first.isprintable()
    assert second.isprintable()
    assert rest == ""
