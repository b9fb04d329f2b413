"""`python -m scripts.client` as a user starts it: the scripted test, and commands from a pipe."""

import json
import signal
from typing import Any

import pytest

from tests.helpers.command import Finished, finish, run, run_here, start
from tests.helpers.faulty_server import Faults, closed_port, faulty_server
from tests.helpers.program import RunningServer
from tests.helpers.wait import eventually
from websocket_mock.scripts import client
from websocket_mock.scripts.clients.checks import CHECKS

pytestmark = pytest.mark.e2e

CLIENT = "scripts.client"


def interact(url: str, *lines: str, timeout: float = 5) -> Finished:
    typed = "".join(f"{line}\n" for line in lines)
    return run(CLIENT, "interactive", f"--url={url}", f"--timeout={timeout}", typed=typed)


def received(finished: Finished) -> list[dict[str, Any]]:
    """The JSON messages shown, without the welcome."""
    texts = [line[2:] for line in finished.out.splitlines() if line.startswith("< {")]
    return [json.loads(text) for text in texts][1:]


def assert_one_line_and_exit_2(finished: Finished, part: str) -> None:
    assert finished.code == 2, finished.err
    assert part in finished.err
    assert finished.err.count("\n") == 1
    assert finished.out == ""


def test_every_check_passes_against_the_real_server(running_server: RunningServer) -> None:
    finished = run(CLIENT, "test", f"--url={running_server.websocket_url}")
    assert finished.code == 0, finished.out
    assert f"{len(CHECKS)} checks: {len(CHECKS)} passed, 0 failed" in finished.out
    assert finished.err == ""
    for name, _ in CHECKS:
        assert name in finished.out


def test_a_failed_check_fails_the_run_and_says_what_is_wrong() -> None:
    with faulty_server(Faults()) as server:
        finished = run_here(client.main, "test", f"--url={server.url}", "--timeout=0.05")
    assert finished.code == 1
    assert "FAILED" in finished.out
    assert "no field 'client_id'" in finished.out
    assert "Traceback" not in finished.err


def test_silent_server_holds_no_check_longer_than_the_timeout() -> None:
    with faulty_server(Faults(silent=True)) as server:
        finished = run_here(client.main, "test", f"--url={server.url}", "--timeout=0.05")
    assert finished.code == 1
    assert "no pong came in time" in finished.out
    assert f"{len(CHECKS)} checks: 0 passed" in finished.out


def test_interrupt_ends_the_test_without_a_traceback() -> None:
    with faulty_server(Faults(silent=True)) as server:
        process = start(CLIENT, "test", f"--url={server.url}", "--timeout=600")
        eventually(lambda: server.accepted > 1)
        process.send_signal(signal.SIGINT)
        finished = finish(process)
    assert (finished.code, finished.err) == (130, "Interrupted.\n")


@pytest.mark.parametrize("command", ["test", "interactive"])
def test_refused_connection_is_one_line(command: str) -> None:
    url = f"ws://127.0.0.1:{closed_port()}"
    finished = run_here(client.main, command, f"--url={url}")
    assert_one_line_and_exit_2(finished, f"cannot connect to {url}: connection refused")


def test_server_without_websockets_is_one_line(running_server: RunningServer) -> None:
    url = running_server.mcp_url.replace("http://", "ws://")
    finished = run_here(client.main, "test", f"--url={url}")
    assert_one_line_and_exit_2(finished, "is it the WebSocket port?")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "the following arguments are required: interactive|test"),
        (("test", "--url=http://localhost"), "write it like ws://localhost:9004"),
        (("test", "--timeout=0"), "not a number of seconds"),
        (("dance",), "invalid choice: 'dance'"),
    ],
)
def test_wrong_usage_is_one_line(arguments: tuple[str, ...], part: str) -> None:
    assert_one_line_and_exit_2(run_here(client.main, *arguments), part)


def test_whole_process_ends_with_the_code_of_wrong_usage_and_of_an_error() -> None:
    assert_one_line_and_exit_2(run(CLIENT, "dance"), "invalid choice: 'dance'")
    url = f"ws://127.0.0.1:{closed_port()}"
    refused = run("websocket_mock", "client", "test", f"--url={url}")
    assert_one_line_and_exit_2(refused, f"cannot connect to {url}: connection refused")


def test_piped_commands_are_sent_and_answered(running_server: RunningServer) -> None:
    finished = interact(
        running_server.websocket_url,
        "ping 7",
        'echo {"number": 36893488147419103233}',
        "broadcast hello",
        "clients",
        "stats",
        "delay 0.1",
        "error generic",
        'raw {"type": "ping", "test_id": "raw"}',
        "error timeout",
    )
    assert finished.code == 0, finished.err
    answers = {message["type"]: message for message in received(finished)}
    assert set(answers) == {
        *("pong", "echo_response", "broadcast_sent", "clients_list", "server_stats"),
        *("delay_completed", "error_test_response"),
    }
    assert answers["echo_response"]["original_message"]["number"] == 36893488147419103233
    pongs = [message for message in received(finished) if message["type"] == "pong"]
    assert [message["test_id"] for message in pongs] == ["7", "raw"]


def test_quit_waits_for_what_was_asked_before(running_server: RunningServer) -> None:
    finished = interact(running_server.websocket_url, "ping first", "quit", "ping never")
    assert finished.code == 0
    assert [message["test_id"] for message in received(finished)] == ["first"]


def test_listen_shows_what_others_send(running_server: RunningServer) -> None:
    listener = start(CLIENT, "interactive", f"--url={running_server.websocket_url}")
    assert listener.stdin is not None
    assert listener.stdout is not None
    listener.stdout.readline()
    assert "welcome" in listener.stdout.readline()
    listener.stdin.write("listen 60\n")
    listener.stdin.flush()
    assert listener.stdout.readline() == "Listening for 60 s; Ctrl-C ends it.\n"
    interact(running_server.websocket_url, "broadcast to the listener")
    assert "to the listener" in listener.stdout.readline()
    listener.terminate()
    finish(listener)


def test_wrong_commands_are_explained_and_nothing_is_sent(running_server: RunningServer) -> None:
    finished = interact(running_server.websocket_url, "dance", "delay soon", "", "help")
    assert finished.code == 0
    assert received(finished) == []
    unknown, delay = finished.err.splitlines()
    assert unknown.startswith("Unknown command: dance. Commands: ping, echo, broadcast")
    assert delay.startswith("Usage: delay SECONDS")
    assert "broadcast TEXT " in finished.out


def test_binary_and_control_characters_are_shown_harmlessly(running_server: RunningServer) -> None:
    finished = interact(f"{running_server.websocket_url}/echo", "raw a\x1b[2Jb")
    assert r"< a\x1b[2Jb" in finished.out
    assert finished.code == 0


def test_close_by_the_server_ends_the_client_though_its_input_stays_open() -> None:
    with faulty_server(Faults(closed_after=1)) as server:
        process = start(CLIENT, "interactive", f"--url={server.url}")
        assert process.stdin is not None
        process.stdin.write("ping\n")
        process.stdin.flush()
        assert process.wait(10) == 1
        finished = finish(process)
    assert "The server closed the connection: 1013 (try again later)" in finished.out
    assert finished.err == ""


def test_answers_that_never_come_are_counted() -> None:
    with faulty_server(Faults(silent=True)) as server:
        finished = interact(server.url, "ping", "error timeout", "ping", timeout=0.1)
    assert finished.code == 1
    assert finished.err == "2 answer(s) did not come within 0.1 s\n"
