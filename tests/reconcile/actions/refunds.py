"""What the tests of actions share: a refund as a rule declares it, a case, and a worker that calls as it is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from reconcile.actions.ask import Wanted, ask
from reconcile.actions.row import Action, Decision, by_id
from reconcile.actions.worker import Worker
from reconcile.actor import Actor, ActorKind
from reconcile.identity import case_id
from reconcile.outgoing.call import NoReply, Reply
from reconcile.outgoing.request import Filling, of_action
from rules.parse.rule import parse
from rules.spec import Workflow
from rules.spec_truth import Action as Declared
from rules.spec_truth import OfCase, Template
from store.database import Database
from store.tables import audit
from tests.reconcile.desk import NOON

RULE = """
workflow: fulfilment
noun: order
owner: orders
start: OrderPlaced
cancel: OrderCancelled
steps:
  PaymentReceived:
    within: 15m
    undone_by: PaymentRefunded
    undo_within: 1d
    truth: {{get: "https://pay.example/charges/{{correlation_id}}", confirmed: code == 200, absent: code == 404}}
    actions:
      refund:
        label: Refund the payment
        post: https://pay.example/refunds/{{correlation_id}}
        headers: {{Authorization: "Bearer ${{PAY_TOKEN}}"}}
        {more}
      voucher: {{label: Send a voucher, post: "https://pay.example/vouchers", idempotent: true}}
  RoomBooked:
    within: 15m
    undone_by: RoomReleased
    undo_within: 1d
    actions:
      release: {{label: Release the room, post: "https://rooms.example/release", idempotent: true}}
  LetterSent:
    after: PaymentReceived
    within: 1d
    actions:
      resend: {{label: Send it again, post: "https://post.example/letters", idempotent: true}}
"""

ANNE = Decision(Actor(ActorKind.PERSON, "anne"), "the customer called")
BERT = Decision(Actor(ActorKind.PERSON, "bert"), "looked at it")
ENVIRONMENT = {"PAY_TOKEN": "pay-secret-1"}
TAKEN = Reply(201, {}, b'{"id": "re_1"}')
SILENT = NoReply("no answer within 15 s", sent=True)
UNSENT = NoReply("no answer: connection refused", sent=False)


def workflow(more: str = "idempotent: true") -> Workflow:
    """With this among the keys of the refund; its body names the order unless told otherwise."""
    if "body:" not in more:
        more += '\nbody: {order: "{correlation_id}"}'
    found = parse(RULE.format(more=more.replace("\n", "\n        ")), "fulfilment.yaml")
    assert found.workflow is not None, found.diagnostics
    return found.workflow


def declared(more: str = "idempotent: true", step: str = "PaymentReceived", name: str = "refund") -> Declared:
    return next(it for it in workflow(more).step(step).actions if it.name == name)


def local(url: str, idempotent: bool) -> Declared:
    """A refund at this address, which takes no secret."""
    return replace(
        declared(),
        post=Template((url, "/refunds/", OfCase("correlation_id"))),
        headers={},
        idempotent=idempotent,
    )


def wanted(
    action: Declared | None = None, order: str = "a", step: str = "PaymentReceived", automatic: bool = False
) -> Wanted:
    action = action or declared()
    filling = Filling(order, "fulfilment", step, {}, {})
    case = case_id("fulfilment", order)
    return Wanted(case, "fulfilment", order, step, action, of_action(action, filling), "h1", automatic)


def asked(database: Database, it: Wanted | None = None, decision: Decision = ANNE, now: int = NOON - 1) -> Action:
    with database.begin() as connection:
        return ask(connection, it or wanted(), decision, now)


def stored(database: Database, action: Action) -> Action:
    with database.begin() as connection:
        found = by_id(connection, action.id)
    assert found is not None
    return found


def entries(database: Database, *columns: str) -> list[Any]:
    """Of the audit trail what is about actions: what each entry says, and these columns of it too."""
    with database.read() as connection:
        rows = connection.execute(
            select(audit).where(audit.c.what.startswith("action")).order_by(audit.c.id)
        ).mappings()
        return [row["what"] if not columns else tuple(row[name] for name in ("what", *columns)) for row in rows]


@dataclass
class Provider:
    """Answers in the order given, the last one for ever, and remembers what it was asked."""

    answers: Sequence[Reply | NoReply]
    calls: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply | NoReply:
        self.calls.append((method, url, headers, body))
        self.meanwhile()
        return self.answers[min(len(self.calls), len(self.answers)) - 1]

    @property
    def keys(self) -> list[str]:
        return [headers["idempotency-key"] for _, _, headers, _ in self.calls]


def worker(database: Database, provider: Provider, environment: Mapping[str, str] = ENVIRONMENT) -> Worker:
    return Worker(database, provider, environment, lambda: 0.0, lambda: 0.0)
