"""Which version of which workflow answers for which correlation ID."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rules.spec import Matcher, Orphans, Workflow
from store.event import ABSENT, CONFIRMED


@dataclass(frozen=True, slots=True)
class Lives:
    """The correlation IDs that one version of a workflow answers for. Instants: µs UTC.

    Those whose instance started in [`since`, `until`); `None` is no bound. With `rest` also those that no version has:
    without an instance, or begun before `outdated_before`, when none was in effect. `other_starts` are the starts of
    the other workflows: a correlation ID that has an event of these is no orphan. An instance that began before
    `frozen_before` is left as it was recorded: nothing is said of it.
    """

    since: int | None = None
    until: int | None = None
    rest: bool = True
    other_starts: tuple[Matcher, ...] = ()
    frozen_before: int | None = None
    outdated_before: int | None = None


EVERYTHING = Lives()


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a workflow, and what it answers for."""

    workflow: Workflow
    lives: Lives

    @property
    def names(self) -> frozenset[str]:
        """Of all events that can change what it says, testimony among them."""
        others = self.lives.other_starts if self.workflow.orphans is Orphans.FLAG and self.lives.rest else ()
        return self.workflow.event_names.union((CONFIRMED, ABSENT), *(it.names for it in others))


def rules_of(workflows: Iterable[Workflow], frozen_before: int | None = None) -> tuple[Rule, ...]:
    """Every version of every workflow with what it answers for, in order of name and version.

    The names and versions must differ, and of two versions the higher must take effect later: the linter sees to it.
    """
    by_name: dict[str, list[Workflow]] = {}
    for workflow in workflows:
        by_name.setdefault(workflow.name, []).append(workflow)
    starts = {name: versions[0].start for name, versions in by_name.items()}
    return tuple(
        rule
        for name, versions in sorted(by_name.items())
        for rule in _versions(versions, tuple(it for other, it in starts.items() if other != name), frozen_before)
    )


def _versions(
    versions: Sequence[Workflow], other_starts: tuple[Matcher, ...], frozen_before: int | None
) -> Iterable[Rule]:
    """What belongs to no version is the newest one's: it knows what an orphan is today."""
    *earlier, newest = sorted(versions, key=lambda it: it.version)
    for workflow, later in pairwise([*earlier, newest]):
        lives = Lives(workflow.effective_from, later.effective_from, False, other_starts, frozen_before)
        yield Rule(workflow, lives)
    outdated_before = min(versions, key=lambda it: it.version).effective_from
    since = newest.effective_from
    yield Rule(newest, Lives(since, None, True, other_starts, frozen_before, outdated_before))
