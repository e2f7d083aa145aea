"""What came of a check that does not hold, for a person."""

from collections.abc import Iterator

from rules.diagnostic import printable
from rules.story.difference import Difference
from rules.story.run import Outcome
from rules.story.story import OWN
from rules.story.time import format_time
from rules.verdict import Verdict


def title(outcome: Outcome) -> str:
    """`paid late, then shipped, at +3h`."""
    check = outcome.check
    of = "" if check.correlation == OWN else f" of {check.correlation}"
    return printable(f"{outcome.story.name}, at {format_time(check.as_of, outcome.story.t0)}{of}")


def place(file: str, outcome: Outcome) -> str:
    """`order.test.yml:12:5`, where the first thing that does not hold is expected."""
    at = outcome.differences[0].at if outcome.differences else outcome.check.at
    return f"{printable(file)}:{at.line}:{at.column}"


def failure(file: str, outcome: Outcome) -> Iterator[str]:
    """Where it is, what differs, and why."""
    yield f"{place(file, outcome)}: {title(outcome)} (- expected, + got)"
    yield from (f"    {line}" for line in difference_lines(outcome))
    yield from (f"  {printable(line)}" for line in outcome.reasons)


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
