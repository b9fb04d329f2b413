"""Namespaces: made with their first use, gone when idle, never too many; and logical clients."""

import threading
from typing import Any

import pytest

from tests.helpers.fakes import ManualClock
from tests.helpers.mocks import compile_endpoint
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.conversation.compiled import Found
from websocket_mock.actors.library import library as library_module
from websocket_mock.actors.library.library import MockLibrary, client_key
from websocket_mock.actors.values.handshake_request import HandshakeRequest
from websocket_mock.actors.values.namespaces import BadNamespace, TooManyNamespaces


class Shelf:
    """A library that forgets what is idle for a minute; time is in the test's hands."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.expired: list[str] = []
        self.library = MockLibrary(self.clock, 60.0, self.expired.append)

    def wait(self, seconds: float) -> list[str]:
        """Let time pass; return the names that are left."""
        self.clock.advance(seconds)
        return self.library.names()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_namespace_is_made_with_its_first_use(shelf: Shelf) -> None:
    assert shelf.library.find("a") is None
    namespace = shelf.library.use("a")
    assert namespace.name == "a"
    assert shelf.library.find("a") is shelf.library.use("a") is namespace
    assert shelf.library.names() == ["a"]


def test_outside_of_any_namespace_is_always_there(shelf: Shelf) -> None:
    default = shelf.library.use(None)
    default.put([compile_endpoint(name="a")])
    assert shelf.wait(1e9) == []
    assert shelf.library.use(None) is shelf.library.find(None) is shelf.library.default is default
    assert default.get("a") is not None
    assert shelf.expired == []


@pytest.mark.parametrize("name", ["", "a/b", "ä", "a b", "x" * 65, "*", "a\n"])
def test_name_that_no_path_can_have_is_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(BadNamespace, match="not a name of a namespace"):
        shelf.library.use(name)
    assert shelf.library.names() == []


def test_idle_namespace_is_forgotten_with_all_that_hangs_on_it(shelf: Shelf) -> None:
    namespace = shelf.library.use("a")
    namespace.put([compile_endpoint(name="x")])
    assert shelf.wait(59.9) == ["a"]
    assert shelf.wait(0.2) == []
    assert shelf.expired == ["a"]
    assert namespace.get("x") is None
    assert shelf.library.use("a") is not namespace


def test_who_is_told_of_an_expired_namespace_may_use_the_library() -> None:
    clock, names = ManualClock(), list[list[str]]()
    library = MockLibrary(clock, 60.0, lambda _: names.append(library.names()))
    library.use("a")
    clock.advance(60)
    caller = threading.Thread(target=library.use, args=("b",), daemon=True)
    caller.start()
    caller.join(PATIENCE)
    assert names == [["b"]]


def test_each_use_starts_the_time_anew_and_looking_does_not(shelf: Shelf) -> None:
    shelf.library.use("used")
    shelf.library.use("looked_at")
    shelf.clock.advance(40.0)
    shelf.library.use("used")
    shelf.library.find("looked_at")
    assert shelf.wait(40.0) == ["used"]


def test_namespace_with_a_client_never_expires_and_its_time_begins_when_that_leaves(
    shelf: Shelf,
) -> None:
    inside = shelf.library.enter(shelf.library.use("a"))
    assert shelf.wait(1e6) == ["a"]
    shelf.clock.advance(30.0)
    shelf.library.leave(inside)
    assert shelf.wait(59.0) == ["a"]
    assert shelf.wait(2.0) == []


def test_namespace_with_a_client_does_not_keep_idle_ones(shelf: Shelf) -> None:
    shelf.library.enter(shelf.library.use("busy"))
    shelf.library.use("idle")
    assert shelf.wait(61.0) == ["busy"]


def test_long_question_keeps_its_namespace(shelf: Shelf) -> None:
    with shelf.library.holding("a"):
        assert shelf.wait(600.0) == ["a"]
    assert shelf.wait(61.0) == []


def test_client_whose_handshake_outlived_its_namespace_enters_one_that_is_there(
    shelf: Shelf,
) -> None:
    waiting = shelf.library.use("a")
    assert shelf.wait(61.0) == []
    assert shelf.library.enter(waiting) is shelf.library.find("a")

    shelf.library.remove("a")
    anew = shelf.library.use("a")
    assert shelf.library.enter(waiting) is anew


def test_removed_namespace_is_gone_at_once_and_is_not_said_to_have_expired(shelf: Shelf) -> None:
    namespace = shelf.library.use("a")
    namespace.put([compile_endpoint(name="x")])
    shelf.library.enter(namespace)
    shelf.library.remove("a")
    shelf.library.remove("never there")
    assert shelf.library.names() == []
    assert namespace.get("x") is None
    assert shelf.expired == []


def test_one_namespace_too_many_is_refused_until_another_has_gone(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "MAX_NAMESPACES", 2)
    for name in ("a", "b"):
        shelf.library.use(name)
    with pytest.raises(TooManyNamespaces, match="remove one"):
        shelf.library.use("c")
    assert shelf.library.use("a").name == "a"
    shelf.library.remove("b")
    assert shelf.library.use("c").name == "c"
    shelf.clock.advance(61.0)
    assert shelf.library.use("d").name == "d"


def test_threads_that_name_a_namespace_at_once_get_the_same(shelf: Shelf) -> None:
    start, found = threading.Barrier(8), []

    def use() -> None:
        start.wait()
        found.append(shelf.library.use("a"))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1


# --- who the client is ----------------------------------------------------------------------------


REQUEST = HandshakeRequest(
    "/mock",
    query={"device": "d1", "empty": ""},
    headers={"x-device": "h1"},
    cookies={"sid": "c1"},
    remote_address="192.0.2.7",
)


@pytest.mark.parametrize(
    ("key", "who"),
    [
        (None, "192.0.2.7"),
        ({"query": "device"}, "d1"),
        ({"query": "empty"}, ""),
        ({"query": "missing"}, "192.0.2.7"),
        ({"header": "X-Device"}, "h1"),
        ({"header": "x-device"}, "h1"),
        ({"header": "missing"}, "192.0.2.7"),
        ({"cookie": "sid"}, "c1"),
        ({"cookie": "missing"}, "192.0.2.7"),
        ({"path": "room"}, "red"),
    ],
)
def test_logical_client_is_told_by_the_key(key: dict[str, str] | None, who: str) -> None:
    fields: dict[str, Any] = {} if key is None else {"client_key": key}
    found = Found(compile_endpoint(path="/{room}", **fields), {"room": "red"})
    assert client_key(found, REQUEST) == who
