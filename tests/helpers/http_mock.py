"""Mocks with HTTP rules, served in this process, and clients of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from tests.helpers.mock_server import MockServer, mocking
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.mcp_bridge.service.traffic import EntryModel, read_everything


@contextmanager
def http_mock(
    *rules: dict[str, Any], limits: Mapping[str, Any] | None = None, **endpoint: Any
) -> Iterator["HttpMock"]:
    """Serve one endpoint at `/mock` with these HTTP rules."""
    served = {"http": list(rules), **endpoint}
    with mocking(served, **(limits or {})) as server, client_of(server) as client:
        yield HttpMock(server, client)


@contextmanager
def client_of(server: MockServer, **options: Any) -> Iterator[httpx.Client]:
    """A client that keeps its connection."""
    base = f"http://127.0.0.1:{server.port}"
    with httpx.Client(base_url=base, timeout=PATIENCE, trust_env=False, **options) as client:
        yield client


class HttpMock:
    """A served endpoint and its client."""

    def __init__(self, server: MockServer, client: httpx.Client) -> None:
        self.server = server
        self.client = client
        self.get = client.get
        self.post = client.post
        self.request = client.request

    def entries(self, **conditions: Any) -> list[EntryModel]:
        """What the traffic has."""
        match = EntryMatch.model_validate(conditions)
        return read_everything(self.server.server.gateway, match)


def plain(method: str, path: str = "/mock", body: bytes = b"", **headers: str) -> bytes:
    """A request as it is sent; a header is named with underscores."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode() + body
