"""The traffic view in a real browser."""

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect
from websockets.exceptions import ConnectionClosedError

from tests.helpers.browser import LivePage, live_page
from tests.helpers.json_client import say, websocket
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE
from tests.helpers.web_server import WebServer
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.mcp_bridge.service.traffic import read_traffic

pytestmark = pytest.mark.integration

HOSTILE = [
    "<script>alert('script')</script><img src=x onerror=alert('img')>",
    "before \u202egnp.exe\u202c after \u2066\u2069",
    "nul \x00 bell \x07 escape \x1b[31m",
    "line one\nline two\r\n\u2028line three",
    "<svg/onload=alert('svg')>" * 2_000,
    "m" * 1_000_000,
]

QUERIES = [
    "kind=message&direction=received",
    "kind=text&endpoint=chat",
    "rule=greet",
    "attempt=2",
    "attempt=1&kind=open",
    "status=101",
    "code=4001&was_clean=true",
    "by=server",
    "by=client",
    "passed=false",
    'match={"match": {"json": {"$.channel": "news"}}}&direction=received',
    'match={"path": {"starts_with": "/ch"}, "kind": "open"}',
    "endpoint=nowhere",
]
"""Filters as they stand in the address."""


def converse(server: InProcessServer, *messages: str) -> None:
    """A conversation with the chat, from the greeting to the close."""
    with websocket(server.url("/chat")) as client:
        assert json.loads(client.recv(PATIENCE)) == {"type": "welcome"}
        # A strict endpoint closes by itself, perhaps before it is sent everything.
        with suppress(ConnectionClosedError):
            for message in (*messages, "bye"):
                client.send(message)
            list(client)


def test_conversation_is_shown_from_handshake_to_close(
    server: InProcessServer, live: LivePage
) -> None:
    expect(live.page.get_by_text("Nothing has happened yet")).to_be_visible()

    converse(server, '{"type": "subscribe", "channel": "news"}')

    live.await_rows(10)
    assert live.kinds() == [
        "handshake",
        "open",
        "rule",
        "text to the client",
        "text from the client",
        "rule",
        "text to the client",
        "text from the client",
        "rule",
        "close",
    ]
    assert live.rows.locator(".seq").all_text_contents() == [str(one) for one in range(1, 11)]
    expect(live.cell("handshake", "payload")).to_contain_text("/chat")
    expect(live.cell("handshake", "outcome")).to_have_text("101 accept")
    expect(live.cell("subscribed", "endpoint")).to_have_text("chat")
    expect(live.cell("subscribed", "size")).to_have_text("47 B")
    expect(live.cell("close", "outcome")).to_have_text("4001")
    expect(live.cell("close", "payload")).to_contain_text("As you wish")
    assert live.rows.locator(".outcome").all_text_contents().count("subscribe") == 1


def test_failed_verdicts_are_told(server: InProcessServer, live: LivePage) -> None:
    converse(server, "what?")

    expect(live.cell("verdict", "outcome")).to_have_text("failed")
    expect(live.cell("verdict", "payload")).to_contain_text("the nearest is subscribe")


