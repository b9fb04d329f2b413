"""The view of the clients in a real browser."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.helpers.browser import LivePage, live_page
from tests.helpers.json_client import websocket
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE, eventually
from tests.helpers.web_server import WebServer
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.mcp_bridge.service.faults import set_faults
from websocket_mock.mcp_bridge.service.traffic import read_traffic

pytestmark = pytest.mark.integration

MOCKS = """
endpoints:
  - name: room
    path: /room
    client_key: {query: who}
    rules:
      - name: enter
        trigger: connect
        do: [{join: guests}, {state: inside}]
"""


@pytest.fixture
def guests(server: InProcessServer) -> Iterator[list[ClientConnection]]:
    """Two clients of the room."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(websocket(server.url(f"/room?who={name}"))) for name in ("a", "b")
        ]


@pytest.fixture
def view(browser: Browser, web: WebServer) -> Iterator[LivePage]:
    with live_page(browser, f"{web.url}/#/clients") as live:
        yield live


def rows(live: LivePage) -> Locator:
    return live.page.locator("[data-client]")


def choose_all(live: LivePage, count: int) -> None:
    expect(rows(live)).to_have_count(count)
    live.page.get_by_label("Choose all clients").check()
    expect(live.page.get_by_text(f"{count} chosen")).to_be_visible()


def choose(live: LivePage, place: int) -> None:
    """Choose one of the guests."""
    expect(rows(live)).to_have_count(2)
    rows(live).nth(place).get_by_role("checkbox").check()


def press(live: LivePage, name: str) -> None:
    live.page.get_by_role("button", name=name, exact=True).click()


def in_force(server: InProcessServer) -> list[dict[str, Any]]:
    return [one.definition for one in set_faults(server.gateway).faults]


