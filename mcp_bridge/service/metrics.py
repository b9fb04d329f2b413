"""The verb `expose`: the numbers of the server in Prometheus' text format.

It asks for numbers that the parts of the server have. Only fired rules and acting faults are
counted for it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from websocket_mock.actors.values.models import Counted, JournalSize, OutboxTotals, ServerStats
from websocket_mock.mcp_bridge.service.errors import verb
from websocket_mock.mcp_bridge.service.gateway import Gateway

MAX_SERIES = 1_000
"""The most combinations of labels of one metric. The rest are added up as `other`."""

MAX_LABEL = 100
"""Characters of a label value; a longer name is cut."""

OTHER = "other"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What some readers of the format take for the end of a line or of the text."""

F = TypeVar("F", GaugeMetricFamily, CounterMetricFamily)

Labels = tuple[str | None, ...]
"""The values of the labels; None is an empty value, which is the same as no label."""


@verb
def expose(gateway: Gateway, version: str) -> bytes:
    """Return the metrics of the whole server as UTF-8. Blocks for a few seconds at most.

    The format is that of Prometheus, version 0.0.4.

    Raises:
        ServiceError: a part of the server does not answer.
    """
    registry = CollectorRegistry()
    registry.register(_ServerCollector(gateway, version))
    return generate_latest(registry)


class _ServerCollector(Collector):
    """Asks the gateway when it is asked.

    Args:
        gateway: gives access to the actors.
        version: of this server.
    """

    def __init__(self, gateway: Gateway, version: str) -> None:
        self._gateway = gateway
        self._version = version

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics.

        Raises:
            ActorError: a part of the server does not answer.
        """
        gateway = self._gateway
        stats = gateway.stats()
        open_connections: dict[Labels, int] = {(None, None): 0}
        open_connections.update(gateway.count_everywhere().items())
        yield InfoMetricFamily(
            "websocket_mock_build", "The version of the server.", {"version": self._version}
        )
        yield GaugeMetricFamily(
            "websocket_mock_start_time_seconds",
            "When the server started, in Unix seconds.",
            stats.start_time,
        )
        yield _filled(
            GaugeMetricFamily(
                "websocket_mock_connections",
                "Open WebSocket connections.",
                labels=("namespace", "endpoint"),
            ),
            open_connections,
        )
        yield from _traffic(stats)
        yield from self._rules_and_faults()
        yield from _outboxes(gateway.outbox_totals())
        yield from _journal(gateway.history.size())
        yield GaugeMetricFamily(
            "websocket_mock_namespaces", "Namespaces in use.", len(gateway.library.names())
        )

    def _rules_and_faults(self) -> Iterator[Metric]:
        tally = self._gateway.tally()

        def of(counted: Counted) -> Mapping[Labels, int]:
            return {key[1:]: count for key, count in tally.items() if key[0] == counted}

        yield _counters(
            "websocket_mock_rules_fired_total",
            "How often the rules of connections have fired.",
            ("namespace", "endpoint", "rule"),
            of("rule"),
        )
        yield _counters(
            "websocket_mock_faults_injected_total",
            "How often faults have acted.",
            ("namespace", "endpoint", "kind"),
            of("fault"),
        )
        yield _counters(
            "websocket_mock_http_requests_total",
            "Plain HTTP requests that were answered.",
            ("namespace", "endpoint", "status"),
            of("http"),
        )


def _traffic(stats: ServerStats) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "websocket_mock_connections_opened_total",
        "WebSocket connections since the start.",
        stats.total_connections,
    )
    yield _counters(
        "websocket_mock_messages_total",
        "Data messages: received from clients, and sent to them.",
        ("direction",),
        {("received",): stats.total_messages, ("sent",): stats.messages_sent},
    )
    yield _counters(
        "websocket_mock_message_bytes_total",
        "Payload bytes of data messages.",
        ("direction",),
        {("received",): stats.bytes_received, ("sent",): stats.bytes_sent},
    )
    yield CounterMetricFamily(
        "websocket_mock_broadcasts_total", "Broadcasts to all clients.", stats.broadcasts
    )
    yield CounterMetricFamily(
        "websocket_mock_errors_total",
        "Errors, such as messages that were refused and rules that failed.",
        stats.errors,
    )


def _outboxes(totals: OutboxTotals) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "websocket_mock_outbox_bytes",
        "Bytes that the clients have not taken yet, all clients together.",
        totals.unsent,
    )
    yield GaugeMetricFamily(
        "websocket_mock_outbox_limit_bytes",
        "The limit of these bytes, beyond which the slowest clients are closed.",
        totals.most,
    )
    yield CounterMetricFamily(
        "websocket_mock_outbox_closed_connections_total",
        "Connections that were closed because of that limit.",
        totals.closed,
    )
    yield CounterMetricFamily(
        "websocket_mock_outbox_refused_connections_total",
        "Connections that were refused because that limit was nearly reached.",
        totals.refused,
    )


def _journal(size: JournalSize) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "websocket_mock_journal_entries", "Entries that the journal keeps.", size.entries
    )
    yield GaugeMetricFamily(
        "websocket_mock_journal_bytes",
        "Bytes that these entries count for: payloads, and a share for each entry.",
        size.size,
    )
    yield CounterMetricFamily(
        "websocket_mock_journal_recorded_entries_total",
        "Entries that were recorded since the start.",
        size.last,
    )
    yield CounterMetricFamily(
        "websocket_mock_journal_dropped_entries_total",
        "Entries that the journal has dropped because of its limits.",
        size.dropped,
    )
    yield GaugeMetricFamily(
        "websocket_mock_journal_waits",
        "Waits for new entries: of calls that wait or verify, and of readers of events.",
        size.waits,
    )


def _counters(
    name: str, text: str, labels: Sequence[str], values: Mapping[Labels, int]
) -> CounterMetricFamily:
    return _filled(CounterMetricFamily(name, text, labels=labels), values)


def _filled(family: F, values: Mapping[Labels, int]) -> F:
    for cleaned, value in _bounded(values).items():
        family.add_metric(cleaned, value)
    return family


def _bounded(values: Mapping[Labels, int]) -> Mapping[tuple[str, ...], int]:
    """Return values by clean labels; those of too many combinations are added up."""
    bounded: dict[tuple[str, ...], int] = {}
    for labels, value in values.items():
        key = tuple(map(_clean, labels))
        if key not in bounded and len(bounded) >= MAX_SERIES:
            key = (OTHER,) * len(labels)
        bounded[key] = bounded.get(key, 0) + value
    return bounded


def _clean(value: str | None) -> str:
    """Return a label value that cannot break the format, whatever is in the name."""
    if value is None:
        return ""
    shown = value if len(value) <= MAX_LABEL else value[: MAX_LABEL - 1] + "…"
    return _CONTROL.sub(" ", shown).encode(errors="replace").decode()
