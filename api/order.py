"""Everything that is known of one order, for its page. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from api import causes, gutter, queue, testimony, verdicts
from api.context import Context
from api.gutter import Gutter
from api.lane import ODD, Lane, note, state_in_words
from api.links import board_path, order_path
from api.queue import Case
from api.timeline import NARROW, WIDE, Picture, Scene, draw
from api.verdicts import Finding, Verdict
from reconcile.audit.row import Row
from reconcile.audit.trail import Asked, Span, Trail
from reconcile.cases.case import State
from rules.verdict import WHOLE, Kind
from store import events
from store.event import RESERVED_SOURCE, Event

SHOWN = 200
"""Events on a page."""

DONE = 20
"""Entries of the audit trail that are shown of what has no case."""

OVER = "complete"


@dataclass(frozen=True, slots=True)
class Order:
    """`verdict` is `None` where no workflow of this name has opened an instance. `history` has the events from the
    `first` on, counted from 0, at most `SHOWN` of `events`. `done`: of the audit trail, where there is no case that it
    is of; the newest first. `trace_url`: as `Services` has it."""

    now: int
    workflow: str
    correlation_id: str
    noun: str
    verdict: Verdict | None
    findings: Sequence[Finding]
    case: Case | None
    history: Sequence[Event]
    first: int
    events: int
    elsewhere: Sequence[tuple[str, str]]
    done: Sequence[Row]
    trace_url: str

    @property
    def known(self) -> bool:
        return self.verdict is not None or self.case is not None or bool(self.events)

    @property
    def alike(self) -> str:
        """How IDs begin that somebody may have meant."""
        return self.correlation_id[: (len(self.correlation_id) + 1) // 2]

    @property
    def live(self) -> bool:
        """Whether anything on the page can change by itself. What was called off may still have to be undone."""
        return self.verdict is None or self.verdict.instance.state != OVER or not (self.case is None or self.settled)

    @property
    def settled(self) -> bool:
        return self.case is not None and self.case.state == State.RESOLVED

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
    def causes(self) -> list[int | None]:
        """For each event the place in `history` of the one that caused it, if that is shown."""
        return causes.causes(self.history)

    @property
    def gutter(self) -> Gutter:
        return gutter.draw(causes.rows(self.causes))

    def trace(self, event: Event) -> str:
        """The address of its trace, '' where it has none, or nobody said where traces are."""
        there = self.trace_url if event.trace_id else ""
        return there.replace("{trace_id}", quote(event.trace_id, safe="")).replace(
            "{span_id}", quote(event.span_id, safe="")
        )

    @property
    def pages(self) -> Mapping[str, str]:
        """Where else events of it are: addresses by what they lead to."""
        last = (self.events - 1) // SHOWN * SHOWN
        steps = {"First": 0, "Earlier": self.first - SHOWN, "Later": self.first + SHOWN, "Last": last}
        known = {label: at for label, at in steps.items() if 0 <= at <= last and at != self.first}
        return {label: self.address(at) for label, at in known.items()}

    def address(self, first: int | None = None) -> str:
        """Of this page, or of the one whose first event is this."""
        at = self.first if first is None else first
        return board_path({"event": str(at + 1) if at else None}, order_path(self.workflow, self.correlation_id))

    def testimony(self, event: Event) -> str:
        return testimony.told(event, self.workflow)


def look(here: Context, workflow: str, correlation_id: str, first: int = 0) -> Order:
    """With the events from the `first` on, counted from 0."""
    verdict = verdicts.verdict(here.clickhouse, workflow, correlation_id)
    findings = verdicts.findings(here.clickhouse, workflow, correlation_id)
    history = events.history(here.clickhouse, correlation_id, SHOWN + 1, offset=first)
    cut = first > 0 or len(history) > SHOWN
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
        first=first,
        events=events.count(here.clickhouse, correlation_id) if cut else len(history),
        elsewhere=[other for other in others if other[0] != workflow],
        done=() if case else _done(here, correlation_id),
        trace_url=here.trace_url,
    )


def _done(here: Context, correlation_id: str) -> list[Row]:
    trail = Trail(here.clickhouse, here.database)
    return trail.page(Asked(correlation_id=correlation_id), Span(newest_first=True), DONE)
