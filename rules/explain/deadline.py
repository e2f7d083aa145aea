"""What a step is counted from, and what gave its deadline: read off the verdict, looking through skipped steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.expression import START
from rules.expression_text import expression_text
from rules.spec import Step, Workflow
from rules.verdict import StepState, StepVerdict, Verdict
from store.duration import format_duration


@dataclass(frozen=True, slots=True)
class Base:
    """What a deadline is counted from. `names` gave the instant `at` (µs UTC), or are those that have not come."""

    at: int | None
    names: tuple[str, ...]
    through: tuple[str, ...] = ()  # skipped steps that were looked through


@dataclass(frozen=True, slots=True)
class Deadline:
    """One of the deadlines of which the earliest counts: µs UTC, and how people say where it is from."""

    at: int
    why: str


@dataclass(frozen=True)
class Judged:
    """A verdict with its rule, by step."""

    workflow: Workflow
    verdict: Verdict
    start: int

    def told(self, step: str) -> StepVerdict:
        return next(it for it in self.verdict.steps if it.step == step)

    def at(self, name: str) -> int | None:
        return self.start if name == START else self.told(name).at

    def skipped(self, name: str) -> bool:
        return name != START and self.told(name).state is StepState.SKIPPED

    @property
    def opener(self) -> str:
        return " or ".join(self.workflow.start.names)

    def called(self, name: str) -> str:
        return self.opener if name == START else name


def base(judged: Judged, step: Step) -> Base:
    """The latest of what it comes after, the earliest of what any of which will do."""
    if step.after_any:
        return _base_of_any(judged, step)
    found, through = list(_anchors(judged, step)), _looked_through(judged, step)
    lacking = tuple(name for name, at in found if at is None)
    if lacking:
        return Base(None, lacking, through)
    last = max(at for _, at in found if at is not None)
    return Base(last, _that_gave(found, last), through)


def deadlines(judged: Judged, step: Step, counted_from: Base, promised: int | None) -> Iterator[Deadline]:
    """Everything that gives the step a deadline; `promised` is what its `due` says."""
    workflow = judged.workflow
    if step.within is not None and counted_from.at is not None:
        names = " and ".join(map(judged.called, counted_from.names))
        yield Deadline(counted_from.at + step.within, f"{format_duration(step.within)} after {names}")
    if step.due is not None and promised is not None:
        yield Deadline(promised, f"promised by {expression_text(step.due)}")
    if workflow.within is not None:
        whole = f"{format_duration(workflow.within)} for the whole {workflow.noun}"
        yield Deadline(judged.start + workflow.within, whole)
    for name in step.needs:
        at, expires = judged.at(name), workflow.step(name).expires
        if at is not None and expires is not None:
            yield Deadline(at + expires, f"when {name} lapses, which holds for {format_duration(expires)}")


def _base_of_any(judged: Judged, step: Step) -> Base:
    counted = [name for name in step.after_any if not judged.skipped(name)]
    through = tuple(name for name in step.after_any if judged.skipped(name))
    if not counted:
        return Base(judged.start, (START,), through)
    found = [(name, judged.at(name)) for name in counted]
    came = [at for _, at in found if at is not None]
    return Base(min(came), _that_gave(found, min(came)), through) if came else Base(None, tuple(counted), through)


def _anchors(judged: Judged, step: Step) -> Iterator[tuple[str, int | None]]:
    """What `after` names; in place of a skipped step what that is counted from."""
    for name in step.after:
        if judged.skipped(name):
            before = base(judged, judged.workflow.step(name))
            yield from ((it, before.at) for it in before.names)
        else:
            yield name, judged.at(name)


def _looked_through(judged: Judged, step: Step) -> tuple[str, ...]:
    found: list[str] = []
    for name in step.after:
        if judged.skipped(name):
            found += [name, *base(judged, judged.workflow.step(name)).through]
    return tuple(dict.fromkeys(found))


def _that_gave(found: Sequence[tuple[str, int | None]], at: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name, each in found if each == at))
