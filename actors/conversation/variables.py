"""The variables that mocks set: of a connection, of a logical client, and of an endpoint.

Pure: what is shared by several connections is guarded by a mutex that the caller brings.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from websocket_mock.actors.conversation.sandbox import MAX_TEXT, TooMuch, bounded, weight

ScopeName = Literal["vars", "client_vars", "endpoint_vars"]

MAX_VARIABLES = 1_000
"""The most variables in one scope."""

MAX_ITEMS = 10_000
"""The most items of a list that `append` makes."""

VARIABLE_WEIGHT = 64
"""What a variable weighs in addition to its name and its value."""

MAX_SHARED_WEIGHT = 64 * 1024 * 1024
"""The most characters, about, of all shared variables of a namespace."""


class BadChange(ValueError):
    """Raised when a variable cannot be changed; the text says why."""


class Pool:
    """Counts the weight of all that a namespace remembers. Guarded by the mutex of its users."""

    __slots__ = ("used",)

    def __init__(self) -> None:
        self.used = 0

    def take(self, added: int) -> None:
        """Count more weight; a negative number gives weight back.

        Raises:
            BadChange: it would be too much, and nothing was counted.
        """
        if added > 0 and self.used + added > MAX_SHARED_WEIGHT:
            raise BadChange(
                f"what the namespace remembers has more than {MAX_SHARED_WEIGHT:,} characters; "
                "reset its variables"
            )
        self.used += added


class _Version(NamedTuple):
    """The variables of one scope at one moment."""

    values: Mapping[str, Any]
    weights: Mapping[str, int]
    weight: int


_EMPTY = _Version({}, {}, 0)


class Variables:
    """The variables of one scope. They are replaced as a whole, so reading needs no lock.

    Args:
        pool: counts their weight; None: they belong to one connection only.
    """

    __slots__ = ("_version", "_watchers", "pool", "values")

    def __init__(self, pool: Pool | None = None) -> None:
        self.pool = pool
        self._version = _EMPTY
        self._watchers: tuple[Callable[[], object], ...] = ()
        self.values = self._version.values
        """The current values by their names. Never changed in place."""

    def prepare(self, values: Mapping[str, Any], changed: Iterable[str]) -> _Version:
        """Return the next version. `changed` names the values that differ.

        Raises:
            BadChange: the values are too many or too large.
        """
        if len(values) > MAX_VARIABLES:
            raise BadChange(f"there would be more than {MAX_VARIABLES:,} variables")
        if self.pool is None:
            for name in changed:
                _check(name, values[name])
            return _Version(values, {}, 0)
        weights = {
            **self._version.weights,
            **{name: _weigh(name, values[name]) for name in changed},
        }
        return _Version(values, weights, sum(weights.values()))

    def assign(self, values: Mapping[str, Any]) -> None:
        """Set variables that belong to one connection only, without any operation.

        Raises:
            BadChange: they are too many or too large, and nothing was changed.
        """
        self.commit(self.prepare({**self.values, **values}, values))

    def added(self, version: _Version) -> int:
        """Return how much more weight another version has."""
        return version.weight - self._version.weight

    def commit(self, version: _Version) -> None:
        """Make a version the current one. Its weight is in the pool already."""
        self._version, self.values = version, version.values
        for watcher in self._watchers:
            watcher()

    def watch(self, watcher: Callable[[], object]) -> None:
        """Call `watcher` after each change, on the thread that makes it. It must not block."""
        self._watchers = (*self._watchers, watcher)

    def unwatch(self, watcher: Callable[[], object]) -> None:
        """Stop calling a watcher; nothing happens if it does not watch."""
        self._watchers = tuple(one for one in self._watchers if one != watcher)

    def clear(self) -> None:
        """Forget all variables."""
        if self.pool is not None:
            self.pool.take(-self._version.weight)
        self.commit(_EMPTY)


def _weigh(name: str, value: Any) -> int:  # noqa: ANN401 - any JSON value
    _check(name, value)
    return VARIABLE_WEIGHT + len(name) + weight(value)


def _check(name: str, value: object) -> None:
    try:
        bounded(value)
    except TooMuch:
        raise BadChange(f"{name} would have more than {MAX_TEXT:,} characters or items") from None


# --- changes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a variable."""

    scope: ScopeName
    name: str
    operation: str
    """A key of `OPERATIONS`."""
    operand: Any


def _set(_: dict[str, Any], __: str, operand: Any) -> Any:  # noqa: ANN401
    return operand


def _increment(values: dict[str, Any], name: str, operand: Any) -> Any:  # noqa: ANN401
    before = values.get(name, 0)
    for one in (before, operand):
        if isinstance(one, bool) or not isinstance(one, int | float):
            raise BadChange(f"{name} cannot be incremented: {one!r} is not a number")
    return before + operand


def _append(values: dict[str, Any], name: str, operand: Any) -> Any:  # noqa: ANN401
    before = values.get(name, [])
    if not isinstance(before, list):
        raise BadChange(f"nothing can be appended to {name}: {before!r:.80} is not a list")
    if len(before) >= MAX_ITEMS:
        raise BadChange(f"{name} has {MAX_ITEMS:,} items, which is the limit")
    return [*before, operand]


def _remove(values: dict[str, Any], name: str, operand: Any) -> Any:  # noqa: ANN401
    before = values.get(name, [])
    if isinstance(before, dict):
        return {key: value for key, value in before.items() if key != operand}
    if not isinstance(before, list):
        raise BadChange(f"nothing can be removed from {name}: {before!r:.80} is not a list")
    return [one for one in before if one != operand]


def _default(values: dict[str, Any], name: str, operand: Any) -> Any:  # noqa: ANN401
    return values.get(name, operand)


SET = "set"

OPERATIONS: Mapping[str, Callable[[dict[str, Any], str, Any], Any]] = {
    SET: _set,
    "increment": _increment,
    "append": _append,
    "remove": _remove,
    "default": _default,
}
"""Each takes the variables, the name and the operand, and returns the new value."""


def apply_changes(scopes: Mapping[ScopeName, Variables], changes: Sequence[Change]) -> None:
    """Make all changes, in their order, or none.

    Raises:
        BadChange: one of them is not possible.
    """
    drafts: dict[ScopeName, dict[str, Any]] = {}
    for change in changes:
        if change.scope not in drafts:
            drafts[change.scope] = dict(scopes[change.scope].values)
        draft = drafts[change.scope]
        draft[change.name] = OPERATIONS[change.operation](draft, change.name, change.operand)
    versions = {
        name: scopes[name].prepare(draft, {one.name for one in changes if one.scope == name})
        for name, draft in drafts.items()
    }
    # The shared scopes of a connection have the same pool; the others have no weight.
    pool = next(filter(None, (scopes[name].pool for name in versions)), None)
    if pool is not None:
        pool.take(sum(scopes[name].added(version) for name, version in versions.items()))
    for name, version in versions.items():
        scopes[name].commit(version)
