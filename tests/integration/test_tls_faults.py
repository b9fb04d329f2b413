"""The faults of TLS, as real clients see them."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidMessage

from tests.helpers.frames import close, request
from tests.helpers.raw_client import connected
from tests.helpers.tls import TlsServer, serving_tls
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.mcp_bridge.service.faults import set_faults

pytestmark = pytest.mark.integration


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TlsServer]:
    with serving_tls(tmp_path, handshake_timeout=0.5) as one:
        yield one


def refused(server: TlsServer, **options: Any) -> str:
    """What a client says that cannot connect."""
    with pytest.raises((OSError, EOFError, InvalidMessage)) as caught, server.connect(**options):
        pass
    return str(caught.value)


def read_to_the_end(client: ssl.SSLSocket) -> None:
    while client.recv(65_536):
        pass


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("expired", "certificate has expired"),
        ("wrong_host", "Hostname mismatch"),
        ("unknown_ca", "unable to get local issuer certificate"),
    ],
)
def test_certificate_has_one_mistake_on_the_attempt_that_has_it(
    server: TlsServer, problem: str, words: str
) -> None:
    fault: dict[str, Any] = {"tls_certificate": {"problem": problem}, "attempt": 1, "name": "bad"}
    set_faults(server.server.gateway, [fault])
    assert words in refused(server)
    with server.connect() as client:
        client.send("well")
        assert client.recv(timeout=PATIENCE) == "well"
    assert server.details("fault") == [{"fault": "bad", "type": "tls_certificate"}]
    (failure,) = eventually(lambda: server.details("error"))
    assert "alert" in failure["reason"] or "certificate" in failure["reason"]


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        ("protocol_version", "tlsv1 alert protocol version"),
        ("handshake_failure", "handshake failure"),
        ("access_denied", "access denied"),
        ("unrecognized_name", "unrecognized name"),
    ],
)
def test_handshake_is_refused_with_an_alert(server: TlsServer, alert: str, words: str) -> None:
    set_faults(server.server.gateway, [{"tls_alert": {"alert": alert}}])
    assert words in refused(server).lower().replace("_", " ")
    assert server.details("fault") == [{"fault": "tls_alert", "type": "tls_alert"}]


def test_handshake_is_never_answered(server: TlsServer) -> None:
    set_faults(server.server.gateway, ["tls_stall"])
    with connected(server.port) as client:
        client.send(server.client_hello())
        assert client.read_end() == b""
    assert [failure["reason"] for failure in server.details("error")] == ["TLS: handshake timeout"]


@pytest.mark.parametrize(("by", "error"), [("close", EOFError), ("reset", ConnectionResetError)])
def test_connection_ends_after_the_hello(
    server: TlsServer, by: str, error: type[Exception]
) -> None:
    set_faults(server.server.gateway, [{"tls_abort": {"by": by}}])
    with connected(server.port) as client:
        client.send(server.client_hello())
        with pytest.raises(error):
            client.read(1)
    assert [failure["reason"] for failure in server.details("error")] == ["TLS: aborted"]


def test_end_of_the_connection_is_not_announced(server: TlsServer) -> None:
    set_faults(server.server.gateway, ["no_close_notify"])
    with server.open_socket() as client:
        client.sendall(request("/echo") + close(1000))
        with pytest.raises(ssl.SSLEOFError):
            read_to_the_end(client)


def test_fault_is_for_the_server_name_that_it_names(server: TlsServer) -> None:
    set_faults(server.server.gateway, [{"tls_alert": {"server_name": "down.test"}}])
    assert "protocol version" in refused(server, host="down.test").lower().replace("_", " ")
    with server.connect(host="up.test"):
        pass


def test_faults_of_a_namespace_hit_the_server_name_that_begins_with_it(server: TlsServer) -> None:
    set_faults(server.server.gateway, ["tls_alert"], namespace="blue")
    refused(server, host="blue.localhost")
    with server.connect(host="green.localhost"), server.connect():
        pass
    for kind in ("fault", "error"):
        assert [entry.source.namespace for entry in server.entries(kind)] == ["blue"]


def test_plain_clients_are_not_hit(server: TlsServer) -> None:
    set_faults(server.server.gateway, ["tls_stall"])
    with connected(server.port) as client:
        client.open("/echo")


def test_faults_of_messages_act_on_encrypted_ones(tmp_path: Path) -> None:
    endpoint = {
        "path": "/mock",
        "unmatched": "echo",
        "faults": [{"drip": {"size": 3}}, {"duplicate": {}, "frames": {"nth": 2}}],
    }
    with serving_tls(tmp_path, endpoint) as server, server.connect("/mock") as client:
        client.send("one by one")
        assert client.recv(timeout=PATIENCE) == "one by one"
        client.send("twice")
        assert [client.recv(timeout=PATIENCE) for _ in range(2)] == ["twice"] * 2
