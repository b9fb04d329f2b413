"""WebSocket clients that an MCP client sees: one that plays along, and one that never answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from websockets.typing import Subprotocol

from tests.helpers.json_client import JsonClient, json_client
from tests.helpers.raw_client import opened


@contextmanager
def peer(url: str, *subprotocols: str) -> Iterator[JsonClient]:
    """Connect a client that answers pings by itself, however many messages it has not read."""
    offers = [Subprotocol(name) for name in subprotocols] or None
    with json_client(url, subprotocols=offers, max_queue=None) as client:
        yield client


@contextmanager
def silent_peer(url: str) -> Iterator[str]:
    """Connect a client that reads nothing after its welcome, so it never pongs; give its id."""
    port = urlsplit(url).port
    assert port is not None
    with opened(port, "/") as client:
        yield json.loads(client.read_frame().payload)["client_id"]
