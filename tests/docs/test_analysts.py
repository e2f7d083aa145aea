"""docs/analysts.md: its tables are the views as they are, and its queries find what there is to find."""

import re

import pytest

from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE, SECOND
from store.events import write
from tests.docs.pages import DOCS
from tests.rules.evaluate.test_evaluators import Party
from tests.rules.shop import event, paid, placed

PAGE = (DOCS / "analysts.md").read_text()
QUERIES = re.findall(r"^([^\n]+)\n\n```sql\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^### |\Z)", PAGE, re.MULTILINE | re.DOTALL))
COLUMN = re.compile(r"^\| `(\w+)` \| `([^`]+)` \| (.+) \|$", re.MULTILINE)


@pytest.fixture
def judged(clickhouse: ClickHouse, database: Database) -> ClickHouse:
    """`order-1` was paid late and is not shipped, `order-2` has been in time so far; judged three days later."""
    party = Party(clickhouse, database)
    party.join("a", of=1)
    write(clickhouse, [placed("order-1"), placed("order-2"), paid("order-2", MINUTE)])
    party.go_on(20 * MINUTE)
    write(clickhouse, [paid("order-1", HOUR), event("order-2", "ItemShipped", 2 * HOUR)])
    write(clickhouse, [event(order, "ComplianceCheckDone", 3 * HOUR) for order in ("order-1", "order-2")])
    party.go_on(3 * DAY)
    party.go_on(3 * DAY + MINUTE)
    return clickhouse


def test_its_tables_are_the_columns_of_the_views(clickhouse: ClickHouse) -> None:
    columns = clickhouse.query(
        "SELECT table, name, type, comment FROM system.columns "
        "WHERE database = currentDatabase() AND startsWith(table, 'noshow_') ORDER BY table, position"
    )
    assert [(view, *column) for view in sorted(SECTIONS) for column in COLUMN.findall(SECTIONS[view])] == columns
    about = dict(
        clickhouse.query(
            "SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
        )
    )
    assert set(about) == set(SECTIONS)
    for view, comment in about.items():
        assert comment in SECTIONS[view]


@pytest.mark.parametrize(("question", "query"), QUERIES, ids=[question for question, _ in QUERIES])
def test_its_queries_run(question: str, query: str, judged: ClickHouse) -> None:
    assert question.split(" (")[0].endswith("?")
    # What is asked of the last days is asked of those of the test's orders.
    assert judged.query(query.replace("now()", "toDateTime64('2025-11-24 12:00:00', 6, 'UTC')"))


def test_what_they_tell(judged: ClickHouse) -> None:
    instances = "SELECT correlation_id, state, findings, kinds, at_risk, events FROM noshow_instances ORDER BY 1"
    assert judged.query(instances) == [
        ("order-1", "incomplete", 2, ["late", "missing"], 12.5, 3),
        ("order-2", "complete", 0, [], 12.5, 4),
    ]
    steps = "SELECT position, step, state, late_seconds FROM noshow_steps WHERE correlation_id = 'order-1' ORDER BY 1"
    assert judged.query(steps) == [
        (1, "PaymentReceived", "late", (45 * MINUTE) / SECOND),
        (2, "ItemShipped", "missing", None),
        (3, "ComplianceCheckDone", "on_time", (2 * HOUR - DAY) / SECOND),
    ]
    found = "SELECT step, kind, open FROM noshow_findings ORDER BY step, kind"
    assert judged.query(found) == [
        ("ItemShipped", "missing", True),
        ("PaymentReceived", "late", True),
        ("PaymentReceived", "missing", False),
    ]


def test_an_event_that_came_twice_is_one_row_and_the_copy_that_counts(clickhouse: ClickHouse) -> None:
    write(clickhouse, [placed("order-1", MINUTE), placed("order-1")])
    write(clickhouse, [placed("order-1", HOUR)])
    assert clickhouse.query(
        "SELECT count(), min(time) = toDateTime64('2025-11-20 12:00:00', 6) FROM noshow_events"
    ) == [(1, True)]


def test_what_is_asked_by_key_is_looked_up_by_key(judged: ClickHouse) -> None:
    for view in SECTIONS:
        plan = judged.query(f"EXPLAIN indexes = 1 SELECT * FROM {view} WHERE correlation_id = 'order-1'")
        assert "Condition: (correlation_id in ['order-1', 'order-1'])" in "\n".join(line for (line,) in plan), view
