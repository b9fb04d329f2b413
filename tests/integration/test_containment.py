"""A bug is injected into each part while clients talk: it goes as far as it may, and no further."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pykka
import pytest

from tests.helpers.fakes import CrashLog
from tests.helpers.raw_client import connected
from tests.helpers.server import VERSION, InProcessServer, serving_here
from tests.helpers.wait import eventually
from tests.helpers.witnesses import Witnesses, witnessing
from websocket_mock.scripts.mocks_watcher import MocksFiles
from websocket_mock.scripts.runtime import Runtime
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.limits import ConnectionLimit
from websocket_mock.transport.poller import make_poller

pytestmark = pytest.mark.integration


def boom(*_: Any) -> NoReturn:
    raise RuntimeError("boom")


@contextmanager
def breakable() -> Iterator[InProcessServer]:
    """A server whose parts may break; nobody ends it because of that."""
    crash_log = CrashLog()
    runtime = Runtime(TransportConfig(host="127.0.0.1", port=0), VERSION, crash_log)
    runtime.start()
    try:
        yield InProcessServer(runtime, crash_log)
    finally:
        runtime.stop()


def going_on(witnesses: Witnesses) -> None:
    """Wait until the witnesses have had more answers."""
    answered = witnesses.answers
    eventually(lambda: witnesses.answers > answered + 20)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("ClientRegistry", "client-registry"),
        ("Broadcaster", "broadcaster"),
        ("StatsCollector", "stats-collector"),
        ("Journal", "journal"),
    ],
)
def test_singleton_that_breaks_is_reported_once_and_clients_are_still_answered(
    log_lines: list[str], part: str, name: str
) -> None:
    with breakable() as server, witnessing(f"{server.url()}echo") as witnesses:
        (ref,) = pykka.ActorRegistry.get_by_class_name(part)
        ref.tell("no message of its union")
        eventually(lambda: server.crash_log.names)
        going_on(witnesses)
        assert server.crash_log.names == [name]
    assert len([line for line in log_lines if f"{name} broke" in line]) <= 1


def test_reader_that_breaks_is_reported_once_and_ends_its_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with breakable() as server, connected(server.port) as client:
        client.open("/echo")
        monkeypatch.setattr(type(make_poller()), "poll", boom)
        client.send(b"x")
        eventually(client.is_cut_off)
        eventually(lambda: server.crash_log.names)
        assert server.crash_log.names == ["ws-reader-0"]


def test_bug_where_a_connection_is_accepted_costs_that_connection(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with witnessing(f"{server.url()}echo") as witnesses:
        with monkeypatch.context() as patch:
            patch.setattr(ConnectionLimit, "take", boom)
            with connected(server.port) as client:
                eventually(client.is_cut_off)
        going_on(witnesses)
        with connected(server.port) as later:
            later.open("/echo")
        assert server.gateway.status().is_running


def test_watcher_that_meets_a_bug_takes_later_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    file = tmp_path / "mocks.json"
    file.write_text(json.dumps({"endpoints": [{"path": "/before"}]}))
    with serving_here(file) as server, witnessing(f"{server.url()}echo") as witnesses:
        with monkeypatch.context() as patch:
            patch.setattr(MocksFiles, "_look", boom)
            said = "ERROR the mocks files could not be looked at"
            eventually(lambda: any(line.startswith(said) for line in log_lines))
        file.write_text(json.dumps({"endpoints": [{"path": "/after"}]}))
        eventually(lambda: answers(server, "/after"))
        going_on(witnesses)


def answers(server: InProcessServer, path: str) -> bool:
    book = server.gateway.library.default.book
    return book.find(path) is not None
