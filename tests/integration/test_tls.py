"""TLS over real sockets: beside plain connections, with client certificates, and when it fails."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from tests.helpers.frames import TEXT, close, request, text
from tests.helpers.raw_client import Received, connected, opened
from tests.helpers.tls import TlsServer, serving_tls
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock.transport.tls.config import TlsConfig

pytestmark = pytest.mark.integration

LENGTHS = (0, 1, 125, 126, 4_000, 16_384, 16_385, 70_000, 300_000, 3_000_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TlsServer]:
    with serving_tls(tmp_path) as one:
        yield one


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_messages_of_any_length_come_back_unchanged(
    server: TlsServer, version: ssl.TLSVersion
) -> None:
    server.trust.maximum_version = version
    with server.connect(max_size=None) as client:
        for length in LENGTHS:
            client.send("é" * (length // 2))
            assert client.recv(timeout=PATIENCE) == "é" * (length // 2)
            client.send(b"\0" * length)
            assert client.recv(timeout=PATIENCE) == b"\0" * length
    assert client.close_code == 1000


def test_plain_and_tls_clients_share_a_port(server: TlsServer) -> None:
    assert server.server.gateway.status().urls == (
        f"ws://127.0.0.1:{server.port}",
        f"wss://127.0.0.1:{server.port}",
    )
    with server.connect() as secure, opened(server.port, "/echo") as plain:
        secure.send("secure")
        plain.send(text("plain"))
        assert secure.recv(timeout=PATIENCE) == "secure"
        assert plain.read_frame() == Received(TEXT, b"plain")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "prices.test", "a.b.example"])
def test_certificate_is_for_any_host_that_a_client_wants(server: TlsServer, host: str) -> None:
    with server.connect(host=host) as client:
        client.send("hello")
        assert client.recv(timeout=PATIENCE) == "hello"


def test_journal_tells_what_the_handshake_has_agreed_on(server: TlsServer) -> None:
    server.trust.set_alpn_protocols(["h2", "http/1.1"])
    with server.connect(host="prices.test"):
        pass
    info = server.details("handshake")[-1]["tls"]
    assert info["version"] == "TLSv1.3"
    assert info["server_name"] == "prices.test"
    assert info["alpn"] == "http/1.1"
    assert info["cipher"].startswith("TLS_")
    assert "client_certificate" not in info


def test_client_that_does_not_trust_the_server_is_in_the_journal(server: TlsServer) -> None:
    stranger = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError), server.connect(ssl=stranger):
        pass
    (failure,) = eventually(lambda: server.entries("error"))
    assert failure.details["reason"] == "TLS: tlsv1 alert unknown ca"
    assert failure.details["server_name"] == "localhost"
    assert failure.source.remote_address.startswith("127.0.0.1:")


def test_request_and_message_may_come_in_the_last_packet_of_the_handshake(
    server: TlsServer,
) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = server.trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with connected(server.port) as client:
        while True:
            try:
                side.do_handshake()
                break
            except ssl.SSLWantReadError:
                client.send(outgoing.read())
                incoming.write(client.socket.recv(65_536))
        side.write(request("/echo") + text("early"))
        client.send(outgoing.read())
        received = b""
        while not received.endswith(b"\x81\x05early"):
            incoming.write(client.socket.recv(65_536))
            while incoming.pending:
                try:
                    received += side.read()
                except ssl.SSLWantReadError:
                    break
        assert received.startswith(b"HTTP/1.1 101")


def test_client_that_does_not_read_is_not_read_either(tmp_path: Path) -> None:
    with serving_tls(tmp_path, outbox_pause_bytes=64 * 1024) as server, server.open_socket() as one:
        one.sendall(request("/echo"))
        one.settimeout(0.5)
        with pytest.raises(TimeoutError):
            one.sendall(text("x" * 60_000) * 1_000)
        (client,) = server.server.clients()
        assert client.messages_received < 1_000


def test_end_of_a_connection_is_announced(server: TlsServer) -> None:
    with server.open_socket() as client:
        client.sendall(request("/echo") + close(1000))
        received = b""
        while data := client.recv(65_536):
            received += data
        assert received.startswith(b"HTTP/1.1 101")


def test_server_that_stops_closes_its_tls_clients(tmp_path: Path) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(serving_tls(tmp_path))
        client = stack.enter_context(server.connect())
        with connected(server.port) as half:
            half.send(b"\x16")
            server.server.stop()
            eventually(half.is_cut_off)
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=PATIENCE)
        assert client.close_code == 1001


# --- only TLS ---------------------------------------------------------------------------------


def test_plain_client_is_told_to_use_tls(tmp_path: Path) -> None:
    only = TlsConfig(self_signed=True, only=True)
    with serving_tls(tmp_path, tls=only) as server:
        status = server.server.gateway.status()
        assert status.url == status.secure_url == f"wss://127.0.0.1:{server.port}"
        with connected(server.port) as client:
            answer = client.ask(request("/echo"))
            assert answer.status == 400
            assert (
                answer.body == "This port takes TLS only: connect with wss:// instead of ws://.\n"
            )
            assert client.read_end() == b""
        with server.connect() as secure:
            secure.send("well")
            assert secure.recv(timeout=PATIENCE) == "well"


# --- certificates of clients ------------------------------------------------------------------


class Clients:
    """An authority of clients, and a certificate of one of them."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.ca_file = folder / "clients.pem"
        self.ca.cert_pem.write_to_path(self.ca_file)
        self.alice = self.ca.issue_cert(common_name="alice", organization_name="Example")

    def config(self, **settings: Any) -> TlsConfig:
        return TlsConfig(self_signed=True, client_ca=self.ca_file, **settings)


