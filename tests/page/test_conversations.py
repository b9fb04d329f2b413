"""The view of conversations in a real browser, with a client that reconnects."""

import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, expect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.helpers.browser import LivePage, live_page
from tests.helpers.json_client import websocket
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE
from tests.helpers.web_server import WebServer
from websocket_mock.mcp_bridge.service.faults import set_faults

pytestmark = pytest.mark.integration

MOCKS = """
endpoints:
  - name: prices
    path: /prices
    client_key: {query: device}
    handshake:
      - match: {attempt: {at_most: 3}}
        reject: {status: 503}
    rules:
      - name: greet
        trigger: connect
        do: [{send: {text: welcome}}]
      - name: leave
        match: {text: bye}
        do: [{close: {code: 4001, reason: As you wish}}]
      - name: drop
        match: {text: crash}
        do: [{abort: reset}]
      - name: say
        match: {text: {matches: "say .*"}}
        do: [{send: {text: "{{ message.text[4:] }}"}}]
"""

HOSTILE = [
    "<script>alert('script')</script>",
    "]]> &amp; &lt; \"'<!--",
    "\x00\x0b\x1b\ud7ff\ue000\ufffe\uffff",
    "\u202egnp.exe" + "😀" * 200,
]

PLAIN_ELEMENTS = {"svg", "g", "rect", "line", "path", "text", "circle"}

BACKGROUNDS: list[tuple[Literal["light", "dark"], str]] = [
    ("dark", "rgb(21, 23, 28)"),
    ("light", "rgb(255, 255, 255)"),
]


@pytest.fixture
def view(browser: Browser, web: WebServer) -> Iterator[LivePage]:
    with live_page(browser, f"{web.url}/#/conversations") as live:
        yield live


back_off = threading.Event().wait
"""What the client does between two attempts; nothing is synchronised by it."""


def reconnect(
    server: InProcessServer,
    *talks: Sequence[str],
    waits: Sequence[float] = (0.02, 0.04, 0.08),
    device: str = "a",
) -> None:
    """Connect until each talk was held to its end; wait longer after each refusal."""
    remaining, waiting = list(talks), iter(waits)
    while remaining:
        try:
            with websocket(server.url(f"/prices?device={device}")) as client:
                for text in remaining.pop(0):
                    client.send(text)
                list(client)
        except InvalidHandshake:
            back_off(next(waiting))
        except ConnectionClosed:
            if remaining:
                back_off(0.1)


def steps(live: LivePage) -> Locator:
    return live.page.get_by_role("listbox", name="Conversation").get_by_role("option")


def descriptions(live: LivePage) -> list[str]:
    """The steps as a screen reader says them, without the pauses."""
    found: list[str] = steps(live).evaluate_all(
        "steps => steps.map((step) => step.getAttribute('aria-description'))"
    )
    return [one for one in found if "waited" not in one]


def waits(live: LivePage) -> list[str]:
    found = steps(live).get_by_text(re.compile(r"^waited")).all_text_contents()
    return [text.strip() for text in found]


def saved(live: LivePage, kind: str) -> bytes:
    with live.page.expect_download() as download:
        live.page.get_by_role("button", name=kind, exact=True).click()
    assert re.fullmatch(rf"conversation-\w+\.{kind.lower()}", download.value.suggested_filename)
    return download.value.path().read_bytes()


def test_client_is_followed_across_its_connections(server: InProcessServer, view: LivePage) -> None:
    expect(view.page.get_by_text("Nobody has connected yet.")).to_be_visible()

    reconnect(server, ["bye"], ["crash"], waits=(0.2, 0.6, 1.8), device="a&token=t")

    name = "prices /prices?device=a"
    expect(view.page.get_by_role("heading", name=f"{name}&token=***")).to_be_visible()
    expect(view.page.locator(".session-name")).to_have_text(name)
    expect(steps(view).last).to_have_text(re.compile("has waited"))
    connect = "from the client: GET /prices?device=a&token=***"
    refused = "from the server: 503 refused"
    view.page.set_viewport_size({"width": 1280, "height": 2000})
    expect(steps(view)).to_have_count(21)
    assert descriptions(view) == [
        *[step for number in (1, 2, 3) for step in (f"Attempt {number} {connect}", refused)],
        f"Attempt 4 {connect}",
        "from the server: 101 open",
        "from the server: welcome",
        "from the client: bye",
        "from the server: close 4001 “As you wish” by the server",
        f"Attempt 5 {connect}",
        "from the server: 101 open",
        "from the server: welcome",
        "from the client: crash",
        "from the server: close 1006 “aborted” by the server, not clean",
    ]
    first, second, third, last = waits(view)
    # A busy machine makes each of them longer.
    for text, least in zip((first, second, third), (0.2, 0.6, 1.8), strict=True):
        found = re.match(r"waited ([\d.]+) s", text)
        assert found is not None
        assert float(found[1]) >= least
    assert "grew \u00d7" in second + third
    assert last.endswith("shorter than before")


