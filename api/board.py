"""What the list page shows. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api import queue, verdicts
from api.case_filters import Wanted
from api.completeness import Count
from api.context import Context
from api.cursor import decode, encode
from api.links import board_path
from api.overview import Overview
from api.parameters import BoardParameters, CaseFilters
from api.queue import Case, Place
from rules.spec import UNNAMED
from rules.verdict import RUNAWAY, Kind
from store.errors import StoreUnavailable

ROWS = 50
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Board:
    """`matching` counts what fits the filters, up to `COUNTED`. `states`, by workflow, is `None` where ClickHouse is
    away.

    `all_open`: the list is of all open cases, which the overview counts.
    `here`, `first`, `more`, `all_at_once`: addresses of this page, of others of the list, and of what can be done with
    all of it. `elsewhere`: instances of exactly the ID that was searched for, where no case was found:
    (workflow, state).
    """

    now: int
    cases: Sequence[Case]
    matching: int
    overview: Overview
    states: Mapping[str, Count] | None
    here: str
    first: str | None
    more: str | None
    all_at_once: str
    elsewhere: Sequence[tuple[str, str]]
    filtered: bool
    all_open: bool

    @property
    def count(self) -> str:
        if self.matching <= COUNTED:
            return f"{self.matching:,}"
        return f"{self.overview.open:,}" if self.all_open else f"{COUNTED:,}+"

    @property
    def noun(self) -> str:
        """The one word for everything that is open, if there is one."""
        return self.overview.nouns[0] if len(self.overview.nouns) == 1 else UNNAMED

    @property
    def kinds(self) -> tuple[str, ...]:
        return (*Kind, RUNAWAY)

    @property
    def wrong(self) -> int:
        """Instances with which something is wrong, though no case of theirs may be open."""
        return sum(it.wrong for it in (self.states or {}).values())

    @property
    def has_instances(self) -> bool:
        return bool(self.states)

    def choices(self, name: str, chosen: str | None) -> list[str]:
        """What can be chosen for a filter; what is chosen now stays, even if nothing has it any more."""
        known = self.overview.choices[name]
        return [*known, *([chosen] if chosen and chosen not in known else [])]


def look(here: Context, asked: BoardParameters, me: str) -> Board:
    """As `me` sees it. `BadParameters` for a broken cursor, `StoreUnavailable` where the SQL database is away."""
    now = here.clock.now()
    wanted = Wanted(asked, asked.states, beginning=asked.q, now=now, me=me)
    after = decode(asked.after, Place) if asked.after else None
    with here.database.read() as connection:
        found = queue.page(connection, wanted, asked.order, after, ROWS + 1)
        matching = queue.count(connection, wanted, COUNTED + 1)
    cases = found[:ROWS]
    more = encode(queue.place_of(cases[-1], asked.order)) if len(found) > ROWS else None
    given = {name: value for name, value in asked.given.items() if name != "after"}
    filtered = any(name in given for name in (*CaseFilters.model_fields, "q"))
    return Board(
        now=now,
        cases=cases,
        matching=matching,
        overview=here.overview.get(),
        states=_states(here),
        here=board_path({**given, "after": asked.after}),
        first=board_path(given) if asked.after else None,
        more=board_path({**given, "after": more}) if more else None,
        all_at_once=board_path({**given, "sort": None}, "/bulk"),
        elsewhere=_elsewhere(here, asked.q) if asked.q and not found else [],
        filtered=filtered,
        all_open=asked.state == "open" and not filtered,
    )


def _states(here: Context) -> Mapping[str, Count] | None:
    overall = here.completeness["24h"].get()
    return None if overall is None else {workflow: it.ever for workflow, it in overall.items()}


def _elsewhere(here: Context, correlation_id: str) -> list[tuple[str, str]]:
    try:
        return verdicts.workflows_of(here.clickhouse, correlation_id)
    except StoreUnavailable:
        return []
