"""How a mock's endpoint answers one connection: with rules or a script, and its `unmatched`.

A new version of the endpoint takes effect with the next event. State, variables and counts stay.
The timers of rules that were removed, or whose actions changed, no longer do anything.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, get_args

from websocket_mock.actors.conversation.actions.control import DoIgnore
from websocket_mock.actors.conversation.actions.timers import Repeat, Resume
from websocket_mock.actors.conversation.batches import (
    MESSAGE_TOO_BIG,
    Packets,
    handle_parts,
    split_text,
)
from websocket_mock.actors.conversation.compiled import (
    NO_RULES,
    CompiledEndpoint,
    CompiledRule,
    Found,
)
from websocket_mock.actors.conversation.contract import ContractNotes
from websocket_mock.actors.conversation.core import (
    Behaviour,
    CancelTimers,
    ConnectionContext,
    CountError,
    Effect,
    Effects,
    Event,
    LeaveGroup,
    Lost,
    Opened,
    ReportProblem,
    ReportVerdict,
    RuleFired,
    StartTimer,
    StateReset,
    TimerFired,
)
from websocket_mock.actors.conversation.explain import as_received, describe_nearest, explain
from websocket_mock.actors.conversation.json_protocol import JsonProtocol
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.replay import SharedMemory
from websocket_mock.actors.conversation.rule_choice import Choice, RuleChoice, occasion_of
from websocket_mock.actors.conversation.rule_timers import RuleTimers
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.conversation.scripting import ScriptRun
from websocket_mock.actors.conversation.templates import TemplateNames
from websocket_mock.actors.conversation.timer_payloads import RuleDue, StepOverdue
from websocket_mock.actors.documents.mocks import Trigger, Unmatched
from websocket_mock.actors.matching.matchers import Captures
from websocket_mock.actors.matching.message_view import (
    NOTHING,
    ClientEvent,
    MessageView,
    view_message,
)
from websocket_mock.actors.values.codec import encode
from websocket_mock.actors.values.effects import (
    AnswerClose,
    FailConnection,
    SendBinary,
    SendPong,
    SendText,
    StartClose,
    WireEffect,
)
from websocket_mock.actors.values.explanations import Explanation
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)

POLICY_VIOLATION = 1008
"""Close code of `unmatched: strict` (RFC 6455 section 7.4.1)."""

NO_RULE = StartClose(POLICY_VIOLATION, "no rule matches")

_NEEDS_CONNECTION = (*get_args(WireEffect), StartTimer)
"""The effects that have no sense after the end of a connection."""

FindEndpoint = Callable[[str], CompiledEndpoint | None]
"""Returns the current version of an endpoint by its name; None if there is none."""

Message = TextReceived | BinaryReceived


class MockConversation:
    """The behaviour of one connection to a mock's endpoint.

    Args:
        context: the connection.
        found: its endpoint, and what the path captured.
        seed: the seed of all random choices on it.
        current: returns the current version of the endpoint.
        shared: what other connections read and change, too; default: nothing is shared.
    """

    def __init__(
        self,
        context: ConnectionContext,
        found: Found,
        seed: str,
        current: FindEndpoint,
        shared: SharedMemory | None = None,
    ) -> None:
        endpoint = found.endpoint
        self._captures = found.captures
        self._seed = seed
        self._endpoint = endpoint
        self._name = endpoint.name
        self._current = current
        self._context = context
        self._shared = shared
        self._runner, self._script = self._begin()
        self._builtin: Behaviour | None = (
            JsonProtocol(context) if endpoint.unmatched == "builtin" else None
        )
        self._choice = RuleChoice(self._runner)
        self._timers = RuleTimers()
        self._packets = Packets()
        self._is_open = False
        self._has_violated = False
        self._contract_notes = ContractNotes()

    def handle(self, event: Event, now: float) -> Effects:
        """Return the effects of the rules or the script."""
        latest = self._current(self._name)
        if latest is self._endpoint:
            effects = self._answer(event, now)
        else:
            effects = [*self._adopt(latest, now), *self._answer(event, now)]
        contract = self._endpoint.contract
        return effects if contract is None else self._contract_notes.add(contract, event, effects)

    def _answer(self, event: Event, now: float) -> list[Effect]:
        # Most events are texts, and to match a pattern takes twice as long.
        if isinstance(event, TextReceived):
            self._timers.last_heard = now
            separator = self._endpoint.split_by
            if separator is None:
                return self._on_message(event, now)
            parts = split_text(event, separator)
            return handle_parts(parts, partial(self._on_message, now=now))
        match event:
            case BinaryReceived():
                self._timers.last_heard = now
                return self._on_binary(event, now)
            case TimerFired():
                return self._on_timer(event.payload, event, now)
            case Opened():
                return self._on_open(event, now)
            case PingReceived(payload=payload):
                self._timers.last_heard = now
                is_ignored, answers = self._try("ping", self._view(event), now)
                return answers if is_ignored else [SendPong(payload), *answers]
            case PongReceived():
                self._timers.last_heard = now
                return self._try("pong", self._view(event), now)[1]
            case CloseReceived():
                is_ignored, answers = self._try("close", self._view(event), now)
                return answers if is_ignored else [*answers, AnswerClose()]
            case ProtocolViolated():
                return [FailConnection()]
            case StateReset():
                return self._start_over(now)
            case Lost():
                return self._on_lost(event, now)
            case _:
                return self._ask_builtin(event, now)

    @property
    def state(self) -> str:
        """The state that the rules see."""
        return self._runner.memory.state

    def explain(self, message: MessageView, now: float) -> Explanation:
        """Return what the connection would do with a message. Sends nothing and counts nothing."""
        message = as_received(self._endpoint, message)
        names_of = partial(self._names_of, message, now)
        state = self._runner.memory.state
        return explain(self._endpoint, message, state, names_of, self._choice.why_limited)

    def _names_of(
        self, message: MessageView, now: float, rule: CompiledRule, captures: Captures
    ) -> TemplateNames:
        return self._runner.names(occasion_of(rule, message, captures), now)

    def _view(self, event: ClientEvent) -> MessageView:
        return view_message(event, self._endpoint.layout)

    # --- start and reset ----------------------------------------------------------------------

    def _begin(self) -> tuple[ActionRunner, ScriptRun | None]:
        endpoint = self._endpoint
        runner = ActionRunner(
            self._context, self._captures, self._seed, endpoint.initial_state, self._shared
        )
        return runner, ScriptRun(endpoint.script, runner) if endpoint.script else None

    def _start_over(self, now: float) -> list[Effect]:
        """Return to the state of a new connection, without running the rules for `connect`."""
        self._runner, self._script = self._begin()
        self._choice = RuleChoice(self._runner)
        self._timers = RuleTimers()
        self._packets = Packets()
        self._has_violated = False
        self._contract_notes = ContractNotes()
        timers = self._timers.arm(self._endpoint, now)
        effects: list[Effect] = [CancelTimers(), LeaveGroup(None), *timers]
        return effects if self._script is None else [*effects, *self._script.begin(now)]

    # --- versions -----------------------------------------------------------------------------

    def _adopt(self, latest: CompiledEndpoint | None, now: float) -> list[Effect]:
        """Use another version of the endpoint from now on; None: there is none."""
        if latest is None:
            # It was removed. The connection stays open, unanswered until the name exists again.
            latest = replace(
                self._endpoint,
                rules={},
                rules_by_key={},
                script=(),
                unmatched="ignore",
                contract=None,
            )
        else:
            self._choice.keep(latest.rules_by_key)
        self._endpoint = latest
        if not self._is_open:
            self._script = ScriptRun(latest.script, self._runner) if latest.script else None
            return []
        return [*self._timers.arm(latest, now), *self._adopt_script(now)]

    def _adopt_script(self, now: float) -> list[Effect]:
        run, steps = self._script, self._endpoint.script
        if run is None or not steps:
            # A script that is added later runs only on connections that open after that.
            self._script = None
            return []
        effects = run.adopt(steps, now)
        if effects is not None:
            return effects
        self._script = None
        if run.progress != "running":
            return []
        return [ReportProblem("script", "its completed steps changed; this run gets no verdict")]

    def _lives(self, why: Occasion) -> bool:
        if why.has_ended:
            return False
        if not why.rule_key:
            return self._script is not None
        rule = self._endpoint.rules_by_key.get(why.rule_key)
        return rule is not None and rule.fingerprint == why.fingerprint

    # --- rules --------------------------------------------------------------------------------

    def _on_open(self, event: Event, now: float) -> list[Effect]:
        self._is_open = True
        self._timers.last_heard = now
        effects = self._timers.arm(self._endpoint, now)
        has_fired, answers = self._fire_first("connect", NOTHING, now)
        effects += answers
        if not has_fired and self._script is None:
            effects += self._ask_builtin(event, now)
        if self._script is not None:
            effects += self._script.begin(now)
        return effects

    def _on_message(self, event: Message, now: float) -> list[Effect]:
        self._runner.memory.received += 1
        message = self._view(event)
        if self._script is not None and self._script.progress == "running":
            why, effects = self._script.try_message(message, now)
            return effects if not why else self._on_unexpected(event, why, now)
        choice, effects = self._choose("message", message, now)
        if choice is not None:
            return self._run(choice, now, effects)
        effects += self._on_unmatched(event, now)
        return effects

    def _on_binary(self, event: BinaryReceived, now: float) -> list[Effect]:
        packet_end = self._endpoint.split_after
        if packet_end is None:
            return self._on_message(event, now)
        packets = self._packets.cut(event, packet_end)
        effects = handle_parts(packets, partial(self._on_message, now=now), "split_after")
        return [*effects, MESSAGE_TOO_BIG] if self._packets.has_too_much else effects

    def _on_lost(self, lost: Lost, now: float) -> list[Effect]:
        effects = self._end_script(f"the connection closed with {lost.code}")
        ended = MessageView(code=lost.code, reason=lost.reason)
        answers = self._fire_first("end", ended, now)[1]
        effects += [one for one in answers if not isinstance(one, _NEEDS_CONNECTION)]
        return effects

    def _try(self, trigger: Trigger, message: MessageView, now: float) -> tuple[bool, list[Effect]]:
        """Fire a rule for a control frame; return whether to ignore the frame, and the effects."""
        choice, effects = self._choose(trigger, message, now)
        if choice is None:
            return False, effects
        memory = self._runner.memory
        # Anywhere in the list, even after a `wait`.
        memory.is_ignoring = any(isinstance(action, DoIgnore) for action in choice[0].actions)
        self._run(choice, now, effects)
        return memory.is_ignoring, effects

    def _fire_first(
        self, trigger: Trigger, message: MessageView, now: float
    ) -> tuple[bool, list[Effect]]:
        choice, effects = self._choose(trigger, message, now)
        if choice is None:
            return False, effects
        return True, self._run(choice, now, effects)

    def _choose(
        self, trigger: Trigger, message: MessageView, now: float
    ) -> tuple[Choice | None, list[Effect]]:
        return self._choice.choose(self._endpoint.rules.get(trigger, NO_RULES), message, now)

    def _run(self, choice: Choice, now: float, effects: list[Effect]) -> list[Effect]:
        """Run the actions of a rule; return the effects, after those that are given."""
        rule, why = choice
        state = self._runner.memory.state
        is_initial = state == self._endpoint.initial_state
        effects.append(rule.fired if is_initial else RuleFired(rule.label, state))
        return self._runner.run(rule.actions, why, now, effects)

    # --- timers -------------------------------------------------------------------------------

    def _on_timer(self, timer: object, event: Event, now: float) -> list[Effect]:
        match timer:
            case Resume():
                return self._resume(timer, now)
            case Repeat(occasion=why):
                return self._runner.repeat(timer, now) if self._lives(why) else []
            case RuleDue():
                return self._on_rule_due(timer, now)
            case StepOverdue() if self._script is not None:
                return self._close_if_failed(self._script.on_overdue(timer))
            case _:
                return self._ask_builtin(event, now)

    def _resume(self, timer: Resume, now: float) -> list[Effect]:
        if not self._lives(timer.occasion):
            return []
        effects, is_done = self._runner.proceed(timer.parts, now, timer.step)
        if is_done and timer.step is not None and self._script is not None:
            effects += self._script.on_next_step(timer.step, now)
        return effects

    def _on_rule_due(self, timer: RuleDue, now: float) -> list[Effect]:
        rule, following = self._timers.take(timer, now)
        return following if rule is None else [*self._fire_timed(rule, now), *following]

    def _fire_timed(self, rule: CompiledRule, now: float) -> list[Effect]:
        choice, problems = self._choice.choose_timed(rule, now)
        return problems if choice is None else self._run(choice, now, problems)

    # --- unmatched messages -------------------------------------------------------------------

    def _on_unexpected(self, event: Message, why: str, now: float) -> list[Effect]:
        """Answer a message that the script does not expect."""
        if self._script is None or self._endpoint.tolerates_unexpected:
            return self._on_unmatched(event, now)
        return self._close_if_failed([self._script.fail(why)])

    def _close_if_failed(self, effects: list[Effect]) -> list[Effect]:
        if not effects:
            return []
        return [*effects, StartClose(POLICY_VIOLATION, "the script failed")]

    def _end_script(self, why: str) -> list[Effect]:
        if self._script is None or self._script.progress != "running":
            return []
        return [self._script.fail(why)]

    def _on_unmatched(self, event: Message, now: float) -> list[Effect]:
        policy: Unmatched = self._endpoint.unmatched
        match policy:
            case "echo":
                return [_echo(event)]
            case "error":
                error = {"type": "error", "error": "No rule matches this message"}
                return [CountError(), SendText(encode(error))]
            case "strict":
                return [*self._note_violation(event, now), CountError(), NO_RULE]
            case "builtin":
                return self._ask_builtin(event, now)
            case "ignore":
                return []

    def _note_violation(self, event: Message, now: float) -> list[Effect]:
        if self._has_violated:
            # One verdict is enough: the messages until the client closes too add nothing.
            return []
        self._has_violated = True
        message, state = self._view(event), self._runner.memory.state
        names_of = partial(self._names_of, message, now)
        nearest = describe_nearest(self._endpoint, message, state, names_of)
        text = f"no rule matches; {nearest}"
        changed = None if state == self._endpoint.initial_state else state
        return [ReportVerdict(passed=False, text=text, is_strict=True, state=changed)]

    def _ask_builtin(self, event: Any, now: float) -> list[Effect]:  # noqa: ANN401 - any event
        if self._endpoint.unmatched != "builtin":
            return []
        if self._builtin is None:
            self._builtin = JsonProtocol(self._context)
        return list(self._builtin.handle(event, now))


def _echo(event: Message) -> Effect:
    if isinstance(event, TextReceived):
        return SendText(event.text.encode())
    return SendBinary(event.data)
