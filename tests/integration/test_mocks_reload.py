"""A mocks file that changes while clients are connected."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.frames import PING, PONG, TEXT, frame, text
from tests.helpers.mock_server import MockServer, mocking, on, say
from tests.helpers.raw_client import Received
from tests.helpers.wait import eventually
from websocket_mock.scripts import mocks_watcher
from websocket_mock.scripts.mocks_file import Stamp, stamp_of
from websocket_mock.scripts.operating_system import write_atomically

pytestmark = pytest.mark.integration

Change = Callable[..., None]


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mocks_watcher, "POLL_SECONDS", 0.005)


@pytest.fixture
def change(log_lines: list[str]) -> Change:
    """Changes the file of a server, and waits until it was read."""

    def change_it(server: MockServer, *endpoints: dict[str, Any]) -> None:
        log_lines.clear()
        server.write(*({"path": "/mock", **endpoint} for endpoint in endpoints))
        eventually(lambda: any("was loaded again" in line for line in log_lines))

    return change_it


def test_rules_apply_from_the_next_message_of_an_open_connection(change: Change) -> None:
    with mocking({"rules": [say("before")]}) as server, server.connect() as client:
        assert client.ask("?") == "before"
        (before,) = server.server.clients()
        change(server, {"rules": [say("after")]})
        assert client.ask("?") == "after"
        (after,) = server.server.clients()
        assert after.info == before.info


def test_state_variables_and_counts_survive(change: Change) -> None:
    once = {"name": "once", **say("once", times=1, match={"text": "once"})}
    setting = on("set", {"state": "live"}, {"set": {"n": 7}})
    with mocking({"rules": [once, setting]}) as server, server.connect() as client:
        assert client.ask("once") == "once"
        client.say("set")
        client.connection.ping().wait(5)
        change(server, {"rules": [once, say("{{ state }} {{ vars.n }}", state="live")]})
        assert client.ask("once") == "live 7"


def test_timers_of_removed_rules_do_nothing(change: Change) -> None:
    tick = {"every": {"interval": "10ms", "do": [{"send": {"text": "tick"}}]}}
    due = say("due", trigger="timer", after="300ms")
    with mocking({"rules": [on("go", tick), due]}) as server, server.open_raw() as client:
        client.send(text("go"))
        assert client.read_frame() == Received(TEXT, b"tick")
        change(server, {"rules": [{"trigger": "timer", "after": "600ms", **END}]})
        # The next event after the change is a tick; it arms the new timer.
        frames = [client.read_frame()]
        while frames[-1].opcode == TEXT:
            frames.append(client.read_frame())
        assert Received(TEXT, b"due") not in frames
        assert frames[-1].payload[:2] == b"\x0f\xa1"


END: dict[str, Any] = {"do": [{"close": {"code": 4001}}]}


def test_timers_of_rules_that_stay_go_on(change: Change) -> None:
    tick = on("go", {"every": {"interval": "10ms", "count": 30, "do": [{"send": {"text": "t"}}]}})
    with mocking({"rules": [tick]}) as server, server.connect() as client:
        client.say("go")
        assert client.hear() == "t"
        change(server, {"rules": [say("new", match={"text": "x"}), tick]})
        assert [client.hear() for _ in range(29)] == ["t"] * 29


def test_named_rule_that_does_something_else_stops_what_it_had_begun(change: Change) -> None:
    tick = {"every": {"interval": "10ms", "do": [{"send": {"text": "tick"}}]}}
    rule = {"name": "rule", **on("go", tick)}
    with mocking({"rules": [rule]}) as server, server.connect() as client:
        client.say("go")
        assert client.hear() == "tick"
        waiting = on("wait", {"wait": "60ms"}, {"send": {"text": "quiet"}})
        change(server, {"rules": [{**rule, **on("go", {"send": {"text": "new"}})}, waiting]})
        client.say("go")
        while (heard := client.hear()) == "tick":
            pass
        assert heard == "new"
        assert client.ask("wait") == "quiet"


def test_timer_rule_takes_its_new_times(change: Change) -> None:
    slow = say("due", name="due", trigger="timer", after="1h")
    with mocking({"rules": [slow], "unmatched": "echo"}) as server, server.connect() as client:
        change(server, {"rules": [{**slow, "after": "10ms"}], "unmatched": "echo"})
        assert client.ask("now") == "now"
        assert client.hear() == "due"


def test_script_goes_on_with_its_new_steps(change: Change) -> None:
    first = {"expect": {"text": "a"}}
    with (
        mocking({"script": [first, {"send": {"text": "A"}}, {"expect": {"text": "b"}}]}) as server,
        server.connect() as client,
    ):
        assert client.ask("a") == "A"
        new = [first, {"send": {"text": "A"}}, {"expect": {"text": "c"}}, {"send": {"text": "C"}}]
        change(server, {"script": new})
        assert client.ask("c") == "C"


def test_new_connections_get_the_new_handshake(change: Change) -> None:
    with mocking({"unmatched": "echo"}) as server, server.connect() as client:
        change(server, {"handshake": [{"reject": {"status": 503}}], "unmatched": "echo"})
        with pytest.raises(AssertionError, match="503"), server.open_raw():
            pass
        assert client.ask("still") == "still"


def test_attempts_go_on_counting(change: Change) -> None:
    endpoint = {"rules": [say("{{ attempt }}", trigger="connect")]}
    with mocking(endpoint) as server:
        with server.connect() as client:
            assert client.hear() == "1"
        change(server, endpoint, {"path": "/other"})
        with server.connect() as client:
            assert client.hear() == "2"


def test_endpoint_that_is_removed_keeps_its_connections_and_says_nothing(change: Change) -> None:
    with mocking({"rules": [say("a")]}) as server, server.open_raw() as client:
        change(server, {"path": "/other"})
        client.send(text("?"), frame(PING, b"p"))
        assert client.read_frame() == Received(PONG, b"p")
        change(server, {"rules": [say("back")]})
        client.send(text("?"))
        assert client.read_frame() == Received(TEXT, b"back")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not valid JSON"),
        ("", "not valid JSON"),
        ('{"endpoints": [{"path": "/mock", "rulse": []}]}', "did you mean 'rules'?"),
        ('{"endpoints": [{"path": "/{1}"}]}', "endpoints[0].path"),
    ],
)
def test_broken_file_changes_nothing_and_says_why(
    log_lines: list[str], change: Change, content: str, why: str
) -> None:
    with mocking({"rules": [say("before")]}) as server, server.connect() as client:
        # In one step: the server may look at a file between its truncation and its content.
        write_atomically(server.file, content)
        lines = eventually(lambda: [line for line in log_lines if line.startswith("ERROR")])
        assert "the mocks stay as they were" in lines[0]
        assert str(server.file) in lines[0]
        assert why in lines[0]
        assert client.ask("?") == "before"
        change(server, {"rules": [say("after")]})
        assert client.ask("?") == "after"


def test_file_that_vanishes_changes_nothing(log_lines: list[str]) -> None:
    with mocking({"rules": [say("before")]}) as server, server.connect() as client:
        server.file.unlink()
        eventually(lambda: any("no such mocks file" in line for line in log_lines))
        assert client.ask("?") == "before"


def test_file_that_does_not_change_is_not_read_again(
    log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []

    def look(path: Path) -> Stamp:
        looks.append(path)
        return stamp_of(path)

    monkeypatch.setattr(mocks_watcher, "stamp_of", look)
    with mocking({"rules": [say("a")]}):
        eventually(lambda: len(looks) > 10)
    assert not any("was loaded again" in line for line in log_lines)
