"""Two hundred thousand open cases of a busy company, written as the casebook writes them. Times are µs UTC."""

from collections.abc import Iterator
from random import Random

from reconcile.cases import records
from reconcile.cases.case import Change
from reconcile.cases.finding import About, Finding
from reconcile.cases.settle import settle
from store.database import Database
from store.event import DAY, MINUTE, SECOND

NOW = 1_763_640_000_000_000
WORKFLOWS = ("order-fulfilment", "subscription-renewal", "customer-return")
STEPS = (
    ("PaymentReceived", "payments"),
    ("ItemShipped", "shipping"),
    ("ComplianceCheckDone", "compliance"),
    ("InvoiceSent", "billing"),
    ("Delivered", "couriers"),
    ("LabelPrinted", "warehouse"),
)
RARE = ("GiftWrapped", "gifts")  # one in two thousand
KINDS = ("missing", "missing", "missing", "missing", "late", "failed", "out_of_order", "mismatch")
SEVERITIES = ("info", "warning", "warning", "critical")
UNITS = ("EUR", "EUR", "EUR", "USD", None)
_AT_ONCE = 2_000


def fill(database: Database, cases: int) -> None:
    random = Random(7)
    for start in range(0, cases, _AT_ONCE):
        with database.begin() as connection:
            records.write(database, connection, list(_changes(random, start, min(cases, start + _AT_ONCE))))


def _changes(random: Random, start: int, end: int) -> Iterator[Change]:
    for number in range(start, end):
        since = NOW - int(random.random() ** 3 * 30 * DAY) - MINUTE
        at_risk = round(random.expovariate(1 / 90), 2) if random.random() < 0.9 else None
        about = About("order", since - DAY, at_risk, random.choice(UNITS), f"C-{number % 50_000}", {"tier": "gold"})
        change = settle(_findings(random, number, since), about, None, since + SECOND)
        assert change is not None
        yield change


def _findings(random: Random, number: int, since: int) -> list[Finding]:
    """Mostly one, sometimes two or three."""
    count = random.choice((1, 1, 1, 1, 2, 2, 3))
    chosen = random.sample(range(len(STEPS)), count)
    steps = [RARE if number % 2_000 == 17 and place == 0 else STEPS[which] for place, which in enumerate(chosen)]
    workflow = random.choice(WORKFLOWS)
    return [_finding(random, (workflow, f"A-{number:07}"), step, since) for step in dict.fromkeys(steps)]


def _finding(random: Random, key: tuple[str, str], step: tuple[str, str], since: int) -> Finding:
    return Finding(
        *key,
        step=step[0],
        kind=random.choice(KINDS),
        version=1,
        open=True,
        noted=False,
        step_order=1 + [*STEPS, RARE].index(step),
        at=None,
        due=since,
        since=since,
        detected_at=since + SECOND,
        closed_at=None,
        owner=step[1],
        severity=random.choice(SEVERITIES),
        description="",
        runbook="https://wiki.example.org/runbooks/steps",
        sentence=f"{step[0]} was due 2025-11-20 11:50 UTC, 15 min after OrderPlaced; nothing had arrived by 11:59.",
        rule_hash="0123456789abcdef",
        escalate_after=40 * DAY,
    )
