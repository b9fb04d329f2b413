"""Which settings the transport takes."""

from typing import Any

import pytest
from pydantic import ValidationError

from websocket_mock.transport.config import TransportConfig


def test_defaults_are_those_that_are_documented() -> None:
    config = TransportConfig()
    assert (config.host, config.port, config.io_threads) == ("localhost", 9004, 1)
    assert config.max_message_bytes == 10 * 1024 * 1024
    assert config.max_header_bytes == 16 * 1024
    assert config.handshake_timeout == 10
    assert config.fallback == "json"
    assert config.compression is True


def test_client_that_reads_slowly_is_paused_long_before_it_is_closed() -> None:
    config = TransportConfig()
    assert config.outbox_pause_bytes * 2 <= config.max_outbox_bytes


def test_every_setting_is_described() -> None:
    undescribed = [
        key for key, field in TransportConfig.model_fields.items() if not field.description
    ]
    assert undescribed == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": -1},
        {"port": 65_536},
        {"port": "any"},
        {"host": ""},
        {"io_threads": 0},
        {"io_threads": 65},
        {"max_connections": 0},
        {"max_message_bytes": 0},
        {"max_message_frames": 0},
        {"max_header_bytes": 255},
        {"handshake_timeout": 0},
        {"close_timeout": -1},
        {"close_timeout": float("nan")},
        {"ping_timeout": 0},
        {"ping_interval": -0.1},
        {"ping_interval": float("inf")},
        {"max_outbox_bytes": 1023},
        {"max_total_outbox_bytes": 1023},
        {"outbox_pause_bytes": 0},
        {"max_mailbox_messages": 0},
        {"fallback": "accept"},
        {"unknown": 1},
    ],
)
def test_wrong_setting_is_refused_by_its_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        TransportConfig(**wrong)
    assert [error["loc"] for error in caught.value.errors()] == [tuple(wrong)]


@pytest.mark.parametrize(
    "right", [{"port": 0}, {"port": 65_535}, {"ping_interval": 0}, {"subprotocols": ("a", "b")}]
)
def test_setting_at_its_bound_is_taken(right: dict[str, Any]) -> None:
    assert TransportConfig(**right).model_dump(include=set(right)) == right


def test_config_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        TransportConfig().port = 1  # type: ignore[misc] # what must fail
