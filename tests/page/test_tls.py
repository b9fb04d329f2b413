"""TLS in Chromium: the page over https, and connections to wss://."""

import base64
import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, expect

from tests.helpers.browser import browsing, live_page
from tests.helpers.tls import TlsServer, serving_tls
from tests.helpers.web_server import WebServer, serving_routes
from websocket_mock.mcp_bridge.service.faults import set_faults
from websocket_mock.mcp_bridge.web.app import control_routes
from websocket_mock.mcp_bridge.web.guard import Access
from websocket_mock.scripts.https import https_context

pytestmark = pytest.mark.integration

ADDRESS = "127.0.0.1"

CONNECT = """(url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  socket.onopen = () => socket.send("hello");
  socket.onmessage = ({ data }) => { resolve(data); socket.close(); };
  socket.onclose = ({ code }) => resolve(code);
})"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    with serving_tls(tmp_path_factory.mktemp("tls")) as one:
        yield one


@pytest.fixture(scope="module")
def browser(server: TlsServer) -> Iterator[Browser]:
    """A browser that trusts the certificate of the server for its address, and no other.

    Chromium has no flag that trusts an authority. This one takes the hash of the key of one
    certificate, so a connection that works has been encrypted with that key.
    """
    pem = ssl.get_server_certificate((ADDRESS, server.port))
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    known = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = base64.b64encode(hashlib.sha256(known).digest()).decode()
    with browsing(f"--ignore-certificate-errors-spki-list={fingerprint}") as running:
        yield running


@pytest.fixture(scope="module")
def web(server: TlsServer) -> Iterator[WebServer]:
    tls = server.server.runtime._tls
    assert tls is not None
    context = https_context(tls.certificates, ADDRESS)
    gateway = server.server.gateway
    with serving_routes(
        gateway, control_routes, access=Access(ADDRESS), context=context
    ) as running:
        yield running


@pytest.fixture
def page(browser: Browser, web: WebServer) -> Iterator[Page]:
    """A page of the server whose policy lets it connect to everywhere."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{web.url}/health")
        yield page


def test_page_is_live_over_https_and_says_how_to_trust_the_server(
    browser: Browser, web: WebServer, server: TlsServer
) -> None:
    address = server.server.url("").replace("ws:", "wss:")
    with live_page(browser, f"{web.url}/#/status") as live:
        expect(live.page.get_by_role("banner")).to_contain_text(address)
        told = live.page.get_by_role("region", name="TLS")
        expect(told).to_contain_text(f"Clients connect to {address}")
        ca_file = str(server.folder / "ca.pem")
        expect(told).to_contain_text(f"trust this certificate authority: {ca_file}")
        for client, hint in (
            ("Node", f"NODE_EXTRA_CA_CERTS={ca_file}"),
            ("Python, Go", f"SSL_CERT_FILE={ca_file}"),
            ("curl", f"curl --cacert {ca_file}"),
            ("Java", f"-file {ca_file} "),
            ("Browsers", "Import the file"),
        ):
            row = told.get_by_role("row").filter(has_text=client)
            expect(row).to_contain_text(hint)
        with live.page.expect_download() as download:
            told.get_by_role("link", name="Download it").click()
        assert download.value.path().read_bytes() == Path(ca_file).read_bytes()
        assert live.findings() == []


def test_page_connects_with_tls(page: Page, server: TlsServer) -> None:
    assert page.evaluate(CONNECT, f"wss://{ADDRESS}:{server.port}/echo") == "hello"


def test_page_notices_a_certificate_that_it_does_not_trust(page: Page, server: TlsServer) -> None:
    set_faults(server.server.gateway, [{"tls_certificate": {"problem": "unknown_ca"}}])
    with page.expect_console_message(lambda one: one.type == "error") as told:
        assert page.evaluate(CONNECT, f"wss://{ADDRESS}:{server.port}/echo") == 1006
    assert "net::ERR_CERT_AUTHORITY_INVALID" in told.value.text
