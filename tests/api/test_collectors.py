"""`/v1/collectors`, over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from store import collectors
from store.clickhouse import ClickHouse
from store.collectors import Report
from store.database import Database
from store.event import MINUTE, SECOND
from store.instant import rfc3339
from tests.api.truth_desk import TruthDesk, truth_desk
from tests.conftest import NOON

ONE = Report("c-1", "ingest-1:4711", NOON, waiting=0, refused=0)


@pytest.fixture
def here(clickhouse: ClickHouse, database: Database, tmp_path: Path) -> Iterator[TruthDesk]:
    with truth_desk(clickhouse, database, tmp_path) as it:
        yield it


def test_who_is_current_who_holds_and_who_was_let_go(here: TruthDesk, database: Database) -> None:
    now = here.clock.now()
    one = replace(ONE, watermark=now)
    held = replace(ONE, id="c-2", watermark=now - 6 * SECOND, waiting=7, refused=1)
    with database.begin() as connection:
        collectors.report(connection, one, now)
        collectors.report(connection, held, now)
        collectors.report(connection, replace(ONE, id="c-3", watermark=now - MINUTE), now)
        [*_, lost] = collectors.registered(connection)
        collectors.wait(connection, replace(lost, let_go_at=now))
    told = {it["id"]: it for it in here.http.get("/v1/collectors").json()["items"]}
    assert {id: it["state"] for id, it in told.items()} == {"c-1": "current", "c-2": "holding", "c-3": "let_go"}
    assert told["c-2"] == {
        "id": "c-2",
        "host": "ingest-1:4711",
        "state": "holding",
        "watermark": rfc3339(now - 6 * SECOND),
        "heard_at": rfc3339(now),
        "registered_at": rfc3339(now),
        "waiting": 7,
        "refused": 1,
        "let_go_at": None,
    }
