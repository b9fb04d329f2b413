"""The login in a real browser, and what pages from elsewhere can do there: nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from tests.helpers.browser import browsing
from tests.helpers.http_bridge import serving_app
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.web.guard import Access, guarded

pytestmark = pytest.mark.integration

TOKEN = "swordfish"
API = "/api/get_websocket_clients"

ATTACKS = {
    "fetch": "fetch(SITE + API, {credentials: 'include'})",
    "blind fetch": "fetch(SITE + API, {mode: 'no-cors', credentials: 'include'})",
    "blind post": "fetch(SITE + API, {mode: 'no-cors', method: 'POST', body: '{}'})",
    "json post": "fetch(SITE + API, {method: 'POST', body: '{}', headers: JSON_TYPE})",
    "mcp": "fetch(SITE + '/mcp', {method: 'POST', body: '{}', headers: JSON_TYPE})",
    "login": "fetch(SITE + '/login', {mode: 'no-cors', method: 'POST', body: '{}'})",
    "image": "loaded(new Image(), SITE + API)",
    "script": "loaded(document.createElement('script'), SITE + '/page/login.js')",
    "websocket": "opened(new WebSocket(SITE.replace('http', 'ws') + '/x'))",
    "events": "opened(new EventSource(SITE + '/events', {withCredentials: true}))",
}
"""What a page may try. Each of these is a promise that is rejected if it fails."""

TOOLS = """
var SITE = %s;
var API = "/api/get_websocket_clients";
var JSON_TYPE = {"Content-Type": "application/json"};
var settled = (one, name) => new Promise((resolve, reject) => {
  one["on" + name] = resolve;
  one.onerror = reject;
});
var opened = (one) => settled(one, "open");
var loaded = (one, source) => {
  one.src = source;
  document.head.append(one);
  return settled(one, "load");
};
"""


@dataclass
class Site:
    """A server, and the paths of the requests that came through its guard."""

    url: str
    reached: list[str]


class Inside:
    """What is behind the guard: a page, its files and a tool."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        page = Path(str(files("websocket_mock.mcp_bridge") / "page"))
        self._routes = Starlette(
            routes=[
                Route("/", lambda _: HTMLResponse("<h1>The page</h1>")),
                Route(API, self._tool, methods=["GET", "POST"]),
                Mount("/page", StaticFiles(directory=page)),
            ]
        )

    def _tool(self, request: Request) -> Response:
        return JSONResponse({"method": request.method})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self.reached.append(scope["path"])
        await self._routes(scope, receive, send)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop on this thread, so not for longer than these tests.
    with browsing() as running:
        yield running


@pytest.fixture
def site() -> Iterator[Site]:
    inside = Inside()
    with serving_app(guarded(inside, Access("localhost", TOKEN))) as port:
        yield Site(f"http://localhost:{port}", inside.reached)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """The port of another server on this machine, with pages of somebody else."""
    with serving_app(HTMLResponse("<!doctype html><h1>Elsewhere</h1>")) as port:
        yield port


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(1000 * PATIENCE)
    yield context.new_page()
    context.close()


def log_in(page: Page, site: Site, token: str = TOKEN) -> None:
    page.goto(site.url)
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()


def open_elsewhere(page: Page, site: Site, host: str, port: int) -> Page:
    """Open a page of somebody else in the browser that has logged in."""
    other = page.context.new_page()
    other.goto(f"http://{host}:{port}/")
    other.add_script_tag(content=TOOLS % json.dumps(site.url))
    return other


def succeeds(page: Page, attack: str) -> bool:
    outcome: bool = page.evaluate(f"Promise.resolve({attack}).then(() => true, () => false)")
    return outcome


class TestLogin:
    def test_keyboard_is_enough(self, page: Page, site: Site) -> None:
        page.goto(site.url)
        assert urlsplit(page.url).path == "/login"
        expect(page.get_by_label("Token")).to_be_focused()
        page.keyboard.type(TOKEN)
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading")).to_have_text("The page")
        assert page.evaluate("document.cookie") == ""

    def test_errors_are_told(self, page: Page, site: Site) -> None:
        log_in(page, site, "")
        expect(page.get_by_role("alert")).to_have_text("Enter the token.")
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("This token is wrong.")

        expect(page.get_by_label("Token")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Token")).to_be_focused()

    def test_server_that_is_gone_is_told(self, page: Page, site: Site) -> None:
        page.goto(site.url)
        page.context.set_offline(True)
        page.get_by_label("Token").fill(TOKEN)
        page.keyboard.press("Enter")

        expect(page.get_by_role("alert")).to_contain_text("does not answer")

    def test_link_from_elsewhere_leads_past_the_form(
        self, page: Page, site: Site, elsewhere: int
    ) -> None:
        """Although the browser sends no cookie along."""
        log_in(page, site)
        expect(page.get_by_role("heading")).to_have_text("The page")
        other = open_elsewhere(page, site, "127.0.0.1", elsewhere)
        other.evaluate("location.href = SITE + '/'")

        expect(other.get_by_role("heading")).to_have_text("The page")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
class TestPagesFromElsewhere:
    """Those of localhost count as the same site, so the browser does send the cookie along."""

    @pytest.fixture
    def other(self, page: Page, site: Site, elsewhere: int, host: str) -> Page:
        log_in(page, site)
        expect(page.get_by_role("heading")).to_have_text("The page")
        opened = open_elsewhere(page, site, host, elsewhere)
        site.reached.clear()
        return opened

    def test_scripts_get_nowhere(self, other: Page, site: Site) -> None:
        for name, attack in ATTACKS.items():
            assert not succeeds(other, attack), name
        assert site.reached == []

    def test_scripts_would_get_somewhere_without_the_guard(
        self, page: Page, elsewhere: int, host: str
    ) -> None:
        inside = Inside()
        with serving_app(inside) as port:
            unguarded = Site(f"http://localhost:{port}", inside.reached)
            other = open_elsewhere(page, unguarded, host, elsewhere)
            for name, attack in ATTACKS.items():
                inside.reached.clear()
                succeeds(other, attack)
                assert inside.reached, name

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
    def test_forms_get_nowhere(self, other: Page, site: Site, kind: str) -> None:
        other.evaluate(
            """(kind) => {
              const form = document.createElement("form");
              Object.assign(form, {method: "post", enctype: kind, action: SITE + API});
              document.body.append(form);
              form.submit();
            }""",
            kind,
        )

        expect(other.locator("body")).to_contain_text("may not use this server")
        assert site.reached == []

    def test_tools_are_no_pages(self, other: Page, site: Site) -> None:
        other.evaluate("location.href = SITE + API")

        expect(other.locator("body")).to_contain_text("A web page from elsewhere")
        assert site.reached == []
