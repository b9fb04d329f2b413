"""Which behaviour answers a path, and what becomes of a handshake."""

from typing import Any

import pytest

from tests.helpers.conversation import make_context
from tests.helpers.fakes import ManualClock
from tests.helpers.faults import compile_faults
from tests.helpers.mocks import compile_endpoints
from websocket_mock.actors.conversation.conversation import MockConversation
from websocket_mock.actors.conversation.echo import Echo
from websocket_mock.actors.conversation.json_protocol import JsonProtocol
from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library import library as library_module
from websocket_mock.actors.library.library import MockLibrary
from websocket_mock.actors.library.router import Router
from websocket_mock.actors.values.handshake_request import HandshakeRequest


def library(*endpoints: dict[str, Any]) -> MockLibrary:
    """A library with these endpoints in force."""
    made = MockLibrary()
    made.default.put(compile_endpoints(*endpoints))
    return made


def behaviour_of(router: Router, path: str) -> object:
    """The behaviour of a connection to a path."""
    planned = router.plan(HandshakeRequest(path))
    return router.make_behaviour(planned)(make_context(planned.request))


def test_echo_path_is_the_raw_echo() -> None:
    assert isinstance(behaviour_of(Router(MockLibrary()), "/echo"), Echo)


@pytest.mark.parametrize("path", ["/", "", "/chat", "/echo/", "/Echo", "/echo/more"])
def test_every_other_path_speaks_the_json_protocol(path: str) -> None:
    router = Router(MockLibrary())
    assert router.answers(path)
    assert isinstance(behaviour_of(router, path), JsonProtocol)


def test_rejecting_router_knows_the_echo_path_and_the_mocks_only() -> None:
    router = Router(library({"path": "/orders/{id}"}), "reject")
    assert router.answers("/echo")
    assert router.answers("/orders/7")
    assert not router.answers("/orders")
    assert not router.answers("/")


@pytest.mark.parametrize("path", ["/echo", "/orders/7", "/"])
def test_mock_comes_before_what_is_built_in(path: str) -> None:
    router = Router(library({"path": "/{any}"}, {"path": "/orders/{id}"}, {"path": "/**"}))
    assert isinstance(behaviour_of(router, path), MockConversation)


def test_built_in_behaviour_accepts_at_once_with_the_configured_subprotocols() -> None:
    planned = Router(MockLibrary(), "json", ("v2", "v1")).plan(HandshakeRequest("/"))
    assert (planned.found, planned.delay, planned.ending) == (None, 0.0, Accept())
    assert planned.choose_subprotocol(["v1", "v2"]) == "v2"


def test_handshake_rules_of_the_endpoint_decide() -> None:
    router = Router(library({"path": "/a", "handshake": [{"reject": {"status": 401}}]}))
    assert router.plan(HandshakeRequest("/a")).ending == Reject(status=401)
    assert router.plan(HandshakeRequest("/b")).ending == Accept()


def test_each_handshake_is_one_attempt_more_of_its_client() -> None:
    router = Router(library({"path": "/a", "client_key": {"query": "device"}}))
    attempts = [
        router.plan(HandshakeRequest("/a", query={"device": device})).request.attempt
        for device in ("one", "one", "other", "one")
    ]
    assert attempts == [1, 2, 1, 3]


def test_attempts_at_what_is_built_in_are_counted_by_path() -> None:
    router = Router(MockLibrary())
    paths = ["/", "/echo", "/", "/"]
    assert [router.plan(HandshakeRequest(path)).request.attempt for path in paths] == [1, 1, 2, 3]


def test_seed_of_a_connection_follows_endpoint_client_and_attempt() -> None:
    def seeds(seed: int, host: str) -> list[str]:
        mocks = MockLibrary()
        mocks.default.put(compile_endpoints({"path": "/a"}, seed=seed))
        router = Router(mocks)
        request = HandshakeRequest("/a", remote_address=host)
        return [router.plan(request).seed for _ in range(2)]

    assert seeds(1, "h") == seeds(1, "h")
    assert len({*seeds(1, "h"), *seeds(2, "h"), *seeds(1, "i")}) == 6


# --- namespaces -----------------------------------------------------------------------------------


def in_namespace(mocks: MockLibrary, name: str, *endpoints: dict[str, Any]) -> None:
    mocks.use(name).put(compile_endpoints(*endpoints))


def test_path_means_something_else_in_each_namespace() -> None:
    mocks = library({"path": "/a", "name": "outside"})
    in_namespace(mocks, "x", {"path": "/a", "name": "inside"})
    router = Router(mocks)
    found = [router.plan(HandshakeRequest("/a", namespace=name)).found for name in (None, "x", "y")]
    assert [None if one is None else one.endpoint.name for one in found] == [
        "outside",
        "inside",
        None,
    ]


