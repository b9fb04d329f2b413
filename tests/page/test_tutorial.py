"""The tutorial, done as a reader does it: with the real program, a browser and a terminal."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest
from playwright.sync_api import Browser, expect

from tests.helpers.browser import LivePage, live_page
from tests.helpers.command import Finished
from tests.helpers.program import PROGRAM, ROOT, environment, serving
from tests.helpers.tutorial import PAGE, Step, read_steps
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.e2e

README = ROOT / "README.md"
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

LIVE_PAGE = "http://localhost:8004/"
CLIENTS = "ws://localhost:9004"


class Reader:
    """Somebody who has a clone, a browser and some terminals.

    Args:
        folder: an empty folder, to be the clone.
        browser: where the page is opened.
    """

    live: LivePage

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.clone = folder / "clone"
        self._browser = browser
        self._stack = ExitStack()
        self._servers = folder / "servers"
        self._folder = folder
        self._activation = ""
        self._addresses: dict[str, str] = {}
        self._servers.mkdir(mode=0o700)
        make_clone(self.clone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def serve(self, command: str) -> None:
        """Do what make does, on free ports."""
        target = command.removeprefix("make ").strip()
        (recipe,) = re.findall(rf"^{target}:.*\n\t@exec (.+) \$\(ARGS\)$", MAKEFILE, re.MULTILINE)
        program = recipe.replace("$(BIN)/python", sys.executable).split()
        server = self._stack.enter_context(
            serving(self._folder, program=program, env={"XDG_RUNTIME_DIR": str(self._servers)})
        )
        self._addresses = {
            LIVE_PAGE: f"{server.http_url}/",
            CLIENTS: server.websocket_url,
        }

    def here(self, text: str) -> str:
        """Return a text of the tutorial with the addresses of this server."""
        for written, real in self._addresses.items():
            text = text.replace(written, real)
        return text

    def open(self, url: str) -> None:
        self.live = self._stack.enter_context(
            live_page(self._browser, self.here(url), width=1200, height=640)
        )

    def activate(self, block: str) -> str:
        """Activate the environment in this and all later terminals; return the other lines."""
        self._activation, _, rest = block.partition("\n")
        return rest

    def run(self, block: str) -> Finished:
        """Run lines in a terminal to their end."""
        with self._shell(self.here(block), subprocess.PIPE) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return Finished(process.returncode, out, err)

    def start(self, block: str, log: Path) -> None:
        """Run a line in a terminal until the tutorial ends."""
        with log.open("w") as file:
            process = self._shell(f"exec {block}", file.fileno())
        self._stack.callback(process.wait, PATIENCE)
        self._stack.callback(process.send_signal, signal.SIGINT)

    def _shell(self, lines: str, out: int) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["/bin/sh", "-ec", f"{self._activation}\n{lines}"],
            cwd=self.clone,
            env=environment({"XDG_RUNTIME_DIR": str(self._servers), "PYTHONUNBUFFERED": "1"}),
            stdout=out,
            stderr=subprocess.PIPE if out == subprocess.PIPE else subprocess.STDOUT,
            text=True,
        )

    def view(self, name: str) -> None:
        self.live.page.get_by_role("navigation", name="Views").get_by_role(
            "link", name=name
        ).click()

    def press(self, name: str) -> None:
        self.live.page.get_by_role("button", name=name, exact=True).click()

    def take_picture(self, name: str, *, also_dark: bool = False) -> None:
        """Write a picture of the page into the folder of the documentation, if that is wanted."""
        folder = os.environ.get("PAGE_SCREENSHOTS")
        if folder is None:
            return
        page = self.live.page
        page.mouse.move(0, 0)
        page.screenshot(path=Path(folder) / f"{name}.png")
        if also_dark:
            page.emulate_media(color_scheme="dark")
            page.screenshot(path=Path(folder) / f"{name}-dark.png")
            page.emulate_media(color_scheme="light")


def make_clone(folder: Path) -> None:
    """Make a folder that has of a clone what the tutorial uses, with an environment."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (folder / "config").symlink_to(ROOT / "config")
    (programs / "activate").write_text(f'PATH="{programs}:$PATH"\n')
    for name, command in (("python", PROGRAM[:1]), ("websocket-mock-server", PROGRAM)):
        script = programs / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec {" ".join(command)} "$@"\n')
        script.chmod(0o755)


