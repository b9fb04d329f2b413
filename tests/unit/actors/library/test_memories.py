"""What a namespace remembers of its logical clients and endpoints."""

from threading import Thread

import pytest

from websocket_mock.actors.conversation.replay import Kept, SharedMemory
from websocket_mock.actors.conversation.variables import Change, apply_changes
from websocket_mock.actors.library import memories as memories_module
from websocket_mock.actors.library.memories import Memories


def put(memory: SharedMemory, scope: str, operation: str, operand: object) -> None:
    change = Change(scope, "x", operation, operand)  # type: ignore[arg-type]
    with memory.mutex:
        apply_changes({"client_vars": memory.client, "endpoint_vars": memory.endpoint}, [change])


def test_client_is_remembered_and_endpoint_is_shared() -> None:
    memories = Memories()
    put(memories.of("prices", "ann"), "client_vars", "set", 1)
    put(memories.of("prices", "bob"), "endpoint_vars", "set", 2)
    ann = memories.of("prices", "ann")
    assert (ann.client.values, ann.endpoint.values) == ({"x": 1}, {"x": 2})
    assert memories.of("prices", "bob").client.values == {}
    other = memories.of("orders", "ann")
    assert (other.client.values, other.endpoint.values) == ({}, {})


def test_what_is_remembered_can_be_listed() -> None:
    memories = Memories()
    put(memories.of("prices", "ann"), "client_vars", "set", 1)
    put(memories.of("prices", "ann"), "endpoint_vars", "set", 2)
    memories.of("prices", "bob")
    assert memories.client_vars("prices") == {"ann": {"x": 1}}
    assert memories.endpoint_vars("prices") == {"x": 2}
    assert (memories.client_vars("no"), memories.endpoint_vars("no")) == ({}, {})


def test_forgetting_empties_what_open_connections_use() -> None:
    memories = Memories()
    memory = memories.of("prices", "ann")
    put(memory, "client_vars", "set", 1)
    put(memory, "endpoint_vars", "set", 1)
    memory.replay.keep(Kept(1, b"x", is_text=True), 10)
    memories.forget()
    assert (memory.client.values, memory.endpoint.values, memory.replay.count) == ({}, {}, 0)
    put(memory, "client_vars", "increment", 1)
    assert memories.client_vars("prices") == {"ann": {"x": 1}}


def test_client_that_was_seen_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories_module, "MAX_CLIENTS", 2)
    monkeypatch.setattr(memories_module, "MAX_ENDPOINTS", 2)
    memories = Memories()
    for name in ("a", "b"):
        put(memories.of("one", name), "client_vars", "set", name)
    memories.of("one", "a")
    memories.of("two", "c")
    assert memories.client_vars("one") == {"a": {"x": "a"}}
    memories.of("three", "d")
    assert memories.endpoint_vars("one") == {}


def test_several_threads_count_together() -> None:
    memories = Memories()

    def count() -> None:
        memory = memories.of("prices", "ann")
        for _ in range(500):
            put(memory, "client_vars", "increment", 1)

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memories.client_vars("prices") == {"ann": {"x": 2000}}
