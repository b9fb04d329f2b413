"""Immutable values and their public forms."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.client_bench import client_info, client_snapshot
from websocket_mock.actors.values.models import ServerStats, TransportStatus, iso_time

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

STATS = ServerStats(
    total_connections=9,
    current_clients=2,
    total_messages=30,
    messages_sent=40,
    bytes_received=500,
    bytes_sent=600,
    broadcasts=7,
    errors=8,
    start_time=0.0,
    uptime_seconds=12.5,
)


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (0.25, "1970-01-01T00:00:00.250Z"),
        (1_750_000_000.999, "2025-06-15T15:06:40.999Z"),
        (1_750_000_000.9999, "2025-06-15T15:06:40.999Z"),
        (1_709_164_800.0, "2024-02-29T00:00:00.000Z"),
    ],
)
def test_iso_time_has_milliseconds_and_a_z(timestamp: float, text: str) -> None:
    assert iso_time(timestamp) == text


@given(st.floats(0, 4e9))
def test_iso_time_is_the_time_to_the_millisecond(timestamp: float) -> None:
    text = iso_time(timestamp)
    assert ISO.fullmatch(text)
    read = datetime.fromisoformat(text)
    assert read.tzinfo == UTC
    assert 0 <= timestamp - read.timestamp() < 0.0010001


@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_iso_times_sort_like_the_times(one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert iso_time(early) <= iso_time(late)


def test_public_form_of_a_client() -> None:
    snapshot = client_snapshot(
        info=client_info("0badcafe", path="/chat", subprotocol="v1", origin="null"),
        connection_status="closing",
        last_ping=1.5,
        last_activity=2.5,
        messages_received=3,
        messages_sent=4,
    )
    assert snapshot.as_json() == {
        "id": "0badcafe",
        "connected_at": "2025-06-15T15:06:40.000Z",
        "last_ping": "1970-01-01T00:00:01.500Z",
        "last_activity": "1970-01-01T00:00:02.500Z",
        "remote_address": "127.0.0.1:40001",
        "connection_status": "closing",
        "path": "/chat",
        "namespace": None,
        "subprotocol": "v1",
        "origin": "null",
        "messages_received": 3,
        "messages_sent": 4,
    }


def test_client_that_never_pinged_has_no_last_ping() -> None:
    assert client_snapshot().as_json()["last_ping"] is None


def test_public_form_of_the_statistics() -> None:
    status = TransportStatus("localhost", 9004, is_running=True)
    assert STATS.as_json(status) == {
        "total_connections": 9,
        "current_clients": 2,
        "total_messages": 30,
        "messages_sent": 40,
        "bytes_received": 500,
        "bytes_sent": 600,
        "broadcasts": 7,
        "errors": 8,
        "start_time": "1970-01-01T00:00:00.000Z",
        "uptime_seconds": 12.5,
        "server_info": {"host": "localhost", "port": 9004, "is_running": True},
    }


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("localhost", "ws://localhost:9004"),
        ("127.0.0.1", "ws://127.0.0.1:9004"),
        ("::1", "ws://[::1]:9004"),
    ],
)
def test_url_puts_an_ipv6_host_in_brackets(host: str, url: str) -> None:
    assert TransportStatus(host, 9004, is_running=True).url == url
