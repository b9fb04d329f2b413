"""The mocks in force in one namespace, and attempts."""

import threading

import pytest

from tests.helpers.faults import compile_faults
from tests.helpers.mocks import compile_endpoint, compile_endpoints
from websocket_mock.actors.library import namespace as namespace_module
from websocket_mock.actors.library.namespace import Namespace


def names(namespace: Namespace) -> list[str]:
    return [endpoint.name for endpoint in namespace.book.endpoints]


def test_new_namespace_has_no_endpoints() -> None:
    namespace = Namespace()
    assert names(namespace) == []
    assert namespace.get("/a") is None


def test_endpoints_are_put_in_force_and_taken_out_at_once() -> None:
    namespace = Namespace()
    namespace.put(compile_endpoints({"path": "/a"}, {"path": "/b"}))
    before = namespace.book
    namespace.put(compile_endpoints({"path": "/c"}), replacing=["/a"])
    assert names(namespace) == ["/b", "/c"]
    assert [one.name for one in before.endpoints] == ["/a", "/b"]


def test_present_version_of_an_endpoint_is_the_last_one() -> None:
    namespace = Namespace()
    first, second = compile_endpoint(name="a"), compile_endpoint(name="a", unmatched="echo")
    namespace.put([first])
    namespace.put([second])
    assert namespace.get("a") is second


def test_changes_from_many_threads_are_all_kept() -> None:
    namespace = Namespace()
    start = threading.Barrier(8)

    def put(number: int) -> None:
        endpoints = [compile_endpoints({"path": f"/{number}/{one}"}) for one in range(20)]
        start.wait()
        for endpoint in endpoints:
            namespace.put(endpoint)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(namespace.book) == 160


# --- attempts -------------------------------------------------------------------------------------


def test_attempts_are_counted_by_client_and_endpoint() -> None:
    namespace = Namespace()
    pairs = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("a", "x")]
    assert [namespace.count_attempt(*pair) for pair in pairs] == [1, 2, 1, 1, 3]


def test_attempts_survive_a_change_of_the_mocks() -> None:
    namespace = Namespace()
    namespace.count_attempt("a", "x")
    namespace.put([compile_endpoint(name="a")])
    assert namespace.count_attempt("a", "x") == 2


def test_client_that_was_seen_longest_ago_is_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(namespace_module, "MAX_CLIENTS", 2)
    namespace = Namespace()
    for client in ("one", "two", "one", "three"):
        namespace.count_attempt("a", client)
    assert namespace.count_attempt("a", "one") == 3
    assert namespace.count_attempt("a", "two") == 1


def test_attempts_from_many_threads_are_all_counted() -> None:
    namespace = Namespace()

    def connect() -> None:
        for _ in range(1000):
            namespace.count_attempt("a", "x")

    threads = [threading.Thread(target=connect) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert namespace.count_attempt("a", "x") == 4001


def test_nothing_hangs_on_it_once_it_is_forgotten() -> None:
    namespace = Namespace("x")
    namespace.put([compile_endpoint(name="a")])
    namespace.count_attempt("a", "x")
    namespace.forget()
    assert names(namespace) == []
    assert namespace.count_attempt("a", "x") == 1


# --- faults ------------------------------------------------------------------------------------


def keys(namespace: Namespace) -> list[str]:
    return [fault.key for fault in namespace.book.faults]


def test_faults_are_put_in_force_and_taken_out_at_once_by_their_keys() -> None:
    namespace = Namespace()
    namespace.put_faults(compile_faults("drop", "reset"))
    namespace.put_faults(compile_faults("corrupt"), replacing=["drop", "unknown"])
    assert keys(namespace) == ["reset", "corrupt"]


def test_fault_of_the_same_key_takes_the_place_of_the_other() -> None:
    namespace = Namespace()
    namespace.put_faults(compile_faults("drop", "reset"))
    (other,) = compile_faults({"drop": {}, "probability": 0.5})
    namespace.put_faults([other])
    assert keys(namespace) == ["drop", "reset"]
    assert namespace.book.faults[0] is other


def test_faults_stay_when_endpoints_change_or_go() -> None:
    namespace = Namespace()
    namespace.put_faults(compile_faults("drop"))
    namespace.put(compile_endpoints({"path": "/a"}))
    namespace.put((), replacing=["/a"])
    namespace.clear()
    assert keys(namespace) == ["drop"]


def test_change_is_told_when_anything_goes_wrong_before_or_after() -> None:
    told: list[int] = []
    namespace = Namespace("a", lambda _: told.append(len(namespace.book.faults)))
    namespace.put(compile_endpoints({"path": "/a"}))
    assert told == []
    namespace.put_faults(compile_faults("drop"))
    namespace.put_faults((), replacing=["drop"])
    assert told == [1, 0]
    namespace.put(compile_endpoints({"path": "/a", "faults": ["drop"]}))
    namespace.put(compile_endpoints({"path": "/a"}))
    namespace.put(compile_endpoints({"path": "/b"}))
    assert told == [1, 0, 0, 0]


def test_faults_go_with_the_namespace() -> None:
    told: list[str | None] = []
    namespace = Namespace("a", told.append)
    namespace.put_faults(compile_faults("drop"))
    namespace.forget()
    assert keys(namespace) == []
    assert told == ["a", "a"]


def test_clearing_faults_leaves_those_of_endpoints() -> None:
    namespace = Namespace()
    namespace.put_faults(compile_faults("drop"))
    namespace.put(compile_endpoints({"name": "x", "path": "/a", "faults": ["reset"]}))
    namespace.clear_faults()
    assert [fault.label for fault in namespace.book.faults_at("x")] == ["reset"]
