"""What is silent at present, and what is not judged for it, as every page tells of it. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from reconcile.notify.digest import plural
from reconcile.rulebook import Rulebook
from rules.awaited import waiting
from rules.spec import UNNAMED
from store import incidents
from store.incidents import Incident

MOST = 200  # at once: more than anybody reads


@dataclass(frozen=True, slots=True)
class Silent:
    """An incident, seen at `now`. `steps`: of each workflow, those that wait for it; `noun`: the one word for what they
    are steps of."""

    now: int
    incident: Incident
    steps: Mapping[str, Sequence[str]]
    noun: str

    @property
    def unjudged(self) -> str:
        """How much waits, or had waited; '' where that was not counted yet, or nothing does."""
        held = self.incident.held
        return f"{held:,} {self.noun if held == 1 else plural(self.noun)}" if held and self.steps else ""

    @property
    def step_names(self) -> list[str]:
        """Each once, whichever workflow it is of."""
        return list(dict.fromkeys(name for names in self.steps.values() for name in names))

    def holds(self, workflow: str, step: str) -> bool:
        """Whether this step is not judged to be missing for it."""
        return self.incident.is_holding and step in self.steps.get(workflow, ())


def seen(it: Incident, rulebook: Rulebook, now: int) -> Silent:
    waits = waiting(rulebook.workflows, it.names)
    nouns = {found.workflow.noun for found in waits}
    steps = {found.workflow.name: [step.name for step in found.steps] for found in waits}
    return Silent(now, it, steps, nouns.pop() if len(nouns) == 1 else UNNAMED)


def at_present(connection: Connection, rulebook: Rulebook, now: int) -> tuple[Silent, ...]:
    """All that are open, the latest first."""
    return tuple(seen(it, rulebook, now) for it in incidents.page(connection, None, MOST, only_open=True))
