"""Traffic that is read, awaited and verified, and what failures say."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import InvalidStatus

from tests.helpers.json_client import websocket
from tests.helpers.wait import PATIENCE
from websocket_mock import Endpoint, MockError, VerificationFailed, WaitTimedOut, WebSocketMock


def said(chat: Endpoint, *messages: str | bytes) -> None:
    """Let a client send messages and leave; return when all of it is in the traffic."""
    with websocket(chat.url()) as client:
        for message in messages:
            client.send(message)
    chat.wait_for(kind="close", after=_last(chat) - 1, timeout=PATIENCE)


def _last(chat: Endpoint) -> int:
    messages = chat.traffic(kind="message")
    return messages[-1].seq if messages else 0


def test_a_wait_finds_what_has_happened_and_what_comes_later(chat: Endpoint) -> None:
    said(chat, "a")
    first = chat.wait_for(text="a", timeout=0)
    with ThreadPoolExecutor(1) as pool, websocket(chat.url()) as client:
        waiting = pool.submit(chat.wait_for, text="a", after=first, timeout=PATIENCE)
        client.send("a")
        second = waiting.result(PATIENCE)
    assert second.seq > first.seq
    assert second.client != first.client
    with pytest.raises(WaitTimedOut):
        chat.wait_for(text="a", after=second, timeout=0)
    with pytest.raises(WaitTimedOut):
        chat.wait_for(text="a", after="now", timeout=0.01)


def test_conditions_mean_what_the_client_sent_unless_they_say_otherwise(chat: Endpoint) -> None:
    chat.on().send(text="same")
    with websocket(chat.url()) as client:
        client.send("same")
        client.recv(PATIENCE)
        client.ping()
    assert [one.direction for one in chat.traffic(text="same")] == ["received"]
    assert [one.direction for one in chat.traffic(text="same", direction="sent")] == ["sent"]
    assert len(chat.traffic(text="same", direction="any")) == 2
    assert chat.wait_for(kind="ping", timeout=PATIENCE).direction == "received"


def test_an_entry_has_the_whole_of_a_long_payload(chat: Endpoint) -> None:
    text, data = "é" * 30_000, bytes(range(256)) * 200
    said(chat, text, data)
    awaited = chat.wait_for(kind="text", timeout=PATIENCE)
    read_text, read_data = chat.traffic(kind="message")
    assert awaited.text == read_text.text == text
    assert chat.wait_for(kind="binary", timeout=PATIENCE).data == read_data.data == data
    assert (awaited.size, awaited.is_truncated) == (60_000, False)


def test_an_entry_says_if_the_journal_has_only_its_beginning(chat: Endpoint) -> None:
    said(chat, "x" * 100_000)
    entry = chat.wait_for(kind="text", timeout=PATIENCE)
    assert entry.text is not None
    assert (entry.is_truncated, len(entry.text), entry.size) == (True, 64 * 1024, 100_000)


def test_an_entry_has_the_whole_of_long_headers(chat: Endpoint) -> None:
    with websocket(chat.url(), additional_headers={"X-Long": "a" * 500}):
        assert chat.wait_for(kind="handshake", timeout=PATIENCE).headers["x-long"] == "a" * 500


def test_an_entry_knows_the_time_since_the_one_before(mock: WebSocketMock) -> None:
    prices = mock.endpoint("/prices")
    prices.handshake(attempt=1).reject(503)
    with pytest.raises(InvalidStatus), websocket(prices.url()):
        pass
    with websocket(prices.url()) as client:
        client.send("a")
        client.send("b")
        first, second = mock.wait_for(text="a"), mock.wait_for(text="b", timeout=PATIENCE)
    handshakes = mock.traffic(kind="handshake")
    assert handshakes[0].gap is None
    between = (handshakes[1].time - handshakes[0].time).total_seconds()
    assert handshakes[1].gap == between >= 0
    assert first.gap is None
    assert second.gap == (second.time - first.time).total_seconds()


def test_an_entry_is_shown_and_written(chat: Endpoint) -> None:
    said(chat, '{"a": null}', b"\x00\xff")
    text, binary = chat.traffic(kind="message")
    assert text.json == {"a": None}
    assert repr(text) == f"<Entry {text.seq}: received text '{{\"a\": null}}'>"
    assert '"payload":"hex:00ff"' in binary.to_json()
    with pytest.raises(ValueError, match="has no text"):
        _ = binary.json


def test_the_entry_of_a_fault_has_the_message_that_it_hit(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat", unmatched="ignore")
    messages: list[str | bytes] = ["abcd", b"abcd", "x" * 50_000, b"\x00" * 50_000, ""]
    with mock.fault("drop", direction="from_client"), websocket(chat.url()) as client:
        for message in messages:
            client.send(message)
        chat.verify(kind="fault", direction="received", at_least=5, within=PATIENCE)
    assert [one.payload for one in chat.traffic(kind="fault")] == messages


def test_ten_thousand_entries_are_read_at_once(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat", unmatched="ignore")
    with websocket(chat.url()) as client:
        for number in range(10_000):
            client.send(str(number))
        chat.wait_for(text="9999", timeout=PATIENCE)
    started = time.process_time()
    assert [one.text for one in chat.traffic(kind="message")] == [str(n) for n in range(10_000)]
    assert chat.verify(kind="text") == 10_000
    # It took half a minute when each page read the journal again.
    assert time.process_time() - started < 10


def test_a_wait_says_what_it_expected_what_came_nearest_and_the_last_entries(
    mock: WebSocketMock, chat: Endpoint
) -> None:
    chat.on(json={"$.type": "sub"}).send(json={"n": 1})
    with websocket(chat.url()) as client:
        client.send('{"type":"sub"}')
        client.recv(PATIENCE)
        with pytest.raises(WaitTimedOut) as failed:
            mock.wait_for(json={"$.type": "unsub"}, timeout=0)
    shown = re.sub(r"\d\.\d{3}", "0.000", str(failed.value))
    shown = re.sub(r"[0-9a-f]{8} #", "CLIENT   #", shown)
    assert shown.splitlines() == [
        (
            'Expected a message from the client with json {"$.type": "unsub"} within 0 s, '
            "but none came."
        ),
        'The nearest is entry 3: json $.type: expected "unsub", got "sub"',
        "The last entries:",
        "  no.  seconds  client       kind           content",
        "    1    0.000  #1           handshake      /chat → 101",
        "    2    0.000  CLIENT   #1  open           at /chat",
        '    3    0.000  CLIENT   #1  received text  {"type":"sub"}',
        "    4    0.000  CLIENT   #1  rule           rules[0]",
        '    5    0.000  CLIENT   #1  sent text      {"n":1}',
    ]


def test_verify_counts_and_says_how_often_it_came(chat: Endpoint) -> None:
    said(chat, "a", "a", "b")
    assert chat.verify(text="a") == 2
    assert chat.verify(text="a", count=2) == 2
    assert chat.verify(text="c", count=0) == 0
    assert chat.verify(text="a", at_least=1, at_most=2) == 2
    for wrong, text in (
        ({"text": "a", "count": 1}, 'at /chat with text "a" exactly once, but it came twice.'),
        ({"text": "a", "count": 0}, 'with text "a" never, but it came twice.'),
        ({"text": "c"}, 'with text "c" at least once, but none came.'),
        ({"text": "a", "at_least": 3}, "at least 3 times, but it came twice."),
        ({"text": "a", "at_most": 1}, "at most once, but it came twice."),
        ({"kind": "close", "code": 4000}, "Expected a close at /chat with code 4000 at least once"),
    ):
        with pytest.raises(VerificationFailed, match=re.escape(text)):
            chat.verify(**wrong)
    with pytest.raises(MockError, match="Give either count, or at_least and at_most"):
        chat.verify(text="a", count=1, at_least=1)
    with pytest.raises(MockError, match="A number of times is 0 or more"):
        chat.verify(text="a", count=-1)


def test_verify_waits_within_a_time(chat: Endpoint) -> None:
    with ThreadPoolExecutor(1) as pool, websocket(chat.url()) as client:
        waiting = pool.submit(chat.verify, text="a", at_least=2, within=PATIENCE)
        client.send("a")
        client.send("a")
        assert waiting.result(PATIENCE) == 2


def test_verify_judges_the_times_between_entries(chat: Endpoint) -> None:
    said(chat, "a", "a")
    assert chat.verify(text="a", spacing={"at_most": PATIENCE}) == 2
    with pytest.raises(VerificationFailed, match=r"with a spacing. Expected at least 60 s between"):
        chat.verify(text="a", spacing={"at_least": 60})


def test_verify_order_names_the_step_that_is_missing(mock: WebSocketMock, chat: Endpoint) -> None:
    said(chat, "a", "b", "c")
    mock.verify_order({"text": "a"}, {"text": "c"}, {"kind": "close"})
    chat.verify_order({"text": "a"}, {"text": "b"}, gaps=False)
    with pytest.raises(VerificationFailed) as failed:
        mock.verify_order({"text": "b"}, {"text": "a"})
    assert str(failed.value).splitlines()[:5] == [
        "Expected in this order:",
        '  1. a message from the client with text "b"',
        '  2. a message from the client with text "a"',
        "Step 2 did not come after step 1.",
        (
            "The nearest is entry 3: it is what step 2 expects, but it came before entry 4, which "
            "is step 1"
        ),
    ]
    with pytest.raises(VerificationFailed, match=r"Step 1 did not come\."):
        mock.verify_order({"text": "z"})
    with pytest.raises(MockError, match="Give conditions for each entry"):
        mock.verify_order()


def test_it_becomes_quiet_or_says_that_it_did_not(mock: WebSocketMock, chat: Endpoint) -> None:
    mock.wait_until_quiet("10ms", timeout=PATIENCE)
    chat.on_timer(0, interval="5ms").send(text="tick")
    with websocket(chat.url()):
        mock.wait_until_quiet("10ms", kind="close", timeout=PATIENCE)
        expected = "Expected no message to the client at /chat for 10 s, but it did not become"
        with pytest.raises(MockError, match="longer than the timeout"):
            chat.wait_until_quiet(20, timeout=10)
        chat.wait_for(kind="message", direction="sent", timeout=PATIENCE)
        with pytest.raises(WaitTimedOut, match=expected.replace("10 s", "0.3 s")):
            chat.wait_until_quiet(0.3, kind="message", direction="sent", timeout=0.31)


def test_a_wait_may_take_longer_than_a_tool_allows(
    chat: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("websocket_mock.testing.traffic.MAX_WAIT", 0.01)
    with pytest.raises(WaitTimedOut, match=r"within 0.05 s"):
        chat.wait_for(text="a", timeout=0.05)
    with ThreadPoolExecutor(1) as pool, websocket(chat.url()) as client:
        awaited = pool.submit(chat.wait_for, text="a", timeout=PATIENCE)
        client.send("a")
        assert awaited.result(PATIENCE).text == "a"
        assert chat.verify(text="a", count=1, within=0.05) == 1
    with pytest.raises(MockError, match=r"timeout: give a number of seconds from 0 up, not -1"):
        chat.wait_for(text="a", timeout=-1)


def test_reset_forgets_the_traffic_and_the_attempts(mock: WebSocketMock, chat: Endpoint) -> None:
    rule = chat.on(text="a").ignore().expect(1)
    said(chat, "a")
    assert chat.fired() == {rule.label: 1}
    mock.reset()
    assert (mock.traffic(), chat.fired()) == ([], {rule.label: 0})
    said(chat, "a")
    assert [one.attempt for one in mock.traffic(kind="open")] == [1]
    mock.check()
    mock.reset("mocks")
    with pytest.raises(InvalidStatus), websocket(chat.url()):
        pass
    with pytest.raises(MockError, match="'trafic' is not allowed; did you mean 'traffic'"):
        mock.reset("trafic")  # type: ignore[arg-type]


def test_threads_may_wait_at_the_same_time(chat: Endpoint) -> None:
    ready = threading.Barrier(9)

    def wait(number: int) -> str | None:
        ready.wait(PATIENCE)
        return chat.wait_for(text=str(number), timeout=PATIENCE).text

    with ThreadPoolExecutor(8) as pool, websocket(chat.url()) as client:
        waits = [pool.submit(wait, number) for number in range(8)]
        ready.wait(PATIENCE)
        for number in range(8):
            client.send(str(number))
        assert [one.result(PATIENCE) for one in waits] == [str(number) for number in range(8)]
