"""Runs a script for one connection: its steps in order, and a verdict at the end."""

from collections.abc import Sequence
from typing import Any, Literal

from websocket_mock.actors.conversation.action import Part
from websocket_mock.actors.conversation.compiled import CompiledStep
from websocket_mock.actors.conversation.core import (
    Effect,
    ReportProblem,
    ReportVerdict,
    StartTimer,
)
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.conversation.templates import TemplateFailed
from websocket_mock.actors.conversation.timer_payloads import StepOverdue
from websocket_mock.actors.matching.message_view import NOTHING, MessageView

ScriptProgress = Literal["running", "passed", "failed"]


class ScriptRun:
    """One run of a script. Only its connection uses it.

    Args:
        steps: the script.
        runner: runs the actions in it.
    """

    def __init__(self, steps: Sequence[CompiledStep], runner: ActionRunner) -> None:
        self._steps = steps
        self._runner = runner
        self._position = 0
        self._resume_at: int | None = None
        """The index of the step after a wait that is not over."""
        self._turn = 0
        self._message: MessageView = NOTHING
        self._captures: dict[str, Any] = {}
        self.progress: ScriptProgress = "running"

    def begin(self, now: float) -> list[Effect]:
        """Run the steps up to the first that expects a message; return their effects."""
        return self._advance(now)

    def adopt(self, steps: Sequence[CompiledStep], now: float) -> list[Effect] | None:
        """Continue with a later version of the script, at the same step.

        Returns:
            The effects; None if the steps that this run has completed have changed, so that it
            cannot continue.
        """
        behind = self._position
        if len(steps) < behind or not all(map(_is_same, steps, self._steps[:behind])):
            return None
        before, self._steps = self._current(), steps
        if before is None or self._resume_at == behind or _is_same(before, self._current()):
            return []
        return self._advance(now)

    def try_message(self, message: MessageView, now: float) -> tuple[str, list[Effect]]:
        """Try a message on the step that waits.

        Returns:
            Why the step does not expect the message, empty if it does; and the effects.
        """
        step = self._current()
        if step is None or step.expect is None:
            return "nothing is expected now", []
        try:
            verdict = step.expect.test(message)
            why = verdict.why
        except Exception as error:  # noqa: BLE001 - a JSON Schema may raise anything
            return f"{type(error).__name__}: {error}", []
        if not verdict.matched:
            return why, []
        self._message, self._captures = message, dict(verdict.captures)
        self._position += 1
        return "", self._advance(now)

    def on_overdue(self, timer: StepOverdue) -> list[Effect]:
        """Fail the run if the step still waits; return the verdict."""
        step = self._current()
        if step is None or self._turn != timer.turn:
            return []
        return [self.fail(f"no matching message came within {timer.seconds:g} s")]

    def on_next_step(self, position: int, now: float) -> list[Effect]:
        """Continue with a step after a wait; return the effects."""
        if self.progress != "running" or self._position != position:
            return []
        return self._advance(now)

    def fail(self, why: str) -> Effect:
        """End the run and return the verdict, which names the step and the reason."""
        label = self._steps[min(self._position, len(self._steps) - 1)].label
        self.progress = "failed"
        return ReportVerdict(passed=False, text=f"{label}: {why}")

    def _current(self) -> CompiledStep | None:
        is_over = self.progress != "running" or self._position >= len(self._steps)
        return None if is_over else self._steps[self._position]

    def _advance(self, now: float) -> list[Effect]:
        effects: list[Effect] = []
        while (step := self._current()) is not None:
            if step.expect is not None:
                return [*effects, *self._expect(step, now)]
            self._position += 1
            part = Part(self._why(step), step.actions)
            caused, is_done = self._runner.proceed((part,), now, self._position)
            effects += caused
            if not is_done:
                self._resume_at = self._position
                return effects
        if self.progress == "running":
            self.progress = "passed"
            effects.append(ReportVerdict(passed=True, text=""))
        return effects

    def _expect(self, step: CompiledStep, now: float) -> list[Effect]:
        """Return the timer of a step that expects a message within a time."""
        self._turn += 1
        if step.within is None:
            return []
        try:
            seconds = step.within(self._runner.names(self._why(step), now))
        except TemplateFailed as error:
            return [ReportProblem(step.label, str(error))]
        return [StartTimer(seconds, StepOverdue(self._turn, seconds))]

    def _why(self, step: CompiledStep) -> Occasion:
        return Occasion("", step.label, self._message, self._captures)


def _is_same(one: CompiledStep, other: CompiledStep | None) -> bool:
    return other is not None and one.fingerprint == other.fingerprint
