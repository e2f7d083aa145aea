"""Makes a failing case small: leaves out whatever can go while it still fails."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import msgspec

from rules.expression import START, Binary, Expression, Literal, Unary, steps_named
from rules.held import Holding
from rules.ruleset import EVERYTHING, Lives
from rules.spec import Match, Matcher, Step, Workflow
from store.event import Event

Rule = TypeVar("Rule", Workflow, Step)
EXPRESSIONS = ("when", "due", "times", "match")  # keys of a step that hold one


@dataclass(frozen=True)
class Example:
    """The events of one correlation ID, judged at `as_of` (µs) by what answers for `lives`."""

    workflow: Workflow
    events: tuple[Event, ...]
    as_of: int
    lives: Lives = EVERYTHING
    holding: Holding = dataclasses.field(default_factory=dict)


def shrink(example: Example, fails: Callable[[Example], bool], budget: int = 250) -> Example:
    """The smallest example found that still fails, with at most `budget` tries."""
    tries = iter(range(budget))
    smaller: Example | None = example
    while smaller is not None:
        example = smaller
        smaller = next((other for other in reductions(example) if next(tries, None) is not None and fails(other)), None)
    return example


def reductions(example: Example) -> Iterator[Example]:
    """Examples that are a little smaller, the greatest savings first; each differs from `example`."""
    events, workflow = example.events, example.workflow
    half = len(events) // 2
    if half > 1:
        yield replace(example, events=events[half:])
        yield replace(example, events=events[:half])
    for step in workflow.steps[: len(workflow.steps) if len(workflow.steps) > 1 else 0]:
        yield replace(example, workflow=without_step(workflow, step.name))
    for place in range(len(events)):
        yield replace(example, events=events[:place] + events[place + 1 :])
    for field in fields(Lives):
        if getattr(example.lives, field.name) != getattr(EVERYTHING, field.name):
            yield replace(example, lives=replace(example.lives, **{field.name: getattr(EVERYTHING, field.name)}))
    for name in example.holding:
        yield replace(example, holding={other: it for other, it in example.holding.items() if other != name})
    for simpler in simpler_workflows(workflow):
        yield replace(example, workflow=simpler)
    for place, event in enumerate(events):
        for text in simpler_attributes(event.attributes):
            plainer = msgspec.structs.replace(event, attributes=text)
            yield replace(example, events=(*events[:place], plainer, *events[place + 1 :]))


def without_step(workflow: Workflow, name: str) -> Workflow:
    def kept(expression: Expression | None) -> Expression | None:
        return None if expression and name in steps_named(expression) else expression

    def rest(step: Step) -> Step:
        expressions: dict[str, Any] = {name: kept(getattr(step, name)) for name in EXPRESSIONS}
        after_any = tuple(other for other in step.after_any if other != name)
        after = tuple(other for other in step.after if other != name)
        return replace(
            step,
            after=after or (() if after_any else (START,)),
            after_any=after_any,
            needs=tuple(other for other in step.needs if other != name),
            **expressions,
        )

    at_risk = workflow.at_risk
    if at_risk and not (kept(at_risk.value) and (at_risk.unit is None or kept(at_risk.unit))):
        at_risk = None
    steps = tuple(rest(step) for step in workflow.steps if step.name != name)
    return replace(workflow, steps=steps, at_risk=at_risk, customer=kept(workflow.customer))


def changed(rule: Rule, name: str, value: Any) -> Rule:
    return replace(rule, **{name: value})


def simpler_workflows(workflow: Workflow) -> Iterator[Workflow]:
    plain = Workflow("w", workflow.start, workflow.steps)
    for field in fields(Workflow):
        value = getattr(plain, field.name)
        if field.name not in ("start", "steps", "version") and getattr(workflow, field.name) != value:
            yield changed(workflow, field.name, value)
    for name in ("start", "cancel", "ends_on"):
        matcher: Matcher | None = getattr(workflow, name)
        for simpler in simpler_matchers(matcher) if matcher else ():
            yield changed(workflow, name, simpler)
    for place, step in enumerate(workflow.steps):
        for simpler_step in simpler_steps(step):
            yield replace(workflow, steps=(*workflow.steps[:place], simpler_step, *workflow.steps[place + 1 :]))


def simpler_steps(step: Step) -> Iterator[Step]:
    plain = Step(step.name, step.matcher)
    for field in fields(Step):
        value = getattr(plain, field.name)
        kept = ("after", "after_any", "matcher", "undone_by", "undo_within")
        if field.name not in kept and getattr(step, field.name) != value:
            yield changed(step, field.name, value)
    if step.undone_by:
        yield replace(step, undone_by=None, undo_within=None)
    if (step.after, step.after_any) != (plain.after, plain.after_any):
        yield replace(step, after=plain.after, after_any=())
    for name in ("matcher", "fails_on", "undone_by"):
        matcher: Matcher | None = getattr(step, name)
        for simpler_matcher in simpler_matchers(matcher) if matcher else ():
            yield changed(step, name, simpler_matcher)
    for name in EXPRESSIONS:
        expression: Expression | None = getattr(step, name)
        for simpler in simpler_expressions(expression) if expression else ():
            yield changed(step, name, simpler)


def simpler_matchers(matcher: Matcher) -> Iterator[Matcher]:
    matches = matcher.alternatives
    for place, match in enumerate(matches):
        before, behind = matches[:place], matches[place + 1 :]
        if len(matches) > 1:
            yield Matcher(before + behind)
        if match.where:
            yield Matcher((*before, Match(match.name), *behind))
            for simpler in simpler_expressions(match.where):
                yield Matcher((*before, Match(match.name, simpler), *behind))


def simpler_expressions(expression: Expression) -> Iterator[Expression]:
    """Its parts in place of the whole, or a part made simpler; a condition also as a plain true or false."""
    match expression:
        case Binary(left=left, right=right):
            yield from (Literal(True), Literal(False), left, right)
            yield from (replace(expression, left=simpler) for simpler in simpler_expressions(left))
            yield from (replace(expression, right=simpler) for simpler in simpler_expressions(right))
        case Unary(operand=operand):
            yield operand
            yield from (replace(expression, operand=simpler) for simpler in simpler_expressions(operand))
        case _:
            return


def simpler_attributes(text: str) -> Iterator[str]:
    """The object with one member left out, the others as they were written."""
    members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    for name in members:
        rest = {other: value for other, value in members.items() if other != name}
        yield msgspec.json.encode(rest).decode()
