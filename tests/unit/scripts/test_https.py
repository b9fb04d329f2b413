"""Which certificate the control plane shows, and when there is none."""

import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.helpers.bridge import FakeGateway
from websocket_mock.actors.values.tls import CertificateProblem
from websocket_mock.scripts.https import https_context
from websocket_mock.scripts.serving import Plan, _beside_stdio
from websocket_mock.scripts.settings import Settings
from websocket_mock.transport.tls.config import TlsConfig


class AskedCertificates:
    """Notes the names that it is asked for."""

    ca_file: Path | None = None
    ca_pem: bytes | None = None

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def context(self, server_name: str | None) -> ssl.SSLContext:
        self.asked.append(server_name)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def faulty(self, problem: CertificateProblem, server_name: str | None) -> ssl.SSLContext:
        raise AssertionError("the control plane has no faults")

    def subject_of(self, certificate: bytes) -> str:
        raise AssertionError("its clients have no certificate")

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("host", "wanted", "asked"),
    [
        ("localhost", "mock.test", "mock.test"),
        ("localhost", None, "localhost"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("0.0.0.0", None, None),
        ("::", None, None),
    ],
)
def test_certificate_is_for_the_name_that_a_client_wants_or_for_the_address(
    host: str, wanted: str | None, asked: str | None
) -> None:
    certificates = AskedCertificates()
    context = https_context(certificates, host)
    assert context.verify_mode == ssl.CERT_NONE
    choose: Any = context.sni_callback
    choose(SimpleNamespace(), wanted, context)
    assert certificates.asked == [asked]


def test_https_without_a_port_is_warned_about(log_lines: list[str]) -> None:
    tls = TlsConfig(self_signed=True, control=True)
    with _beside_stdio(Plan(Settings(transport="stdio", tls=tls), ()), FakeGateway()) as url:
        assert url is None
    assert log_lines == ["WARNING --tls-control has no effect without --control-port\n"]
