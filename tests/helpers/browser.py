"""Chromium, driven by Playwright, and the live page in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

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

FIND = """async ([within, rules]) => {
  const run = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  const { passes, violations } = await axe.run(within, { resultTypes: ["violations"], ...run });
  const told = ({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`);
  return { passes: passes.length, found: violations.flatMap(told) };
}"""
"""Runs axe, and returns only what is wanted: all that it has to say is a megabyte."""

RULES_OF_COLOURS = ("color-contrast", "link-in-text-block")


@contextmanager
def browsing(*flags: str) -> Iterator[Browser]:
    """Run a browser with more flags; skip the test where there is none.

    Playwright keeps an event loop on this thread for as long as it runs.
    """
    # The same engine without windows opens a page in half the processor time.
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        expect.set_options(timeout=1000 * PATIENCE)
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])
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
        """What axe finds wrong with a part of the page, as it is now, light and dark."""
        require_package("axe-core")
        if not self.page.evaluate("'axe' in window"):
            source = (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text()
            # A tag would need the policy's leave; what is evaluated does not.
            self.page.evaluate(source)
        found = self._found(within)
        self.page.emulate_media(color_scheme="dark")
        found += [f"dark: {one}" for one in self._found(within, *RULES_OF_COLOURS)]
        self.page.emulate_media(color_scheme="light")
        return found

    def _found(self, within: str, *rules: str) -> list[str]:
        """What these rules find; without any, all rules."""
        results: dict[str, Any] = self.page.evaluate(FIND, [within, rules])
        assert results["passes"]
        found: list[str] = results["found"]
        return found


@contextmanager
def live_page(
    browser: Browser, url: str, *, width: int = 1280, height: int = 800
) -> Iterator[LivePage]:
    """Open the page in a profile of its own; wait until it is live. Nothing may go wrong in it."""
    with browser.new_context(
        color_scheme="light",
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
