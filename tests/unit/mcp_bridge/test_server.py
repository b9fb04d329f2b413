"""The MCP server around the tools: its lifespan, who may come in, and health over http."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fastmcp
import httpx2
import pytest
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError

from tests.helpers.bridge import IDENTITY, FakeGateway
from tests.helpers.mcp_session import Mode, mcp_session
from websocket_mock.mcp_bridge.server import OneToken, create_server
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.health import Check
from websocket_mock.mcp_bridge.web.exposure import (
    PublicWithoutToken,
    check_exposure,
    is_loopback,
)

LOOPBACK = ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1", "[::1]"]
PUBLIC = ["0.0.0.0", "::", "[::]", "192.0.2.7", "2001:db8::1", "example.org", "localhost.evil", ""]


class Host:
    """Counts how often what is behind the bridge is started and stopped."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.log: list[str] = []

    @contextmanager
    def __call__(self) -> Iterator[Gateway]:
        self.log.append("start")
        try:
            yield self._gateway
        finally:
            self.log.append("stop")


class TestLifespan:
    def test_host_runs_for_as_long_as_the_server(self, gateway: FakeGateway, mode: Mode) -> None:
        host = Host(gateway)
        with mcp_session(create_server(IDENTITY, host), mode) as session:
            session.call("get_websocket_clients")
            session.call("get_websocket_clients")
            assert host.log == ["start"]
        assert host.log == ["start", "stop"]

    def test_server_can_run_again(self, gateway: FakeGateway) -> None:
        host = Host(gateway)
        mcp = create_server(IDENTITY, host)
        for _ in range(2):
            with mcp_session(mcp) as session:
                assert session.call("get_websocket_clients")["status"] == "success"
        assert host.log == ["start", "stop"] * 2

    def test_nothing_starts_before_the_lifespan(self, gateway: FakeGateway) -> None:
        host = Host(gateway)
        create_server(IDENTITY, host)

        assert host.log == []

    def test_tools_wait_for_nobody_outside_the_lifespan(self, gateway: FakeGateway) -> None:
        mcp = create_server(IDENTITY, Host(gateway))

        with pytest.raises(ToolError, match="starting or stopping"):
            asyncio.run(mcp.call_tool("get_websocket_clients"))

    def test_server_says_who_it_is(self, gateway: FakeGateway) -> None:
        mcp = create_server(IDENTITY, Host(gateway))

        assert (mcp.name, mcp.version) == (IDENTITY.name, IDENTITY.version)
        assert (mcp.instructions or "").startswith(IDENTITY.description)


class TestToken:
    def verify(self, given: str) -> bool:
        return asyncio.run(OneToken("swordfish-ü").verify_token(given)) is not None

    def test_the_token_is_accepted(self) -> None:
        assert self.verify("swordfish-ü")
        assert self.verify("swordfish-ü".encode().decode("latin-1"))

    @pytest.mark.parametrize("wrong", ["", "swordfish", "swordfish-ü ", "Swordfish-ü", "x" * 9999])
    def test_any_other_is_not(self, wrong: str) -> None:
        assert not self.verify(wrong)

    def test_server_without_a_token_asks_for_none(self, gateway: FakeGateway) -> None:
        assert create_server(IDENTITY, Host(gateway)).auth is None
        assert create_server(IDENTITY, Host(gateway), "swordfish").auth is not None


class TestExposure:
    @pytest.mark.parametrize("host", LOOPBACK)
    def test_loopback_needs_no_token(self, host: str) -> None:
        assert is_loopback(host)
        check_exposure(host, has_token=False)

    @pytest.mark.parametrize("host", PUBLIC)
    def test_anything_else_needs_one(self, host: str) -> None:
        assert not is_loopback(host)
        with pytest.raises(PublicWithoutToken, match="--token or MCP_TOKEN"):
            check_exposure(host, has_token=False)
        check_exposure(host, has_token=True)


class TestRunOverHttp:
    """What is passed on to FastMCP, however the server is run."""

    @pytest.fixture
    def passed_on(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        seen: dict[str, Any] = {}

        async def run(self: FastMCP, *args: Any, **kwargs: Any) -> None:
            seen.update(kwargs)

        monkeypatch.setattr(FastMCP, "run_http_async", run)
        return seen

    def run(self, gateway: Gateway, token: str | None = None, **options: Any) -> None:
        mcp = create_server(IDENTITY, Host(gateway), token)
        asyncio.run(mcp.run_http_async(**options))

    def test_public_host_without_token_never_runs(
        self, gateway: FakeGateway, passed_on: dict[str, Any]
    ) -> None:
        with pytest.raises(PublicWithoutToken):
            self.run(gateway, host="0.0.0.0")
        assert not passed_on

    def test_public_host_of_the_library_settings_counts(
        self, gateway: FakeGateway, passed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fastmcp.settings, "host", "0.0.0.0")
        with pytest.raises(PublicWithoutToken):
            self.run(gateway)
        assert not passed_on

    def test_public_host_with_token_runs(
        self, gateway: FakeGateway, passed_on: dict[str, Any]
    ) -> None:
        self.run(gateway, "swordfish", host="0.0.0.0", port=1)

        assert (passed_on["host"], passed_on["port"]) == ("0.0.0.0", 1)


class TestHealthOverHttp:
    def look(self, mcp: FastMCP, *, is_running: bool = True) -> tuple[int, Any]:
        async def ask() -> tuple[int, Any]:
            app = mcp.http_app()
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
                if is_running:
                    async with app.lifespan(app):
                        answer = await http.get("/health")
                else:
                    answer = await http.get("/health")
            return answer.status_code, answer.json()

        return asyncio.run(ask())

    def test_healthy_server_is_200(self, gateway: FakeGateway) -> None:
        gateway.checks = (Check("listener", is_healthy=True, seconds=None, reason=None),)
        status, body = self.look(create_server(IDENTITY, Host(gateway)))

        assert status == 200
        assert body == {
            "healthy": True,
            "checks": [{"name": "listener", "healthy": True, "answer_ms": None, "reason": None}],
        }

    def test_unhealthy_server_is_503_with_the_reason(self, gateway: FakeGateway) -> None:
        gateway.checks = (Check("listener", is_healthy=False, seconds=None, reason="no port"),)
        status, body = self.look(create_server(IDENTITY, Host(gateway)))

        assert status == 503
        assert not body["healthy"]
        assert body["checks"][0]["reason"] == "no port"

    def test_server_that_is_not_up_is_503(self, gateway: FakeGateway) -> None:
        status, body = self.look(create_server(IDENTITY, Host(gateway)), is_running=False)

        assert (status, body["healthy"]) == (503, False)

    def test_health_needs_no_token(self, gateway: FakeGateway) -> None:
        status, _ = self.look(create_server(IDENTITY, Host(gateway), "swordfish"))

        assert status == 200
