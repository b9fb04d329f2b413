"""The views of mocks, checks and the status in a real browser."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect
from websockets.exceptions import ConnectionClosedError

from tests.helpers.browser import LivePage, live_page
from tests.helpers.json_client import say, websocket
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE, eventually
from tests.helpers.web_server import WebServer
from websocket_mock.actors.journal.schema import EntryMatch, Expectation
from websocket_mock.mcp_bridge.service.faults import set_faults
from websocket_mock.mcp_bridge.service.mocks import list_mocks, remove_mocks, set_mock
from websocket_mock.mcp_bridge.service.waiting import verify_traffic, wait_for_event

pytestmark = pytest.mark.integration

ANSWERING = """\
name: shop
path: /shop
rules:
  # what the client asks
  - name: answer
    match: {text: ask}   # exactly
    do:
      - send: {text: ONE}
"""


class Bench:
    """The editor and what is around it."""

    def __init__(self, live: LivePage) -> None:
        self.live = live
        self.page = live.page

    @property
    def content(self) -> Locator:
        return self.page.get_by_label("Definition as YAML")

    @property
    def problems(self) -> Locator:
        return self.page.get_by_role("region", name="Problems")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def open(self, name: str, query: str = "") -> None:
        self.page.evaluate("to => { location.hash = to; }", f"#/mocks?endpoint={name}{query}")
        expect(self.content).to_be_visible()

    def new(self, text: str) -> None:
        self.page.evaluate("() => { location.hash = '#/mocks?new=1'; }")
        expect(self.content).to_be_visible()
        self.write(text)

    def write(self, text: str) -> None:
        """Replace all."""
        self.content.press("Control+a")
        self.page.keyboard.insert_text(text)

    def text(self) -> str:
        lines = self.content.locator(".cm-line").all_inner_texts()
        return "\n".join(line.replace("\n", "") for line in lines)

    def replace(self, before: str, after: str) -> None:
        self.write(self.text().replace(before, after))


@pytest.fixture
def bench(live: LivePage) -> Bench:
    return Bench(live)


def definition(server: InProcessServer, name: str) -> dict[str, Any]:
    (endpoint,) = list_mocks(server.gateway, name).endpoints
    assert endpoint.definition is not None
    return endpoint.definition


def answering(text: str) -> dict[str, Any]:
    rule = {"name": "answer", "match": {"text": "ask"}, "do": [{"send": {"text": text}}]}
    return {"name": "shop", "path": "/shop", "rules": [rule]}


class TestEditor:
    def test_endpoint_is_written_corrected_applied_and_undone(
        self, server: InProcessServer, bench: Bench
    ) -> None:
        bench.new(ANSWERING.replace("match:", "mtach:"))
        expect(bench.problems).to_contain_text("Line 6")
        expect(bench.problems).to_contain_text("did you mean 'match'?")
        expect(bench.page.locator(".cm-lintRange-error")).to_contain_text("mtach")
        expect(bench.page.get_by_role("link", name="New endpoint")).to_be_visible()

        bench.write(ANSWERING)
        expect(bench.problems).to_contain_text("Valid")
        bench.content.press("Control+s")
        expect(bench.page.get_by_text("Created shop")).to_be_visible()
        with websocket(server.url("/shop")) as client:
            client.send("ask")
            assert client.recv(PATIENCE) == "ONE"

            expect(bench.content).to_be_focused()
            bench.replace("ONE", "TWO")
            bench.button("Apply").click()
            expect(bench.page.get_by_text("Replaced shop")).to_be_visible()
            client.send("ask")
            assert client.recv(PATIENCE) == "TWO"

            bench.button("Undo").click()
            expect(bench.content).to_contain_text("ONE")
            expect(bench.page.get_by_text("version before is in force")).to_be_visible()
            client.send("ask")
            assert client.recv(PATIENCE) == "ONE"
        assert bench.text() == ANSWERING
        bench.button("Undo").click()
        expect(bench.page.get_by_role("region", name="shop")).to_contain_text("not in force")
        eventually(lambda: "shop" not in [x.name for x in list_mocks(server.gateway).endpoints])

    def test_endpoint_of_a_dialect_is_chosen_changed_and_applied(
        self, server: InProcessServer, bench: Bench
    ) -> None:
        bench.new("path: /kept")
        bench.page.get_by_label("Protocol").select_option("json-rpc")
        expect(bench.content).to_contain_text("from: dialect:json-rpc")
        expect(bench.problems).to_contain_text("Valid")
        bench.replace("path: /rpc", "paht: /rpc")
        expect(bench.problems).to_contain_text("there is no parameter 'paht'")
        expect(bench.page.locator(".cm-lintRange-error")).to_contain_text("paht")
        bench.replace("paht: /rpc", "path: /api")
        bench.button("Apply").click()
        expect(bench.page.get_by_text("Created json-rpc")).to_be_visible()
        expect(bench.page.get_by_role("region", name="json-rpc")).to_contain_text("in force")
        assert definition(server, "json-rpc")["path"] == "/api"

        bench.write("include: dialect:json-rpc")
        bench.button("Apply").click()
        expect(bench.page.get_by_text("Replaced json-rpc")).to_be_visible()
        assert definition(server, "json-rpc")["path"] == "/rpc"

        bench.write("include: [dialect:json-rpc, dialect:phoenix]")
        expect(bench.problems).to_contain_text("the editor is for one endpoint")

    def test_lines_are_those_of_the_places(self, bench: Bench) -> None:
        bench.new(
            "path: /x\n"
            "rules:\n"
            '  - match: {json: {"$.a.b": {at_leest: 1}, $.c: 1}}\n'
            "    do: [ignore]\n"
            "  - do:\n"
            "      - wait: 1\n"
            "      - clsoe: {code: 5}\n"
            "  - trigger: timer\n"
            "    do: [ignore]\n"
        )
        expect(bench.problems.locator("li")).to_have_count(3)
        lines = bench.problems.locator(".line").all_inner_texts()
        assert lines == ["Line 3", "Line 7", "Line 8"]
        bench.problems.locator("li button").nth(1).click()
        expect(bench.content).to_be_focused()
        expect(bench.page.locator(".cm-activeLine")).to_contain_text("clsoe")

    def test_text_that_is_no_yaml_is_told_with_its_line(self, bench: Bench) -> None:
        bench.new("path: /x\nrules: [\n")
        expect(bench.problems).to_contain_text("Not valid YAML")
        bench.content.press("Control+s")
        expect(bench.page.get_by_role("log")).to_contain_text("Not applied")
        bench.write("- path: /x\n")
        expect(bench.problems).to_contain_text("Write one endpoint")

    def test_what_can_be_written_is_offered(self, bench: Bench) -> None:
        options = bench.page.locator(".cm-tooltip-autocomplete li[aria-selected]")
        for before, typed, offered, line in (
            ("", "unm", "unmatched", "unmatched:"),
            ("unmatched: ", "s", "strict", "unmatched: strict"),
            ("rules:\n  - ", "tr", "trigger", "- trigger:"),
            ("rules:\n  - trigger: ", "co", "connect", "- trigger: connect"),
            ("rules:\n  - do:\n      - ", "clo", "close", "- close:"),
            ("rules:\n  - do: [{send: {", "bina", "binary", "- do: [{send: {binary:"),
            ("faults:\n  - ", "reor", "reorder", "- reorder"),
        ):
            bench.new(f"path: /x\n{before}")
            bench.page.keyboard.type(typed)
            expect(options).to_have_text(offered)
            options.click()
            expect(bench.page.locator(".cm-activeLine").first).to_contain_text(line)

    def test_numbers_keep_their_digits(self, server: InProcessServer, bench: Bench) -> None:
        bench.open("chat")
        expect(bench.content).to_contain_text("id: 12345678901234567890")
        bench.replace("unmatched: strict", "unmatched: ignore")
        bench.content.press("Control+s")
        expect(bench.page.get_by_text("Replaced chat")).to_be_visible()

        found = definition(server, "chat")
        assert found["unmatched"] == "ignore"
        assert found["rules"][1]["do"][0]["send"]["json"]["id"] == 12345678901234567890

    def test_seed_is_applied(self, server: InProcessServer, bench: Bench) -> None:
        bench.new(ANSWERING)
        bench.page.get_by_label("Seed").fill("7")
        bench.content.press("Control+s")
        expect(bench.page.get_by_text("Created shop")).to_be_visible()

        (endpoint,) = list_mocks(server.gateway, "shop").endpoints
        assert endpoint.seed == "7"
        expect(bench.page.get_by_label("Seed")).to_have_value("7")

    def test_endpoint_of_a_file_says_so_and_the_file_wins_when_it_changes(
        self, server: InProcessServer, bench: Bench, mocks: Path
    ) -> None:
        bench.open("chat")
        expect(bench.page.get_by_text("does not change that file")).to_be_visible()
        expect(bench.page.get_by_text(str(mocks))).to_be_visible()
        bench.replace("As you wish", "Bye bye")
        bench.content.press("Control+s")
        expect(bench.page.get_by_text("Replaced chat")).to_be_visible()

        mocks.write_text(mocks.read_text().replace("As you wish", "From the file"))
        expect(bench.content).to_contain_text("From the file")
        expect(bench.page.get_by_text("It was changed elsewhere")).to_be_visible()
        bench.button("Undo").click()
        expect(bench.content).to_contain_text("Bye bye")


class TestOthers:
    """Somebody else changes the endpoint meanwhile."""

    @pytest.fixture(autouse=True)
    def _shop(self, bench: Bench) -> None:
        bench.new(ANSWERING)
        bench.content.press("Control+s")
        expect(bench.page.get_by_text("Created shop")).to_be_visible()

    def test_change_is_shown_and_can_be_undone_with_the_comments(
        self, server: InProcessServer, bench: Bench
    ) -> None:
        set_mock(server.gateway, answering("theirs"))
        expect(bench.content).to_contain_text("theirs")
        expect(bench.page.get_by_text("It was changed elsewhere")).to_be_visible()

        bench.button("Undo").click()
        expect(bench.content).to_contain_text("what the client asks")
        assert definition(server, "shop") == answering("ONE")

    def test_text_is_shown_as_it_was_written(self, server: InProcessServer, bench: Bench) -> None:
        set_mock(server.gateway, f"# theirs\n{json.dumps(answering('THEIRS'))}")
        expect(bench.content).to_contain_text("# theirs")
        bench.replace("THEIRS", "MINE")
        bench.content.press("Control+s")
        expect(bench.page.get_by_text("Replaced shop")).to_be_visible()
        (shop,) = list_mocks(server.gateway, "shop", as_yaml=True).endpoints
        assert shop.yaml == f"# theirs\n{json.dumps(answering('MINE'))}"

    def test_nothing_is_replaced_that_was_not_seen(
        self, server: InProcessServer, bench: Bench
    ) -> None:
        bench.replace("ONE", "MINE")
        set_mock(server.gateway, answering("THEIRS"))
        bench.content.press("Control+s")
        dialog = bench.page.get_by_role("dialog")
        expect(dialog).to_contain_text("was changed elsewhere")
        expect(dialog.locator(".diff .gone").filter(has_text="THEIRS")).to_be_visible()
        expect(dialog.locator(".diff .new").filter(has_text="MINE")).to_be_visible()
        assert definition(server, "shop") == answering("THEIRS")

        dialog.get_by_role("button", name="Apply mine").click()
        expect(bench.page.get_by_text("Replaced shop")).to_be_visible()
        assert definition(server, "shop") == answering("MINE")
        bench.button("Undo").click()
        expect(bench.content).to_contain_text("THEIRS")
        assert definition(server, "shop") == answering("THEIRS")

    def test_what_is_written_is_kept_when_theirs_is_taken(
        self, server: InProcessServer, bench: Bench
    ) -> None:
        bench.replace("ONE", "MINE")
        set_mock(server.gateway, answering("THEIRS"))
        expect(bench.page.get_by_role("alert")).to_contain_text("Yours is kept")
        bench.button("Take what is in force").click()
        expect(bench.content).to_contain_text("THEIRS")

        bench.button("Versions").click()
        dialog = bench.page.get_by_role("dialog")
        dialog.get_by_role("button", name="not applied").click()
        dialog.get_by_role("button", name="Put it into the editor").click()
        expect(bench.content).to_contain_text("MINE")
        assert definition(server, "shop") == answering("THEIRS")

    def test_reload_loses_nothing(self, bench: Bench) -> None:
        bench.replace("ONE", "MINE")
        expect(bench.problems).to_contain_text("Valid")
        bench.page.reload()
        expect(bench.content).to_contain_text("MINE")
        expect(bench.content).to_contain_text("what the client asks")
        expect(bench.page.get_by_role("link", name="shop")).to_contain_text("not applied")
        bench.button("Undo").click()
        expect(bench.page.get_by_role("region", name="shop")).to_contain_text("not in force")

    def test_other_endpoint_of_the_name_is_not_replaced_unseen(
        self, server: InProcessServer, bench: Bench
    ) -> None:
        bench.open("chat")
        bench.replace("name: chat", "name: shop")
        bench.content.press("Control+s")
        dialog = bench.page.get_by_role("dialog")
        expect(dialog).to_contain_text("There is an endpoint “shop” already")
        dialog.get_by_role("button", name="Cancel").click()
        assert definition(server, "shop") == answering("ONE")

    def test_endpoint_that_others_remove_can_be_brought_back(
        self, server: InProcessServer, bench: Bench
    ) -> None:
        remove_mocks(server.gateway, ["shop"])
        expect(bench.page.get_by_role("alert")).to_contain_text("removed elsewhere")
        assert bench.text() == ANSWERING
        bench.button("Undo").click()
        expect(bench.page.get_by_role("alert")).to_have_count(0)
        expect(bench.page.get_by_text("version before is in force")).to_be_visible()
        assert definition(server, "shop") == answering("ONE")
        # The page may ask for the endpoint in the moment in which it is removed.
        bench.live.forgive("404 (Not Found)")

    def test_removed_endpoint_comes_back(self, server: InProcessServer, bench: Bench) -> None:
        bench.button("Remove").click()
        bench.page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
        expect(bench.page.get_by_text("Removed shop")).to_be_visible()
        assert [one.name for one in list_mocks(server.gateway).endpoints] == ["chat"]

        bench.button("Undo").click()
        expect(bench.page.get_by_role("region", name="shop")).to_contain_text("in force")
        eventually(lambda: len(list_mocks(server.gateway).endpoints) == 2)
        assert definition(server, "shop") == answering("ONE")
        assert bench.text() == ANSWERING


def test_rules_are_listed_with_how_often_they_fired(server: InProcessServer, bench: Bench) -> None:
    with websocket(server.url("/chat")) as client:
        client.recv(PATIENCE)
        bench.open("chat")
        rules = bench.page.get_by_role("region", name="Rules")
        expect(rules.locator("li").filter(has_text="greet")).to_contain_text("fired 1")
        expect(rules.locator("li").filter(has_text="subscribe")).to_contain_text("never fired")
        link = bench.page.get_by_role("link", name="chat")
        expect(link).to_contain_text("1 client")
        expect(link).to_contain_text("fired 1")
        rules.get_by_role("button", name="leave").click()
        expect(bench.page.locator(".cm-activeLine").first).to_contain_text("name: leave")
        expect(rules.get_by_role("button", name="leave")).to_contain_text("in the state initial")
        rules.get_by_role("link", name="fired 1").click()
        bench.live.await_rows(1)


def test_namespaces_have_endpoints_of_their_own(server: InProcessServer, bench: Bench) -> None:
    set_mock(server.gateway, answering("in the namespace"), namespace="run-7")
    bench.page.evaluate("() => { location.hash = '#/mocks'; }")
    bench.page.get_by_text("run-7", exact=True).last.click()
    bench.page.get_by_role("link", name="shop").click()
    expect(bench.content).to_contain_text("in the namespace")
    bench.replace("in the namespace", "MINE")
    bench.content.press("Control+s")
    expect(bench.page.get_by_text("Replaced shop")).to_be_visible()

    (endpoint,) = list_mocks(server.gateway, "shop", "run-7").endpoints
    assert endpoint.definition == answering("MINE")


def test_message_becomes_a_rule(server: InProcessServer, bench: Bench) -> None:
    def greet() -> None:
        with websocket(server.url("/chat")) as client:
            client.send('{"type": "hello"}')
            answers.extend(client)

    answers: list[str | bytes] = []
    with pytest.raises(ConnectionClosedError):
        greet()
    assert len(answers) == 1
    bench.live.row("hello").first.click()
    bench.page.keyboard.press("m")
    expect(bench.content).to_contain_text("$.type: hello")
    expect(bench.page.locator(".cm-activeLine").first).to_contain_text("- name: hello")
    expect(bench.problems).to_contain_text("Valid")
    bench.replace('- send:\n          text: "TODO: the answer"', "- close: {code: 1000}")
    bench.content.press("Control+s")
    expect(bench.page.get_by_text("Replaced chat")).to_be_visible()
    rules = definition(server, "chat")["rules"]
    assert [rule.get("name") for rule in rules] == ["hello", "greet", "subscribe", "leave"]
    greet()
    assert len(answers) == 2


def test_rule_of_a_message_does_not_take_the_name_of_another(
    server: InProcessServer, bench: Bench
) -> None:
    with websocket(server.url("/chat")) as client:
        client.send('{"type": "subscribe", "channel": "news"}')
    bench.live.row("channel").first.click()
    bench.live.detail.get_by_role("button", name="Make a rule").click()
    expect(bench.page.locator(".cm-activeLine").first).to_contain_text("- match:")
    expect(bench.content).to_contain_text("$.channel: news")


def test_rule_of_a_message_sends_all_its_answers_and_repeats_what_it_says(
    server: InProcessServer, bench: Bench
) -> None:
    answers = [{"type": "ack", "ref": "a-1", "id": 7}, {"type": "said", "body": "hello", "id": 7}]
    rule = {"match": {"json": {"$.ref": "a-1"}}, "do": [{"send": {"json": one}} for one in answers]}
    set_mock(server.gateway, {"path": "/talk", "rules": [rule]})
    with websocket(server.url("/talk")) as client:
        client.send('{"type": "say", "ref": "a-1", "text": "hello"}')
        assert [json.loads(client.recv(PATIENCE)) for _ in answers] == answers

        bench.live.row("say").first.click()
        bench.live.detail.get_by_role("button", name="Make a rule").click()
        expect(bench.problems).to_contain_text("Valid")
        bench.content.press("Control+s")
        expect(bench.page.get_by_text("Replaced /talk")).to_be_visible()
        client.send('{"type": "say", "ref": "b-22", "text": "good bye"}')
        assert [json.loads(client.recv(PATIENCE)) for _ in answers] == [
            {"type": "ack", "ref": "b-22", "id": 7},
            {"type": "said", "body": "good bye", "id": 7},
        ]


def test_message_of_a_free_path_becomes_a_new_endpoint(
    server: InProcessServer, bench: Bench
) -> None:
    sent = '{"op": "hi: \\u00e9 #1", "on": [true, null, {"a b": "{{ x }}"}], "n": 1}'
    say(server.url(""), sent)
    bench.live.row("hi:").first.click()
    bench.live.detail.get_by_role("button", name="Make a rule").click()
    expect(bench.content).to_contain_text("path: /new")
    expect(bench.problems).to_contain_text("Valid")
    bench.replace("path: /new", "path: /free")
    bench.content.press("Control+s")
    expect(bench.page.get_by_text("Created /free")).to_be_visible()

    (rule,) = definition(server, "/free")["rules"]
    assert rule["match"] == {"json": {"$.op": "hi: é #1"}}
    with websocket(server.url("/free")) as client:
        client.send(sent)
        assert json.loads(client.recv(PATIENCE)) == json.loads(sent)


class TestChecks:
    @pytest.fixture
    def pool(self) -> Iterator[ThreadPoolExecutor]:
        with ThreadPoolExecutor(1) as pool:
            yield pool

    def test_wait_is_shown_while_it_runs_and_then_with_its_result(
        self, server: InProcessServer, live: LivePage, pool: ThreadPoolExecutor
    ) -> None:
        live.page.keyboard.press("5")
        expect(live.page.get_by_text("Nobody waits for anything now.")).to_be_visible()
        match = EntryMatch.model_validate({"kind": "message", "match": {"text": "now"}})
        waiting = pool.submit(wait_for_event, server.gateway, match, timeout=PATIENCE)
        running = live.page.get_by_role("row").filter(has_text="wait kind message")
        expect(running).to_contain_text("left")

        say(server.url(""), "now")
        assert waiting.result(PATIENCE).status == "happened"
        expect(running).to_contain_text("happened")
        expect(live.page.get_by_text("Nobody waits for anything now.")).to_be_visible()

    def test_verification_and_verdicts_are_shown_with_why(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        with websocket(server.url("/chat")) as client:
            client.recv(PATIENCE)
            client.send("what?")
            live.page.keyboard.press("5")
            expected = Expectation.model_validate({"match": {"text": "who?"}, "exactly": 2})
            verify_traffic(server.gateway, expected, ignore_strict=True)

            row = live.page.get_by_role("row").filter(has_text="verify")
            expect(row).to_contain_text("failed")
            expect(row).to_contain_text("exactly 2")
            expect(row).to_contain_text("Nearest: entry")
            expect(row).to_contain_text('expected "who?", got')
            verdict = live.page.get_by_role("row").filter(has_text="strict")
            expect(verdict).to_contain_text("chat")

        set_mock(server.gateway, {"path": "/", "unmatched": "strict"}, namespace="other")
        with websocket(server.url("/ns/other")) as client:
            client.send("what?")
            expect(live.page.get_by_text("0 passed, 2 failed")).to_be_visible()
            live.page.get_by_label("Namespace").select_option("other")
            expect(live.page.get_by_text("0 passed, 1 failed")).to_be_visible()


class TestStatus:
    def test_status_is_shown(self, server: InProcessServer, live: LivePage) -> None:
        set_faults(server.gateway, [{"latency": {"mean": "1ms"}}], expires_after="5m")
        live.page.keyboard.press("6")
        view = live.page.get_by_role("region", name="Status")
        expect(view).to_contain_text(server.url("").removesuffix("/"))
        expect(view).to_contain_text("all parts answer")
        expect(view.get_by_role("row").filter(has_text="latency")).to_contain_text("any connection")
        expect(view.locator("figure").filter(has_text="Memory")).to_contain_text(
            re.compile(r"\d+ MB")
        )
        with websocket(server.url("/chat")) as client:
            client.recv(PATIENCE)
            clients = view.locator("figure").filter(has_text="Clients").locator("strong")
            expect(clients).to_have_text("1")
        expect(view.locator("canvas")).to_have_count(5)

    def test_rates_are_those_between_two_answers(self, live: LivePage) -> None:
        live.page.keyboard.press("6")
        expect(live.page.locator("canvas")).to_have_count(5)
        script = """async () => {
          const { server } = await import("/page/js/store/server.js");
          const { columns } = await import("/page/js/status/samples.js");
          const at = (timestamp, total_messages, start_time = "a") => ({
            timestamp, process: { memory_bytes: 5e6, cpu_seconds: timestamp / 10, threads: 1 },
            websocket_server: { stats: { start_time, total_messages, messages_sent: 0,
              total_connections: 0, current_clients: 2 } },
          });
          const real = server.value;
          for (const one of [at(100, 0), at(102, 50), at(102.1, 99), at(104, 50), at(105, 7, "b")])
            server.value = one;
          const rows = columns.value.map((column) => column.slice(-4));
          server.value = real;
          return JSON.stringify(rows);
        }"""
        times, received, *_, memory, processor = json.loads(live.page.evaluate(script))
        assert times == [100, 102, 104, 105]
        assert received == [None, 25, 0, None]
        assert memory == [5, 5, 5, 5]
        assert [processor[1], processor[2]] == pytest.approx([10, 10])


class TestEverybody:
    def test_axe_finds_nothing(
        self, browser: Browser, server: InProcessServer, web: WebServer
    ) -> None:
        expected = Expectation.model_validate({"kind": "open"})
        verify_traffic(server.gateway, expected)
        with (
            websocket(server.url("/chat")) as client,
            live_page(browser, f"{web.url}/#/mocks?endpoint=chat") as live,
        ):
            client.recv(PATIENCE)
            client.send("what?")
            bench = Bench(live)
            expect(bench.problems).to_contain_text("Valid")
            assert live.findings() == []
            bench.replace("unmatched:", "unmtched:")
            expect(bench.problems).to_contain_text("did you mean")
            assert live.findings() == []
            bench.button("Versions").click()
            assert live.findings() == []
            live.page.keyboard.press("Escape")
            for key, text in (("5", "found 0 times"), ("6", "all parts answer")):
                live.page.get_by_role("link", name="Traffic").focus()
                live.page.keyboard.press(key)
                expect(live.page.get_by_text(text)).to_be_visible()
                assert live.findings() == []

    def test_mocks_are_worked_on_with_keys_alone(
        self, server: InProcessServer, live: LivePage
    ) -> None:
        press = live.page.keyboard.press
        bench = Bench(live)
        press("4")
        expect(live.page.get_by_role("link", name="chat")).to_be_visible()
        press("ArrowDown")
        expect(bench.content).to_be_visible()
        press("e")
        expect(bench.content).to_be_focused()
        live.page.keyboard.type("# 1 2 3 u n ?")
        press("Enter")
        assert live.hash().startswith("#/mocks?endpoint=chat")
        expect(bench.content).to_contain_text("# 1 2 3 u n ?")
        press("Control+s")
        expect(live.page.get_by_text("Replaced chat")).to_be_visible()
        press("Escape")
        press("Tab")
        expect(bench.content).not_to_be_focused()
        press("Shift+U")
        expect(bench.content).not_to_contain_text("# 1 2 3")
        press("v")
        expect(live.page.get_by_role("dialog")).to_contain_text("in force")
        press("Escape")
        press("n")
        expect(bench.content).to_contain_text("path: /new")

    @pytest.mark.parametrize("width", [420, 1280])
    def test_views_fit_into_the_window(self, browser: Browser, web: WebServer, width: int) -> None:
        with live_page(browser, web.url, width=width) as live:
            for query in ("mocks?endpoint=chat", "checks", "status"):
                live.page.goto(f"{web.url}/#/{query}")
                view = live.page.locator("main > section")
                expect(view).to_have_class(re.compile(query.split("?")[0]))
                assert live.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
