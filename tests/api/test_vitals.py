"""`/v1/health`, over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rules.evaluate.evaluator import Standing
from store import collectors
from store.clickhouse import ClickHouse
from store.collectors import Report
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from store.instant import rfc3339
from store.spending import Spent
from tests.api.figure_rows import Found, put_found, put_standing
from tests.api.truth_desk import TruthDesk, truth_desk


@pytest.fixture
def here(clickhouse: ClickHouse, database: Database, tmp_path: Path) -> Iterator[TruthDesk]:
    with truth_desk(clickhouse, database, tmp_path) as it:
        yield it


def test_before_anything_was_judged(here: TruthDesk) -> None:
    told = here.http.get("/v1/health").json()
    assert (told["pace"], told["sentence"]) == ("never", "Nothing has been judged yet.")
    assert (told["lag"], told["judged_until"], told["work"], told["evaluators"]) == (None, None, [], [])
    assert told["latency"] == [{"workflow": None, "legs": [], "left_out": []}]


def test_judging_that_keeps_up_says_so(here: TruthDesk, database: Database) -> None:
    now = here.clock.now()
    put_standing(database, Standing(now - 2 * SECOND, 5, held=False), now)
    told = here.http.get("/v1/health").json()
    assert (told["pace"], told["lag"], told["waiting"]) == ("keeps_up", 2, 5)
    assert told["sentence"] == "judging keeps up: everything up to 2 s ago is judged"
    assert told["judged_until"] == rfc3339(now - 2 * SECOND)


def test_who_holds_it_is_named_and_what_is_held_is_counted(
    here: TruthDesk, database: Database, clickhouse: ClickHouse
) -> None:
    now = here.clock.now()
    put_standing(database, Standing(now - 42 * SECOND, 0, held=True), now)
    with database.begin() as connection:
        collectors.report(connection, Report("c-2", "ingest-2:1", now, 0, 0), now)
        collectors.report(connection, Report("c-3", "ingest-3:1", now - 42 * SECOND, 9, 0), now)
    due = [now - 50 * SECOND, now - 40 * SECOND, now - 30 * SECOND, now - 30 * SECOND, now + SECOND]
    clickhouse.insert("deadlines", {"wake_at": due, "correlation_id": ["A", "B", "C", "D", "E"]})
    told = here.http.get("/v1/health").json()
    assert told["sentence"] == "judging is 42 s behind: held by collector c-3 (ingest-3:1)"
    assert (told["pace"], told["held_by"], told["overdue"]) == ("held", ["c-3"], 3)


def test_judging_that_has_too_much_to_do_says_so(here: TruthDesk, database: Database) -> None:
    now = here.clock.now()
    put_standing(database, Standing(now - MINUTE, 70_000, held=False), now)
    told = here.http.get("/v1/health").json()
    assert (told["pace"], told["waiting"]) == ("busy", 70_000)
    assert told["sentence"] == "judging is 1 min behind: there is more to judge than gets done"


def test_evaluators_that_are_no_more_are_missed(here: TruthDesk, database: Database) -> None:
    heard = here.clock.now() // SECOND * SECOND - 5 * MINUTE
    put_standing(database, Standing(heard, 0, held=False), heard)
    told = here.http.get("/v1/health").json()
    assert told["pace"] == "silent"
    assert told["sentence"] == f"judging is 5 min behind: no evaluator has been heard since {rfc3339(heard)}"


def test_what_evaluators_did_is_added_up(here: TruthDesk, database: Database) -> None:
    now = here.clock.now()
    spent = Spent(took=2 * SECOND, statements=3, rows=100, bytes=1_000, inserted=7)
    put_standing(database, Standing(now, 0, held=False), now, spent)
    tick, judge = here.http.get("/v1/health").json()["work"]
    cost = {"took": 4, "longest": 2, "statements": 6, "rows": 200, "bytes": 2_000, "inserted": 14}
    assert tick == {"work": "tick", "times": 2, "looked_at": 14, **cost}
    assert judge == {"work": "judge", "times": 2, "looked_at": 0, **cost}


def test_latency_by_workflow_and_window(here: TruthDesk, database: Database) -> None:
    now = here.clock.now()
    old = Found(now - 2 * HOUR, found=9 * SECOND)
    put_found(database, [Found(now, found=SECOND // 2), Found(now, workflow="parcels"), old])
    told = here.http.get("/v1/health").json()["latency"]
    assert [it["workflow"] for it in told] == [None, "orders", "parcels"]
    assert told[1]["legs"][0] == {"leg": "found", "count": 1, "p50": 0.5, "p95": 0.5, "p99": 0.5}
    [orders] = here.http.get("/v1/health", params={"window": "24h", "workflow": "orders"}).json()["latency"]
    assert orders["legs"][0] == {"leg": "found", "count": 2, "p50": 0.5, "p95": 9, "p99": 9}
    assert here.http.get("/v1/health", params={"window": "2h"}).status_code == 400
