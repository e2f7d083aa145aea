"""Every piece of advice on a valid rule, in one list."""

from collections.abc import Sequence

from rules.advice.beyond_retention import beyond_retention
from rules.advice.hasty_orphans import hasty_orphans
from rules.advice.hold_lapses import hold_lapses
from rules.advice.mixed_after import mixed_after
from rules.advice.never_counts import never_counts
from rules.advice.no_effect import no_effect
from rules.advice.no_owner import no_owner
from rules.advice.out_of_reach import out_of_reach
from rules.advice.same_event import same_event
from rules.advice.start_again import start_again
from rules.advice.two_roles import two_roles
from rules.advice.unsure_count import unsure_count
from rules.advice.warns_at_once import warns_at_once
from rules.advice.written import Advice, WrittenRule
from rules.diagnostic import Diagnostic
from rules.lint import Loaded

ADVICE: Sequence[Advice] = (
    hasty_orphans,
    hold_lapses,
    mixed_after,
    never_counts,
    no_effect,
    no_owner,
    out_of_reach,
    same_event,
    start_again,
    two_roles,
    unsure_count,
    warns_at_once,
)


def rules_in(loaded: Loaded) -> list[WrittenRule]:
    """The valid rules of what was loaded."""
    kept = set(map(id, loaded.workflows))
    found = ((file, each.workflow, each.places) for file, each in loaded.parsed.items())
    return [
        WrittenRule(workflow, file, places) for file, workflow, places in found if workflow and id(workflow) in kept
    ]


def advise(rule: WrittenRule, retention: int | None = None) -> list[Diagnostic]:
    """What could be better, sorted by place. `retention`: µs for which instances are judged, `None` for ever."""
    found = [diagnostic for advice in ADVICE for diagnostic in advice(rule)]
    kept = [] if retention is None else beyond_retention(rule, retention)
    return sorted([*found, *kept])
