"""The numbers of a running server, as Prometheus reads them."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.helpers.http_client import get
from tests.helpers.journal import match_of
from tests.helpers.mock_server import MockServer, mocking, on
from tests.helpers.server import serving_here
from tests.helpers.stuck import stuck_registry
from tests.helpers.wait import PATIENCE, UNIT, eventually
from tests.helpers.web_server import WebServer, serving_routes
from websocket_mock.actors.system import JournalLimits
from websocket_mock.actors.values.entries import Source
from websocket_mock.mcp_bridge.service import gateway as gateway_module
from websocket_mock.mcp_bridge.service import metrics as metrics_module
from websocket_mock.mcp_bridge.service.metrics import expose
from websocket_mock.mcp_bridge.web.metrics import metrics_routes

SHOP = {
    "name": "shop",
    "rules": [on("hi", {"send": {"text": "hello"}}, name="greet")],
    "http": [{"respond": {"text": "open"}}],
    "faults": ["duplicate"],
}

Labels = dict[str, str]


class Scrape:
    """What a scraper has read."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self.samples: list[Sample] = [one for family in self.families for one in family.samples]

    def value(self, name: str, **labels: str) -> float:
        (found,) = [one for one in self.samples if one.name == name and one.labels == labels]
        return float(found.value)

    def total(self, name: str) -> float:
        return sum(one.value for one in self.samples if one.name == name)

    def labels(self, name: str) -> list[Labels]:
        return [dict(one.labels) for one in self.samples if one.name == name]


@pytest.fixture
def shop() -> Iterator[MockServer]:
    with mocking(SHOP) as shop:
        yield shop


@pytest.fixture
def web(shop: MockServer) -> Iterator[WebServer]:
    with serving_routes(shop.server.gateway, metrics_routes) as web:
        yield web


def scrape(web: WebServer) -> Scrape:
    answer = get(f"{web.url}/metrics")
    assert answer.status == 200
    return Scrape(answer.body)


def exposed(shop: MockServer) -> Scrape:
    return Scrape(expose(shop.server.gateway, "1.2.3").decode())


def test_numbers_are_those_of_the_traffic(shop: MockServer, web: WebServer) -> None:
    with shop.connect() as one, shop.connect("/ns/team/echo") as other:
        assert one.ask("hi") == one.hear() == "hello"
        assert other.ask("four") == "four"
        found = scrape(web)
        last = shop.server.gateway.history.last()

    assert found.value("websocket_mock_build_info", version="1.2.3") == 1
    started = found.value("websocket_mock_start_time_seconds")
    assert started == shop.server.stats().start_time
    connections = "websocket_mock_connections"
    assert found.value(connections, namespace="", endpoint="shop") == 1
    assert found.value(connections, namespace="team", endpoint="") == 1
    assert found.total(connections) == 2
    assert found.value("websocket_mock_connections_opened_total") == 2
    assert found.value("websocket_mock_messages_total", direction="received") == 2
    assert found.value("websocket_mock_messages_total", direction="sent") == 3
    assert found.value("websocket_mock_message_bytes_total", direction="received") == 6
    assert found.value("websocket_mock_message_bytes_total", direction="sent") == 14
    fired = "websocket_mock_rules_fired_total"
    assert found.value(fired, namespace="", endpoint="shop", rule="greet") == 1
    injected = "websocket_mock_faults_injected_total"
    assert found.value(injected, namespace="", endpoint="shop", kind="duplicate") == 1
    assert found.value("websocket_mock_namespaces") == 1
    recorded = found.value("websocket_mock_journal_recorded_entries_total")
    assert found.value("websocket_mock_journal_entries") == recorded
    assert recorded == last
    assert found.value("websocket_mock_journal_bytes") > recorded
    assert found.value("websocket_mock_errors_total") == 0


def test_fault_of_a_handshake_counts_too() -> None:
    with mocking({"name": "shop", "faults": ["wrong_accept"]}) as shop:
        with shop.open_raw():
            pass
        found = exposed(shop)
    name = "websocket_mock_faults_injected_total"
    assert found.value(name, namespace="", endpoint="shop", kind="wrong_accept") == 1


def test_connection_that_has_left_is_no_longer_counted(shop: MockServer) -> None:
    with shop.connect() as one:
        one.ask("hi")
    eventually(lambda: not shop.server.clients())
    found = exposed(shop)
    assert found.total("websocket_mock_connections") == 0
    assert found.value("websocket_mock_connections_opened_total") == 1
    assert found.total("websocket_mock_rules_fired_total") == 1


def test_what_the_journal_drops_and_who_waits_for_it_is_counted() -> None:
    gone = threading.Event()
    with (
        mocking(SHOP, history=JournalLimits(5)) as shop,
        ThreadPoolExecutor(1) as pool,
        shop.connect() as one,
    ):
        for _ in range(10):
            one.ask("hi")
            one.hear()
        # A record that comes later would interrupt the wait for a moment.
        shop.server.gateway.flush()
        history = shop.server.gateway.history
        pool.submit(history.wait, match_of(kind="close"), 10_000, PATIENCE, None, gone)
        eventually(lambda: history.size().waits == 1)
        found = exposed(shop)
        gone.set()
    recorded = found.value("websocket_mock_journal_recorded_entries_total")
    kept = found.value("websocket_mock_journal_entries")
    assert kept <= 5 < recorded
    assert found.value("websocket_mock_journal_dropped_entries_total") == recorded - kept
    assert found.value("websocket_mock_journal_waits") == 1


