"""Why what a story did not expect is as it is."""

from collections.abc import Iterator, Sequence

from rules.explain.explain import Explained, explain_instance
from rules.ruleset import Rule
from rules.story.difference import Difference
from rules.story.story import Expected
from rules.verdict import Answer, Outdated, Verdict
from store.clickhouse import ClickHouse
from store.instant import rfc3339


def reasons(
    clickhouse: ClickHouse, check: Expected, answer: Answer | None, rule: Rule | None, differing: Sequence[Difference]
) -> Iterator[str]:
    """Lines about every step that differs, and about the whole if anything of it does.

    Raises StoreUnavailable or StoreRefused.
    """
    if not isinstance(answer, Verdict) or rule is None:
        yield _not_judged(check, answer)
        return
    about = {difference.step for difference in differing}
    for explained in explain_instance(clickhouse, rule.workflow, answer, check.as_of):
        if explained.step in about:
            yield from _lines(explained, explained.step or f"the {rule.workflow.noun}")


def _lines(explained: Explained, name: str) -> Iterator[str]:
    yield f"{name} is {explained.state.value}:"
    # What is still to come is what the story tells, and no reason.
    yield from (f"    {reason.topic:<13} {reason.text}" for reason in explained.reasons if reason.topic != "next")


def _not_judged(check: Expected, answer: Answer | None) -> str:
    if isinstance(answer, Outdated):
        return f"it began {rfc3339(answer.start)}, before every version of the workflow, and is not judged"
    return f"nothing had opened an instance by {rfc3339(check.as_of)}"