def test_long_runs_of_messages_are_collapsed(server: InProcessServer, view: LivePage) -> None:
    many = [f"say {number}" for number in range(100)]
    reconnect(server, [*many, "bye"])

    run = steps(view).filter(has_text="… ")
    # The greeting and two messages are shown, and all others belong to the run.
    expect(run).to_have_text(re.compile(r"… 199 messages.*↑.*↓.*last: bye"))
    run.click()
    expect(run).to_have_count(0)
    expect(steps(view).last).to_have_attribute("aria-setsize", "215")
    view.page.get_by_role("button", name="Collapse messages").click()
    expect(run).to_have_count(1)


def test_few_messages_are_not_collapsed(server: InProcessServer, view: LivePage) -> None:
    run = steps(view).filter(has_text="… ")
    # Six messages: with the greeting, the answers and the good-bye.
    reconnect(server, ["say 1", "say 2", "bye"])
    expect(steps(view).filter(has_text="close 4001")).to_have_count(1)
    expect(steps(view).filter(has_text="bye")).to_have_count(1)
    expect(run).to_have_count(0)

    reconnect(server, ["say 1", "say 2", "say 3", "bye"])
    expect(steps(view).filter(has_text="close 4001")).to_have_count(2)
    expect(run).to_have_text(re.compile(r"… 5 messages.*last: bye"))


def test_pings_faults_and_pauses_are_shown_as_they_happen(
    server: InProcessServer, view: LivePage
) -> None:
    set_faults(server.gateway, [{"refuse": {"status": 502}, "name": "down"}])
    with pytest.raises(InvalidHandshake), websocket(server.url("/any")):
        pass
    expect(steps(view).filter(has_text="502 refused")).to_have_count(1)
    expect(steps(view).filter(has_text="down (refuse)")).to_have_count(1)
    pending = steps(view).last.get_by_text("has waited")
    expect(pending).to_be_visible()
    set_faults(server.gateway, clear="all")
    with websocket(server.url("/any")) as client, websocket(server.url("/any")) as other:
        expect(pending).to_have_count(0)
        client.ping("x").wait(PATIENCE)
        expect(steps(view).filter(has_text="ping")).to_have_count(1)
        other.send("again")
        expect(steps(view).filter(has_text="attempt 3").first).to_be_visible()
    expect(pending).to_be_visible()


def test_clients_are_told_apart_and_listed(server: InProcessServer, view: LivePage) -> None:
    reconnect(server, ["bye"], device="a")
    reconnect(server, ["say only here", "bye"], device="b")
    with websocket(server.url("/ns/shop/till")):
        listed = view.page.get_by_role("navigation", name="Logical clients")
        expect(listed.get_by_role("listitem")).to_have_count(3)
        expect(listed).to_contain_text("not connected, 4 attempts, 3 refused, 2 messages")
        expect(listed).to_contain_text("namespace shop")
        listed.get_by_role("button", name="device=b").click()
        expect(steps(view).filter(has_text="only here").first).to_be_visible()
        view.page.get_by_label("Namespace").select_option("shop")
        expect(listed.get_by_role("listitem")).to_have_count(1)