HOSTILE = (
    'quote " backslash \\ brace } comma ,',
    'line\n# TYPE websocket_mock_errors_total gauge\nx{y="z"} 1',
    "line\r\u2028\x00\x85\x1b[31m",
    "half of a pair \ud800",
    "x" * 10_000,
    "{{ name }}",
    "",
)


def test_hostile_names_do_not_break_the_format() -> None:
    source = Source("0000000a", endpoint='end"\n\\', namespace=None).packed()
    with serving_here() as server:
        (environment,) = server.runtime._system.environments()
        for name in HOSTILE:
            environment.tally.rule_fired(source, name)
        text = expose(server.gateway, "1.2.3").decode()
    found = Scrape(text)
    assert "errors" not in {line.split("{")[0] for line in text.splitlines() if '="z"' in line}
    labels = found.labels("websocket_mock_rules_fired_total")
    assert len(labels) == len(HOSTILE)
    assert labels[0] == {"namespace": "", "endpoint": 'end" \\', "rule": HOSTILE[0]}
    assert max(len(one["rule"]) for one in labels) == metrics_module.MAX_LABEL
    assert [one.value for one in found.samples if "rule" in one.labels] == [1] * len(HOSTILE)


def test_names_that_are_cut_to_the_same_label_are_added_up() -> None:
    source = Source("0000000a", endpoint="shop").packed()
    with serving_here() as server:
        (environment,) = server.runtime._system.environments()
        for end in "abc":
            environment.tally.rule_fired(source, "x" * 200 + end)
        found = Scrape(expose(server.gateway, "1.2.3").decode())
    assert [one.value for one in found.samples if "rule" in one.labels] == [3]


def test_labels_beyond_the_limit_are_added_up_as_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_module, "MAX_SERIES", 3)
    source = Source("0000000a", endpoint="shop").packed()
    with serving_here() as server:
        (environment,) = server.runtime._system.environments()
        for number in range(10):
            environment.tally.rule_fired(source, f"rule {number}")
        found = Scrape(expose(server.gateway, "1.2.3").decode())
    name = "websocket_mock_rules_fired_total"
    assert len(found.labels(name)) == 4
    assert found.value(name, namespace="other", endpoint="other", rule="other") == 7
    assert found.total(name) == 10


class TestFormat:
    """What `promtool check metrics` looks for."""

    def test_answer_is_prometheus_text_that_is_not_stored(self, web: WebServer) -> None:
        with urlopen(f"{web.url}/metrics", timeout=PATIENCE) as answer:
            assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert answer.headers["cache-control"] == "no-store"

    def test_names_types_and_units_are_as_prometheus_recommends(self, shop: MockServer) -> None:
        with shop.connect() as one:
            one.ask("hi")
            get(f"http://127.0.0.1:{shop.port}/mock")
            found = exposed(shop)
        assert len(found.families) == len({family.name for family in found.families})
        for family in found.families:
            assert re.fullmatch(r"websocket_mock_[a-z_]+[a-z]", family.name)
            assert family.documentation.endswith(".")
            assert family.type in ("counter", "gauge")
            assert family.samples, family.name
            for sample in family.samples:
                assert sample.name.endswith("_total") == (family.type == "counter")
                assert not re.search("milli|_ms|kilo|minutes", sample.name)
                assert sample.value >= 0
        keys = [(one.name, tuple(sorted(one.labels.items()))) for one in found.samples]
        assert len(keys) == len(set(keys))

    def test_each_line_is_well_formed(self, shop: MockServer) -> None:
        text = expose(shop.server.gateway, "1.2.3").decode()
        assert text.endswith("\n")
        name, label = "[a-z_]+", r'[a-z]+="(?:[^"\\\n]|\\["\\n])*"'
        sample = rf"{name}(?:\{{{label}(?:,{label})*\}})? [0-9.e+]+"
        for line in text.splitlines():
            assert re.fullmatch(rf"# HELP {name} .+|# TYPE {name} (?:counter|gauge)|{sample}", line)


def test_part_that_does_not_answer_fails_the_scrape_with_a_text(
    shop: MockServer, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "TIMEOUT", 0.1 * UNIT)
    with stuck_registry(shop.server):
        answer = get(f"{web.url}/metrics")
    assert answer.status == 503
    assert "busy" in answer.json()["error"]
    assert scrape(web).value("websocket_mock_connections", namespace="", endpoint="") == 0


def test_server_that_records_nothing_still_counts() -> None:
    with mocking(SHOP, history=JournalLimits(0)) as shop, shop.connect() as one:
        one.ask("hi")
        found = exposed(shop)
    assert found.value("websocket_mock_journal_entries") == 0
    assert found.total("websocket_mock_rules_fired_total") == 1
