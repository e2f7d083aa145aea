"""A second judge, in plain Python: an independent reading of rules-language.md §2 that the SQL is held against.

It is written to be obviously right rather than fast. Nothing here comes from the compiler, nor may it.
"""

from collections.abc import Sequence

from rules.expression import Attribute, Expression
from rules.held import NOTHING_HELD, Holding
from rules.ruleset import EVERYTHING, Lives
from rules.spec import Orphans, Step, Workflow
from rules.verdict import (
    WHOLE,
    Answer,
    Finding,
    InstanceState,
    Kind,
    Outdated,
    StepVerdict,
    Unopened,
    Verdict,
)
from store.event import Event
from tests.rules.oracle_absence import Absence
from tests.rules.oracle_events import conflicts, differing, distinct, fulfilling, fulfilling_any, real
from tests.rules.oracle_expression import Value, evaluate
from tests.rules.oracle_findings import Findings
from tests.rules.oracle_steps import Instance, earliest_of


def judge(
    workflow: Workflow,
    events: Sequence[Event],
    as_of: int,
    lives: Lives = EVERYTHING,
    holding: Holding = NOTHING_HELD,
) -> Answer | None:
    """The answer for the events of one correlation ID at `as_of`; `None` where nothing is to be said, now or later."""
    stored = distinct(events)
    life = [event for event in stored if event.time <= as_of]
    start = next(fulfilling(workflow.start, real(life)), None)
    if start is None:
        absence = Absence(workflow, as_of, holding)
        return without_instance(workflow, events, lives, absence) if stored and lives.rest else None
    if lives.frozen_before is not None and start.time < lives.frozen_before:
        return None
    if lives.rest and lives.outdated_before is not None and start.time < lives.outdated_before:
        return Outdated(workflow.name, start.correlation_id, start.time)
    if lives.since is not None and start.time < lives.since:
        return None
    if lives.until is not None and start.time >= lives.until:
        return None
    return verdict(Instance(workflow, life, start, as_of, holding), events)


def verdict(instance: Instance, events: Sequence[Event]) -> Verdict:
    """The answer for an instance; `events` are all copies, also those of the future."""
    workflow, findings, stored = instance.workflow, Findings(instance), distinct(events)
    wakes = [wake for step in workflow.steps for wake in findings.wakes(step)]
    return Verdict(
        workflow=workflow.name,
        correlation_id=instance.start.correlation_id,
        state=instance.instance_state(),
        start=instance.start.time,
        steps=tuple(step_verdict(instance, findings, step) for step in workflow.steps),
        findings=findings.all(),
        at_risk=number(evaluate(workflow.at_risk.value, instance.scope)) if workflow.at_risk else None,
        unit=text(instance, workflow.at_risk.unit if workflow.at_risk else None),
        customer=text(instance, workflow.customer),
        stored=differing(events),
        conflicts=conflicts(events),
        undated=tuple(step.name for step in workflow.steps if instance.undated(step)),
        last_event=instance.events[-1].name,
        last_event_at=instance.events[-1].time,
        ended_at=instance.ended_at,
        wake_at=earliest_of(next_event(stored, instance.as_of), *wakes),
        held=tuple(sorted({end for step in workflow.steps for end in findings.held(step)})),
    )


def step_verdict(instance: Instance, findings: Findings, step: Step) -> StepVerdict:
    warns_at = findings.warns_at(step)
    return StepVerdict(
        step.name,
        instance.state[step.name],
        instance.at[step.name],
        instance.due[step.name],
        count=len(instance.found[step.name]) if step.counts else None,
        needed=instance.needed[step.name] if step.counts else None,
        warned=warns_at if warns_at is not None and warns_at <= findings.missing(step).as_of else None,
    )


def without_instance(workflow: Workflow, events: Sequence[Event], lives: Lives, absence: Absence) -> Answer | None:
    """The answer for a correlation ID that has no start of the workflow: perhaps an orphan, now or in a while."""
    stored, as_of, starts = distinct(events), absence.as_of, absence.of_matchers(workflow.start, *lives.other_starts)
    life = [event for event in stored if event.time <= as_of]
    opens_at = orphan_from(workflow, real(life), lives)
    if opens_at is not None and starts.as_of > opens_at:
        return orphan(workflow, events, as_of, opens_at)
    wake_at = earliest_of(next_event(stored, as_of), starts.next_look(opens_at) if opens_at is not None else None)
    return Unopened(workflow.name, stored[0].correlation_id, wake_at) if wake_at is not None else None


def orphan_from(workflow: Workflow, life: Sequence[Event], lives: Lives) -> int | None:
    """The last instant at which the missing start of step events may still be in transit; `None` if no orphan."""
    of_steps = fulfilling_any([step.matcher for step in workflow.steps], life)
    if workflow.orphans == Orphans.IGNORE or not of_steps or fulfilling_any(lives.other_starts, life):
        return None
    return of_steps[0].time + workflow.grace


def orphan(workflow: Workflow, events: Sequence[Event], as_of: int, opens_at: int) -> Verdict:
    stored = distinct(events)
    last = [event for event in stored if event.time <= as_of][-1]
    return Verdict(
        workflow=workflow.name,
        correlation_id=last.correlation_id,
        state=InstanceState.ORPHAN,
        start=None,
        steps=(),
        findings=(Finding(WHOLE, Kind.ORPHAN, opens_at),),
        stored=differing(events),
        conflicts=conflicts(events),
        last_event=last.name,
        last_event_at=last.time,
        wake_at=next_event(stored, as_of),
    )


def next_event(stored: Sequence[Event], as_of: int) -> int | None:
    return earliest_of(*(event.time for event in stored if event.time > as_of))


def number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def text(instance: Instance, expression: Expression | None) -> str | None:
    """A string, or an integer or boolean that stood in an event: of others the engine keeps no spelling to show."""
    value = evaluate(expression, instance.scope) if expression else None
    if isinstance(value, str):
        return value
    if not isinstance(expression, Attribute) or not isinstance(value, int):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
