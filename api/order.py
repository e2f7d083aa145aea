"""Everything that is known of one order, for its page. Times are µs UTC."""

from collections.abc import Sequence
from dataclasses import dataclass

from api import queue, testimony, verdicts
from api.context import Context
from api.lane import ODD, Lane, note, state_in_words
from api.queue import Case
from api.timeline import NARROW, WIDE, Picture, Scene, draw
from api.verdicts import Finding, Verdict
from reconcile.cases.case import State
from reconcile.cases.evidence import Happened, chained
from rules.verdict import WHOLE, Kind
from store import events
from store.event import RESERVED_SOURCE, Event

SHOWN = 200
OVER = "complete"


@dataclass(frozen=True, slots=True)
class Order:
    """`verdict` is `None` where no workflow of this name has opened an instance. `history` is cut at `SHOWN` events."""

    now: int
    workflow: str
    correlation_id: str
    noun: str
    verdict: Verdict | None
    findings: Sequence[Finding]
    case: Case | None
    history: Sequence[Event]
    more_history: bool
    elsewhere: Sequence[tuple[str, str]]

    @property
    def known(self) -> bool:
        return self.verdict is not None or self.case is not None or bool(self.history)

    @property
    def alike(self) -> str:
        """How IDs begin that somebody may have meant."""
        return self.correlation_id[: (len(self.correlation_id) + 1) // 2]

    @property
    def live(self) -> bool:
        """Whether anything on the page can change by itself. What was called off may still have to be undone."""
        settled = self.case is None or self.case.state == State.RESOLVED
        return self.verdict is None or self.verdict.instance.state != OVER or not settled

    @property
    def flags(self) -> list[Finding]:
        """What holds now; what is wrong with all of it comes first."""
        return sorted((finding for finding in self.findings if finding.open), key=lambda it: it.step != WHOLE)

    @property
    def only_noted(self) -> bool:
        return all(finding.noted for finding in self.flags)

    @property
    def past_flags(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.open]

    @property
    def lanes(self) -> list[Lane]:
        steps = self.verdict.instance.steps if self.verdict else []
        failed = {finding.step: finding.since for finding in self.flags if finding.kind == Kind.FAILED}
        return [Lane.of(step, self._odd(step.name), failed.get(step.name)) for step in steps]

    def _odd(self, step: str) -> tuple[str, ...]:
        flagged = {finding.kind for finding in self.flags if finding.step == step}
        return tuple(kind for kind in ODD if kind in flagged)

    @property
    def pictures(self) -> list[tuple[str, Picture]]:
        """The timeline for a screen and for a phone; the stylesheet shows one of them."""
        verdict = self.verdict
        if verdict is None or verdict.instance.start is None:
            return []
        start, state = verdict.instance.start, verdict.instance.state
        scene = Scene(start, self.lanes, self.now, state, verdict.ended_at, self._opened_by(start))
        return [("wide", draw(scene, WIDE)), ("narrow", draw(scene, NARROW))]

    def _opened_by(self, start: int) -> str:
        """The name of the start event, '' where several may be it or it is not at hand."""
        steps = {lane.name for lane in self.lanes}
        opening = (event for event in self.history if event.time == start and event.source != RESERVED_SOURCE)
        names = {event.name for event in opening} - steps
        return names.pop() if len(names) == 1 else ""

    def note(self, lane: Lane) -> str:
        """In a few words what the state does not say already; '' if it says all."""
        said = note(lane, self.now)
        return "" if said == state_in_words(lane.state) else said

    @property
    def happened(self) -> list[Happened]:
        """The events, each with its place in the chain of causes."""
        return chained(self.history)

    def cause(self, event: Event) -> str:
        """The name of the event of this order that caused it, '' where there is none."""
        causes = (other.name for other in self.history if other.id == event.causation_id)
        return next(causes, "") if event.causation_id and event.causation_id != event.id else ""

    def testimony(self, event: Event) -> str:
        return testimony.told(event, self.workflow)


def look(here: Context, workflow: str, correlation_id: str) -> Order:
    verdict = verdicts.verdict(here.clickhouse, workflow, correlation_id)
    findings = verdicts.findings(here.clickhouse, workflow, correlation_id)
    history = events.history(here.clickhouse, correlation_id, SHOWN + 1)
    with here.database.read() as connection:
        case = queue.case_of(connection, workflow, correlation_id)
    others = verdicts.workflows_of(here.clickhouse, correlation_id)
    return Order(
        now=here.clock.now(),
        workflow=workflow,
        correlation_id=correlation_id,
        noun=findings[0].noun if findings else verdicts.noun_of(here.clickhouse, workflow),
        verdict=verdict,
        findings=findings,
        case=case,
        history=history[:SHOWN],
        more_history=len(history) > SHOWN,
        elsewhere=[other for other in others if other[0] != workflow],
    )
