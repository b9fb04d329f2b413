"""A tree of path patterns by their segments, so that a search does not grow with their number."""

from collections.abc import Iterable

from websocket_mock.actors.conversation.compiled import CompiledEndpoint, Found


class _Node:
    """What follows the same first segments."""

    __slots__ = ("capture", "endpoint", "literals", "open_ended")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.capture: _Node | None = None
        self.endpoint: CompiledEndpoint | None = None
        """The endpoint whose pattern ends here."""
        self.open_ended: CompiledEndpoint | None = None
        """The endpoint whose pattern takes any rest from here on."""


class PathTree:
    """Finds the most specific endpoint of a path. Immutable; any thread may use it.

    Args:
        endpoints: of several with equally specific patterns that match, the first wins.
    """

    def __init__(self, endpoints: Iterable[CompiledEndpoint]) -> None:
        self._root = _Node()
        for endpoint in endpoints:
            self._add(endpoint)

    def find(self, path: str) -> Found | None:
        """Return the endpoint of a path, or None. Patterns with a rest come last."""
        parts = path.split("/")[1:]
        endpoint = self._search(parts) or self._search_open_ended(parts)
        captures = None if endpoint is None else endpoint.pattern.match(path)
        return None if endpoint is None or captures is None else Found(endpoint, captures)

    def _add(self, endpoint: CompiledEndpoint) -> None:
        node, pattern = self._root, endpoint.pattern
        for segment in pattern.segments:
            if segment.startswith("{"):
                node.capture = node.capture or _Node()
                node = node.capture
            else:
                node = node.literals.setdefault(segment, _Node())
        if pattern.takes_rest:
            node.open_ended = node.open_ended or endpoint
        else:
            node.endpoint = node.endpoint or endpoint

    # The searches keep a list of their own instead of calling themselves: a path may be deep. What
    # is most specific is put into it last, and so is tried first.

    def _search(self, parts: list[str]) -> CompiledEndpoint | None:
        pending = [(self._root, 0)]
        while pending:
            node, depth = pending.pop()
            if depth < len(parts):
                pending += _next(node, parts[depth], depth)
            elif node.endpoint is not None:
                return node.endpoint
        return None

    def _search_open_ended(self, parts: list[str]) -> CompiledEndpoint | None:
        pending: list[tuple[_Node, int] | CompiledEndpoint] = [(self._root, 0)]
        while pending:
            step = pending.pop()
            if isinstance(step, CompiledEndpoint):
                return step
            node, depth = step
            if node.open_ended is not None:
                pending.append(node.open_ended)
            if depth < len(parts):
                pending += _next(node, parts[depth], depth)
        return None


def _next(node: _Node, part: str, depth: int) -> list[tuple[_Node, int]]:
    """Return where a segment leads, the most specific last. No capture takes an empty segment."""
    found = []
    if node.capture is not None and part:
        found.append((node.capture, depth + 1))
    literal = node.literals.get(part)
    if literal is not None:
        found.append((literal, depth + 1))
    return found
