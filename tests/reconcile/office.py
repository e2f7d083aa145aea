"""Everything that settles an order, on real stores: the evaluator, a reconciler, the asker and the drainer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from reconcile.outgoing.call import Caller
from reconcile.rulebook import Rulebook
from reconcile.truth.asker import Asker
from reconcile.truth.drainer import Drainer
from reconcile.truth.limits import Limits
from reconcile.truth.source import Source
from rules.evaluate.evaluator import Evaluator
from rules.parse.rule import parse
from rules.ruleset import rules_of
from rules.spec import Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import Event
from store.events import write
from store.settings import load
from store.tables import audit, lookups, testimony
from tests.reconcile.desk import NOON, Desk

RULE = """\
workflow: online-payment
noun: payment
owner: payments
start: PaymentRequested
cancel: PaymentCancelled
grace: 1m
at_risk: {{value: start.amount, unit: start.currency}}
customer: start.customer
steps:
  PaymentReceived:
    within: 15m
    undone_by: PaymentRefunded
    undo_within: 1h
    truth:
      get: {url}/v1/charges?order={{correlation_id}}
      headers: {{Authorization: "Bearer ${{PAYMENTS_TOKEN}}"}}
      confirmed: code == 200 && response.status == "succeeded"
      absent: code == 404 || response.status == "failed"
      time: response.created_at
      every: 5m
      cache: 30s
  ItemShipped:
    after: PaymentReceived
    within: 2d
    owner: warehouse
"""
PAYMENT = "PaymentReceived"
WORKFLOW = "online-payment"


def rule(url: str, text: str = RULE) -> Workflow:
    parsed = parse(text.format(url=url), "rule.yaml")
    assert parsed.workflow is not None, parsed.diagnostics
    return parsed.workflow


@dataclass
class Office:
    clickhouse: ClickHouse
    database: Database
    evaluator: Evaluator
    desk: Desk
    asker: Asker
    drainer: Drainer
    source: Source
    rulebook: Rulebook

    def happens(self, order: str, at: int, name: str, **attributes: object) -> None:
        """An event of this name arrives; `at` in µs after noon."""
        text = repr(attributes).replace("'", '"')
        write(self.clickhouse, [Event(f"{name}-{at}", order, name, NOON + at, "shop", text, received_at=NOON + at)])

    def look(self, at: int) -> None:
        """Everybody looks, once: what is testified is judged, what is judged is filed, what is filed is asked."""
        now = NOON + at
        self.judge(at)
        while self.asker.step(now):
            pass
        self.judge(at)

    def judge(self, at: int) -> None:
        """Everybody looks but the asker."""
        now = NOON + at
        while self.drainer.step(now):
            pass
        while (tick := self.evaluator.tick(now)) is not None and tick.more:
            pass
        self.desk.take(now)

    def step(self, order: str, step: str = PAYMENT) -> str:
        """The state of a step by the newest verdict."""
        [[names, states]] = self.clickhouse.query(
            "SELECT steps.name, steps.state FROM instances WHERE correlation_id = {order:String} "
            "ORDER BY version DESC LIMIT 1",
            {"order": order},
        )
        return str(dict(zip(names, states, strict=True))[step])

    def case(self, order: str) -> Mapping[str, Any]:
        return next(case for case in self.desk.cases() if case["correlation_id"] == order)

    def lookup(self) -> Mapping[str, Any]:
        [row] = self.rows(lookups)
        return row

    def said(self) -> list[tuple[str, int, str]]:
        """(word, time in µs after noon, actor) of all testimony."""
        return [(row["name"], row["time"] - NOON, row["actor"]) for row in self.rows(testimony)]

    def trail(self) -> list[str]:
        """What the audit trail tells of truth, in order."""
        return [row["what"] for row in self.rows(audit) if row["what"].startswith("truth.")]

    def rows(self, table: Table) -> Sequence[Mapping[str, Any]]:
        with self.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]


@contextmanager
def office(
    clickhouse: ClickHouse, database: Database, place: Path, workflow: Workflow, timeout: float = 5.0
) -> Iterator[Office]:
    """`timeout`: seconds that a lookup may take."""
    settings = load({}, overrides={"data": str(place)}).evaluator
    evaluator = Evaluator(clickhouse, database, rules_of([workflow]), settings, "one")
    rulebook = Rulebook(lambda: [workflow])
    source = Source(
        clickhouse,
        rulebook,
        Caller(allow_private=True, timeout=timeout),
        {"PAYMENTS_TOKEN": "s3cret-of-ours"},
        Limits(1000, 4),
    )
    yield Office(
        clickhouse,
        database,
        evaluator,
        Desk(clickhouse, database),
        Asker(database, rulebook, source, 4, lambda: 0.0),
        Drainer(clickhouse, database),
        source,
        rulebook,
    )
    evaluator.release()
