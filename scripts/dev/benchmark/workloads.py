"""What is measured, on which servers, and the bars: plain values, made for the size of a run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from websocket_mock.scripts.dev.benchmark import servers as kinds
from websocket_mock.scripts.dev.benchmark.generator import Load
from websocket_mock.scripts.dev.benchmark.mocks import (
    FIRST_PATH,
    LATENCY_PATH,
    RULE_PATH,
    STREAM_PATH,
    STREAM_PER_SECOND,
    TEN_RULES_PATH,
)
from websocket_mock.scripts.dev.benchmark.results import Figure, Series
from websocket_mock.scripts.dev.benchmark.servers import ServerKind

OURS = kinds.OURS.name
KIB = 1024


@dataclass(frozen=True, slots=True)
class Call:
    """A load of calls of a tool, instead of one of the generator.

    Attributes:
        skin: How it is called, mcp or rest.
        tool: Its name.
    """

    skin: str
    tool: str


@dataclass(frozen=True, slots=True)
class Target:
    """What is measured in a workload: a server under a load.

    Attributes:
        name: What tables and bars call it.
        server: The server; those of one group that are equal are one process.
        load: What is done to it.
    """

    name: str
    server: ServerKind
    load: Load | Call


@dataclass(frozen=True, slots=True)
class Workload:
    """Measurements that are compared with each other.

    Attributes:
        group: What `--only` calls it, together with others.
        name: What tables call it.
        targets: What is measured, in the order of tables.
        figures: What of it tables show. Charts show the first.
        unit: What the rate counts.
        message_bytes: Above 0 where the rate is also shown in MiB/s.
        is_fresh: Whether each measurement has a new process, because what earlier ones left behind
            would count.
    """

    group: str
    name: str
    targets: tuple[Target, ...]
    figures: tuple[Figure, ...] = (Figure.RATE, Figure.CPU)
    unit: str = "msg/s"
    message_bytes: int = 0
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure of this server has to reach.

    Attributes:
        group: As that of the workload.
        series: Whose figure it is.
        figure: Which figure.
        limit: What it has to reach, or must not exceed.
        reference: Compared with which, within each round; None: the figure itself.
        is_most: Whether the limit is the most, not the least.
    """

    group: str
    series: Series
    figure: Figure
    limit: float
    reference: Series | None = None
    is_most: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one run measures and judges."""

    workloads: tuple[Workload, ...]
    bars: tuple[Bar, ...]

    def only(self, groups: frozenset[str]) -> "Plan":
        """Return what belongs to some groups; a bar needs all that it compares."""
        return Plan(
            tuple(workload for workload in self.workloads if workload.group in groups),
            tuple(bar for bar in self.bars if bar.group in groups),
        )


_PING = Load("closed-loop", message=b'{"type":"ping"}', expect='"pong"')
_GREETED = replace(_PING, skip=1)
_ID = b'{"type":"ping","id":"x7"}'
_RULE = Load("closed-loop", RULE_PATH, message=_ID, expect="x7")
_ECHO = Load("closed-loop", "/echo", message=b'{"type":"ping"}', expect="ping")
_SHAPES = ((100, 1), (10, 16))
"""Clients, and messages in flight on each."""


def _shaped(load: Load, clients: int, in_flight: int) -> Load:
    return replace(load, clients=clients, in_flight=in_flight)


def _at_least(
    group: str,
    workload: str,
    limit: float,
    peer: str,
    target: str = OURS,
    figure: Figure = Figure.RATE,
) -> Bar:
    return Bar(group, Series(workload, target), figure, limit, Series(workload, peer))


def _cost_at_most(group: str, workload: str, limit: float, peer: str, target: str) -> Bar:
    series = Series(workload, target)
    return Bar(group, series, Figure.CPU, limit, Series(workload, peer), is_most=True)


def _absolute(group: str, workload: str, figure: Figure, limit: float, *, is_most: bool) -> Bar:
    return Bar(group, Series(workload, OURS), figure, limit, is_most=is_most)


def _ping() -> Iterator[Workload | Bar]:
    bars = {(100, 1): (1.8, 1.0), (10, 16): (2.5, 1.3)}
    for shape in _SHAPES:
        name = f"JSON ping, {shape[0]} x {shape[1]}"
        ping, greeted = _shaped(_PING, *shape), _shaped(_GREETED, *shape)
        yield Workload(
            "ping",
            name,
            (
                Target(OURS, kinds.OURS, greeted),
                Target(kinds.OURS_UNRECORDED.name, kinds.OURS_UNRECORDED, greeted),
                Target(kinds.NODE_WS.name, kinds.NODE_WS, ping),
                Target(kinds.REFERENCE.name, kinds.REFERENCE, ping),
                # It listens with a backlog of 5: more at once and the kernel drops some.
                Target(kinds.STOCK.name, kinds.STOCK, replace(ping, window=4)),
            ),
        )
        to_asyncio, to_node = bars[shape]
        yield _at_least("ping", name, to_asyncio, kinds.REFERENCE.name)
        yield _at_least("ping", name, to_node, kinds.NODE_WS.name)
        yield _at_least("ping", name, 0.85, kinds.OURS_UNRECORDED.name)


def _rules() -> Iterator[Workload | Bar]:
    for shape in _SHAPES:
        name = f"programmed reply, {shape[0]} x {shape[1]}"
        mockoon = replace(_RULE, header="Content-Type: application/json")
        own = {
            "own ping": _GREETED,
            "one rule": _RULE,
            "ten rules": replace(_RULE, path=TEN_RULES_PATH),
            "one rule, latency of 1 ms": replace(_RULE, path=LATENCY_PATH),
        }
        targets = [
            Target(each, kinds.PROGRAMMED, _shaped(load, *shape)) for each, load in own.items()
        ]
        targets.append(Target(kinds.MOCKOON.name, kinds.MOCKOON, _shaped(mockoon, *shape)))
        yield Workload("rules", name, tuple(targets))
        yield _at_least("rules", name, 0.75, "own ping", "one rule")
        yield _at_least("rules", name, 20, kinds.MOCKOON.name, "one rule")
        yield _at_least("rules", name, 0.5, "own ping", "ten rules")
        yield _at_least("rules", name, 0.5, "one rule", "one rule, latency of 1 ms")


def _echo() -> Iterator[Workload | Bar]:
    bars = {(100, 1): 0.9, (10, 16): 1.1}
    for shape in _SHAPES:
        name = f"raw echo, {shape[0]} x {shape[1]}"
        peers = (kinds.MOCKTTP, kinds.NODE_WS, kinds.REFERENCE)
        load = _shaped(_ECHO, *shape)
        targets = (Target(kind.name, kind, load) for kind in (kinds.OURS, *peers))
        yield Workload("echo", name, tuple(targets))
        yield _at_least("echo", name, bars[shape], kinds.MOCKTTP.name)
        yield _at_least("echo", name, 0.9, kinds.NODE_WS.name)


def _sized_echo(size: int) -> Load:
    return replace(_ECHO, message=b"x" * size, expect="xxx")


def _large() -> Iterator[Workload | Bar]:
    for text, size in (("64 KiB", 64 * KIB), ("1 MiB", KIB * KIB)):
        name = f"echo of {text}, 8 x 2"
        load = _shaped(_sized_echo(size), 8, 2)
        servers = (kinds.OURS, kinds.NODE_WS, kinds.REFERENCE)
        targets = tuple(Target(kind.name, kind, load) for kind in servers)
        yield Workload("large", name, targets, message_bytes=size)
        yield _at_least("large", name, 1.2, kinds.REFERENCE.name)


def _deflate() -> Iterator[Workload | Bar]:
    name = "echo of 1 KiB of JSON, compressed, 10 x 16"
    items = ",".join(f'{{"id":{n},"name":"item {n}","price":{n}.25}}' for n in range(100))
    message = f'{{"type":"state","items":[{items}]}}'.encode()[:KIB]
    load = _shaped(replace(_ECHO, message=message, expect="", is_compressed=True), 10, 16)
    peer = kinds.REFERENCE_DEFLATE
    targets = (Target(OURS, kinds.OURS, load), Target(peer.name, peer, load))
    yield Workload("deflate", name, targets)
    yield _at_least("deflate", name, 1.0, peer.name)


def _tls() -> Iterator[Workload | Bar]:
    for text, load in (
        ("JSON ping over TLS, 100 x 1", _shaped(_PING, 100, 1)),
        ("echo of 64 KiB over TLS, 8 x 2", _shaped(_sized_echo(64 * KIB), 8, 2)),
    ):
        skip = 1 if load.path == "/" else 0
        ours, peer = replace(load, skip=skip), kinds.REFERENCE_TLS
        targets = (Target(OURS, kinds.OURS_TLS, ours), Target(peer.name, peer, load))
        yield Workload("tls", text, targets)
        yield _at_least("tls", text, 1.0, peer.name)


def _broadcast(crowd: int) -> Iterator[Workload | Bar]:
    for listeners in (500, min(5000, crowd)):
        name = f"broadcast to {listeners:,}"
        shout = b'{"type":"broadcast","message":{"n":1}}'
        load = Load("broadcast", "/broadcast", listeners, 2, shout)
        ours = replace(load, path="/", skip=1)
        peers = (kinds.NODE_WS, kinds.REFERENCE)
        targets = (Target(kind.name, kind, load) for kind in peers)
        yield Workload(
            "broadcast", name, (Target(OURS, kinds.OURS, ours), *targets), unit="deliveries/s"
        )
        yield _at_least("broadcast", name, 2.0, kinds.REFERENCE.name)
        yield _at_least("broadcast", name, 1.0, kinds.NODE_WS.name)


def _streams(crowd: int) -> Iterator[Workload | Bar]:
    clients = min(1000, crowd)
    name = f"streams, {clients:,} clients x {STREAM_PER_SECOND} messages a second"
    load = Load("stream", STREAM_PATH, clients, period=1 / STREAM_PER_SECOND)
    # In a short time the first and the last message of a stream would count for too much.
    load = replace(load, warm_up=1.0, least_seconds=3.0)
    figures = (Figure.LATENESS, Figure.SERVER_SHARE, Figure.STEADINESS, Figure.CPU)
    yield Workload("streams", name, (Target(OURS, kinds.PROGRAMMED, load),), figures)
    yield _absolute("streams", name, Figure.LATENESS, 20, is_most=True)
    yield _absolute("streams", name, Figure.SERVER_SHARE, 0.7, is_most=True)
    yield _absolute("streams", name, Figure.STEADINESS, 0.97, is_most=False)


def _connect(crowd: int) -> Iterator[Workload | Bar]:
    name = "connect, welcome, close"
    load = Load("connect", skip=1)
    peer = Target(kinds.REFERENCE.name, kinds.REFERENCE, replace(load, path="/welcome"))
    targets = (Target(OURS, kinds.OURS, load), peer)
    yield Workload("connect", name, targets, unit="connections/s")
    yield _at_least("connect", name, 1.2, kinds.REFERENCE.name)

    name = f"{crowd:,} clients at once"
    load = replace(_GREETED, mode="crowd", clients=crowd)
    peer = Target(kinds.REFERENCE.name, kinds.REFERENCE, replace(load, path="/welcome"))
    figures = (
        *(Figure.CONNECT_SECONDS, Figure.ANSWER_SECONDS, Figure.CLIENT_BYTES),
        *(Figure.MEMORY_BYTES, Figure.THREADS, Figure.CPU),
    )
    targets = (Target(OURS, kinds.OURS, load), peer)
    yield Workload("connect", name, targets, figures, is_fresh=True)
    yield _absolute("connect", name, Figure.CONNECT_SECONDS, 8 * crowd / 10_000, is_most=True)
    yield _absolute("connect", name, Figure.CLIENT_BYTES, 12 * KIB, is_most=True)


def _growth(crowd: int) -> Iterator[Workload | Bar]:
    cost = (Figure.CPU, Figure.RATE)
    name = "cost by clients, 1 in flight each"
    sizes = sorted({10, 100, min(1000, crowd), crowd})
    # A turn of ten thousand clients takes a good part of a second.
    load = replace(_GREETED, least_seconds=2.0)
    targets = tuple(
        Target(f"{size:,} clients", kinds.OURS, replace(load, clients=size)) for size in sizes
    )
    # Fresh, because the goodbyes of ten thousand clients keep a server busy for some seconds.
    yield Workload("growth", name, targets, cost, is_fresh=True)
    for target in targets:
        if target.name != "100 clients":
            yield _cost_at_most("growth", name, 1.5, "100 clients", target.name)

    # One in flight: a server that tries all rules would not answer sixteen within a measurement.
    for shape, many, bar in (
        ((10, 1), kinds.TEN_THOUSAND_RULES, 1.5),
        ((10, 16), kinds.MANY_ENDPOINTS, 2.0),
    ):
        name = f"cost by rules, {shape[0]} x {shape[1]}"
        load = _shaped(replace(_PING, path=FIRST_PATH), *shape)
        rules = (kinds.ONE_RULE, many)
        yield Workload("growth", name, tuple(Target(kind.name, kind, load) for kind in rules), cost)
        yield _cost_at_most("growth", name, bar, kinds.ONE_RULE.name, many.name)

    name = "cost by journal, 10 x 16"
    load = _shaped(_GREETED, 10, 16)
    full = Target("journal full", kinds.OURS, replace(load, warm_up=2.5))
    empty = Target(kinds.OURS_NEVER_FULL.name, kinds.OURS_NEVER_FULL, load)
    yield Workload("growth", name, (empty, full), cost, is_fresh=True)
    yield _cost_at_most("growth", name, 1.5, empty.name, full.name)


def _flood() -> Iterator[Workload | Bar]:
    name = "p99 of 20 clients beside one that floods"
    load = replace(_PING, mode="flood", clients=20)
    ours = Target(OURS, kinds.OURS, replace(load, skip=1))
    peer = Target(kinds.REFERENCE.name, kinds.REFERENCE, load)
    yield Workload("flood", name, (ours, peer), (Figure.GROWTH, Figure.P99))
    yield _absolute("flood", name, Figure.GROWTH, 5, is_most=True)


def _calls() -> Iterator[Workload | Bar]:
    name = "calls of a tool, one after the other"
    tool = "get_websocket_server_status"
    empty = Target(kinds.EMPTY_TOOL.name, kinds.EMPTY_TOOL, Call("mcp", "empty"))
    mcp = Target("this server over MCP", kinds.OURS, Call("mcp", tool))
    rest = Target("this server over REST", kinds.OURS, Call("rest", tool))
    yield Workload("calls", name, (mcp, rest, empty), unit="calls/s")
    yield _at_least("calls", name, 0.9, empty.name, mcp.name)
    yield _at_least("calls", name, 3.0, empty.name, rest.name)


FIXTURE = "fixture"
"""The group of what `fixture.py` measures."""


def make_plan(crowd: int) -> Plan:
    """Return all that is measured.

    Args:
        crowd: How many clients there are at most; 10,000 is what the bars mean.
    """
    parts = (
        *(_ping(), _rules(), _echo(), _large(), _deflate(), _tls(), _broadcast(crowd)),
        *(_streams(crowd), _connect(crowd), _growth(crowd), _flood(), _calls()),
    )
    items = [item for part in parts for item in part]
    return Plan(
        tuple(item for item in items if isinstance(item, Workload)),
        tuple(item for item in items if isinstance(item, Bar)),
    )


GROUPS = (*dict.fromkeys(workload.group for workload in make_plan(10_000).workloads), FIXTURE)
"""What `--only` takes."""
