"""What falls silent is told to the owners of the steps that wait for it, and so is that it is let go of or back.

An incident has each of these news once: whoever notes that it is told writes the news, in one transaction. What is over
before anybody was told is no news. Times are µs UTC.
"""

from collections.abc import Collection, Mapping, Sequence
from threading import Event

import msgspec
from sqlalchemy import insert

from reconcile.cases.case import News
from reconcile.loop import repeat
from reconcile.rulebook import Rulebook
from rules.awaited import Waiting, waiting
from rules.spec import Severity, Step
from store import incidents
from store.clock import Clock
from store.database import Database
from store.incidents import Change, Incident
from store.tables import news

NEWS: Mapping[Change, News] = {
    Change.SILENT: News.SILENT,
    Change.LET_GO: News.LET_GO,
    Change.BACK: News.BACK,
}

_AT_ONCE = 100
_EVERY = 2.0  # seconds between looks
_GRADES = tuple(Severity)  # the worst is the last


class Silent(msgspec.Struct, frozen=True):
    """The snapshot of such news. `steps`: of each workflow, those that are not judged for it; `noun`: the one word for
    what they are steps of, '' where there are several."""

    id: str
    kind: str
    subject: str
    names: tuple[str, ...]
    since: int
    until: int
    expected: str
    how: str
    percent: int
    held: int
    let_go_at: int | None
    ended_at: int | None
    because: str
    by: str
    reason: str
    steps: dict[str, list[str]]
    noun: str
    severity: Severity
    labels: dict[str, str]


class Unheard:
    """Looks for incidents whose last change nobody was told of. Any number of them may look at once."""

    def __init__(self, database: Database, rulebook: Rulebook) -> None:
        self._database = database
        self._rulebook = rulebook

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("news of incidents", self.step, clock, stop, _EVERY)

    def step(self, now: int) -> bool:
        """Make news of the next ones; whether there may be more. Raises `StoreUnavailable`."""
        with self._database.read() as connection:
            found = incidents.untold(connection, _AT_ONCE)
        if not found:
            return False
        with self._database.begin() as connection:
            mine = [it for it in found if incidents.tell(connection, it)]
            rows = [self._row(it, now) for it in mine if it.is_open or it.told]
            if rows:
                connection.execute(insert(news), rows)
        return len(found) == _AT_ONCE

    def _row(self, it: Incident, now: int) -> dict[str, object]:
        waits = waiting(self._rulebook.workflows, it.names)
        told = _silent(it, waits)
        return {
            "subject": it.id,
            "transition": it.change,
            "type": NEWS[it.change],
            "at": now,
            "owners": msgspec.json.encode(_owners(waits)).decode(),
            "workflow": _only(told.steps),
            "correlation_id": "",
            "step": _only([step.name for step in _steps(waits)]),
            "kind": it.kind,
            "severity": told.severity,
            "labels": msgspec.json.encode(told.labels).decode(),
            "at_risk": None,
            "unit": None,
            "open": it.is_open,
            "snapshot": msgspec.json.encode(told).decode(),
        }


def _silent(it: Incident, waits: Sequence[Waiting]) -> Silent:
    return Silent(
        id=it.id,
        kind=it.kind,
        subject=it.subject,
        names=it.names,
        since=it.since,
        until=it.until,
        expected=it.expected,
        how=it.how,
        percent=it.percent,
        held=it.held,
        let_go_at=it.let_go_at,
        ended_at=it.ended_at,
        because=it.because,
        by=it.ended_by,
        reason=it.reason,
        steps={found.workflow.name: [step.name for step in found.steps] for found in waits},
        noun=_only({found.workflow.noun for found in waits}),
        severity=max((step.severity for step in _steps(waits)), key=_GRADES.index, default=Severity.WARNING),
        labels=_shared([found.workflow.labels for found in waits]),
    )


def _steps(waits: Sequence[Waiting]) -> list[Step]:
    return [step for found in waits for step in found.steps]


def _only(values: Collection[str]) -> str:
    """The one there is; '' where there are several, or none."""
    return next(iter(values)) if len(values) == 1 else ""


def _owners(waits: Sequence[Waiting]) -> list[str]:
    """Of what waits; nobody's in particular where nothing does."""
    owners = [step.owner or found.workflow.owner for found in waits for step in found.steps]
    return list(dict.fromkeys(owners)) or [""]


def _shared(labels: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Those that all of them have."""
    first, *others = labels or [{}]
    return {name: value for name, value in first.items() if all(it.get(name) == value for it in others)}