def test_hostile_payloads_stay_text(server: InProcessServer, live: LivePage) -> None:
    say(server.url(""), *HOSTILE)
    say(server.url(""), b"\x00\xff<b>")

    expect(live.cell("<script>", "payload")).to_have_text(HOSTILE[0])
    expect(live.cell("gnp.exe", "payload")).to_have_text(
        "before ⟨U+202E⟩gnp.exe⟨U+202C⟩ after ⟨U+2066⟩⟨U+2069⟩"
    )
    expect(live.cell("bell", "payload")).to_have_text("nul ⟨NUL⟩ bell ⟨BEL⟩ escape ⟨ESC⟩[31m")
    expect(live.cell("line one", "payload")).to_have_text(
        "line one↵line two⟨CR⟩↵⟨U+2028⟩line three"
    )
    expect(live.cell("mmm", "size")).to_have_text("1.0 MB")
    expect(live.cell("binary", "payload")).to_have_text("00 ff 3c 62 3e")
    with websocket(server.url("")) as client:
        assert client.ping("a word").wait(PATIENCE)
        assert client.ping(b"\x00\x01").wait(PATIENCE)
    expect(live.cell("a word", "kind")).to_contain_text("ping")
    expect(live.row("00 01").first).to_be_visible()
    heights = live.rows.evaluate_all("rows => rows.map((row) => row.offsetHeight)")
    assert set(heights) == {22}
    assert live.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for row in ("<script>", "gnp.exe", "bell", "line one", "onload", "mmm"):
        live.row(row).first.click()
        for part in ("Raw", "Hex", "Entry", "Payload"):
            live.detail.get_by_role("button", name=part, exact=True).click()
    expect(live.detail).to_contain_text("65.5 kB of 1.0 MB")
    expect(live.detail.get_by_role("heading").first).to_contain_text("text received from")
    assert live.page.locator("main script, main img").count() == 0


