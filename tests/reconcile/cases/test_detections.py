"""How findings were found is written down with their case."""

from sqlalchemy import select

from reconcile.cases.casebook import Casebook
from reconcile.cases.intake import Intake
from rules.evaluate.evaluator import Evaluator
from rules.parse.rule import parse
from rules.ruleset import rules_of
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE, SECOND, Event
from store.events import write
from store.settings import load
from store.tables import cases, detections
from tests.conftest import NOON

RULE = (
    "workflow: orders\nowner: shop\nstart: Ordered\ngrace: 0s\nsteps:\n  Paid: {within: 10m}\n  Sent: {within: 20m}\n"
)


class Line:
    """From events to cases."""

    def __init__(self, clickhouse: ClickHouse, database: Database) -> None:
        parsed = parse(RULE, "rule.yaml")
        assert parsed.workflow is not None, parsed.diagnostics
        settings = load({}).evaluator
        self.clickhouse, self.database = clickhouse, database
        self.evaluator = Evaluator(clickhouse, database, rules_of([parsed.workflow]), settings, "one")
        self.intake = Intake(clickhouse, database, Casebook(database), settings.overlap)
        self.look(-HOUR)

    def happens(self, name: str, at: int) -> None:
        write(self.clickhouse, [Event(name, "A", name, NOON + at, "shop", received_at=NOON + at)])

    def look(self, at: int) -> None:
        while (tick := self.evaluator.tick(NOON + at)) is None or tick.more:
            pass
        while self.intake.step(NOON + at + SECOND):
            pass

    def found(self) -> list[tuple[str, int, int, int | None]]:
        """Step, and in µs after noon from when on it could have been found and when it was entered; the news."""
        c = detections.c
        with self.database.read() as connection:
            rows = connection.execute(select(c.step, c.apparent_at, c.entered_at, c.transition).order_by(c.detected_at))
            return [(step, apparent - NOON, entered - NOON, news) for step, apparent, entered, news in rows]


def test_a_finding_is_written_down_when_it_is_entered_with_the_news_of_its_case(
    clickhouse: ClickHouse, any_database: Database
) -> None:
    line = Line(clickhouse, any_database)
    line.happens("Ordered", 0)
    line.look(SECOND)
    assert line.found() == []
    line.look(10 * MINUTE + 2 * SECOND)
    assert line.found() == [("Paid", 10 * MINUTE, 10 * MINUTE + 3 * SECOND, 1)]
    with any_database.read() as connection:
        subject = connection.execute(select(detections.c.subject)).scalar_one()
        assert subject == connection.execute(select(cases.c.id)).scalar_one()


def test_it_is_written_down_once_whatever_else_is_entered(clickhouse: ClickHouse, any_database: Database) -> None:
    line = Line(clickhouse, any_database)
    line.happens("Ordered", 0)
    line.look(10 * MINUTE + 2 * SECOND)
    line.look(20 * MINUTE + 2 * SECOND)
    line.intake = Intake(clickhouse, any_database, Casebook(any_database), HOUR)
    line.happens("Paid", 21 * MINUTE)
    line.look(22 * MINUTE)
    assert [it[:3] for it in line.found()] == [
        ("Paid", 10 * MINUTE, 10 * MINUTE + 3 * SECOND),
        ("Sent", 20 * MINUTE, 20 * MINUTE + 3 * SECOND),
        ("Paid", 21 * MINUTE, 22 * MINUTE + SECOND),
    ], "that it is late was found anew"