def test_client_without_a_certificate_is_refused(tmp_path: Path) -> None:
    clients = Clients(tmp_path)
    with serving_tls(tmp_path, tls=clients.config()) as server:
        # With TLS 1.3 a client believes that it is connected before the server has refused it.
        with pytest.raises((OSError, EOFError, WebSocketException)), server.connect():
            pass
        (details,) = eventually(lambda: server.details("error"))
        assert details["reason"] == "TLS: peer did not return a certificate"


def test_rules_of_a_handshake_see_the_certificate_and_the_server_name(tmp_path: Path) -> None:
    clients = Clients(tmp_path)
    who = "{{ client.certificate }} {{ client.server_name }}"
    endpoint = {
        "path": "/private",
        "handshake": [
            {"match": {"client_certificate": {"contains": "CN=alice"}}, "accept": {}},
            {"match": {"server_name": "open.test"}, "accept": {}},
            {"reject": {"status": 401}},
        ],
        "rules": [{"do": [{"send": {"text": who}}]}],
    }
    config = clients.config(client_cert="optional")
    with serving_tls(tmp_path, endpoint, tls=config) as server:
        with server.connect("/private", host="open.test") as nobody:
            nobody.send("who am I?")
            assert nobody.recv(timeout=PATIENCE) == "None open.test"
        with pytest.raises(InvalidStatus) as refused, server.connect("/private"):
            pass
        assert refused.value.response.status_code == 401
        clients.alice.configure_cert(server.trust)
        with server.connect("/private") as alice:
            alice.send("who am I?")
            answer = alice.recv(timeout=PATIENCE)
        subject = server.details("handshake")[-1]["tls"]["client_certificate"]
        assert answer == f"{subject} localhost"
        assert "CN=alice" in subject
        assert "O=Example" in subject


# --- handshakes that lead nowhere -------------------------------------------------------------


def test_client_that_stalls_in_the_handshake_costs_its_timeout_and_nothing_else(
    tmp_path: Path,
) -> None:
    with serving_tls(tmp_path, handshake_timeout=0.3) as server:
        hello = server.client_hello()
        with connected(server.port) as silent, connected(server.port) as half:
            half.send(hello[: len(hello) // 2])
            with server.connect() as client:
                for number in range(20):
                    client.send(str(number))
                    assert client.recv(timeout=PATIENCE) == str(number)
                assert silent.read_end() == b""
                assert half.read_end() == b""
        reasons = [details["reason"] for details in eventually(lambda: server.details("error"))]
        assert reasons == ["TLS: handshake timeout"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"\x16\x03\x01\xff\xff" + b"a" * 100, "", id="long record"),
        pytest.param(b"\x16\x03\x01\x00\x05hello", "", id="no handshake"),
        pytest.param(b"\x16GET / HTTP/1.1\r\n\r\n", "wrong version number", id="no tls"),
    ],
)
def test_nonsense_ends_its_own_connection_only(
    server: TlsServer, log_lines: list[str], data: bytes, reason: str
) -> None:
    with connected(server.port) as client:
        client.send(data)
        client.read_end()
    (failure,) = eventually(lambda: server.details("error"))
    assert reason in failure["reason"]
    assert not [line for line in log_lines if line.startswith("ERROR")]


def test_hello_may_arrive_byte_by_byte(server: TlsServer) -> None:
    with connected(server.port) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in server.client_hello():
            client.send(bytes((byte,)))
        assert client.read(1) == b"\x16"
