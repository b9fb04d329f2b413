"""Chromium, driven by Playwright, and the live page in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.helpers.node import FOLDER, require_package
from tests.helpers.wait import PATIENCE

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

NOTE_VIOLATIONS = """
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
    console.error(`policy: ${violatedDirective} ${blockedURI} ${sample}`));
"""
NOTE_SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value;
  }).observe({ type: "layout-shift", buffered: true });
"""

Scheme = Literal["light", "dark"]


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run a browser; skip the test where there is none.

    Playwright keeps an event loop on this thread for as long as it runs.
    """
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class LivePage:
    """The page, and what went wrong in it."""

    page: Page
    problems: list[str] = field(default_factory=list)
    """Errors on the console: of scripts, of the policy, of requests."""

    def forgive(self, text: str) -> None:
        """Forget the problems with this text, which the test itself may have caused."""
        self.problems[:] = [problem for problem in self.problems if text not in problem]

    @property
    def rows(self) -> Locator:
        """The rows in view and a few beside them, without the heads."""
        return self.page.locator(".rows [role=row]")

    @property
    def detail(self) -> Locator:
        return self.page.get_by_role("complementary")

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    def cell(self, text: str, column: str) -> Locator:
        """A cell of the first row that has a text."""
        return self.row(text).first.locator(f".{column}")

    def kinds(self) -> list[str]:
        """The kinds of the rows, as a person reads them."""
        return [" ".join(text.split()) for text in self.rows.locator(".kind").all_text_contents()]

    def hash(self) -> str:
        found: str = self.page.evaluate("location.hash")
        return found

    def search(self, text: str) -> None:
        self.page.get_by_role("searchbox").fill(text)

    def await_rows(self, count: int) -> None:
        expect(self.rows).to_have_count(count)

    def top_row(self) -> str:
        """What stands in the first line of the list."""
        script = """() => {
          const { x, bottom } = document.querySelector(".heads").getBoundingClientRect();
          return document.elementFromPoint(x + 30, bottom + 5).closest("[role=row]").textContent;
        }"""
        found: str = self.page.evaluate(script)
        return found

    def findings(self, within: str = "html") -> list[str]:
        """What axe finds wrong with a part of the page, as it is now."""
        require_package("axe-core")
        source = (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text()
        # A tag would need the policy's leave; what is evaluated does not.
        self.page.evaluate(source)
        results: dict[str, Any] = self.page.evaluate("(within) => axe.run(within)", within)
        assert results["passes"]
        return [
            f"{found['id']}: {node['html'][:200]} {node['failureSummary']}"
            for found in results["violations"]
            for node in found["nodes"]
        ]


@contextmanager
def live_page(
    browser: Browser, url: str, *, scheme: Scheme = "light", width: int = 1280, height: int = 800
) -> Iterator[LivePage]:
    """Open the page in a profile of its own; wait until it is live. Nothing may go wrong in it."""
    with browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
    ) as context:
        context.set_default_timeout(1000 * PATIENCE)
        context.add_init_script(NOTE_VIOLATIONS)
        context.add_init_script(NOTE_SHIFTS)
        live = LivePage(context.new_page())

        def on_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                live.problems.append(message.text)

        live.page.on("console", on_console)
        live.page.on("pageerror", lambda error: live.problems.append(str(error)))
        live.page.on("dialog", lambda dialog: live.problems.append(dialog.message))
        live.page.goto(url)
        expect(live.page.get_by_text("Live", exact=True)).to_be_visible()
        yield live
        assert not live.problems, live.problems
