"""`GET /ca.pem`: the certificate that clients must trust, and what there is without one."""

from contextlib import nullcontext
from dataclasses import replace

from starlette.applications import Starlette

from tests.helpers.asgi import Guarded, Heard, ask, http_scope
from tests.helpers.bridge import IDENTITY, FakeGateway
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.web.authority import authority_routes

PEM = b"-----BEGIN CERTIFICATE-----\n"


def get(gateway: FakeGateway, *, is_running: bool = True) -> Heard:
    state = BridgeState(IDENTITY, lambda: nullcontext(gateway))
    app = Starlette(routes=authority_routes(state))
    with state.running() if is_running else nullcontext():
        return ask(app, http_scope("GET", "/ca.pem"), [])


def test_certificate_is_a_file_to_save() -> None:
    gateway = FakeGateway()
    gateway.transport_status = replace(gateway.transport_status, ca_pem=PEM)
    heard = get(gateway)
    assert (heard.status, heard.body) == (200, PEM)
    assert heard.value("content-type") == "application/x-pem-file"


def test_without_an_authority_it_is_said_how_to_get_one() -> None:
    heard = get(FakeGateway())
    assert heard.status == 404
    assert "the server was started without --tls-self-signed" in heard.error()


def test_server_that_starts_is_told() -> None:
    assert get(FakeGateway(), is_running=False).status == 409


def test_everybody_may_read_it() -> None:
    one = Guarded(token="swordfish")
    assert one.ask("GET", "/ca.pem").status == 200
    assert one.ask("POST", "/ca.pem", ("Content-Type", "application/json")).status == 401
