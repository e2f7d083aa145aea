"""Orphans without grace: every step event that overtakes its start event would be flagged at once."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic
from rules.spec import Orphans


def hasty_orphans(rule: WrittenRule) -> Iterator[Diagnostic]:
    if rule.workflow.orphans is Orphans.FLAG and not rule.workflow.grace:
        message = "without `grace` an event that arrives a moment before its start event is flagged as an orphan"
        yield rule.of_workflow(
            "orphans", Check.HASTY_ORPHANS, message, "add `grace`, as long as events may be under way"
        )
