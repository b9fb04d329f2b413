"""The mocks in force, and attempts."""

import threading
from typing import Any

import pytest

from actors.mocks import library as library_module
from actors.mocks.handshake_request import HandshakeRequest
from actors.mocks.library import MockLibrary, client_key
from tests.helpers.faults import compile_faults
from tests.helpers.mocks import compile_endpoint, compile_endpoints


def names(library: MockLibrary) -> list[str]:
    return [endpoint.name for endpoint in library.book.endpoints]


def test_new_library_has_no_endpoints() -> None:
    library = MockLibrary()
    assert names(library) == []
    assert library.get("/a") is None


def test_endpoints_are_put_in_force_and_taken_out_at_once() -> None:
    library = MockLibrary()
    library.put(compile_endpoints({"path": "/a"}, {"path": "/b"}))
    before = library.book
    library.put(compile_endpoints({"path": "/c"}), replacing=["/a"])
    assert names(library) == ["/b", "/c"]
    assert [one.name for one in before.endpoints] == ["/a", "/b"]


def test_present_version_of_an_endpoint_is_the_last_one() -> None:
    library = MockLibrary()
    first, second = compile_endpoint(name="a"), compile_endpoint(name="a", unmatched="echo")
    library.put([first])
    library.put([second])
    assert library.get("a") is second


def test_changes_from_many_threads_are_all_kept() -> None:
    library = MockLibrary()
    start = threading.Barrier(8)

    def put(number: int) -> None:
        endpoints = [compile_endpoints({"path": f"/{number}/{one}"}) for one in range(20)]
        start.wait()
        for endpoint in endpoints:
            library.put(endpoint)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(library.book) == 160


# --- attempts -------------------------------------------------------------------------------------


def test_attempts_are_counted_by_client_and_endpoint() -> None:
    library = MockLibrary()
    pairs = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("a", "x")]
    assert [library.count_attempt(*pair) for pair in pairs] == [1, 2, 1, 1, 3]


def test_attempts_survive_a_change_of_the_mocks() -> None:
    library = MockLibrary()
    library.count_attempt("a", "x")
    library.put([compile_endpoint(name="a")])
    assert library.count_attempt("a", "x") == 2


def test_client_that_was_seen_longest_ago_is_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library_module, "MAX_CLIENTS", 2)
    library = MockLibrary()
    for client in ("one", "two", "one", "three"):
        library.count_attempt("a", client)
    assert library.count_attempt("a", "one") == 3
    assert library.count_attempt("a", "two") == 1


def test_attempts_from_many_threads_are_all_counted() -> None:
    library = MockLibrary()

    def connect() -> None:
        for _ in range(1000):
            library.count_attempt("a", "x")

    threads = [threading.Thread(target=connect) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert library.count_attempt("a", "x") == 4001


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
    ],
)
def test_logical_client_is_told_by_the_key(key: dict[str, str] | None, who: str) -> None:
    fields: dict[str, Any] = {} if key is None else {"client_key": key}
    assert client_key(compile_endpoint(**fields), REQUEST) == who


# --- faults ---------------------------------------------------------------------------------------


def keys(library: MockLibrary) -> list[str]:
    return [fault.key for fault in library.book.faults]


def test_faults_are_put_in_force_and_taken_out_at_once_by_their_keys() -> None:
    library = MockLibrary()
    library.put_faults(compile_faults("drop", "reset"))
    library.put_faults(compile_faults("corrupt"), replacing=["drop", "unknown"])
    assert keys(library) == ["reset", "corrupt"]


def test_fault_of_the_same_key_takes_the_place_of_the_other() -> None:
    library = MockLibrary()
    library.put_faults(compile_faults("drop", "reset"))
    (other,) = compile_faults({"drop": {}, "probability": 0.5})
    library.put_faults([other])
    assert keys(library) == ["drop", "reset"]
    assert library.book.faults[0] is other


def test_faults_stay_when_endpoints_change_or_go() -> None:
    library = MockLibrary()
    library.put_faults(compile_faults("drop"))
    library.put(compile_endpoints({"path": "/a"}))
    library.put((), replacing=["/a"])
    library.clear()
    assert keys(library) == ["drop"]


def test_change_is_told_when_anything_goes_wrong_before_or_after() -> None:
    library = MockLibrary()
    told: list[int] = []
    library.on_faults_changed = lambda: told.append(len(library.book.faults))
    library.put(compile_endpoints({"path": "/a"}))
    assert told == []
    library.put_faults(compile_faults("drop"))
    library.put_faults((), replacing=["drop"])
    assert told == [1, 0]
    library.put(compile_endpoints({"path": "/a", "faults": ["drop"]}))
    library.put(compile_endpoints({"path": "/a"}))
    library.put(compile_endpoints({"path": "/b"}))
    assert told == [1, 0, 0, 0]