class TestList:
    def test_clients_appear_and_disappear(
        self, server: InProcessServer, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        expect(rows(view)).to_have_count(2)
        for text in ("room", "inside", "guests", "127.0.0.1"):
            expect(rows(view).first).to_contain_text(text)
        with websocket(server.url("/ns/shop/till")):
            expect(rows(view)).to_have_count(3)
            expect(rows(view).last).to_contain_text("built-in")
            expect(rows(view).last).to_contain_text("shop")
            view.page.get_by_label("Namespace").select_option("shop")
            expect(rows(view)).to_have_count(1)
            view.page.get_by_label("Namespace").select_option("*")
        expect(rows(view)).to_have_count(2)
        server.gateway.library.remove("shop")
        # The first may be the answer to what was asked before.
        for _ in range(2):
            with view.page.expect_response("**/api/set_websocket_faults"):
                pass
        # The view, which goes on asking, does not make it anew.
        assert server.gateway.library.names() == []
        guests[0].close()
        guests[1].close()
        expect(view.page.get_by_text("No client is connected.")).to_be_visible()

    def test_says_what_a_client_did_lately(
        self, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        for number in range(3):
            guests[0].send(str(number))

        row = rows(view).first
        expect(row.get_by_role("img")).to_have_attribute(
            "aria-label", re.compile("3 from the client and 0 to it")
        )
        expect(row.get_by_role("cell").nth(5)).to_have_text("3")

    def test_round_trips_are_measured_on_demand(
        self, server: InProcessServer, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        choose(view, 0)
        press(view, "Ping")

        expect(rows(view).first).to_contain_text(re.compile(r"\d ms"))
        expect(rows(view).last).not_to_contain_text(re.compile(r"\d ms"))
        pinged = read_traffic(server.gateway, EntryMatch.model_validate({"kind": "ping"}))
        assert pinged.matched == 1

    def test_attempts_of_one_client_are_counted(
        self, server: InProcessServer, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        with websocket(server.url("/room?who=a")):
            expect(rows(view)).to_have_count(3)
            tries = rows(view).evaluate_all("rows => rows.map((row) => row.cells[3].textContent)")
            links = rows(view).evaluate_all(
                "rows => rows.map((row) => row.querySelector('.links a').hash.split('&')[0])"
            )
        # Without namespaces, their column is missing.
        expect(view.page.get_by_role("columnheader", name="Namespace")).to_have_count(0)
        assert tries == ["1", "1", "2"]
        assert links[0] == links[2] != links[1]

    def test_leads_to_traffic_and_conversation(
        self, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        guests[0].send("to be found")
        guests[1].send("not to be found")
        expect(rows(view)).to_have_count(2)
        client = rows(view).first.get_attribute("data-client")
        rows(view).first.get_by_title("Its traffic").click()

        expect(view.row("to be found")).to_have_count(1)
        assert view.hash() == f"#/traffic?client={client}"
        view.page.go_back()
        rows(view).first.get_by_role("link", name="Conversation").click()
        expect(view.page.get_by_role("heading", name="room /room?who=a")).to_be_visible()


class TestActions:
    def test_message_is_sent_in_each_form(
        self, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        choose_all(view, 2)
        press(view, "Send…")
        dialog = view.page.get_by_role("dialog", name="Send to 2 clients")
        forms: list[tuple[str, str, str | bytes]] = [
            ("Text", "héllo", "héllo"),
            ("JSON", '{"n": 12345678901234567890}', '{"n": 12345678901234567890}'),
            ("Binary", "hex:00ff", b"\x00\xff"),
        ]
        for form, written, expected in forms:
            dialog.get_by_role("button", name=form, exact=True).click()
            dialog.get_by_role("textbox").fill(written)
            dialog.get_by_role("button", name="Send").click()
            expect(dialog.get_by_role("status")).to_have_text("Sent to 2 clients")
            assert [guest.recv(PATIENCE) for guest in guests] == [expected] * 2

    def test_wrong_message_is_refused_with_the_reason(
        self, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        choose_all(view, 2)
        press(view, "Send…")
        dialog = view.page.get_by_role("dialog")
        dialog.get_by_role("button", name="JSON").click()
        dialog.get_by_role("textbox").fill('{"a": }')
        dialog.get_by_role("button", name="Send").click()
        expect(dialog.get_by_role("status")).to_contain_text("This is no JSON")
        dialog.get_by_role("button", name="Text").click()
        dialog.get_by_role("textbox").fill("well")
        dialog.get_by_role("button", name="Send").click()
        expect(dialog.get_by_role("status")).to_have_text("Sent to 2 clients")
        assert guests[0].recv(PATIENCE) == "well"

    def test_connections_are_closed_with_code_and_reason(
        self, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        choose_all(view, 2)
        press(view, "Close…")
        dialog = view.page.get_by_role("dialog", name="Close 2 clients")
        dialog.get_by_role("spinbutton").fill("4008")
        dialog.get_by_label("Reason").fill("é" * 62)
        expect(dialog.get_by_role("alert")).to_contain_text("more than 123 bytes")
        dialog.get_by_label("Reason").fill("enough")
        dialog.get_by_role("button", name="Close 2 clients").click()

        for guest in guests:
            with pytest.raises(ConnectionClosedError) as closed:
                guest.recv(PATIENCE)
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4008, "enough")
        expect(view.page.get_by_text("No client is connected.")).to_be_visible()

    def test_connection_is_reset_without_a_close(
        self, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        choose(view, 0)
        press(view, "Close…")
        dialog = view.page.get_by_role("dialog")
        dialog.get_by_text("Reset", exact=True).click()
        dialog.get_by_role("button", name="Reset client").click()

        with pytest.raises(ConnectionClosedError) as closed:
            guests[0].recv(PATIENCE)
        assert closed.value.rcvd is None
        expect(rows(view)).to_have_count(1)


class TestFaults:
    def test_fault_says_what_it_does_is_armed_and_cleared(
        self, server: InProcessServer, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        choose(view, 1)
        press(view, "Faults…")
        dialog = view.page.get_by_role("dialog", name="Faults")
        dialog.get_by_label("Slow 3G").check()
        expect(dialog).to_contain_text("Every message is 300 to 500 ms late, both ways.")
        dialog.get_by_text("As definitions").click()
        expect(dialog.get_by_label("The definitions of the faults")).to_contain_text('"mean"')
        dialog.get_by_label("How long").select_option("until they are cleared")
        dialog.get_by_role("button", name="Arm").click()

        panel = view.page.get_by_role("region", name="Faults in force")
        expect(panel.get_by_role("listitem")).to_have_count(2)
        client = rows(view).last.get_attribute("data-client")
        expect(panel).to_contain_text(f"client {client}")
        assert {fault["client"] for fault in in_force(server)} == {client}
        panel.get_by_role("button", name="Clear the fault").first.click()
        expect(panel.get_by_role("listitem")).to_have_count(1)
        panel.get_by_role("button", name="Clear all").click()
        expect(panel).to_have_count(0)
        assert in_force(server) == []

    def test_server_restart_closes_with_1012_and_refuses_until_it_is_over(
        self, server: InProcessServer, view: LivePage, guests: list[ClientConnection]
    ) -> None:
        choose_all(view, 2)
        press(view, "Faults…")
        dialog = view.page.get_by_role("dialog", name="Faults")
        dialog.get_by_label("Server restart").check()
        dialog.get_by_label("For whom").select_option("endpoints")
        dialog.get_by_label("How long").select_option("1 minute")
        dialog.get_by_role("button", name="Arm").click()

        for guest in guests:
            with pytest.raises(ConnectionClosedError) as closed:
                guest.recv(PATIENCE)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        with pytest.raises(InvalidStatus, match="503"), websocket(server.url("/room?who=a")):
            pass
        with websocket(server.url("/elsewhere")):
            pass
        panel = view.page.get_by_role("region", name="Faults in force")
        expect(panel).to_contain_text(re.compile(r"endpoint room, 5\d\.\d s left"))
        panel.get_by_role("button", name="Clear all").click()
        expect(panel).to_have_count(0)
        with websocket(server.url("/room?who=a")):
            expect(rows(view)).to_have_count(1)

    def test_own_fault_is_read_and_refused_in_the_words_of_the_server(
        self, server: InProcessServer, view: LivePage
    ) -> None:
        press(view, "Faults…")
        dialog = view.page.get_by_role("dialog", name="Faults")
        dialog.get_by_label("Own fault…").check()
        for written, problem in [("{", "This is no JSON"), ('{"lag": {}}', "latency")]:
            dialog.get_by_label("as JSON").fill(written)
            dialog.get_by_role("button", name="Arm").click()
            expect(dialog.get_by_role("alert")).to_contain_text(problem)
        dialog.get_by_label("as JSON").fill('[{"drop": {}, "name": "<b>lost</b>"}]')
        dialog.get_by_role("button", name="Arm").click()

        panel = view.page.get_by_role("region", name="Faults in force")
        expect(panel.get_by_role("listitem")).to_contain_text("<b>lost</b>")
        expect(panel).to_contain_text("everybody")
        assert [fault["name"] for fault in in_force(server)] == ["<b>lost</b>"]

    def test_server_knows_all_presets(self, server: InProcessServer, view: LivePage) -> None:
        script = "async () => (await import('/page/js/clients/presets.js')).PRESETS"
        presets: list[dict[str, Any]] = view.page.evaluate(script)

        assert len(presets) >= 8
        for preset in presets:
            result = set_faults(server.gateway, preset["faults"], clear="all")
            assert (result.status, result.errors) == ("ok", []), preset["name"]
        assert [one["name"] for one in presets if one["isOfHandshakes"]] == ["restart"]


def test_everything_is_done_with_keys(view: LivePage, guests: list[ClientConnection]) -> None:
    expect(rows(view)).to_have_count(2)
    keys = view.page.keyboard

    keys.press("ArrowDown")
    keys.press("j")
    keys.press("Space")
    expect(rows(view).last.get_by_role("checkbox")).to_be_checked()
    keys.press("s")
    dialog = view.page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    keys.type("by keys")
    keys.press("Control+Enter")
    expect(dialog.get_by_role("status")).to_have_text("Sent to 1 client")
    assert guests[1].recv(PATIENCE) == "by keys"
    keys.press("Escape")
    expect(dialog).to_have_count(0)
    keys.press("a")
    expect(view.page.get_by_text("2 chosen")).to_be_visible()
    keys.press("Escape")
    expect(view.page.get_by_text("None chosen")).to_be_visible()
    keys.press("f")
    expect(dialog.get_by_label("Slow 3G")).to_be_focused()
    keys.press("ArrowDown")
    expect(dialog.get_by_label("Flaky Wi-Fi")).to_be_checked()
    keys.press("Escape")
    expect(dialog).to_have_count(0)
    rows(view).last.get_by_role("checkbox").focus()
    keys.press("v")
    expect(view.page.get_by_role("heading", name="room /room?who=b")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 480])
def test_axe_has_nothing_to_say(
    browser: Browser,
    server: InProcessServer,
    web: WebServer,
    guests: list[ClientConnection],
    width: int,
) -> None:
    guests[0].send(json.dumps({"type": "hello"}))
    set_faults(server.gateway, [{"latency": {"mean": "1ms"}}])
    with live_page(browser, f"{web.url}/#/clients", width=width) as live:
        choose_all(live, 2)
        expect(live.page.get_by_role("region", name="Faults in force")).to_be_visible()
        assert live.findings() == []
        for name in ("Send…", "Close…", "Faults…"):
            press(live, name)
            assert live.findings() == []
            live.page.keyboard.press("Escape")
            expect(live.page.get_by_role("dialog")).to_have_count(0)
        live.page.keyboard.press("Escape")
        guests[0].close()
        guests[1].close()
        eventually(lambda: not server.clients())
        expect(live.page.get_by_text("No client is connected.")).to_be_visible()
        assert live.findings() == []
