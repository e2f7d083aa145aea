"""A workflow as a graph to draw: boxes with what is expected and by when, and why each arrow is there."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.expression import START, Expression, steps_named
from rules.expression_text import expression_text
from rules.spec import Match, Matcher, Severity, Share, Step, Workflow
from store.duration import format_duration


class Shape(StrEnum):
    START = "start"
    REQUIRED = "required"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"  # `at_most: 0`
    CANCEL = "cancel"
    END = "end"


class Link(StrEnum):
    AFTER = "after"  # all of these
    AFTER_ANY = "after_any"  # the first of these
    READS = "reads"  # `needs`, or named by an expression
    ENDS = "ends"  # from the start to what ends the instance


@dataclass(frozen=True, slots=True)
class Box:
    """`notes`: short phrases, a line each; `text` is all that the rule's author says of it. `mark`: a word for how it
    looks, beside its shape; `address`: of the page that it leads to."""

    key: str
    name: str
    shape: Shape
    notes: tuple[str, ...] = ()
    text: str = ""
    mark: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    source: str
    target: str
    link: Link
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes with causes before effects, the start first; arrows name boxes by their key."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def graph(workflow: Workflow) -> Graph:
    keys = {START: START} | {step.name: f"step{place}" for place, step in enumerate(workflow.steps)}
    boxes = [_start(workflow), *(_box(workflow, step, keys[step.name]) for step in workflow.in_graph_order())]
    arrows = [arrow for step in workflow.in_graph_order() for arrow in _arrows(step, keys)]
    for key, shape, matcher in (("cancel", Shape.CANCEL, workflow.cancel), ("end", Shape.END, workflow.ends_on)):
        if matcher is not None:
            boxes.append(Box(key, matcher_text(matcher), shape, (_ENDING[shape],)))
            arrows.append(Arrow(START, key, Link.ENDS))
    return Graph(workflow.name, tuple(boxes), tuple(arrows))


_ENDING = {Shape.CANCEL: "calls it off", Shape.END: "ends it in good order"}


def notes(workflow: Workflow, step: Step) -> Iterator[str]:
    """What a step's box says, from the most to the least important."""
    if step.at_most == 0:
        yield "must not come"
    elif step.optional:
        yield "may come"
    if step.within is not None:
        yield f"within {format_duration(step.within)}"
    if step.due is not None:
        yield f"by {expression_text(step.due)}"
    yield from (f"before {name} lapses" for name in step.needs)
    if step.when is not None:
        yield f"if {expression_text(step.when)}"
    if step.times is not None:
        yield f"times: {expression_text(step.times)}"
    if step.at_most:
        yield "at most once" if step.at_most == 1 else f"at most {step.at_most} times"
    if step.warn is not None:
        yield f"warns {warning_text(step.warn)}"
    if step.undone_by is not None and step.undo_within is not None:
        yield f"undone by {matcher_text(step.undone_by)} within {format_duration(step.undo_within)}"
    if step.expires is not None:
        yield f"holds for {format_duration(step.expires)}"
    if (step.owner, step.severity) != (workflow.owner, workflow.severity):
        yield _people(step.owner, step.severity)


def warning_text(warn: Share | int) -> str:
    if isinstance(warn, Share):
        return f"after {warn.percent}% of the way"
    return f"{format_duration(warn)} before the deadline"


def matcher_text(matcher: Matcher) -> str:
    """`A`, `A or B where b > 1`."""
    return " or ".join(map(_match_text, matcher.alternatives))


def is_its_own_event(step: Step) -> bool:
    """Whether the step is fulfilled by the event of its name, and nothing else is asked of that."""
    return step.matcher == Matcher((Match(step.name),))


def reads(step: Step) -> dict[str, list[str]]:
    """By step, the keys for whose sake it is read, order and deadline left out."""
    found: dict[str, list[str]] = {name: ["needs"] for name in step.needs}
    for key, expression in _expressions(step):
        for name in steps_named(expression):
            found.setdefault(name, []).append(key)
    return found


def _expressions(step: Step) -> Iterator[tuple[str, Expression]]:
    for key, expression in (("when", step.when), ("due", step.due), ("times", step.times), ("match", step.match)):
        if expression is not None:
            yield key, expression


def _match_text(match: Match) -> str:
    return match.name if match.where is None else f"{match.name} where {expression_text(match.where)}"


def _start(workflow: Workflow) -> Box:
    whole = () if workflow.within is None else (f"all within {format_duration(workflow.within)}",)
    begins = f"begins {'an' if workflow.noun[:1] in 'aeiou' else 'a'} {workflow.noun}"
    people = (_people(workflow.owner, workflow.severity),) if workflow.owner else ()
    return Box(START, matcher_text(workflow.start), Shape.START, (begins, *whole, *people), workflow.description)


def _people(owner: str, severity: Severity) -> str:
    return f"{owner} · {severity}" if owner else severity.value


def _box(workflow: Workflow, step: Step, key: str) -> Box:
    shape = Shape.FORBIDDEN if step.at_most == 0 else Shape.OPTIONAL if step.optional else Shape.REQUIRED
    event = () if is_its_own_event(step) else (f"event {matcher_text(step.matcher)}",)
    return Box(key, step.name, shape, (*event, *notes(workflow, step)), step.description)


def _arrows(step: Step, keys: dict[str, str]) -> Iterator[Arrow]:
    read, target = reads(step), keys[step.name]
    link = Link.AFTER_ANY if step.after_any else Link.AFTER
    for name in step.predecessors:
        yield Arrow(keys[name], target, link, ", ".join(read.pop(name, [])))
    for name, why in read.items():
        yield Arrow(keys[name], target, Link.READS, ", ".join(why))
