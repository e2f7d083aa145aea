"""What came of a check that does not hold, for a person: the difference, and why the rule says so."""

from collections.abc import Iterator

from rules.diagnostic import printable
from rules.sentence import sentence
from rules.story import OWN
from rules.story_difference import Difference
from rules.story_run import Outcome
from rules.story_time import format_time
from rules.verdict import Outdated, StepVerdict, Verdict


def title(outcome: Outcome) -> str:
    """`paid late, then shipped, at +3h`."""
    check = outcome.check
    of = "" if check.correlation == OWN else f" of {check.correlation}"
    return printable(f"{outcome.story.name}, at {format_time(check.as_of, outcome.story.t0)}{of}")


def place(file: str, outcome: Outcome) -> str:
    """`order.test.yml:12:5`, where the first thing that does not hold is expected."""
    at = outcome.differences[0].at if outcome.differences else outcome.check.at
    return f"{printable(file)}:{at.line}:{at.column}"


def difference_lines(outcome: Outcome) -> Iterator[str]:
    """`- ` what was expected, `+ ` what came of it instead."""
    for difference in outcome.differences:
        if difference.expected is not None:
            yield printable(f"- {difference.what}: {difference.expected}{_remark(difference, outcome, wanted=True)}")
        if difference.got is not None:
            yield printable(f"+ {difference.what}: {difference.got}{_remark(difference, outcome, wanted=False)}")


def _remark(difference: Difference, outcome: Outcome, *, wanted: bool) -> str:
    if difference.what == "findings" and (difference.expected is None or difference.got is None):
        return "  (expected, and not found)" if wanted else "  (not expected)"
    if not wanted and difference.got == "null" and not isinstance(outcome.answer, Verdict):
        return "  (there is no instance)"
    return ""


def reasons(outcome: Outcome) -> Iterator[str]:
    """Why each step that differs is what it is, and each finding that was not expected holds."""
    answer, rule = outcome.answer, outcome.rule
    if not isinstance(answer, Verdict) or rule is None:
        yield _no_instance(outcome)
        return
    differing = {difference.step for difference in outcome.differences}
    t0 = outcome.story.t0
    for step in answer.steps:
        if step.step in differing:
            yield printable(_told(step, t0))
    for finding in answer.findings:
        if finding.step in differing or any(it.what == "state" for it in outcome.differences):
            yield printable(sentence(rule.workflow, answer, finding, outcome.check.as_of))


def _told(step: StepVerdict, t0: int) -> str:
    at = f"came {format_time(step.at, t0)}" if step.at is not None else "has not come"
    due = f", due {format_time(step.due, t0)}" if step.due is not None else ""
    count = f", {step.count} of {step.needed}" if step.count is not None else ""
    return f"{step.step} is {step.state.value}: it {at}{count}{due}"


def _no_instance(outcome: Outcome) -> str:
    if isinstance(outcome.answer, Outdated):
        return "it began before every version of the workflow, and is not judged"
    return f"nothing had opened an instance by {format_time(outcome.check.as_of, outcome.story.t0)}"
