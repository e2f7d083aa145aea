"""What the list page shows. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api import queue, verdicts
from api.case_filters import Wanted
from api.context import Context
from api.cursor import decode, encode
from api.links import board_path
from api.overview import Overview, States
from api.parameters import BoardParameters, states_of
from api.queue import Case, Place
from rules.verdict import Kind
from store.errors import StoreUnavailable

ROWS = 50
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Board:
    """`matching` counts what fits the filters, up to `COUNTED`. `states` is `None` where ClickHouse is away.

    `all_open`: the list is of all open cases, which the overview counts.
    `elsewhere`: instances of exactly the ID that was searched for, where no case was found: (workflow, state).
    """

    now: int
    cases: Sequence[Case]
    matching: int
    overview: Overview
    states: States | None
    here: str
    first: str | None
    more: str | None
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
        return self.overview.nouns[0] if len(self.overview.nouns) == 1 else "instance"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(Kind)

    @property
    def has_instances(self) -> bool:
        return self.states is None or bool(self.states)

    def choices(self, name: str, chosen: str | None) -> list[str]:
        """What can be chosen for a filter; what is chosen now stays, even if nothing has it any more."""
        known = self.overview.choices[name]
        return [*known, *([chosen] if chosen and chosen not in known else [])]


def look(here: Context, asked: BoardParameters) -> Board:
    """`BadParameters` for a broken cursor, `StoreUnavailable` where the SQL database is away."""
    now = here.clock.now()
    wanted = Wanted(asked, states_of(None if asked.state == "all" else asked.state), beginning=asked.q, now=now)
    after = decode(asked.after, Place) if asked.after else None
    with here.database.read() as connection:
        found = queue.page(connection, wanted, asked.order, after, ROWS + 1)
        matching = queue.count(connection, wanted, COUNTED + 1)
    cases = found[:ROWS]
    more = encode(queue.place_of(cases[-1], asked.order)) if len(found) > ROWS else None
    given = _given(asked)
    filtered = any(given[name] for name in ("workflow", "step", "owner", "severity", "kind", "q"))
    return Board(
        now=now,
        cases=cases,
        matching=matching,
        overview=here.overview.get(),
        states=_states(here),
        here=board_path({**given, "after": asked.after}),
        first=board_path(given) if asked.after else None,
        more=board_path({**given, "after": more}) if more else None,
        elsewhere=_elsewhere(here, asked.q) if asked.q and not found else [],
        filtered=filtered,
        all_open=asked.state == "open" and not filtered,
    )


def _given(asked: BoardParameters) -> dict[str, str | None]:
    given: Mapping[str, str | None] = asked.model_dump(exclude={"after"})
    return {**given, "state": None if asked.state == "open" else asked.state}


def _states(here: Context) -> States | None:
    try:
        return here.states.get()
    except StoreUnavailable:
        return None


def _elsewhere(here: Context, correlation_id: str) -> list[tuple[str, str]]:
    try:
        return verdicts.workflows_of(here.clickhouse, correlation_id)
    except StoreUnavailable:
        return []
