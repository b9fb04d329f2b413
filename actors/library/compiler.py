"""Compiles mocks, and finds all errors and warnings before a mock is used."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from websocket_mock.actors.conversation.action_compiler import ActionCompiler
from websocket_mock.actors.conversation.compiled import (
    CompiledEndpoint,
    CompiledHandshakeRule,
    CompiledRule,
    CompiledStep,
    HandshakeDecision,
    RuleList,
)
from websocket_mock.actors.conversation.contract import CompiledContract
from websocket_mock.actors.conversation.core import RuleFired
from websocket_mock.actors.conversation.expressions import (
    Computed,
    Number,
    When,
    compile_number,
    read_count,
    read_duration,
)
from websocket_mock.actors.conversation.templates import BadTemplate
from websocket_mock.actors.documents.actions import Action
from websocket_mock.actors.documents.mocks import (
    Endpoint,
    HandshakeRule,
    Mocks,
    Rule,
    Step,
    Trigger,
)
from websocket_mock.actors.documents.paths import BadPath, PathPattern, compile_path_pattern
from websocket_mock.actors.documents.problems import BadDocument, Place, Problem
from websocket_mock.actors.faults.compiled import CompiledFault
from websocket_mock.actors.faults.compiler import BadFault, compile_fault, name_faults
from websocket_mock.actors.faults.schema import Fault
from websocket_mock.actors.library.contracts import compile_contract, find_breaches
from websocket_mock.actors.library.files import read_file
from websocket_mock.actors.library.http_compiler import compile_http
from websocket_mock.actors.library.own_code import Functions
from websocket_mock.actors.library.stops import find_idle_stops, states_set
from websocket_mock.actors.library.template_names import find_unknown_names
from websocket_mock.actors.matching.conditions import (
    Condition,
    compile_handshake_match,
    compile_message_match,
)
from websocket_mock.actors.matching.layout import (
    BadLayout,
    Layout,
    PacketEnd,
    compile_layout,
    compile_packet_end,
    stand_in,
)
from websocket_mock.actors.matching.layout_schema import BinaryField
from websocket_mock.actors.matching.matchers import BadMatcher
from websocket_mock.actors.matching.schema import HandshakeMatch, MessageMatch
from websocket_mock.actors.matching.units import FOR_EVER
from websocket_mock.actors.values.namespaces import split_namespace
from websocket_mock.actors.values.suggestions import nearest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CompiledMocks:
    """A compiled document, ready to serve."""

    endpoints: tuple[CompiledEndpoint, ...]
    faults: tuple[CompiledFault, ...]
    """The faults for any connection; their keys are unique."""
    warnings: tuple[Problem, ...]


def compile_mocks(
    mocks: Mocks,
    directory: Path | None = None,
    functions: Functions = Functions(),  # noqa: B008 - immutable
) -> CompiledMocks:
    """Compile the mocks of a document.

    Args:
        mocks: the parsed document.
        directory: the directory of the files that the mocks name; None: files are refused.
        functions: the functions that `call` can run.

    Raises:
        BadDocument: some part of it cannot be compiled.
    """
    compiler = _Compiler(directory, str(mocks.seed), functions)
    endpoints = [
        compiler.endpoint(endpoint, ("endpoints", index))
        for index, endpoint in enumerate(mocks.endpoints)
    ]
    compiler.check_duplicates(endpoints)
    faults = compiler.faults(mocks.faults, ("faults",))
    compiler.check_blocks(mocks)
    if compiler.errors:
        raise BadDocument(compiler.errors)
    made = tuple(one for one in endpoints if one is not None)
    return CompiledMocks(made, faults, tuple(compiler.warnings))


class _Compiler:
    def __init__(self, directory: Path | None, seed: str, functions: Functions) -> None:
        self._functions = functions
        self._directory = directory
        self._read_file = partial(read_file, directory)
        self._seed = seed
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def endpoint(self, endpoint: Endpoint, place: Place) -> CompiledEndpoint | None:
        try:
            pattern = compile_path_pattern(endpoint.path)
        except BadPath as error:
            self._fail((*place, "path"), error)
            return None
        self._warn_of_prefix(endpoint.path, (*place, "path"))
        self._check_client_key(endpoint, pattern, place)
        actions = ActionCompiler(self._read_file, self._fail, endpoint.replay, self._functions.find)
        layout = self._layout(endpoint.fields, (*place, "fields"))
        rules = list(self._rules(endpoint.rules, (*place, "rules"), actions, layout))
        self._warn_unreachable(rules, (*place, "rules"))
        self._warn_idle_stops(endpoint, place)
        self._warn_unset_states(endpoint, place)
        for inner, text in find_unknown_names(endpoint, pattern.captures):
            self.warnings.append(Problem((*place, *inner), text, is_warning=True))
        name = endpoint.name or endpoint.path
        return CompiledEndpoint(
            name=name,
            pattern=pattern,
            seed=f"{self._seed}/{name}",
            subprotocols=tuple(endpoint.subprotocols),
            required_subprotocol=endpoint.required_subprotocol,
            client_key=endpoint.client_key,
            initial_state=endpoint.initial_state,
            handshake=tuple(self._handshake(endpoint.handshake, (*place, "handshake"))),
            rules=_by_trigger(rules),
            rules_by_key={rule.key: rule for rule in rules},
            script=tuple(self._script(endpoint.script or (), (*place, "script"), actions, layout)),
            unmatched=endpoint.unmatched,
            contract=self._contract(endpoint, place),
            split_by=endpoint.split_by,
            split_after=self._packet_end(endpoint.split_after, layout, (*place, "split_after")),
            layout=layout,
            faults=self.faults(endpoint.faults, (*place, "faults"), f"{name} "),
            source=endpoint,
            http=compile_http(endpoint, pattern, actions, self._directory, place),
        )

    def _contract(self, endpoint: Endpoint, place: Place) -> CompiledContract | None:
        def fail(inner: Place, error: object) -> None:
            self._fail((*place, *inner), error)

        contract = compile_contract(endpoint, self._read_file, fail)
        if contract is not None:
            for inner, text in find_breaches(endpoint, contract):
                self.warnings.append(Problem((*place, *inner), text, is_warning=True))
        return contract

    def faults(
        self, faults: Sequence[Fault], place: Place, owner: str = ""
    ) -> tuple[CompiledFault, ...]:
        """Compile faults. Their keys begin with `owner`, so that those of two owners differ."""
        compiled: list[CompiledFault] = []
        try:
            names = name_faults(faults)
        except BadFault as error:
            self._fail(place, error)
            return ()
        for index, (fault, name) in enumerate(zip(faults, names, strict=True)):
            try:
                compiled.append(compile_fault(fault, owner + name, name, self._seed))
            except BadFault as error:
                self._fail((*place, index), error)
        return tuple(compiled)

    def check_duplicates(self, endpoints: Sequence[CompiledEndpoint | None]) -> None:
        """Refuse a second endpoint with the same name; warn of one with the same path."""
        before: dict[str, list[str]] = {}
        named: Counter[str] = Counter()
        for index, endpoint in enumerate(endpoints):
            if endpoint is None:
                continue
            place, name = ("endpoints", index), endpoint.name
            for _ in range(named[name]):
                self._fail((*place, "name"), f"another endpoint is also named {name!r}")
            named[name] += 1
            others = before.setdefault(endpoint.pattern.source, [])
            for other in others:
                if other != name:
                    text = f"never reached: {other!r} comes first and has the same path"
                    self.warnings.append(Problem((*place, "path"), text, is_warning=True))
            others.append(name)

    def check_blocks(self, mocks: Mocks) -> None:
        """Compile the named blocks, those that nothing uses included, to find what is wrong."""
        actions = ActionCompiler(self._read_file, self._fail, 1, self._functions.find)
        for name, block in mocks.actions.items():
            actions.compile_actions(block, ("actions", name))
        for name, match in mocks.matchers.items():
            self._condition(match, ("matchers", name))

    def _fail(self, place: Place, error: object) -> None:
        self.errors.append(Problem(place, str(error)))

    def _layout(self, fields: Mapping[str, BinaryField], place: Place) -> Layout | None:
        if not fields:
            return None
        try:
            return compile_layout(fields)
        except BadLayout as error:
            for inner, text in error.problems:
                self._fail((*place, *inner), text)
            return stand_in(fields)

    def _packet_end(
        self, name: str | None, layout: Layout | None, place: Place
    ) -> PacketEnd | None:
        if name is None or (layout is not None and layout.is_stand_in):
            return None
        try:
            return compile_packet_end(layout or Layout({}), name)
        except BadLayout as error:
            for _, text in error.problems:
                self._fail(place, text)
            return None

    def _condition(
        self, match: HandshakeMatch | MessageMatch, place: Place, layout: Layout | None = None
    ) -> Condition:
        try:
            if isinstance(match, HandshakeMatch):
                return compile_handshake_match(match)
            return compile_message_match(match, layout)
        except BadMatcher as error:
            self._fail(place, error)
            return Condition(())

    def _attempt(self, place: Place, compile_part: Callable[[], T]) -> T | None:
        """Compile a part that has a template. If that is not possible, report it, return None."""
        try:
            return compile_part()
        except BadTemplate as error:
            self._fail(place, error)
            return None

    def _when(self, source: str | None, place: Place) -> When | None:
        return None if source is None else self._attempt(place, partial(When.compile, source))

    def _times(self, given: int | str | None, place: Place) -> int | Computed[int] | None:
        if not isinstance(given, str):
            return given
        return self._attempt(place, partial(Computed, given, place, read_count))

    def _within(self, given: float | str | None, place: Place) -> Number[float] | None:
        if given is None:
            return None
        return self._attempt(place, partial(compile_number, given, place, read_duration))

    def _rules(
        self, rules: Sequence[Rule], place: Place, actions: ActionCompiler, layout: Layout | None
    ) -> Iterator[CompiledRule]:
        keys: set[str] = set()
        for index, rule in _by_priority(rules):
            here, states = (*place, index), _states(rule)
            label = rule.name or f"rules[{index}]"
            key = rule.name or rule.model_dump_json(by_alias=True, exclude_unset=True)
            if rule.name in keys:
                self._fail((*here, "name"), f"another rule is also named {rule.name!r}")
            while key in keys:
                key += "+"  # an identical rule has counts of its own
            keys.add(key)
            yield CompiledRule(
                key=key,
                label=label,
                trigger=rule.trigger,
                condition=self._condition(rule.match, (*here, "match"), layout),
                when=self._when(rule.when, (*here, "when")),
                states=None if states is None else frozenset(states),
                times=self._times(rule.times, (*here, "times")),
                after_times=rule.after_times,
                every_nth=rule.every_nth,
                after=rule.after,
                interval=rule.interval,
                actions=actions.compile_actions(rule.do, (*here, "do")),
                fingerprint=_fingerprint(rule.do),
                fired=RuleFired(label),
            )

    def _check_client_key(self, endpoint: Endpoint, pattern: PathPattern, place: Place) -> None:
        name = None if endpoint.client_key is None else endpoint.client_key.path
        if name is not None and name not in pattern.captures:
            hint = nearest(name, sorted(pattern.captures), "the path captures nothing")
            self._fail((*place, "client_key", "path"), f"the path captures no {name!r}; {hint}")

    def _warn_of_prefix(self, path: str, place: Place) -> None:
        namespace, rest = split_namespace(path)
        if namespace is not None:
            text = f"never reached: its clients are in the namespace {namespace!r}, at {rest!r}"
            self.warnings.append(Problem(place, text, is_warning=True))

    def _warn_unreachable(self, rules: Sequence[CompiledRule], place: Place) -> None:
        first: dict[Trigger, CompiledRule] = {}
        for rule in rules:
            earlier = first.get(rule.trigger)
            if earlier is not None:
                text = f"{rule.label} never fires: {earlier.label} comes first and always fires"
                self.warnings.append(Problem(place, text, is_warning=True))
            elif _takes_everything(rule):
                first[rule.trigger] = rule

    def _warn_idle_stops(self, endpoint: Endpoint, place: Place) -> None:
        for inner, name in find_idle_stops(endpoint):
            text = f"stops nothing: no every or after of this endpoint is named {name!r}"
            self.warnings.append(Problem((*place, *inner), text, is_warning=True))

    def _warn_unset_states(self, endpoint: Endpoint, place: Place) -> None:
        """Warn of each rule whose state nothing sets."""
        reached = {endpoint.initial_state, *states_set(endpoint)}
        for index, rule in enumerate(endpoint.rules):
            wanted = _states(rule)
            if wanted is not None and not reached.intersection(wanted):
                text = f"never fires: nothing sets the state {' or '.join(map(repr, wanted))}"
                problem = Problem((*place, "rules", index, "state"), text, is_warning=True)
                self.warnings.append(problem)

    def _handshake(
        self, rules: Sequence[HandshakeRule], place: Place
    ) -> Iterator[CompiledHandshakeRule]:
        decider: str | None = None
        for index, rule in enumerate(rules):
            condition = self._condition(rule.match, (*place, index, "match"))
            label = rule.name or f"handshake[{index}]"
            decision = _decision(rule)
            if decider is not None:
                text = f"{label} never decides: {decider} comes first and always decides"
                self.warnings.append(Problem(place, text, is_warning=True))
            elif condition.is_empty and (decision == FOR_EVER or not isinstance(decision, float)):
                decider = label
            yield CompiledHandshakeRule(label, condition, decision)

    def _script(
        self, steps: Sequence[Step], place: Place, compiler: ActionCompiler, layout: Layout | None
    ) -> Iterator[CompiledStep]:
        for index, step in enumerate(steps):
            here = (*place, index)
            label, fingerprint = f"script[{index}]", _fingerprint([step])
            if step.expect is None:
                action = compiler.compile_action(step, here)
                actions = () if action is None else (action,)
                yield CompiledStep(label, None, None, actions, fingerprint)
            else:
                condition = self._condition(step.expect, (*here, "expect"), layout)
                within = self._within(step.within, (*here, "within"))
                yield CompiledStep(label, condition, within, (), fingerprint)


def _fingerprint(actions: Sequence[Action]) -> str:
    written = (one.model_dump_json(by_alias=True, exclude_unset=True) for one in actions)
    return hashlib.sha256("\n".join(written).encode()).hexdigest()


def _states(rule: Rule) -> list[str] | None:
    return [rule.state] if isinstance(rule.state, str) else rule.state


def _by_priority(rules: Sequence[Rule]) -> list[tuple[int, Rule]]:
    return sorted(enumerate(rules), key=lambda pair: -pair[1].priority)


def _by_trigger(rules: Sequence[CompiledRule]) -> dict[Trigger, RuleList]:
    triggers: dict[Trigger, list[CompiledRule]] = {}
    for rule in rules:
        triggers.setdefault(rule.trigger, []).append(rule)
    return {trigger: RuleList(those) for trigger, those in triggers.items()}


def _takes_everything(rule: CompiledRule) -> bool:
    is_limited = rule.times is not None or rule.after_times or rule.every_nth > 1
    is_timed = rule.trigger in ("idle", "timer")
    is_conditional = rule.when is not None or not rule.condition.is_empty
    return not is_conditional and rule.states is None and not is_limited and not is_timed


def _decision(rule: HandshakeRule) -> HandshakeDecision:
    if rule.stall is not None:
        return FOR_EVER if rule.stall == "forever" else rule.stall
    decision = rule.accept or rule.reject or rule.abort
    assert decision is not None, "the schema has one outcome in each rule"
    return decision
