"""All endpoints and faults at one moment, and the search for the endpoint of a path."""

from collections.abc import Callable, Iterable

from websocket_mock.actors.conversation.compiled import CompiledEndpoint, Found
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.library.path_tree import PathTree


class Rulebook:
    """An index of endpoints: plain paths in a dict, patterns in a tree of their segments.

    If several patterns match a path, the most specific one wins: a plain segment comes before a
    capture, and a capture before a rest. Immutable; any thread may use it.
    """

    def __init__(
        self,
        endpoints: Iterable[CompiledEndpoint] = (),
        faults: Iterable[CompiledFault] = (),
    ) -> None:
        self.faults = tuple(faults)
        """The faults for any connection; the faults of an endpoint act after them."""
        self._by_name = {endpoint.name: endpoint for endpoint in endpoints}
        # Not a method: each message asks for its endpoint.
        self.get: Callable[[str], CompiledEndpoint | None] = self._by_name.get
        """Returns an endpoint by its name, or None."""
        self._plain: dict[str, CompiledEndpoint] = {}
        patterns: list[CompiledEndpoint] = []
        for endpoint in self._by_name.values():
            if endpoint.pattern.is_plain:
                self._plain.setdefault(endpoint.pattern.source, endpoint)
            else:
                patterns.append(endpoint)
        self._patterns = PathTree(patterns)

    def __len__(self) -> int:
        """Return how many endpoints there are."""
        return len(self._by_name)

    @property
    def endpoints(self) -> tuple[CompiledEndpoint, ...]:
        """All endpoints, in the order in which they were given."""
        return tuple(self._by_name.values())

    @property
    def has_faults(self) -> bool:
        """Whether there are any faults."""
        return bool(self.faults) or any(one.faults for one in self._by_name.values())

    def faults_at(self, endpoint: str | None) -> tuple[CompiledFault, ...]:
        """Return the faults that may hit the connections of an endpoint, in the order they act."""
        found = None if endpoint is None else self._by_name.get(endpoint)
        return self.faults if found is None else (*self.faults, *found.faults)

    def find(self, path: str) -> Found | None:
        """Return the endpoint of a path, or None."""
        plain = self._plain.get(path)
        if plain is not None:
            return Found(plain, {})
        return self._patterns.find(path)

    def with_endpoints(self, endpoints: Iterable[CompiledEndpoint]) -> "Rulebook":
        """Return a rulebook with more endpoints; they replace those with the same names."""
        merged = {**self._by_name, **{endpoint.name: endpoint for endpoint in endpoints}}
        return Rulebook(merged.values(), self.faults)

    def without(self, names: Iterable[str]) -> "Rulebook":
        """Return a rulebook without some endpoints; unknown names are ignored."""
        gone = set(names)
        kept = (one for name, one in self._by_name.items() if name not in gone)
        return Rulebook(kept, self.faults)

    def with_faults(self, faults: Iterable[CompiledFault]) -> "Rulebook":
        """Return a rulebook with exactly these faults for any connection."""
        return Rulebook(self._by_name.values(), faults)
