"""Probes: pongs and replies find the probe that waits for them."""

import pytest

from tests.helpers.futures import is_pending
from websocket_mock.actors.clients.probes import MAX_REPLIES, MAX_REPLY_CHARACTERS, Probes
from websocket_mock.actors.values.models import ClientId, ProbeResult

ID = ClientId("0000000a")


@pytest.fixture
def probes() -> Probes:
    return Probes(ID)


def test_probe_ends_with_its_pong(probes: Probes) -> None:
    payload, future = probes.start([b"one", b"three"], wants_replies=False, now=10.0)
    assert is_pending(future)
    assert probes.running
    probes.on_pong(payload, 10.25)
    assert future.get(timeout=0) == ProbeResult(ID, 2, 8, 0.25, (), 0)
    assert not probes.running


def test_probe_without_a_pong_has_no_round_trip(probes: Probes) -> None:
    payload, future = probes.start([], wants_replies=False, now=10.0)
    probes.end(payload)
    assert future.get(timeout=0) == ProbeResult(ID, 0, 0, None, (), 0)


def test_probe_that_wants_replies_outlasts_its_pong(probes: Probes) -> None:
    payload, future = probes.start([b"hello"], wants_replies=True, now=10.0)
    probes.on_pong(payload, 11.0)
    assert is_pending(future)
    probes.on_message("first")
    probes.on_message("second")
    probes.end(payload)
    assert future.get(timeout=0) == ProbeResult(ID, 1, 5, 1.0, ("first", "second"), 2)


def test_second_pong_changes_nothing(probes: Probes) -> None:
    payload, future = probes.start([], wants_replies=True, now=10.0)
    probes.on_pong(payload, 11.0)
    probes.on_pong(payload, 19.0)
    probes.end(payload)
    assert future.get(timeout=0).round_trip == 1.0


def test_pong_that_nobody_asked_for_is_ignored(probes: Probes) -> None:
    _, future = probes.start([], wants_replies=False, now=10.0)
    probes.on_pong(b"", 11.0)
    probes.on_pong(b"probe-99", 11.0)
    assert is_pending(future)


def test_pong_finds_its_own_probe_among_several(probes: Probes) -> None:
    first, first_future = probes.start([], wants_replies=False, now=10.0)
    second, second_future = probes.start([], wants_replies=False, now=20.0)
    assert first != second
    probes.on_pong(second, 20.5)
    assert is_pending(first_future)
    assert second_future.get(timeout=0).round_trip == 0.5


def test_message_is_a_reply_only_to_probes_that_want_some(probes: Probes) -> None:
    one, wanted = probes.start([], wants_replies=True, now=10.0)
    other, unwanted = probes.start([], wants_replies=False, now=10.0)
    probes.on_message("hello")
    probes.end(one)
    probes.end(other)
    assert wanted.get(timeout=0).replies == ("hello",)
    assert unwanted.get(timeout=0).reply_count == 0


def test_all_replies_are_counted_and_the_first_are_kept(probes: Probes) -> None:
    payload, future = probes.start([], wants_replies=True, now=10.0)
    for number in range(MAX_REPLIES + 5):
        probes.on_message(str(number))
    probes.end(payload)
    result = future.get(timeout=0)
    assert result.reply_count == MAX_REPLIES + 5
    assert result.replies == tuple(map(str, range(MAX_REPLIES)))


def test_long_reply_is_shortened(probes: Probes) -> None:
    payload, future = probes.start([], wants_replies=True, now=10.0)
    fits, too_long = "x" * MAX_REPLY_CHARACTERS, "y" * (MAX_REPLY_CHARACTERS + 1)
    probes.on_message(fits)
    probes.on_message(too_long)
    probes.end(payload)
    shortened = "y" * (MAX_REPLY_CHARACTERS - 1) + "…"
    assert future.get(timeout=0).replies == (fits, shortened)


def test_ending_a_probe_twice_does_nothing(probes: Probes) -> None:
    payload, future = probes.start([], wants_replies=False, now=10.0)
    probes.on_pong(payload, 10.5)
    probes.end(payload)
    assert future.get(timeout=0).round_trip == 0.5


def test_all_probes_end_when_the_client_goes(probes: Probes) -> None:
    futures = [probes.start([], wants_replies=one, now=1.0)[1] for one in (True, False)]
    probes.end_all()
    assert [future.get(timeout=0).round_trip for future in futures] == [None, None]
    assert not probes.running
