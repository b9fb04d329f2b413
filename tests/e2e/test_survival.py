"""Hostile clients attack a real process, while others go on as if nothing happened."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.helpers import attacks
from tests.helpers.program import RunningServer, serving
from tests.helpers.wait import eventually
from tests.helpers.witnesses import witnessing
from websocket_mock.scripts.dev.footprint import Footprint

pytestmark = pytest.mark.e2e

MIB = 1024 * 1024
JOURNAL = MIB

SETTINGS = {
    "TLS_SELF_SIGNED": "true",
    "WEBSOCKET_HANDSHAKE_TIMEOUT": "2",
    "WEBSOCKET_PING_INTERVAL": "1",
    "WEBSOCKET_PING_TIMEOUT": "1",
    "WEBSOCKET_CLOSE_TIMEOUT": "1",
    "JOURNAL_BYTES": str(JOURNAL),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, "--transport=http", env=SETTINGS) as one:
        # So that what is loaded on first use, and the journal, do not count as left behind.
        for attack, size in (
            (attacks.fuzzed_streams, 300),
            (attacks.connects_and_resets, 300),
            (attacks.compression_bomb, 20 * MIB),
        ):
            attack(port_of(one), size)
        yield one


def port_of(server: RunningServer) -> int:
    port = urlsplit(server.websocket_url).port
    assert port is not None
    return port


CASES: list[tuple[Callable[[int], attacks.Outcome], Callable[[Any], bool]]] = [
    (attacks.fuzzed_streams, lambda seen: set(seen) <= {1000, 1002, 1007, 1009, None, "EOFError"}),
    (attacks.mutated_handshakes, lambda seen: seen["TimeoutError"] == 0),
    (attacks.slow_loris, lambda seen: seen == {b"": 200}),
    (attacks.slow_loris_over_tls, lambda seen: seen == {b"": 200}),
    (attacks.half_open_peers, lambda seen: seen == {1011: 100}),
    (attacks.clients_that_never_read, lambda seen: seen["broadcasts"] == 100),
    (attacks.tiny_frames, lambda seen: seen == {"answered": 100_000}),
    (attacks.empty_continuations, lambda seen: set(seen) <= {1009, "reset"}),
    (attacks.compression_bomb, lambda seen: seen == {1009: 1}),
    (attacks.header_floods, lambda seen: set(seen) <= {431, "cut off"}),
    (attacks.huge_lengths, lambda seen: seen == {1009: 5}),
    (attacks.pings, lambda seen: seen == {"answered": 50_000}),
    (attacks.connects_and_resets, lambda seen: seen["reset"] == 10_000),
    (attacks.deep_json, lambda seen: seen == {"error": 3}),
]


@pytest.mark.parametrize(
    ("attack", "is_right"), [pytest.param(*case, id=case[0].__name__) for case in CASES]
)
def test_server_survives(
    server: RunningServer,
    attack: Callable[[int], attacks.Outcome],
    is_right: Callable[[attacks.Outcome], bool],
) -> None:
    port, before = port_of(server), Footprint.of(server.pid)
    with witnessing(f"{server.websocket_url}/echo") as witnesses:
        outcome = attack(port)
        assert is_right(outcome), outcome
        assert eventually(lambda: attacks.seconds_to_an_answer(port) < 0.1)
        answered = witnesses.answers
        eventually(lambda: witnesses.answers > answered)
    eventually(lambda: Footprint.of(server.pid).is_back_to(before, JOURNAL))
