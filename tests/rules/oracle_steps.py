"""The oracle's reading of one life of a workflow: when each step came, when it was due, and in which state that is."""

import math
from collections.abc import Sequence

from rules.expression import START, steps_named
from rules.held import NOTHING_HELD, Holding
from rules.spec import Matcher, Step, Workflow
from rules.verdict import InstanceState, StepState
from store.event import Event
from tests.rules.oracle_absence import Absence
from tests.rules.oracle_events import ABSENT, CONFIRMED, fulfilling, real, testimony
from tests.rules.oracle_expression import Scope, Value, evaluate, is_true, timestamp

MOST_TIMES = 2**31 - 1


class Instance:
    """One life of a workflow, as far as it is known at `as_of`.

    `events` are the distinct ones with time ≤ `as_of`, in order. Steps are gone through in graph order, so that what a
    step depends on is known before it; every mapping below is keyed by the step's name.
    """

    def __init__(
        self,
        workflow: Workflow,
        events: Sequence[Event],
        start: Event,
        as_of: int,
        holding: Holding = NOTHING_HELD,
    ) -> None:
        self.workflow = workflow
        self.events = events
        self.real = real(events)
        self.start = start
        self.as_of = as_of
        self.absence = Absence(workflow, as_of, holding)
        self.steps = {step.name: step for step in workflow.steps}
        self.optional = {step.name for step in workflow.steps if step.optional or step.at_most == 0}
        self.found = {step.name: list(fulfilling(step.matcher, self.real)) for step in workflow.steps}
        self.scope: Scope = {
            START: start.attributes,
            **{name: events[0].attributes for name, events in self.found.items() if events},
        }
        self.cancelled_at = self.earliest(workflow.cancel)
        self.ended_at = earliest_of(self.cancelled_at, self.earliest(workflow.ends_on))
        self.needed: dict[str, int | None] = {}
        self.said: dict[str, Event | None] = {}
        self.at: dict[str, int | None] = {}
        self.failed_at: dict[str, int | None] = {}
        self.skipped: dict[str, bool] = {}
        self.undecided: dict[str, bool] = {}
        self.base: dict[str, int | None] = {}
        self.due: dict[str, int | None] = {}
        self.state: dict[str, StepState] = {}
        for step in workflow.in_graph_order():
            self.needed[step.name] = self.needed_of(step)
            self.said[step.name] = self.testimony_on(step)
            self.at[step.name] = self.at_of(step)
            self.failed_at[step.name] = self.failed_at_of(step)
            self.skipped[step.name], self.undecided[step.name] = self.decide(step)
            self.base[step.name] = self.base_of(step)
            self.due[step.name] = self.due_of(step)
            self.state[step.name] = self.state_of(step)

    def earliest(self, matcher: Matcher | None) -> int | None:
        """The time of the earliest event of `cancel`, `ends_on` or `fails_on` at or after the start."""
        found = fulfilling(matcher, self.real) if matcher else iter(())
        return next((event.time for event in found if event.time >= self.start.time), None)

    @property
    def called_off(self) -> bool:
        """A `cancel` made the end; at one instant it wins over `ends_on`."""
        return self.cancelled_at is not None and self.cancelled_at == self.ended_at

    # What has come

    def needed_of(self, step: Step) -> int | None:
        """How many events it takes; not known while a step that `times` names has not occurred."""
        if step.times is None:
            return 1
        if any(self.at[name] is None for name in steps_named(step.times)):
            return None
        return how_often(evaluate(step.times, self.scope))

    def real_at(self, step: Step) -> int | None:
        """The time of the n-th event that fulfils the step."""
        needed, found = self.needed[step.name], self.found[step.name]
        return found[needed - 1].time if needed is not None and 1 <= needed <= len(found) else None

    def testimony_on(self, step: Step) -> Event | None:
        """The testimony that counts: none as soon as real events fulfil the step."""
        return testimony(self.workflow, step.name, self.events) if self.real_at(step) is None else None

    def at_of(self, step: Step) -> int | None:
        said = self.said[step.name]
        return said.time if said and said.name == CONFIRMED else self.real_at(step)

    def failed_at_of(self, step: Step) -> int | None:
        said = self.said[step.name]
        denied = said.time if said and said.name == ABSENT and said.time >= self.start.time else None
        return earliest_of(self.earliest(step.fails_on), denied)

    def has_come(self, name: str) -> bool:
        """Whether the step has its first event, or somebody's word in place of one."""
        return bool(self.found[name]) or self.at[name] is not None

    # Deadlines

    def decide(self, step: Step) -> tuple[bool, bool]:
        """Whether `when` or `times` makes the step skipped, and whether `when` is still undecided."""
        named = steps_named(step.when) if step.when else ()
        if self.needed[step.name] == 0 or any(self.skipped[name] for name in named):
            return True, False
        if not all(map(self.has_come, named)):
            return False, True
        return not is_true(step.when, self.scope), False

    def base_of(self, step: Step) -> int | None:
        if step.after_any:
            counted = self.counted_any(step)
            return earliest_of(*map(self.time_of, counted)) if counted else self.start.time
        times = [self.base[p] if p != START and self.skipped[p] else self.time_of(p) for p in step.after]
        return max(time for time in times if time is not None) if None not in times else None

    def counted_any(self, step: Step) -> list[str]:
        """The members of `after_any` less the skipped ones."""
        return [p for p in step.after_any if p == START or not self.skipped[p]]

    def time_of(self, name: str) -> int | None:
        return self.start.time if name == START else self.at[name]

    def due_of(self, step: Step) -> int | None:
        return earliest_of(
            later(self.base[step.name], step.within),
            self.promised(step),
            later(self.start.time, self.workflow.within),
            *(later(self.at[name], self.steps[name].expires) for name in step.needs),
        )

    def promised(self, step: Step) -> int | None:
        found = timestamp(evaluate(step.due, self.scope)) if step.due else None
        return found.micros if found else None

    def undated(self, step: Step) -> bool:
        """`due` has all that it reads, and still is no timestamp."""
        if step.due is None or self.skipped[step.name]:
            return False
        return all(map(self.has_come, steps_named(step.due))) and self.promised(step) is None

    # States

    def state_of(self, step: Step) -> StepState:
        """The first row of the table that applies."""
        at, due, end = self.at[step.name], self.due[step.name], self.ended_at
        if self.skipped[step.name]:
            return StepState.SKIPPED
        if end is not None and not (at is not None and at <= end) and (due is None or due > end):
            return StepState.NOT_NEEDED
        if self.undecided[step.name]:
            return StepState.WAITING
        if at is not None:
            return StepState.ON_TIME if due is None or at <= due else StepState.LATE
        if self.failed_at[step.name] is not None:
            return StepState.FAILED
        if self.waits_idly(step) or (self.base[step.name] is None and due is None):
            return StepState.WAITING
        believed = self.absence.of_step(step).as_of
        if due is None or believed <= due + self.workflow.grace or step.name in self.optional:
            return StepState.PENDING
        return StepState.MISSING

    def awaited(self, step: Step) -> list[str]:
        """The absent steps, looked for through skipped ones, for which the step's base is undefined."""
        if self.base[step.name] is not None:
            return []
        if step.after_any:
            return self.counted_any(step)
        found: list[str] = []
        for name in step.after:
            if name != START and self.skipped[name]:
                found += self.awaited(self.steps[name])
            elif self.time_of(name) is None:
                found.append(name)
        return found

    def waits_idly(self, step: Step) -> bool:
        """It waits, directly or through others, only on absent optional or undecided steps."""
        awaited = self.awaited(step)
        return bool(awaited) and all(
            name in self.optional or self.undecided[name] or self.waits_idly(self.steps[name]) for name in awaited
        )

    def waits_on_optional(self, step: Step) -> bool:
        """It waits, directly or through others, only on absent optional steps: nothing obliges it to come.

        That the instance is over obliges nothing either, so its state takes no part in this.
        """
        named = steps_named(step.when) if step.when and self.undecided[step.name] else ()
        awaited = [*self.awaited(step), *(name for name in named if not self.has_come(name))]
        return bool(awaited) and all(
            name in self.optional or self.waits_on_optional(self.steps[name]) for name in awaited
        )

    def settled(self, step: Step) -> bool:
        done = self.state[step.name] in (StepState.ON_TIME, StepState.LATE, StepState.SKIPPED)
        absent_optional = step.name in self.optional and self.at[step.name] is None
        return done or absent_optional or self.waits_on_optional(step)

    def instance_state(self) -> InstanceState:
        if self.called_off:
            return InstanceState.CANCELLED
        if StepState.MISSING in self.state.values():
            return InstanceState.INCOMPLETE
        if self.failures():
            return InstanceState.FAILED
        if self.ended_at is not None or all(map(self.settled, self.workflow.steps)):
            return InstanceState.COMPLETE
        return InstanceState.RUNNING

    def failures(self) -> list[str]:
        """The required steps that definitely did not happen."""
        return [name for name, state in self.state.items() if state == StepState.FAILED and name not in self.optional]


def how_often(times: Value) -> int:
    """Rounded down; what is no number, unknown or negative is 1."""
    if isinstance(times, bool) or not isinstance(times, int | float) or times < 0:
        return 1
    return min(math.floor(times), MOST_TIMES)


def later(time: int | None, duration: int | None) -> int | None:
    return time + duration if time is not None and duration is not None else None


def earliest_of(*times: int | None) -> int | None:
    return min((time for time in times if time is not None), default=None)
