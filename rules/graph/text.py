"""A workflow as text: its graph as a tree, and what is expected and by when, as a colleague would say it."""

import textwrap
from collections.abc import Iterator

from rules.expression import START
from rules.expression_text import expression_text
from rules.graph.graph import is_its_own_event, matcher_text, notes, warning_text
from rules.sentence.scene import listed
from rules.spec import Late, Orphans, Step, Workflow
from store.duration import format_duration
from store.instant import rfc3339

_WIDTH = 100


def graph_text(workflow: Workflow) -> Iterator[str]:
    """Lines to print."""
    yield from _wrapped("", _opening(workflow))
    yield ""
    yield from _tree(workflow)
    for step in workflow.steps:
        yield ""
        yield step.name
        for sentence in sentences(workflow, step):
            yield from _wrapped("  ", sentence)


def _wrapped(indent: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


# The whole


def _opening(workflow: Workflow) -> str:
    return " ".join(_about(workflow))


def _about(workflow: Workflow) -> Iterator[str]:
    noun = workflow.noun
    since = f", for those that begin {rfc3339(workflow.effective_from)} or later" if workflow.effective_from else ""
    yield f"{workflow.name}, version {workflow.version}{since}."
    if workflow.description:
        yield _sentence(workflow.description)
    yield f"The {noun} begins with {matcher_text(workflow.start)}."
    if workflow.cancel:
        yield f"{matcher_text(workflow.cancel)} calls it off."
    if workflow.ends_on:
        yield f"It is over in good order with {matcher_text(workflow.ends_on)}, whatever steps are left."
    if workflow.within:
        yield f"All of it is to be done within {format_duration(workflow.within)}."
    if workflow.grace:
        yield f"An event may be in transit for {format_duration(workflow.grace)} after a deadline."
    if workflow.skew:
        yield f"Clocks may differ by {format_duration(workflow.skew)}."
    if workflow.at_risk:
        unit = f", in {expression_text(workflow.at_risk.unit)}" if workflow.at_risk.unit else ""
        yield f"At risk is {expression_text(workflow.at_risk.value)}{unit}."
    if workflow.orphans is Orphans.FLAG:
        yield "Steps of which nothing ever began are flagged."


# The tree


def _tree(workflow: Workflow) -> Iterator[str]:
    """Each step below the last of those it comes after; the others it names."""
    below: dict[str, list[Step]] = {}
    places = {step.name: place for place, step in enumerate(workflow.in_graph_order())}
    for step in workflow.steps:
        last = max(step.predecessors, key=lambda it: places.get(it, -1))
        below.setdefault(last, []).append(step)
    yield matcher_text(workflow.start)
    yield from _branches(workflow, below, START, "")


def _branches(workflow: Workflow, below: dict[str, list[Step]], name: str, indent: str) -> Iterator[str]:
    steps = below.get(name, [])
    for step in steps:
        is_last = step is steps[-1]
        yield f"{indent}{'└─ ' if is_last else '├─ '}{step.name}{_short(workflow, step, name)}"
        yield from _branches(workflow, below, step.name, indent + ("   " if is_last else "│  "))


def _short(workflow: Workflow, step: Step, below: str) -> str:
    others = [it for it in step.predecessors if it != below]
    joined = f"or after {' or '.join(map(_called, others))}" if step.after_any else f"and after {listed(others)}"
    parts = [*([joined] if others else []), *notes(workflow, step)]
    return f"  {', '.join(parts)}" if parts else ""


def _called(name: str) -> str:
    return "the start" if name == START else name


# One step


def sentences(workflow: Workflow, step: Step) -> Iterator[str]:
    """What the rule says of a step."""
    if step.description:
        yield _sentence(step.description)
    yield _expected(workflow, step)
    if not is_its_own_event(step):
        yield f"It is fulfilled by {matcher_text(step.matcher)}."
    yield from _deadlines(step)
    yield from _conditions(step)
    yield from _compensation(workflow, step)
    yield from _people(step)


def _expected(workflow: Workflow, step: Step) -> str:
    by = _by_when(workflow, step)
    if step.at_most == 0:
        return "It must not come at all."
    often = "" if step.times is None else f", as often as `{expression_text(step.times)}` says"
    if step.optional:
        return f"It may come{often}; if it does, {by}." if by else f"It may come{often}."
    condition = "" if step.when is None else f"If `{expression_text(step.when)}`, it"
    return (
        f"{condition or 'It'} must come{often}{', ' if often and by else ' '}{by or _without_deadline(workflow, step)}."
    )


def _by_when(workflow: Workflow, step: Step) -> str:
    parts = []
    if step.within is not None:
        parts.append(f"within {format_duration(step.within)} after {_counted_from(workflow, step)}")
    if step.due is not None:
        parts.append(f"by `{expression_text(step.due)}`")
    for name in step.needs:
        expires = workflow.step(name).expires
        parts.append(f"before {name} lapses" + (f", which holds for {format_duration(expires)}" if expires else ""))
    by = f"{' or '.join(parts)}, whichever is first" if len(parts) > 1 else "".join(parts)
    follows = step.within is None and step.predecessors != (START,)
    return f"after {_counted_from(workflow, step)}, {by}" if by and follows else by


def _counted_from(workflow: Workflow, step: Step) -> str:
    names = [" or ".join(workflow.start.names) if it == START else it for it in step.predecessors]
    if len(names) == 1:
        return names[0]
    return f"the first of {listed(names)}" if step.after_any else f"the last of {listed(names)}"


def _without_deadline(workflow: Workflow, step: Step) -> str:
    by = " by when the whole is due" if workflow.within else ", with no deadline"
    return f"after {_counted_from(workflow, step)}{by}"


def _deadlines(step: Step) -> Iterator[str]:
    if step.optional and step.when is not None:
        yield f"It is expected only if `{expression_text(step.when)}`."
    if step.warn is not None:
        yield f"An early warning is given {warning_text(step.warn)}."
    if step.late is Late.CASE:
        yield "Coming late, it keeps a case open until somebody acknowledges it."
    if step.expires is not None:
        yield f"It holds for {format_duration(step.expires)}."


def _conditions(step: Step) -> Iterator[str]:
    if step.at_most:
        yield "A second one is a duplicate." if step.at_most == 1 else f"More than {step.at_most} are duplicates."
    if step.match is not None:
        yield f"It must agree with the rest: `{expression_text(step.match)}`."
    if step.fails_on is not None:
        yield f"{matcher_text(step.fails_on)} says that it failed."


def _compensation(workflow: Workflow, step: Step) -> Iterator[str]:
    if step.undone_by is not None and step.undo_within is not None:
        name, within = matcher_text(step.undone_by), format_duration(step.undo_within)
        undoing = "may undo it" if step.leave_behind else f"must undo it within {within}"
        yield f"If the {workflow.noun} is called off or fails, {name} {undoing}."
    if step.leave_behind:
        yield f"It may stay if the {workflow.noun} is called off."


def _people(step: Step) -> Iterator[str]:
    yield f"Owner: {step.owner or 'nobody'}; severity: {step.severity}."
    if step.escalate_after is not None:
        yield f"A case that is open for {format_duration(step.escalate_after)} is raised."
    if step.runbook:
        yield f"Runbook: {step.runbook}"
    if step.actions:
        yield f"An operator can: {'; '.join(action.label for action in step.actions)}."
        for action in step.actions:
            if action.automatic:
                yield f"By itself, upon {', '.join(action.automatic)}: {action.label}."


def _sentence(text: str) -> str:
    plain = " ".join(text.split())
    return plain if plain.endswith((".", "!", "?")) else f"{plain}."
