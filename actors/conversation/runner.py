"""Runs compiled actions for one connection and returns their effects.

It owns the memory that the actions change. It knows no thread and no clock. What each action does
is in `actions/`.
"""

from collections.abc import Mapping, Sequence

from websocket_mock.actors.conversation.action import CompiledAction, FlowAction, Part, Pause
from websocket_mock.actors.conversation.actions.timers import DoEvery, Repeat, Resume
from websocket_mock.actors.conversation.core import (
    ConnectionContext,
    Effect,
    ReportProblem,
    StartTimer,
)
from websocket_mock.actors.conversation.jinja_template import BUDGET
from websocket_mock.actors.conversation.memory import Memory, Names
from websocket_mock.actors.conversation.occasion import Occasion
from websocket_mock.actors.conversation.replay import SharedMemory, unshared_memory
from websocket_mock.actors.conversation.sandbox import Budget
from websocket_mock.actors.conversation.templates import ActionFailed, TemplateNames
from websocket_mock.actors.values.randomness import seeded

MAX_ACTIONS = 20_000
"""The most actions that run for one event, and effects that they have, both counted together."""

MAX_TURNS = 100_000
"""The most loop turns of all templates that are rendered for one event."""

TOO_MANY_ACTIONS = "too many actions for one event; the others do not run"


class ActionRunner:
    """Runs the actions of a mock conversation. Pure: it returns effects and sends nothing.

    Args:
        context: the connection.
        captures: what the path's pattern captured.
        seed: the seed of all random choices on this connection.
        initial_state: the state at the start.
        shared: what other connections read and change, too; default: nothing is shared.
    """

    def __init__(
        self,
        context: ConnectionContext,
        captures: Mapping[str, str],
        seed: str,
        initial_state: str,
        shared: SharedMemory | None = None,
    ) -> None:
        random = seeded(seed)
        self.memory = Memory(context, random, initial_state, shared or unshared_memory())
        self._captures = captures

    def run(
        self,
        actions: Sequence[CompiledAction],
        why: Occasion,
        now: float,
        effects: list[Effect] | None = None,
    ) -> list[Effect]:
        """Run the actions up to a `wait`; a timer resumes the rest.

        Args:
            actions: the actions.
            why: the reason why they run.
            now: the time in Unix seconds.
            effects: the list to add their effects to; default: a new one.

        Returns:
            the list.
        """
        effects = [] if effects is None else effects
        names = self.names(why, now)
        for index, action in enumerate(actions):
            # Most lists have no such action, and need no stack of lists.
            if isinstance(action, FlowAction):
                effects += self.proceed((Part(why, tuple(actions[index:])),), now)[0]
                break
            try:
                effects += action.do(self.memory, why, names)
            except ActionFailed as error:
                effects.append(ReportProblem(why.label, str(error)))
        return effects

    def proceed(
        self, parts: Sequence[Part], now: float, step: int | None = None
    ) -> tuple[list[Effect], bool]:
        """Run parts, one after the other, up to a `wait`.

        Args:
            parts: the actions, with the reasons why they run.
            now: the time in Unix seconds.
            step: the step of the script that follows them, for the timer that resumes them.

        Returns:
            The effects, and whether all actions have run.
        """
        effects: list[Effect] = []
        pending = list(reversed(parts))
        left, budget = MAX_ACTIONS, Budget(MAX_TURNS)
        while pending:
            part = pending.pop()
            if not part.actions or (part.is_ending and part.occasion.has_ended):
                continue
            why, names = part.occasion, self.names(part.occasion, now)
            names[BUDGET] = budget
            for index, action in enumerate(part.actions):
                if left <= 0:
                    effects.append(ReportProblem(why.label, TOO_MANY_ACTIONS))
                    return effects, True
                left -= 1
                try:
                    if not isinstance(action, FlowAction):
                        caused = action.do(self.memory, why, names)
                        left -= len(caused)
                        effects += caused
                        continue
                    following = action.enter(self.memory, why, names)
                except ActionFailed as error:
                    effects.append(ReportProblem(why.label, str(error)))
                    continue
                pending.append(Part(why, part.actions[index + 1 :]))
                if isinstance(following, Pause):
                    rest = Resume(tuple(reversed(pending)), step)
                    effects.append(StartTimer(following.delay, rest))
                    return effects, False
                pending += reversed(following)
                break
        return effects, True

    def repeat(self, turn: Repeat, now: float) -> list[Effect]:
        """Run one turn of an `every` and return its effects, with the timer for the next turn."""
        effects: list[Effect] = []
        try:
            self._take_turn(turn, now, effects)
        except ActionFailed as error:
            effects.append(ReportProblem(turn.occasion.label, str(error)))
        return effects

    def _take_turn(self, turn: Repeat, now: float, effects: list[Effect]) -> None:
        why, every = turn.occasion, turn.every
        if every.is_over(turn, self._names_for(every, why, now)):
            effects += self.proceed((turn.ending,), now)[0]
            return
        following = Repeat(why.next_turn(), every, turn.count)
        if following.occasion.repeat == turn.count:
            effects += self.proceed((Part(why, every.actions), turn.ending), now)[0]
            return
        effects += self.run(every.actions, why, now)
        if why.has_ended:
            return
        names = self._names_for(every, following.occasion, now)
        if every.is_over(following, names):
            effects += self.proceed((turn.ending,), now)[0]
        else:
            effects.append(every.start_turn(self.memory, following, names))

    def _names_for(self, every: DoEvery, why: Occasion, now: float) -> TemplateNames:
        """Return what the templates of an `every` itself see; most have none."""
        return self.names(why, now) if every.needs_names else {}

    # --- what templates see -------------------------------------------------------------------

    def names(self, why: Occasion, now: float) -> Names:
        """Return the names that templates see.

        Args:
            why: the reason why they are rendered.
            now: the time in Unix seconds.
        """
        return Names(self.memory, self._captures, why, now)
