"""The bodies of requests: their limits of size and time, and who holds what."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Message

from tests.helpers.asgi import JSON, OWN, Guarded, Header, Heard, ask, http_scope
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.web.bodies import BodyLimits

API = "/api/set_websocket_mock"
MOST = 100

LIMITS = BodyLimits(body=MOST, together=250, seconds=0.05, drained=1000, drain_seconds=0.05)
PATIENT = replace(LIMITS, drain_seconds=2 * PATIENCE)
"""With these, a test that waits for the end of a refused body fails."""


def chunk(size: int, *, more: bool) -> Message:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


@pytest.fixture
def one() -> Guarded:
    return Guarded(limits=LIMITS)


@pytest.fixture
def patient() -> Guarded:
    return Guarded(limits=PATIENT)


def send(one: Guarded, chunks: Sequence[Message], *headers: Header, **scope: Any) -> Heard:
    return ask(one.app, http_scope("POST", API, (JSON, *headers), **scope), chunks)


def held(one: Guarded) -> int:
    bodies = one.app._bodies  # type: ignore[attr-defined]
    size: int = bodies.held
    return size


class TestSize:
    def test_body_comes_whole(self, one: Guarded) -> None:
        chunks = [chunk(40, more=True), chunk(0, more=True), chunk(60, more=True)]
        answer = send(one, [*chunks, chunk(0, more=False)])

        assert answer.status == 200
        assert one.inner.reached == [(API, b"x" * MOST)]
        assert held(one) == 0

    @pytest.mark.parametrize(
        "chunks",
        [
            [chunk(MOST + 1, more=False)],
            [chunk(MOST, more=True), chunk(1, more=True), chunk(1, more=False)],
            [chunk(1, more=True)] * MOST + [chunk(1, more=False)],
        ],
    )
    def test_larger_one_is_refused(self, one: Guarded, chunks: list[Message]) -> None:
        answer = send(one, chunks)

        assert answer.status == 413
        assert answer.value("connection") is None
        assert one.inner.reached == []
        assert held(one) == 0

    def test_announced_one_is_refused_at_once(self, patient: Guarded) -> None:
        expecting = [("Content-Length", str(MOST + 1)), ("Expect", "100-continue")]
        answer = send(patient, [], *expecting)

        assert (answer.status, answer.value("connection")) == (413, "close")

    def test_lie_about_the_length_does_not_help(self, one: Guarded) -> None:
        assert send(one, [chunk(MOST + 1, more=False)], ("Content-Length", "1")).status == 413

    @pytest.mark.parametrize("length", ["-1", "1_0", "x", "", "٣", "9" * 19, "1, 1"])
    def test_length_that_is_none_is_refused(self, one: Guarded, length: str) -> None:
        answer = send(one, [chunk(1, more=False)], ("Content-Length", length))

        assert answer.status == 400
        assert one.inner.reached == []

    def test_length_sent_twice_is_refused(self, one: Guarded) -> None:
        twice = [("Content-Length", "1"), ("Content-Length", "1")]

        assert send(one, [chunk(1, more=False)], *twice).status == 400

    def test_endless_one_is_cut(self, patient: Guarded) -> None:
        answer = send(patient, [chunk(MOST + 1, more=True)] * 1000)

        assert (answer.status, answer.value("connection")) == (413, "close")

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    def test_methods_without_a_body_are_limited_too(self, one: Guarded, method: str) -> None:
        answer = one.ask(method, API, body=b"x" * (MOST + 1))

        assert answer.status == 413


class TestTime:
    def test_late_body_is_refused(self, patient: Guarded) -> None:
        answer = send(patient, [chunk(50, more=True)])

        assert (answer.status, answer.value("connection")) == (408, "close")
        assert patient.inner.reached == []
        assert held(patient) == 0

    def test_client_that_leaves_gets_no_answer(self, one: Guarded) -> None:
        answer = send(one, [chunk(50, more=True), {"type": "http.disconnect"}])

        assert answer.status == -1
        assert one.inner.reached == []
        assert held(one) == 0

    def test_refused_request_does_not_wait_long_for_its_body(self, one: Guarded) -> None:
        answer = send(one, [chunk(50, more=True)], ("Origin", "null"))

        assert (answer.status, answer.value("connection")) == (403, "close")

    def test_refused_request_keeps_its_connection_if_its_body_came(self, one: Guarded) -> None:
        answer = send(one, [chunk(500, more=True), chunk(9, more=False)], ("Origin", "null"))

        assert (answer.status, answer.value("connection")) == (403, None)

    def test_client_may_leave_while_it_is_refused(self, one: Guarded) -> None:
        gone: Message = {"type": "http.disconnect"}

        assert send(one, [gone], ("Origin", "null")).status == 403


class TestTogether:
    def test_all_bodies_have_a_limit(self, one: Guarded) -> None:
        """Two requests are being answered; a third has no room until one of them is done."""
        full = [chunk(MOST, more=False)]
        statuses: list[int] = []

        answering = asyncio.Semaphore(0)

        async def request(done: asyncio.Event) -> None:
            incoming = list(full)

            async def receive() -> Message:
                return incoming.pop()

            async def note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])
                    answering.release()
                    await done.wait()

            await one.app(http_scope("POST", API, [JSON]), receive, note)

        async def run() -> None:
            done = asyncio.Event()
            first = [asyncio.create_task(request(done)) for _ in range(2)]
            await answering.acquire()
            await answering.acquire()
            assert held(one) == 2 * MOST
            ready = asyncio.Event()
            ready.set()
            await request(ready)
            done.set()
            await asyncio.gather(*first)
            await request(ready)

        asyncio.run(asyncio.wait_for(run(), PATIENCE))

        assert sorted(statuses) == [200, 200, 200, 503]
        assert statuses[-1] == 200
        assert held(one) == 0

    def test_crash_of_the_app_gives_the_room_back(self) -> None:
        async def broken(*_: object) -> None:
            raise RuntimeError("broken")

        one = Guarded(broken, limits=LIMITS)
        with pytest.raises(RuntimeError, match="broken"):
            send(one, [chunk(MOST, more=False)])

        assert held(one) == 0


def test_own_page_may_post_what_fits(one: Guarded) -> None:
    assert send(one, [chunk(MOST, more=False)], ("Origin", OWN)).status == 200
