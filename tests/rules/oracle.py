"""A second judge, in plain Python: an independent reading of rules-language.md §2 that the SQL is held against.

It is written to be obviously right rather than fast. Nothing here comes from the compiler, nor may it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rules.expression import START, Attribute, Expression, steps_named
from rules.spec import Matcher, Step, Workflow
from rules.verdict import Finding, InstanceState, Kind, StepState, StepVerdict, Unopened, Verdict
from store.event import Event
from tests.rules.oracle_expression import Scope, Value, evaluate, is_true, timestamp


def judge(workflow: Workflow, events: Sequence[Event], as_of: int) -> Verdict | Unopened | None:
    """The answer for the events of one correlation ID at `as_of`; `None` where nothing is to be said, now or later."""
    stored = distinct(events)
    future = [event.time for event in stored if event.time > as_of]
    life = [event for event in stored if event.time <= as_of]
    start = next(fulfilling(workflow.start, life), None)
    if start is not None:
        return Instance(workflow, life, start, as_of).verdict(len(stored), conflicts(events), future)
    return Unopened(workflow.name, stored[0].correlation_id, min(future)) if future else None


# Identity and order


def distinct(events: Iterable[Event]) -> list[Event]:
    """Each (source, id) once, as the copy that counts, in the order of time, id, source."""
    counted = [min(copies, key=lambda copy: (copy.time, *content(copy))) for copies in copies_of_each(events)]
    return sorted(counted, key=lambda event: (event.time, event.id.encode(), event.source.encode()))


def conflicts(events: Iterable[Event]) -> int:
    """How many (source, id) have copies that differ."""
    return sum(len({(copy.time, *content(copy)) for copy in copies}) > 1 for copies in copies_of_each(events))


def copies_of_each(events: Iterable[Event]) -> list[list[Event]]:
    def identity(event: Event) -> tuple[str, str]:
        return event.source, event.id

    return [list(copies) for _, copies in groupby(sorted(events, key=identity), key=identity)]


def content(event: Event) -> tuple[bytes, bytes]:
    return event.name.encode(), event.attributes.encode()


def fulfilling(matcher: Matcher, events: Iterable[Event]) -> Iterator[Event]:
    for event in events:
        if any(event.name == m.name and is_true(m.where, {None: event.attributes}) for m in matcher.alternatives):
            yield event


class Instance:
    """One life of a workflow, as far as it is known at `as_of`.

    `events` are the distinct ones with time ≤ `as_of`, in order. Steps are gone through in graph order, so that what a
    step depends on is known before it; every mapping below is keyed by the step's name.
    """

    def __init__(self, workflow: Workflow, events: Sequence[Event], start: Event, as_of: int) -> None:
        self.workflow = workflow
        self.events = events
        self.start = start
        self.as_of = as_of
        self.first = {step.name: next(fulfilling(step.matcher, events), None) for step in workflow.steps}
        self.at = {name: event.time if event else None for name, event in self.first.items()}
        self.scope: Scope = {
            START: start.attributes,
            **{name: event.attributes for name, event in self.first.items() if event},
        }
        self.cancelled_at = self.earliest_end(workflow.cancel)
        self.ended_at = min(known([self.cancelled_at, self.earliest_end(workflow.ends_on)]), default=None)
        self.steps = {step.name: step for step in workflow.steps}
        self.skipped: dict[str, bool] = {}
        self.undecided: dict[str, bool] = {}
        self.base: dict[str, int | None] = {}
        self.due: dict[str, int | None] = {}
        self.state: dict[str, StepState] = {}
        for step in workflow.in_graph_order():
            self.skipped[step.name], self.undecided[step.name] = self.decide(step)
            self.base[step.name] = self.base_of(step)
            self.due[step.name] = self.due_of(step)
            self.state[step.name] = self.state_of(step)

    def earliest_end(self, matcher: Matcher | None) -> int | None:
        """The time of the earliest event of `cancel` or `ends_on` at or after the start."""
        found = fulfilling(matcher, self.events) if matcher else iter(())
        return next((event.time for event in found if event.time >= self.start.time), None)

    @property
    def called_off(self) -> bool:
        """A `cancel` made the end; at one instant it wins over `ends_on`."""
        return self.cancelled_at is not None and self.cancelled_at == self.ended_at

    # Deadlines

    def decide(self, step: Step) -> tuple[bool, bool]:
        """Whether `when` makes the step skipped, and whether it is still undecided."""
        named = steps_named(step.when) if step.when else ()
        if any(self.skipped[name] for name in named):
            return True, False
        if any(self.first[name] is None for name in named):
            return False, True
        return not is_true(step.when, self.scope), False

    def base_of(self, step: Step) -> int | None:
        if step.after_any:
            counted = self.counted_any(step)
            return min(known(map(self.time_of, counted)), default=None) if counted else self.start.time
        times = [self.base[p] if p != START and self.skipped[p] else self.time_of(p) for p in step.after]
        return max(known(times)) if None not in times else None

    def counted_any(self, step: Step) -> list[str]:
        """The members of `after_any` less the skipped ones."""
        return [p for p in step.after_any if p == START or not self.skipped[p]]

    def time_of(self, name: str) -> int | None:
        return self.start.time if name == START else self.at[name]

    def due_of(self, step: Step) -> int | None:
        base, whole = self.base[step.name], self.workflow.within
        return min(
            known(
                [
                    base + step.within if base is not None and step.within is not None else None,
                    self.promised(step),
                    self.start.time + whole if whole is not None else None,
                ]
            ),
            default=None,
        )

    def promised(self, step: Step) -> int | None:
        found = timestamp(evaluate(step.due, self.scope)) if step.due else None
        return found.micros if found else None

    def undated(self, step: Step) -> bool:
        """`due` has all that it reads, and still is no timestamp."""
        if step.due is None or self.skipped[step.name]:
            return False
        return all(self.first[name] for name in steps_named(step.due)) and self.promised(step) is None

    # States

    def state_of(self, step: Step) -> StepState:
        at, due, end = self.at[step.name], self.due[step.name], self.ended_at
        if self.skipped[step.name]:
            return StepState.SKIPPED
        if end is not None and not (at is not None and at <= end) and (due is None or due > end):
            return StepState.NOT_NEEDED
        if self.undecided[step.name]:
            return StepState.WAITING
        if at is not None:
            return StepState.ON_TIME if due is None or at <= due else StepState.LATE
        if self.waits_idly(step) or (self.base[step.name] is None and due is None):
            return StepState.WAITING
        if due is None or self.as_of <= due + self.workflow.grace or step.optional:
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
        awaited = [self.steps[name] for name in self.awaited(step)]
        return bool(awaited) and all(p.optional or self.undecided[p.name] or self.waits_idly(p) for p in awaited)

    def waits_on_optional(self, step: Step) -> bool:
        """It waits, directly or through others, only on absent optional steps: nothing obliges it to come.

        That the instance is over obliges nothing either, so its state takes no part in this.
        """
        named = steps_named(step.when) if step.when and self.undecided[step.name] else ()
        absent = [name for name in named if self.at[name] is None]
        awaited = [self.steps[name] for name in [*self.awaited(step), *absent]]
        return bool(awaited) and all(p.optional or self.waits_on_optional(p) for p in awaited)

    def settled(self, step: Step) -> bool:
        done = self.state[step.name] in (StepState.ON_TIME, StepState.LATE, StepState.SKIPPED)
        absent_optional = step.optional and self.at[step.name] is None
        return done or absent_optional or self.waits_on_optional(step)

    def instance_state(self) -> InstanceState:
        if self.called_off:
            return InstanceState.CANCELLED
        if StepState.MISSING in self.state.values():
            return InstanceState.INCOMPLETE
        if self.ended_at is not None or all(map(self.settled, self.workflow.steps)):
            return InstanceState.COMPLETE
        return InstanceState.RUNNING

    # Findings

    def findings(self, step: Step) -> Iterator[Finding]:
        """Those of one step, in the order of `Kind`."""
        at, due, state = self.at[step.name], self.due[step.name], self.state[step.name]
        if state == StepState.MISSING and due is not None:
            yield Finding(step.name, Kind.MISSING, due + self.workflow.grace)
        if state == StepState.LATE and at is not None:
            yield Finding(step.name, Kind.LATE, at)
        since = self.out_of_order_since(step)
        if since is not None:
            yield Finding(step.name, Kind.OUT_OF_ORDER, since)
        if self.called_off and at is not None and state != StepState.SKIPPED and self.came_after_end(at):
            yield Finding(step.name, Kind.AFTER_END, at)

    def came_after_end(self, at: int) -> bool:
        return self.ended_at is not None and at > self.ended_at + self.workflow.skew

    def out_of_order_since(self, step: Step) -> int | None:
        at = self.at[step.name]
        if at is None or self.state[step.name] in (StepState.SKIPPED, StepState.NOT_NEEDED):
            return None
        if any(self.precedes(at, group) for group in self.groups_before(step)):
            return at
        patience = at + self.workflow.grace
        overdue = self.as_of > patience and any(self.expected_still(group) for group in self.groups_before(step))
        return patience if overdue else None

    def groups_before(self, step: Step) -> list[list[str]]:
        """Groups of steps, of each of which at least one must come before the step; through skipped ones.

        With the start in it a group asks for nothing: the start has always come.
        """
        if step.after_any:
            counted = self.counted_any(step)
            return [counted] if counted and START not in counted else []
        groups: list[list[str]] = []
        for name in step.after:
            if name != START and self.skipped[name]:
                groups += self.groups_before(self.steps[name])
            elif name != START:
                groups.append([name])
        return groups

    def precedes(self, at: int, group: list[str]) -> bool:
        """The step came before the first of the group."""
        earliest = min(known(self.at[name] for name in group), default=None)
        return earliest is not None and at < earliest - self.workflow.skew

    def expected_still(self, group: list[str]) -> bool:
        """None of the group has come, and one at least is still expected to."""
        absent = [self.steps[name] for name in group if self.at[name] is None]
        return len(absent) == len(group) and any(not p.optional and not self.waits_on_optional(p) for p in absent)

    # The answer

    def wakes(self, step: Step) -> Iterator[int]:
        """Later instants at which time alone can change what is said of the step."""
        at, due, state, grace = self.at[step.name], self.due[step.name], self.state[step.name], self.workflow.grace
        if state == StepState.PENDING and due is not None and not step.optional:
            yield due + grace + 1
        if at is None or state in (StepState.SKIPPED, StepState.NOT_NEEDED) or self.as_of > at + grace:
            return
        if any(self.expected_still(group) for group in self.groups_before(step)):
            yield at + grace + 1

    def verdict(self, stored: int, conflicts: int, future: list[int]) -> Verdict:
        workflow, steps, last = self.workflow, self.workflow.steps, self.events[-1]
        return Verdict(
            workflow=workflow.name,
            correlation_id=self.start.correlation_id,
            state=self.instance_state(),
            start=self.start.time,
            steps=tuple(StepVerdict(s.name, self.state[s.name], self.at[s.name], self.due[s.name]) for s in steps),
            findings=tuple(finding for step in steps for finding in self.findings(step)),
            at_risk=number(evaluate(workflow.at_risk.value, self.scope)) if workflow.at_risk else None,
            unit=self.text(workflow.at_risk.unit if workflow.at_risk else None),
            customer=self.text(workflow.customer),
            stored=stored,
            conflicts=conflicts,
            undated=tuple(step.name for step in steps if self.undated(step)),
            last_event=last.name,
            last_event_at=last.time,
            ended_at=self.ended_at,
            wake_at=min([*future, *(wake for step in steps for wake in self.wakes(step))], default=None),
        )

    def text(self, expression: Expression | None) -> str | None:
        """A string, or an integer or boolean that stood in an event: of others the engine keeps no spelling to show."""
        value = evaluate(expression, self.scope) if expression else None
        if isinstance(value, str):
            return value
        if not isinstance(expression, Attribute) or not isinstance(value, int):
            return None
        return str(value).lower() if isinstance(value, bool) else str(value)


def known(times: Iterable[int | None]) -> list[int]:
    return [time for time in times if time is not None]


def number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
