"""The oracle's reading of findings: what is wrong with an instance, since when, and what time alone would change."""

from collections.abc import Iterator

from rules.expression import START, steps_named
from rules.spec import Share, Step
from rules.verdict import WHOLE, Finding, Kind, StepState
from tests.rules.oracle_absence import Known
from tests.rules.oracle_events import fulfilling
from tests.rules.oracle_expression import is_true
from tests.rules.oracle_steps import Instance, earliest_of


class Findings:
    """What there is to say against one instance."""

    def __init__(self, instance: Instance) -> None:
        self.of = instance
        self.grace, self.skew = instance.workflow.grace, instance.workflow.skew
        failures = (instance.failed_at[name] for name in instance.failures())
        self.undo_from = earliest_of(instance.ended_at if instance.called_off else None, *failures)

    def all(self) -> tuple[Finding, ...]:
        """By step in the order of the file and by kind; those of the whole instance last."""
        of_steps = [finding for step in self.of.workflow.steps for finding in self.of_step(step)]
        return (*of_steps, *self.half_undone())

    def of_step(self, step: Step) -> Iterator[Finding]:
        for kind in Kind:
            since = self.since(step, kind)
            if since is not None:
                yield Finding(step.name, kind, since)

    def since(self, step: Step, kind: Kind) -> int | None:
        """Since when the step has a finding of this kind; `None` if it has none."""
        state = self.of.state[step.name]
        if state == StepState.SKIPPED:
            return None
        if state == StepState.NOT_NEEDED and kind not in (Kind.AFTER_END, Kind.NOT_UNDONE):
            return None
        match kind:
            case Kind.MISSING:
                due = self.of.due[step.name]
                return due + self.grace if state == StepState.MISSING and due is not None else None
            case Kind.LATE:
                return self.of.at[step.name] if state == StepState.LATE else None
            case Kind.FAILED:
                return self.of.failed_at[step.name] if state == StepState.FAILED else None
            case Kind.DUPLICATE:
                return self.duplicate_since(step)
            case Kind.OUT_OF_ORDER:
                return self.out_of_order_since(step)
            case Kind.MISMATCH:
                return self.mismatch_since(step)
            case Kind.AFTER_END:
                return self.after_end_since(step)
            case Kind.NOT_UNDONE:
                lapse = self.undo_lapse(step)
                return lapse if lapse is not None and self.undoing(step).as_of > lapse else None
            case Kind.HALF_UNDONE | Kind.ORPHAN:
                return None

    def duplicate_since(self, step: Step) -> int | None:
        """The time of the first event too many."""
        found = self.of.found[step.name]
        return found[step.at_most].time if step.at_most is not None and len(found) > step.at_most else None

    def mismatch_since(self, step: Step) -> int | None:
        if step.match is None or not self.of.found[step.name]:
            return None
        last = self.of.found[step.name][-1]
        times = [self.of.at[name] for name in steps_named(step.match)]
        if None in times or is_true(step.match, {**self.of.scope, None: last.attributes}):
            return None
        return max([last.time, *(time for time in times if time is not None)])

    def after_end_since(self, step: Step) -> int | None:
        at, end = self.of.at[step.name], self.of.ended_at
        if not self.of.called_off or at is None or end is None or at <= end + self.skew:
            return None
        return at if self.undone_at(step) is None else None

    # Undoing

    def undone_at(self, step: Step) -> int | None:
        """Since when the step is both done and undone."""
        at = self.of.at[step.name]
        if at is None or step.undone_by is None:
            return None
        undoing = (event.time for event in fulfilling(step.undone_by, self.of.real))
        return next((max(at, time) for time in undoing if time >= at - self.skew), None)

    def undo_lapse(self, step: Step) -> int | None:
        """The last instant at which a step that is still to be undone may yet be."""
        at, start = self.of.at[step.name], self.undo_from
        if at is None or start is None or step.undo_within is None or step.leave_behind:
            return None
        return max(at, start) + step.undo_within + self.grace if self.undone_at(step) is None else None

    def half_undone(self) -> Iterator[Finding]:
        undone = earliest_of(*map(self.undone_at, self.of.workflow.steps))
        not_undone = earliest_of(*(self.since(step, Kind.NOT_UNDONE) for step in self.of.workflow.steps))
        if undone is not None and not_undone is not None:
            yield Finding(WHOLE, Kind.HALF_UNDONE, max(undone, not_undone))

    # Order

    def out_of_order_since(self, step: Step) -> int | None:
        at, groups = self.of.at[step.name], self.groups_before(step)
        if at is None:
            return None
        if any(self.precedes(at, group) for group in groups):
            return at
        patience = at + self.grace
        lacking = [self.of.absence.of_group(group) for group in groups if self.expected_still(group)]
        return patience if any(known.as_of > patience for known in lacking) else None

    def groups_before(self, step: Step) -> list[list[str]]:
        """Groups of steps, of each of which at least one must come before the step; through skipped ones.

        With the start in it a group asks for nothing: the start has always come.
        """
        if step.after_any:
            counted = self.of.counted_any(step)
            return [counted] if counted and START not in counted else []
        groups: list[list[str]] = []
        for name in step.after:
            if name != START and self.of.skipped[name]:
                groups += self.groups_before(self.of.steps[name])
            elif name != START:
                groups.append([name])
        return groups

    def precedes(self, at: int, group: list[str]) -> bool:
        """The step came before the first of the group."""
        earliest = earliest_of(*(self.of.at[name] for name in group))
        return earliest is not None and at < earliest - self.skew

    def expected_still(self, group: list[str]) -> bool:
        """None of the group has come, and one at least is still expected to."""
        if any(self.of.at[name] is not None for name in group):
            return False
        return any(
            name not in self.of.optional and not self.of.waits_on_optional(self.of.steps[name]) for name in group
        )

    # Time alone

    def warns_at(self, step: Step) -> int | None:
        """The instant of the early warning of a step that is still to come."""
        due = self.of.due[step.name]
        if self.of.state[step.name] != StepState.PENDING or step.name in self.of.optional or due is None:
            return None
        match step.warn:
            case Share(percent=percent):
                base = self.of.base[step.name]
                begin = self.of.start.time if base is None else base
                return begin + max(0, due - begin) * percent // 100
            case int():
                return due - step.warn
            case None:
                return None

    def wakes(self, step: Step) -> Iterator[int]:
        """Later instants at which time alone can change what is said of the step."""
        warning = self.warns_at(step)
        looks = [known.next_look(limit) for known, limit in self.limits(step)]
        if warning is not None:
            looks.append(self.missing(step).next_look(warning - 1))
        yield from (look for look in looks if look is not None)

    def limits(self, step: Step) -> Iterator[tuple[Known, int]]:
        """What is not found yet, and the instants behind which it would be, if nothing comes."""
        at, due, state = self.of.at[step.name], self.of.due[step.name], self.of.state[step.name]
        if state == StepState.PENDING and due is not None and step.name not in self.of.optional:
            yield self.missing(step), due + self.grace
        lapse = self.undo_lapse(step)
        if state != StepState.SKIPPED and lapse is not None:
            yield self.undoing(step), lapse
        if at is None or state in (StepState.SKIPPED, StepState.NOT_NEEDED):
            return
        lacking = [self.of.absence.of_group(it) for it in self.groups_before(step) if self.expected_still(it)]
        if lacking:
            ends = tuple(end for known in lacking for end in known.ends)
            yield Known(max(known.as_of for known in lacking), self.of.as_of, ends), at + self.grace

    def held(self, step: Step) -> Iterator[int]:
        """When the holds end without which something would be found, or warned of, by now."""
        warning = self.warns_at(step)
        warnings = [(self.missing(step), warning - 1)] if warning is not None else []
        for known, limit in [*warnings, *self.limits(step)]:
            if known.as_of <= limit < self.of.as_of:
                yield min(known.ends)

    def missing(self, step: Step) -> Known:
        return self.of.absence.of_step(step)

    def undoing(self, step: Step) -> Known:
        return self.of.absence.of_matchers(step.undone_by)
