"""The opening handshake of one connection as a plan says, without I/O."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
from websockets.http11 import Request

from tests.helpers.frames import request
from tests.helpers.plans import accept_all
from websocket_mock.actors.documents.mocks import Accept, Reject
from websocket_mock.actors.library.handshake import HandshakePlan
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.handshake import WRONG_ACCEPT, HandshakeProgress, ServerHandshake
from websocket_mock.transport.handshake_responses import read_request


def planning(**fields: Any) -> Callable[[Request], HandshakePlan]:
    """A plan for whatever is asked."""

    def make(asked: Request) -> HandshakePlan:
        given: dict[str, Any] = {"delay": 0.0, "ending": Accept(), "subprotocols": (), **fields}
        return HandshakePlan(read_request(asked, "127.0.0.1"), None, **given)

    return make


def opening(
    make_plan: Callable[[Request], HandshakePlan] = accept_all, *, excess: str | None = None
) -> ServerHandshake:
    config = TransportConfig(compression=False)
    return ServerHandshake(config, lambda path: path != "/unknown", make_plan, excess)


def sent(one: ServerHandshake) -> bytes:
    return b"".join(one.protocol.data_to_send())


def test_nothing_is_decided_before_the_request_is_whole() -> None:
    one = opening()
    assert one.receive(request()[:-1]) is HandshakeProgress.INCOMPLETE
    assert one.plan is None
    assert one.receive(request()[-1:]) is HandshakeProgress.VALID
    assert one.plan is not None


def test_nothing_is_answered_before_the_plan_is_followed() -> None:
    one = opening()
    one.receive(request())
    assert sent(one) == b""
    one.accept()
    assert sent(one).startswith(b"HTTP/1.1 101 ")


def test_plan_is_made_once() -> None:
    made: list[Request] = []

    def make(asked: Request) -> HandshakePlan:
        made.append(asked)
        return accept_all(asked)

    opening(make).receive(request("/a?b=c"))
    assert [one.path for one in made] == ["/a?b=c"]


@pytest.mark.parametrize(
    ("data", "status", "excess"),
    [
        (request(Sec_WebSocket_Key=None), b"400", None),
        (request("/unknown", Upgrade=None), b"404", None),
        (request(Upgrade=None), b"426", None),
        (request(), b"503", "connections"),
        (b"nonsense\r\n\r\n", b"400", None),
    ],
)
def test_request_that_is_not_valid_in_itself_is_refused_without_a_plan(
    data: bytes, status: bytes, excess: str | None
) -> None:
    one = opening(excess=excess)
    assert one.receive(data) is HandshakeProgress.REFUSED
    assert one.plan is None
    assert sent(one).startswith(b"HTTP/1.1 " + status)
    assert one.receive(request()) is HandshakeProgress.REFUSED


def test_rejection_has_status_headers_and_body() -> None:
    one = opening()
    one.receive(request())
    one.reject(Reject(status=503, headers={"Retry-After": "1"}, body="später"))
    answer = sent(one).decode()
    assert answer.startswith("HTTP/1.1 503 Service Unavailable\r\n")
    assert "\r\nRetry-After: 1\r\n" in answer
    assert "\r\nContent-Length: 7\r\n" in answer
    assert answer.endswith("\r\n\r\nspäter")


def test_rejection_without_a_body_has_no_type() -> None:
    one = opening()
    one.receive(request())
    one.reject(Reject(status=599))
    answer = sent(one).decode()
    assert answer.startswith("HTTP/1.1 599 ")
    assert "Content-Type" not in answer
    assert "\r\nContent-Length: 0\r\n" in answer


def test_header_of_a_rejection_takes_the_place_of_ours() -> None:
    one = opening()
    one.receive(request())
    one.reject(Reject(body="{}", headers={"content-type": "application/json"}))
    answer = sent(one).decode()
    assert answer.lower().count("content-type") == 1
    assert "content-type: application/json" in answer


def test_acceptance_may_have_headers() -> None:
    one = opening(planning(ending=Accept(headers={"X-A": "1"})))
    one.receive(request())
    one.accept()
    assert b"\r\nX-A: 1\r\n" in sent(one)


@pytest.mark.parametrize(
    ("plan", "offered", "chosen"),
    [
        ({"subprotocols": ("b", "a")}, "a, b", b"b"),
        ({"subprotocols": ()}, "a, b", b"a"),
        ({"subprotocols": ("c",)}, "a, b", None),
        ({"subprotocols": ("a",)}, None, None),
        ({"ending": Accept(subprotocol="odd")}, "a", b"odd"),
        ({"ending": Accept(subprotocol="odd")}, None, b"odd"),
    ],
)
def test_subprotocol_is_chosen_by_the_plan(
    plan: dict[str, Any], offered: str | None, chosen: bytes | None
) -> None:
    one = opening(planning(**plan))
    assert one.receive(request(Sec_WebSocket_Protocol=offered)) is HandshakeProgress.VALID
    one.accept()
    answer = sent(one)
    if chosen is None:
        assert b"Sec-WebSocket-Protocol" not in answer
    else:
        assert b"\r\nSec-WebSocket-Protocol: " + chosen + b"\r\n" in answer


@pytest.mark.parametrize("offered", [None, "c", "c, d"])
def test_client_without_a_subprotocol_that_is_needed_is_told_which(offered: str | None) -> None:
    one = opening(planning(subprotocols=("a", "b"), requires_subprotocol=True))
    assert one.receive(request(Sec_WebSocket_Protocol=offered)) is HandshakeProgress.REFUSED
    answer = sent(one).decode()
    assert answer.startswith("HTTP/1.1 400 ")
    assert "spoken here: a, b" in answer


# --- what a request looks like to a condition -----------------------------------------------------


def read(path: str = "/", **headers: str | None) -> Any:
    one = opening()
    one.receive(request(path, **headers))
    assert one.plan is not None
    return one.plan.request


def test_request_is_read_in_the_words_of_conditions() -> None:
    found = read(
        "/orders/a%20b?device=d%201&empty=&x=1&x=2",
        Origin="https://example.test",
        Cookie="sid=s1; theme=dark",
        Sec_WebSocket_Protocol="v2, v1",
        X_Name="some value",
    )
    assert found.path == "/orders/a%20b"
    assert found.query == {"device": "d 1", "empty": "", "x": "2"}
    assert found.headers["x-name"] == "some value"
    assert found.cookies == {"sid": "s1", "theme": "dark"}
    assert found.origin == "https://example.test"
    assert found.subprotocols == ["v2", "v1"]
    assert found.remote_address == "127.0.0.1"


def test_request_without_extras_has_none() -> None:
    found = read()
    assert (found.query, found.cookies, found.origin, found.subprotocols) == ({}, {}, None, [])


def test_values_of_one_header_are_joined() -> None:
    one = opening()
    one.receive(request(X_A="1").replace(b"X-A: 1\r\n", b"X-A: 1\r\nx-a: 2\r\n"))
    assert one.plan is not None
    assert one.plan.request.headers["x-a"] == "1, 2"


@pytest.mark.parametrize(
    "cookie",
    [
        "websocket_mock_8004=secret; sid=s1",
        "sid=s1; websocket_mock_8004=secret",
        "websocket_mock_1=secret;sid=s1;websocket_mock_2=secret",
    ],
)
def test_mocks_do_not_see_the_cookies_of_the_control_plane(cookie: str) -> None:
    found = read(Cookie=cookie)

    assert found.cookies == {"sid": "s1"}
    assert "secret" not in str(found)


@pytest.mark.parametrize("cookie", ["", "nonsense", "a=b; =c", 'a="unclosed'])
def test_cookies_that_are_malformed_are_no_error(cookie: str) -> None:
    assert isinstance(read(Cookie=cookie).cookies, dict)


def test_header_beyond_ascii_is_read_byte_by_byte() -> None:
    # HTTP names no encoding (RFC 9110 section 5.5); what matters is that it can be sent again.
    assert read(X_Name="Zoë").headers["x-name"] == "Zoë".encode().decode("latin-1")


def test_wrong_key_is_all_that_is_wrong_with_a_handshake() -> None:
    heads = []
    for label in (None, "the fault"):
        one = opening(planning(wrong_accept=label))
        one.receive(request())
        one.accept()
        heads.append(sent(one).decode().split("\r\n"))
    right, wrong = (
        [line for line in head if not line.startswith(("Date", "Sec-WebSocket-Accept"))]
        for head in heads
    )
    assert sorted(right) == sorted(wrong)
    (key,) = (line for line in heads[1] if line.startswith("Sec-WebSocket-Accept"))
    assert key == f"Sec-WebSocket-Accept: {WRONG_ACCEPT}"
    assert key not in heads[0]
    assert len(b64decode(WRONG_ACCEPT)) == 20


def test_refusal_has_no_key_to_be_wrong() -> None:
    one = opening(planning(ending=Reject(status=401), wrong_accept="the fault"))
    one.receive(request())
    one.reject(Reject(status=401))
    assert b"Sec-WebSocket-Accept" not in sent(one)
