"""What a story expects, held against what the rule says."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.expression import Position
from rules.ruleset import Rule
from rules.story.story import INSTANTS, NONE, OUTDATED, Expected, Flag, Path, Story, Value, Want
from rules.story.time import format_time
from rules.verdict import Answer, StepVerdict, Verdict


@dataclass(frozen=True, slots=True)
class Difference:
    """`expected` or `got` is `None` where a finding is only on the other side. `step` is the one that it is about."""

    what: str
    expected: str | None
    got: str | None
    at: Position
    step: str = ""


def differences(story: Story, check: Expected, answer: Answer | None, rule: Rule | None) -> Iterator[Difference]:
    """Only what differs, in the order in which it was expected. `rule` is the one that answered."""
    seen = _seen(answer, rule)
    for want in check.wants:
        if not _holds(want, seen.get(want.path)):
            got = _shown(want.path, seen.get(want.path), story.t0)
            yield _of_want(want, _shown(want.path, want.value, story.t0), got)
    if check.flags is not None:
        yield from _of_findings(story, check, check.flags, answer)


def _of_want(want: Want, expected: str, got: str) -> Difference:
    if want.path[0] != "steps":
        return Difference(want.path[0], expected, got, want.at)
    _, step, key = want.path
    return Difference(f"{step}.{key}", expected, got, want.at, step)


def _of_findings(
    story: Story, check: Expected, wanted: tuple[Flag, ...], answer: Answer | None
) -> Iterator[Difference]:
    found = [Flag(it.step, it.kind, it.since) for it in answer.findings] if isinstance(answer, Verdict) else []
    for flag in wanted:
        if not any(_is(flag, it) for it in found):
            yield Difference("findings", _flag(flag, story.t0), None, check.flags_at, flag.step)
    for it in found:
        if not any(_is(flag, it) for flag in wanted):
            told = (
                it
                if any(flag.since is not None for flag in wanted if str(flag) == str(it))
                else Flag(it.step, it.kind, None)
            )
            yield Difference("findings", None, _flag(told, story.t0), check.flags_at, it.step)


def _is(wanted: Flag, found: Flag) -> bool:
    return (wanted.step, wanted.kind) == (found.step, found.kind) and wanted.since in (None, found.since)


def _flag(flag: Flag, t0: int) -> str:
    return str(flag) if flag.since is None else f"{flag} since {format_time(flag.since, t0)}"


def _seen(answer: Answer | None, rule: Rule | None) -> Mapping[Path, Value]:
    """Everything that may be expected, by its path."""
    if not isinstance(answer, Verdict):
        return {("state",): NONE if answer is None else OUTDATED}
    seen: dict[Path, Value] = {
        ("state",): answer.state.value,
        ("start",): answer.start,
        ("ended",): answer.ended_at,
        ("at_risk",): answer.at_risk,
        ("unit",): answer.unit,
        ("customer",): answer.customer,
        ("undated",): tuple(sorted(answer.undated)),
        ("conflicts",): answer.conflicts,
        ("version",): rule.workflow.version if rule is not None else None,
    }
    for step in answer.steps:
        seen |= {("steps", step.step, key): value for key, value in _of_step(step).items()}
    return seen


def _of_step(step: StepVerdict) -> dict[str, Value]:
    return {
        "state": step.state.value,
        "at": step.at,
        "due": step.due,
        "count": step.count,
        "needed": step.needed,
        "warned": step.warned,
    }


def _holds(want: Want, got: Value) -> bool:
    match want.value:
        case bool():
            return want.value == (got is not None)
        case float() if isinstance(got, int | float):
            return math.isclose(want.value, got, rel_tol=1e-9)
    return want.value == got


def _shown(path: Path, value: Value, t0: int) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case tuple():
            return f"[{', '.join(value)}]"
        case int() if path[-1] in INSTANTS:
            return format_time(value, t0)
        case float() | int():
            return f"{value:.12g}"
    return value