@pytest.fixture
def reader(tmp_path: Path, browser: Browser) -> Iterator[Reader]:
    with Reader(tmp_path, browser) as one:
        yield one


# --- the steps, in the order of the page ----------------------------------------------------------


def start_the_server(reader: Reader, step: Step) -> None:
    reader.serve(step.block("sh"))


def open_the_page(reader: Reader, step: Step) -> None:
    reader.open(LIVE_PAGE)
    expect(reader.live.page.get_by_text(step.label("Live"), exact=True)).to_be_visible()
    expect(reader.live.page.locator(".address code")).to_have_text(reader.here(CLIENTS))
    expect(reader.live.page.get_by_text("Nothing has happened yet")).to_be_visible()


def arm_the_flaky_example(reader: Reader, step: Step) -> None:
    finished = reader.run(reader.activate(step.block("sh")))
    assert finished.code == 0, finished.err
    assert json.loads(finished.out.splitlines()[0])["url"] == f"{reader.here(CLIENTS)}/flaky"

    reader.view(step.label("Mocks"))
    page = reader.live.page
    page.get_by_role("link", name=re.compile(f"^{step.label('flaky')}")).click()
    definition = page.get_by_label("Definition as YAML")
    expect(definition).to_contain_text("at_most: 2")
    expect(definition).to_contain_text("abort: close")


def run_a_client(reader: Reader, step: Step) -> None:
    (reader.clone / "client.py").write_text(reader.here(step.block("python")))
    reader.start(step.block("sh"), log := reader.clone.parent / "client.log")
    eventually(lambda: step.blocks[0][1] in log.read_text())
    assert log.read_text().count("HTTP 503") == 2
    step.block("text")


def watch_it_reconnect(reader: Reader, step: Step) -> None:
    reader.view(step.label("Clients"))
    client = reader.live.page.locator("[data-client]").filter(has_text="flaky")
    expect(client.get_by_role("cell").nth(2)).to_have_text(re.compile(r"^\d+$"))

    reader.view(step.label("Conversations"))
    shown = reader.live.page.get_by_role("listbox", name="Conversation")
    expect(shown).to_be_visible()
    reader.live.page.keyboard.press("Home")
    first = shown.get_by_role("option").filter(has_text="waited")
    expect(first.nth(0)).to_have_text(re.compile(r"^waited 0\.[5-9]\d s$"))
    expect(first.nth(1)).to_have_text(re.compile(r"^waited 1\.\d+ s, grew \u00d7[12]\.\d"))


def ask_why(reader: Reader, step: Step) -> None:
    reader.view(step.label("Traffic"))
    quotes = reader.live.row('"number": 1}').filter(has_text="from the client")
    quotes.last.click()
    reader.press(step.label("Explain"))
    # With the counts of an open connection, or with the limits of one that has ended.
    answers = "answers this message at flaky, in the state initial of the connection as it is now"
    limits = "matches this message at flaky.*not the first 2 times.*act: unmatched: echo"
    unmatched = "No rule answers this message at flaky.*after_times"
    expect(reader.live.detail).to_contain_text(
        re.compile(f"The rule lost ({answers}|{limits})|{unmatched}", re.DOTALL)
    )
    # The client may leave in the moment in which the page asks about it.
    reader.live.forgive("404")
    reader.take_picture(step.picture("traffic"))