def test_rejecting_router_looks_into_the_namespace_of_the_path() -> None:
    mocks = library({"path": "/a"})
    in_namespace(mocks, "x", {"path": "/b"})
    router = Router(mocks, "reject")
    answered = ("/a", "/ns/x/b", "/ns/x/echo", "/ns/new/echo")
    refused = ("/b", "/ns/x/a", "/ns/new/b", "/ns/x", "/ns//a")
    assert all(map(router.answers, answered))
    assert not any(map(router.answers, refused))
    assert mocks.names() == ["x"]


def test_handshake_makes_its_namespace_and_counts_attempts_in_it() -> None:
    mocks = library({"path": "/a"})
    in_namespace(mocks, "x", {"path": "/a"})
    router = Router(mocks)
    attempts = [
        router.plan(HandshakeRequest("/a", namespace=name)).request.attempt
        for name in (None, "x", "x", None, "x")
    ]
    assert attempts == [1, 1, 2, 2, 3]
    router.plan(HandshakeRequest("/", namespace="y"))
    assert mocks.names() == ["x", "y"]


def test_handshake_for_one_namespace_too_many_is_answered_with_503(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library_module, "MAX_NAMESPACES", 1)
    router = Router(MockLibrary())
    assert router.plan(HandshakeRequest("/", namespace="x")).status == 101
    refused = router.plan(HandshakeRequest("/", namespace="y"))
    assert refused.status == 503
    assert isinstance(refused.ending, Reject)
    assert "namespaces" in refused.ending.body
    assert router.plan(HandshakeRequest("/", namespace="x")).status == 101


def test_client_holds_its_namespace_until_it_leaves() -> None:
    clock = ManualClock()
    mocks = MockLibrary(clock, 60.0)
    router = Router(mocks)
    inside = router.enter(router.plan(HandshakeRequest("/", namespace="x")))
    clock.advance(600.0)
    assert mocks.names() == ["x"]
    router.leave(inside)
    clock.advance(61.0)
    assert mocks.names() == []


def test_change_of_the_library_reaches_the_next_handshake() -> None:
    mocks = MockLibrary()
    router = Router(mocks, "reject")
    assert not router.answers("/a")
    mocks.default.put(compile_endpoints({"path": "/a"}))
    assert router.answers("/a")
    mocks.default.put((), replacing=["/a"])
    assert not router.answers("/a")


def test_fault_of_the_handshake_is_planned_for_whom_it_is() -> None:
    mocks = library({"path": "/a"}, {"path": "/b", "faults": ["wrong_accept"]})
    mocks.default.put_faults(compile_faults({"wrong_accept": {}, "endpoint": "/a", "attempt": 2}))
    router = Router(mocks)
    plans = [router.plan(HandshakeRequest(path)) for path in ("/a", "/a", "/a", "/b", "/c")]
    wrong = "wrong_accept"
    assert [plan.wrong_accept for plan in plans] == [None, wrong, None, wrong, None]


def test_fault_refuses_a_handshake_at_once_whatever_the_rules_say() -> None:
    rules = [{"stall": "5s"}, {"accept": {}}]
    mocks = library({"path": "/a", "handshake": rules}, {"path": "/b"})
    mocks.default.put_faults(
        compile_faults(
            {"refuse": {"status": 502}, "name": "down", "endpoint": "/a", "attempt": 2},
        )
    )
    router = Router(mocks)
    plans = [router.plan(HandshakeRequest(path)) for path in ("/a", "/a", "/b")]
    assert [plan.status for plan in plans] == [101, 502, 101]
    assert [plan.refused_by for plan in plans] == [None, "down", None]
    assert (plans[1].delay, plans[1].outcome) == (0.0, "reject")


def test_public_name_is_that_of_a_logical_client_at_an_endpoint() -> None:
    mocks = library({"path": "/a", "client_key": {"query": "token"}}, {"path": "/b"})
    in_namespace(mocks, "x", {"path": "/a", "client_key": {"query": "token"}})

    def name_of(router: Router, path: str, token: str, namespace: str | None = None) -> str:
        query = {"token": token}
        return router.plan(HandshakeRequest(path, query=query, namespace=namespace)).logical_client

    router = Router(mocks)
    first = name_of(router, "/a", "one")
    assert len(first) == 8
    assert name_of(router, "/a", "one") == first
    others = [
        name_of(router, "/a", "two"),
        name_of(router, "/b", "one"),
        name_of(router, "/c", "one"),
        name_of(router, "/a", "one", "x"),
        # Another server has another salt, so nobody finds the key by trying.
        name_of(Router(mocks), "/a", "one"),
    ]
    assert len({first, *others}) == 6


def test_fault_of_the_handshake_is_over_when_it_expires() -> None:
    clock = ManualClock()
    mocks = MockLibrary(clock)
    mocks.default.put_faults([one.expiring(5.0) for one in compile_faults("wrong_accept")])
    router = Router(mocks)
    assert router.plan(HandshakeRequest("/a")).wrong_accept == "wrong_accept"
    clock.advance(5)
    assert router.plan(HandshakeRequest("/a")).wrong_accept is None