class TestFilters:
    def test_text_is_looked_for_as_it_is_typed(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        say(server.url(""), "apple", "Banana", "cherry")
        live.await_rows(9)

        live.search("BAN")
        live.await_rows(2)
        expect(live.page.get_by_text("2 of 9 entries")).to_be_visible()
        live.search("^(apple|cherry)")
        expect(live.page.get_by_text("No entry matches the filters.")).to_be_visible()
        live.page.get_by_role("button", name="Regular expression").click()
        live.await_rows(4)
        assert live.hash() == "#/traffic?text=%5E%28apple%7Ccherry%29&regex=1"

    def test_regular_expression_that_is_wrong_is_told(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        say(server.url(""), "apple")
        live.page.get_by_role("button", name="Regular expression").click()
        live.search("(apple")

        expect(live.page.get_by_role("alert")).to_contain_text("Unterminated group")
        live.await_rows(5)

    def test_regular_expression_that_would_run_for_ever_is_refused(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        say(server.url(""), "a" * 100 + "!")
        live.await_rows(5)
        live.page.get_by_role("button", name="Regular expression").click()
        live.search("(a+)+$")

        expect(live.page.get_by_role("alert")).to_contain_text("This takes too long here")
        live.page.get_by_role("button", name="Look in whole messages").click()
        live.await_rows(0)
        live.search("(a+)+!$")
        live.await_rows(2)

    def test_text_is_looked_for_in_whole_messages(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        say(server.url(""), "a" * 1_000 + "needle.1", "needle21", "b" * 1_000)
        live.search("NEEDLE.1")
        live.await_rows(0)

        live.page.get_by_role("button", name="Look in whole messages").click()
        live.await_rows(2)
        live.page.get_by_role("button", name="Regular expression").click()
        live.await_rows(4)
        say(server.url(""), "c" * 1_000 + "needle01")
        live.await_rows(6)
        live.search("(needle")
        expect(live.page.get_by_role("alert")).to_contain_text("missing )")
        live.problems.clear()  # the browser notes each answer that is an error
        live.search("")
        live.await_rows(14)

    def test_address_has_the_filters(
        self, browser: Browser, server: InProcessServer, web: WebServer, live: LivePage
    ) -> None:
        converse(server)
        live.await_rows(7)
        live.page.get_by_label("kind").select_option("message")
        live.page.get_by_label("direction").select_option("sent")
        live.page.get_by_label("endpoint").fill("chat")
        live.await_rows(1)
        address = live.page.url
        assert address.endswith("#/traffic?kind=message&direction=sent&endpoint=chat")

        with live_page(browser, address) as other:
            other.await_rows(1)
            expect(other.page.get_by_label("kind")).to_have_value("message")
            other.page.get_by_role("button", name="Reset filters").click()
            other.await_rows(7)

    def test_conditions_are_those_of_the_tools(
        self, server: InProcessServer, web: WebServer, live: LivePage
    ) -> None:
        for _ in range(2):
            converse(server, '{"type": "subscribe", "channel": "news"}', "what?")
            converse(server)
        say(server.url(""), "elsewhere")
        script = """async (query) => {
          const { matchOf } = await import("/page/js/traffic/filters.js");
          return matchOf(Object.fromEntries(new URLSearchParams(query)));
        }"""
        for query in QUERIES:
            live.page.goto(f"{web.url}/#/traffic?{query}")
            match: dict[str, Any] = live.page.evaluate(script, query)
            found = read_traffic(server.gateway, EntryMatch.model_validate(match), limit=200)
            assert bool(found.matched) == ("nowhere" not in query), query
            expected = [str(entry.seq) for entry in found.entries]
            expect(live.rows.locator(".seq"), query).to_have_text(expected)

    def test_conditions_without_a_field_are_written_as_json(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        converse(server, '{"type": "subscribe", "channel": "news"}')
        live.page.get_by_role("button", name="Conditions").click()
        dialog = live.page.get_by_role("dialog")
        field = dialog.get_by_role("textbox")

        field.fill('{"match": {"jsn": {"$.type": "welcome"}}}')
        dialog.get_by_role("button", name="Apply").click()
        expect(dialog.get_by_role("alert")).to_contain_text("json")
        live.problems.clear()  # the browser notes each answer that is an error
        field.fill('{"match": {"json": {"$.type": "welcome"}}}')
        dialog.get_by_role("button", name="Apply").click()
        live.await_rows(1)
        live.search("nothing")
        live.await_rows(0)
        live.page.get_by_role("button", name="Reset filters").click()
        live.await_rows(10)

    def test_namespace_is_chosen(self, server: InProcessServer, live: LivePage) -> None:
        say(server.url("/ns/shop"), "in the shop")
        say(server.url(""), "outside")
        live.await_rows(10)
        choice = live.page.get_by_label("Namespace")

        choice.select_option("shop")
        live.await_rows(5)
        expect(live.row("in the shop")).to_have_count(2)
        expect(live.page.locator(".address code")).to_have_text(server.url("/ns/shop"))
        choice.select_option("outside namespaces")
        expect(live.row("outside")).to_have_count(2)
        live.await_rows(5)


def test_view_is_paused_and_cleared(server: InProcessServer, live: LivePage) -> None:
    say(server.url(""), "one")
    live.await_rows(5)

    live.page.get_by_role("button", name="Pause").click()
    say(server.url(""), "two")
    expect(live.page.get_by_text("Paused, 5 waiting")).to_be_visible()
    live.await_rows(5)
    live.page.get_by_role("button", name="Resume").click()
    live.await_rows(10)
    live.page.get_by_role("button", name="Clear").click()
    live.await_rows(0)
    say(server.url(""), "three")
    live.await_rows(5)
    live.page.get_by_role("button", name="Show what was cleared").click()
    live.await_rows(15)


class TestDetail:
    def test_long_payload_is_read_as_far_as_it_is_kept(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        text = json.dumps({"items": [f"item {number}" for number in range(3_000)], "end": True})
        say(server.url(""), text)
        live.row("item 1").first.click()

        expect(live.detail).to_contain_text("end: true")
        expect(live.detail).to_contain_text("3000 items")
        live.detail.get_by_role("button", name="Copy the payload").click()
        expect(live.page.get_by_text("Copied the payload")).to_be_visible()
        assert live.page.evaluate("navigator.clipboard.readText()") == text
        live.detail.get_by_role("button", name="Hex").click()
        expect(live.detail).to_contain_text("7b 22 69 74 65 6d 73 22")

    def test_numbers_keep_their_digits(self, server: InProcessServer, live: LivePage) -> None:
        converse(server, '{"type": "subscribe", "channel": "news"}')
        live.row("subscribed").click()

        expect(live.detail.locator(".tree")).to_contain_text("id: 12345678901234567890")

    def test_fact_becomes_a_filter(self, server: InProcessServer, live: LivePage) -> None:
        converse(server)
        live.row("rule").first.click()
        live.detail.get_by_role("button", name="only these: rule greet").click()

        live.await_rows(1)
        assert live.hash() == "#/traffic?rule=greet"
        live.page.get_by_role("button", name="Remove the condition rule").click()
        live.await_rows(7)

    def test_message_is_compared_with_the_nearest_rule(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        with websocket(server.url("/chat")) as client:
            client.send('{"type": "subscribe", "channel": "sports"}')
            with pytest.raises(ConnectionClosedError):
                list(client)
        live.row("sports").first.click()
        live.detail.get_by_role("button", name="Explain").click()

        expect(live.detail).to_contain_text("No rule answers this message at chat")
        expect(live.detail.get_by_role("heading", name="Nearest: subscribe")).to_be_visible()
        expect(live.detail.locator("tr.differs")).to_have_text(re.compile("channel.*news.*sports"))

    def test_message_is_explained_in_the_state_of_its_client(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        with websocket(server.url("/chat")) as client:
            client.send('{"type": "subscribe", "channel": "news"}')
            live.row("channel").first.click()
            live.page.keyboard.press("e")

            expect(live.detail).to_contain_text("The rule subscribe answers this message at chat")
            expect(live.detail).to_contain_text("of the connection as it is now")

    def test_message_of_a_client_that_has_just_left_is_explained(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        def answer_for(route: Route) -> None:
            if '"client"' in (route.request.post_data or ""):
                route.fulfill(status=404, json={"error": "There is no such client"})
            else:
                route.continue_()

        live.page.route("**/api/explain_websocket_message", answer_for)
        with websocket(server.url("/chat")) as client:
            client.send('{"type": "subscribe", "channel": "news"}')
            live.row("channel").first.click()
            live.detail.get_by_role("button", name="Explain").click()

            expect(live.detail).to_contain_text("The rule subscribe answers this message at chat")
            expect(live.detail).to_contain_text("as far as the journal tells")
        live.forgive("404")


class TestKeyboard:
    def test_everything_is_done_with_keys(self, server: InProcessServer, live: LivePage) -> None:
        say(server.url(""), "one", "two")
        live.await_rows(7)
        press = live.page.keyboard.press

        for _ in range(3):
            press("ArrowDown")
        press("Enter")
        expect(live.page.get_by_role("heading", name="#3")).to_be_visible()
        press("ArrowDown")
        expect(live.page.get_by_role("heading", name="#4")).to_be_visible()
        grid = live.page.get_by_role("grid")
        active = grid.get_attribute("aria-activedescendant")
        assert live.page.locator(f"#{active}").get_attribute("aria-rowindex") == "5"
        press("Escape")
        expect(live.detail).to_have_count(0)
        press("/")
        live.page.keyboard.type("two?")
        expect(live.page.get_by_role("searchbox")).to_be_focused()
        press("Backspace")
        live.await_rows(2)
        press("Escape")
        expect(grid).to_be_focused()
        press("Escape")
        live.await_rows(7)
        press("p")
        expect(live.page.get_by_role("button", name="Resume")).to_be_visible()
        press("?")
        expect(live.page.get_by_role("dialog", name="Keys")).to_contain_text("next entry")
        press("Escape")
        expect(live.page.get_by_role("dialog")).to_have_count(0)

    def test_screen_readers_are_told_of_rows_that_are_not_drawn(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        say(server.url(""), *["many"] * 100)
        grid = live.page.get_by_role("grid")

        expect(grid).to_have_attribute("aria-rowcount", "204")
        assert live.rows.count() < 60
        expect(live.rows.last).to_have_attribute("aria-rowindex", "204")
        live.page.keyboard.press("Home")
        expect(live.rows.first).to_have_attribute("aria-rowindex", "2")
        expect(live.rows.first).to_have_attribute("aria-selected", "true")