def make_a_rule_of_a_message(reader: Reader, step: Step) -> None:
    page = reader.live.page
    reader.press(step.label("Make a rule"))
    editor = page.get_by_label("Definition as YAML")
    number = editor.locator(".cm-line").filter(has_text='number: "{{ message.json.number }}"')
    number.click()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Home")
    rule = step.block("yaml")
    page.keyboard.insert_text(rule.splitlines()[-1].strip())
    lines = editor.locator(".cm-line").all_inner_texts()
    assert rule in "\n".join(lines) + "\n"
    log = reader.clone.parent / "client.log"
    answer = '{"type":"quote","bid":12.5}\n'
    assert answer not in log.read_text()
    reader.press(step.label("Apply"))
    expect(page.get_by_text("Replaced flaky")).to_be_visible()
    expect(page.get_by_role("button", name=step.label("Undo"))).to_be_enabled()
    rules = page.get_by_role("region", name="Rules")
    expect(rules.get_by_role("listitem").filter(has_text="quote")).to_contain_text(
        re.compile(r"fired \d")
    )
    reader.take_picture(step.picture("mocks"))
    eventually(lambda: answer * 4 in log.read_text())


def pretend_to_restart_the_server(reader: Reader, step: Step) -> None:
    page = reader.live.page
    reader.view(step.label("Clients"))
    page.get_by_role("checkbox", name=re.compile("Choose client")).check()
    reader.press(step.label("Faults…"))
    dialog = page.get_by_role("dialog", name="Faults")
    dialog.get_by_label(step.label("Server restart")).check()
    dialog.get_by_label("How long").select_option(step.label("5 seconds"))
    reader.take_picture(step.picture("faults"))
    dialog.get_by_role("button", name=step.label("Arm")).click()

    page.set_viewport_size({"width": 1200, "height": 760})
    reader.view(step.label("Conversations"))
    reader.press(step.label("Follow"))
    steps = page.get_by_role("listbox", name="Conversation").get_by_role("option")
    expect(steps.filter(has_text="1012")).to_be_visible()
    expect(steps.filter(has_text="503 refused")).to_have_count(3)
    expect(steps.last).to_contain_text('"bid":12.5')
    pauses = steps.get_by_text(re.compile("^waited")).all_text_contents()
    lengths = [
        float(found[1]) for text in pauses if (found := re.match(r"waited ([\d.]+) s", text))
    ]
    assert lengths[-3:] == pytest.approx([1, 2, 4], abs=0.5)
    reader.take_picture(step.picture("conversation"), also_dark=True)


def verify_it(reader: Reader, step: Step) -> None:
    for command in (step.block("sh"), step.block("sh")):
        finished = reader.run(command)
        assert finished.code == 0, finished.err
        assert json.loads(finished.out.splitlines()[-1])["passed"]
    reader.view(step.label("Checks"))
    expect(reader.live.page.get_by_text("found 3, between them")).to_be_visible()


def save_the_conversation(reader: Reader, step: Step) -> None:
    reader.view(step.label("Conversations"))
    for kind, beginning in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with reader.live.page.expect_download() as download:
            reader.press(step.label(kind))
        assert download.value.path().read_bytes().startswith(beginning)


STEPS: Sequence[Callable[[Reader, Step], None]] = (
    start_the_server,
    open_the_page,
    arm_the_flaky_example,
    run_a_client,
    watch_it_reconnect,
    ask_why,
    make_a_rule_of_a_message,
    pretend_to_restart_the_server,
    verify_it,
    save_the_conversation,
)


PICTURES = ROOT / "docs" / "images"
MOST_BYTES = 150_000


def test_pictures_are_small_and_all_are_used() -> None:
    texts = [page.read_text(encoding="utf-8") for page in (README, PAGE)]
    used = {name for text in texts for name in re.findall(r"\bimages/([\w-]+\.png)", text)}
    # The charts of the benchmark are the SVG files; its own tests look at them.
    found = {file.name: file.stat().st_size for file in PICTURES.glob("*.png")}
    assert used == set(found)
    assert max(found.values()) < MOST_BYTES


def test_every_step_is_tested() -> None:
    titles = [step.title.lower().replace(" ", "_") for step in read_steps()]
    assert [one.__name__ for one in STEPS] == titles


def test_tutorial_works_step_by_step(reader: Reader) -> None:
    for perform, step in zip(STEPS, read_steps(), strict=True):
        perform(reader, step)
        assert step.left_over() == [], step.title
