"""One run of the benchmark: starts the servers of each group, measures in rounds, keeps records."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from websocket_mock.scripts.dev.benchmark.calls import call_mcp, call_rest
from websocket_mock.scripts.dev.benchmark.generator import Generator
from websocket_mock.scripts.dev.benchmark.node import NodeMissing, NodePeers
from websocket_mock.scripts.dev.benchmark.results import Outcome, Record, Series, Skipped
from websocket_mock.scripts.dev.benchmark.servers import RunningServer, ServerKind, running
from websocket_mock.scripts.dev.benchmark.workloads import Call, Target, Workload

WARM_UP_SHARE = 0.25

_CALLS = {"mcp": call_mcp, "rest": call_rest}


class Measuring:
    """Measures workloads and keeps the records.

    Args:
        generator: The load.
        folder: An existing folder for what the servers write.
        node: Installs the packages for Node on first use.
        rounds: How often each series is measured.
        seconds: Length of one measurement.
        tell: Is called with each record.
    """

    def __init__(
        self,
        generator: Generator,
        folder: Path,
        node: Callable[[], NodePeers],
        *,
        rounds: int,
        seconds: float,
        tell: Callable[[Record], None],
    ) -> None:
        self._generator = generator
        self._folder = folder
        self._install_node = node
        self._node: NodePeers | NodeMissing | None = None
        self._rounds = rounds
        self._seconds = seconds
        self._tell = tell
        self.records: list[Record] = []

    def run(self, workloads: Sequence[Workload]) -> None:
        """Measure groups one after the other; blocks for minutes.

        The servers of a group live for all its rounds, so that the time goes into measuring. Within
        a round each workload is measured on each target, starting with another one in each round.

        Raises:
            ServerStartError: A server did not come up.
        """
        for group in dict.fromkeys(workload.group for workload in workloads):
            self._run_group([workload for workload in workloads if workload.group == group])

    def _run_group(self, workloads: Sequence[Workload]) -> None:
        with ExitStack() as stack:
            shared: dict[ServerKind, RunningServer | Skipped] = {}
            for workload in workloads:
                for target in workload.targets:
                    if not workload.is_fresh and target.server not in shared:
                        shared[target.server] = self._start(stack, target.server)
            for turn in range(1, self._rounds + 1):
                for workload in workloads:
                    for target in _rotated(workload.targets, turn):
                        outcome = self._measure(workload, target, shared)
                        self._keep(Record(turn, Series(workload.name, target.name), outcome))

    def _start(self, stack: ExitStack, kind: ServerKind) -> RunningServer | Skipped:
        try:
            node = self._node_peers() if kind.needs_node else None
        except NodeMissing as error:
            return Skipped(str(error))
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        return stack.enter_context(running(kind, folder, node))

    def _node_peers(self) -> NodePeers:
        if self._node is None:
            try:
                self._node = self._install_node()
            except NodeMissing as error:
                self._node = error
        if isinstance(self._node, NodeMissing):
            raise self._node
        return self._node

    def _measure(
        self,
        workload: Workload,
        target: Target,
        shared: dict[ServerKind, RunningServer | Skipped],
    ) -> Outcome:
        if not workload.is_fresh:
            return self._load(shared[target.server], target)
        with ExitStack() as stack:
            return self._load(self._start(stack, target.server), target)

    def _load(self, server: RunningServer | Skipped, target: Target) -> Outcome:
        if isinstance(server, Skipped):
            return server
        if isinstance(target.load, Call):
            call = _CALLS[target.load.skin]
            return call(server.http_url, target.load.tool, server.pid, self._seconds)
        warm_up = self._seconds * WARM_UP_SHARE
        return self._generator.run(
            target.load,
            port=server.port,
            pid=server.pid,
            seconds=self._seconds,
            warm_up=warm_up,
        )

    def _keep(self, record: Record) -> None:
        self.records.append(record)
        self._tell(record)


def _rotated(targets: Sequence[Target], turn: int) -> Iterator[Target]:
    """Yield the targets, each round starting with the next one, so that none is always first."""
    first = (turn - 1) % len(targets)
    yield from targets[first:]
    yield from targets[:first]