def test_step_leads_to_its_entry(server: InProcessServer, view: LivePage) -> None:
    with websocket(server.url("/echo")) as client:
        for number in range(200):
            client.send(str(number))
            assert client.recv(PATIENCE) == str(number)
    steps(view).filter(has_text="GET /echo").click()

    expect(view.page.get_by_role("heading", name="#1 handshake")).to_be_visible()
    expect(view.row("handshake")).to_be_in_viewport()
    view.page.get_by_role("button", name="Clear", exact=True).click()
    view.await_rows(0)
    view.page.get_by_role("button", name="Pause").click()
    view.page.go_back()
    with websocket(server.url("/echo")):
        # What the list had cleared or not taken yet is shown all the same.
        for step, seq in (("Attempt 1", 1), ("Attempt 2", 404)):
            steps(view).first.wait_for()
            view.page.keyboard.press("Home" if seq == 1 else "End")
            steps(view).filter(has_text=step).click()
            expect(view.page.get_by_role("heading", name=f"#{seq} handshake")).to_be_visible()
            expect(view.row("handshake").filter(has_text=f"{seq}")).to_be_in_viewport()
            view.page.go_back()


def test_everything_is_done_with_keys(server: InProcessServer, view: LivePage) -> None:
    reconnect(server, [*[f"say {number}" for number in range(50)], "bye"])
    keys = view.page.keyboard
    expect(steps(view).filter(has_text="… ")).to_have_count(1)

    keys.press("Home")
    box = view.page.get_by_role("listbox")
    expect(box).to_be_focused()
    active = box.get_attribute("aria-activedescendant")
    expect(view.page.locator(f"#{active}")).to_have_text(re.compile("Attempt 1"))
    for _ in range(14):
        keys.press("ArrowDown")
    selected = view.page.locator("[aria-selected=true]")
    expect(selected).to_contain_text("… 99 messages")
    keys.press("Enter")
    expect(steps(view).filter(has_text="… ")).to_have_count(0)
    keys.press("End")
    expect(steps(view).filter(has_text="has waited")).to_be_in_viewport()
    keys.press("Home")
    keys.press("Enter")
    expect(view.page.get_by_role("heading", name="#1 handshake")).to_be_visible()


def test_saved_picture_stands_alone_and_keeps_hostile_payloads_texts(
    server: InProcessServer, view: LivePage
) -> None:
    for number, text in enumerate(HOSTILE):
        reconnect(server, [f"say {text}", "bye"], device=f"<{number}>&\"'")
    shown: list[str] = []
    for number in range(len(HOSTILE)):
        view.page.get_by_role("button", name=f"<{number}>").click()
        expect(steps(view).filter(has_text="has waited")).to_have_count(1)
        for scheme, background in BACKGROUNDS:
            view.page.emulate_media(color_scheme=scheme)
            root = ET.fromstring(saved(view, "SVG"))
            elements = list(root.iter())
            assert {one.tag.removeprefix("{http://www.w3.org/2000/svg}") for one in elements} == (
                PLAIN_ELEMENTS - {"circle"}
            )
            attributes = {name: value for one in elements for name, value in one.items()}
            assert not [name for name in attributes if name.startswith("on") or "href" in name]
            assert "var(" not in "".join(attributes.values())
            assert "url(" not in "".join(attributes.values())
            assert all(float(one.get("width", 1)) > 0 for one in elements)
            assert elements[1].get("fill") == background
        shown.append(" ".join("".join(one.itertext()) for one in elements))
    assert HOSTILE[0] in shown[0]
    assert HOSTILE[1] in shown[1]
    assert "⟨NUL⟩⟨VT⟩⟨ESC⟩" in shown[2]
    assert "⟨U+202E⟩gnp.exe😀" in shown[3]


def test_picture_is_saved_as_png(server: InProcessServer, view: LivePage) -> None:
    reconnect(server, ["say hello", "bye"])
    expect(steps(view).filter(has_text="has waited")).to_have_count(1)
    png = saved(view, "PNG")

    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert width == 2000
    assert 800 < height < 2000


@pytest.mark.parametrize("width", [1280, 480])
def test_axe_finds_nothing(
    browser: Browser, server: InProcessServer, web: WebServer, width: int
) -> None:
    with live_page(browser, f"{web.url}/#/conversations", width=width) as live:
        assert live.findings() == []
        reconnect(server, [*[f"say {number}" for number in range(50)], "bye"], ["crash"])
        expect(steps(live).filter(has_text="has waited")).to_have_count(1)
        live.page.keyboard.press("ArrowUp")
        assert live.findings() == []
        assert live.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
