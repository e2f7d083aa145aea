"""How it stands with the lookups of a case, as a row and in words."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from reconcile.truth.lookups import State, Trigger
from reconcile.truth.source import Outcome
from store.instant import rfc3339
from store.tables import lookups


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of `lookups`; times are µs UTC. `attempts`: since it last had an answer."""

    step: str
    state: str
    trigger: str
    asked_by: str
    attempts: int
    total: int
    next_at: int
    last_at: int | None
    outcome: str
    status: int | None
    note: str

    @property
    def sentence(self) -> str:
        """`Asked 3 times, last at …: can't tell (HTTP 502); next at …`."""
        return f"{self._asked}{self._next}" if self.total and self.last_at is not None else self._unasked

    @property
    def _asked(self) -> str:
        times = "once, at" if self.total == 1 else f"{self.total} times, last at"
        return f"Asked {times} {_instant(self.last_at or 0)}: {_SAID[self.outcome].format(note=self.note)}"

    @property
    def _next(self) -> str:
        match self.state:
            case State.ANSWERED:
                return ""
            case State.IDLE:
                return "; not asked again while nobody needs to know"
            case _ if self.trigger in (Trigger.BUTTON, Trigger.RECHECK):
                return f"; {self.asked_by} wants it asked again now"
            case _:
                return f"; next at {_instant(self.next_at)}"

    @property
    def _unasked(self) -> str:
        return "Not asked" if self.state == State.IDLE else "About to be asked"


_SAID = {
    "": "no answer yet",
    Outcome.CONFIRMED: "it did happen ({note})",
    Outcome.ABSENT: "it did not happen ({note})",
    Outcome.UNKNOWN: "can't tell ({note})",
}


def standings(connection: Connection, case_id: str) -> list[Standing]:
    """Of every step of the case whose source is or was asked, in the order of their names."""
    columns = [lookups.c[name] for name in Standing.__slots__]
    rows = connection.execute(select(*columns).where(lookups.c.case_id == case_id).order_by(lookups.c.step))
    return [Standing(*row) for row in rows]


def _instant(micros: int) -> str:
    return rfc3339(micros // 1_000_000 * 1_000_000)
