"""A real process without what it needs: descriptors, processor time, room on the disk."""

import os
import signal
import threading
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.helpers.frames import text
from tests.helpers.json_client import websocket
from tests.helpers.program import PROGRAM, RunningServer, launch, read_ready, serving
from tests.helpers.raw_client import RawClient, opened
from tests.helpers.wait import PATIENCE, eventually
from tests.helpers.witnesses import witnessing
from websocket_mock.scripts.dev.benchmark.system import cpu_seconds

pytestmark = pytest.mark.e2e

DESCRIPTORS = 60
"""What a process has in the test; a server without clients takes about half of it."""


def port_of(server: RunningServer) -> int:
    port = urlsplit(server.websocket_url).port
    assert port is not None
    return port


def test_server_without_descriptors_waits_for_some_without_turning_in_circles(
    tmp_path: Path,
) -> None:
    program = ("sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "sh", *PROGRAM)
    with serving(tmp_path, "--transport=http", program=program) as server, ExitStack() as stack:
        port = port_of(server)
        clients = [stack.enter_context(opened(port, "/echo"))]
        waiting = [RawClient(port) for _ in range(DESCRIPTORS)]
        for client in waiting:
            stack.callback(client.close)
        log = tmp_path / "server.log"
        eventually(lambda: "cannot accept" in log.read_text())
        clients_url = f"{server.http_url}/api/get_websocket_clients"
        assert httpx.get(clients_url, timeout=PATIENCE).status_code == 200
        before = cpu_seconds(server.pid)
        pause = threading.Event()
        pause.wait(1.0)
        assert cpu_seconds(server.pid) - before < 0.5
        clients[0].send(text("still here"))
        assert clients[0].read_frame().payload == b"still here"

        for client in waiting:
            client.vanish()
        with opened(port, "/echo") as later:
            later.send(text("welcome"))
            assert later.read_frame().payload == b"welcome"
        assert log.read_text().count("cannot accept") == 1


def test_server_that_stood_still_for_five_seconds_has_lost_nobody(tmp_path: Path) -> None:
    settings = {"WEBSOCKET_PING_INTERVAL": "2", "WEBSOCKET_PING_TIMEOUT": "2"}
    with (
        serving(tmp_path, "--transport=http", env=settings) as server,
        opened(port_of(server), "/echo") as idle,
        witnessing(f"{server.websocket_url}/echo") as witnesses,
    ):
        server.process.send_signal(signal.SIGSTOP)
        threading.Event().wait(5.0)
        server.process.send_signal(signal.SIGCONT)
        answered = witnesses.answers
        eventually(lambda: witnesses.answers > answered + 20)
        idle.send(text("me too"))
        frames = iter(idle.read_frame, None)
        assert any(one.payload == b"me too" for one in frames)


def test_server_goes_on_when_its_log_has_no_room(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    flags = ("--port=0", "--websocket-port=0", f"--ready-file={ready_file}", "--log-level=DEBUG")
    with Path("/dev/full").open("w") as full, launch(*flags, stderr=full) as process:
        try:
            ready = read_ready(ready_file, process, Path(os.devnull))
            port = urlsplit(ready["websocket_url"]).port
            assert port is not None
            for number in range(50):
                with opened(port, "/echo") as client:
                    client.send(text(str(number)))
                    assert client.read_frame().payload == str(number).encode()
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 143


def test_server_goes_on_when_its_run_file_has_no_room() -> None:
    program = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *PROGRAM)
    flags = ("--transport=http", "--port=0", "--websocket-port=0")
    with launch(*flags, program=program) as process:
        assert process.stderr is not None
        try:
            log = list(takewhile(lambda line: "need --url" not in line, process.stderr))
            url = next(line.split()[-1] for line in log if "clients connect to ws" in line)
            with websocket(f"{url}/echo") as client:
                client.send("hello")
                assert client.recv(PATIENCE) == "hello"
        finally:
            process.terminate()
            rest = process.stderr.read()
            assert process.wait(PATIENCE) == 143, rest


def test_start_without_room_for_its_ready_file_fails_in_one_line(tmp_path: Path) -> None:
    program = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *PROGRAM)
    flags = ("--transport=http", "--port=0", "--websocket-port=0")
    with launch(*flags, f"--ready-file={tmp_path / 'ready.json'}", program=program) as process:
        _, log = process.communicate(timeout=3 * PATIENCE)
    assert process.returncode == 2
    text = "ready.json: the ready file cannot be written: File too large"
    assert log.splitlines()[-1].endswith(text)
    assert list(tmp_path.iterdir()) == []
