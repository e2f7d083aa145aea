"""What a tick tells of its cost."""

from rules.evaluate.evaluator import Evaluator
from rules.evaluate.work import Books, Work, total
from rules.ruleset import rules_of
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND, Event
from store.events import write
from store.settings import load
from store.spending import Spent, spend
from tests.conftest import NOON
from tests.rules.shop import FULFILMENT


def test_a_tick_says_what_it_read_and_wrote_and_for_what(clickhouse: ClickHouse, database: Database) -> None:
    evaluator = Evaluator(clickhouse, database, rules_of([FULFILMENT]), load({}).evaluator, "one")
    while (tick := evaluator.tick(NOON)) is None or tick.more:
        pass
    write(clickhouse, [Event(f"e{n}", f"order-{n}", "OrderPlaced", NOON, "shop") for n in range(100)])
    tick = evaluator.tick(NOON + SECOND)
    assert tick is not None and tick.written.instances == 100
    spent = tick.spent
    assert spent[Work.JUDGE].rows >= 100 and spent[Work.JUDGE].bytes > 0
    assert spent[Work.WRITE].inserted >= 200, "an instance and a deadline of each"
    assert spent[Work.LOOK].inserted == 0
    assert Work.BACKLOG not in spent
    assert all(it.took >= 0 for it in spent.values())


def test_a_tick_with_nothing_to_do_judges_nothing(clickhouse: ClickHouse, database: Database) -> None:
    evaluator = Evaluator(clickhouse, database, rules_of([FULFILMENT]), load({}).evaluator, "one")
    while (tick := evaluator.tick(NOON)) is None or tick.more:
        pass
    tick = evaluator.tick(NOON + 1)
    assert tick is not None
    assert Work.JUDGE not in tick.spent


def test_work_within_work_is_written_down_once() -> None:
    books = Books()
    with books.of(Work.SWEEP), books.of(Work.JUDGE):
        spend(Spent(rows=5))
    with books.of(Work.JUDGE):
        spend(Spent(rows=2))
    with books.of(Work.JUDGE):
        spend(Spent(rows=3))
    assert {work: it.rows for work, it in books.spent.items()} == {Work.SWEEP: 5, Work.JUDGE: 5}
    assert total(books.spent).rows == 10
