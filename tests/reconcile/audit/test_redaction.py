"""Personal data goes from wherever it was, and the chain stays whole."""

import pytest

from reconcile.audit import chain, copying, redaction
from reconcile.audit.drainer import Drainer
from reconcile.audit.redaction import By, NothingToRedact, NotRedacted, redact_entries, redact_events
from reconcile.audit.row import Row
from reconcile.audit.trail import Trail
from reconcile.audit.verify import Fault, Kind, compared, verify
from rules.evaluate.evaluator import Evaluator
from rules.ruleset import rules_of
from store import quarantine
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE
from store.events import history, write
from tests.reconcile.audit.trails import ANNA, enter, entry
from tests.rules.evaluate.test_evaluator import SETTINGS
from tests.rules.shop import FULFILMENT, NOON, event, paid, placed
from tests.store.refused import row

EMAIL = '{"email": "a@b"}'
WISH = By(ANNA, "erasure request 17")
BYTES = "SELECT count() FROM audit WHERE concat(why, customer, external, detail) LIKE {text:String}"


@pytest.fixture
def drainer(clickhouse: ClickHouse, any_database: Database) -> Drainer:
    return Drainer(clickhouse, any_database, "one", 90 * DAY)


def rows(clickhouse: ClickHouse, database: Database) -> list[Row]:
    """They are whole, in both stores."""
    trail, apart = Trail(clickhouse, database), list[Fault]()
    found = list(compared(trail.stream(), trail.kept(), apart))
    assert (verify(found, {trail.head().seq: trail.head().hash}).faults, apart) == ((), [])
    return found


def test_the_payload_of_an_entry_goes_from_both_stores(
    clickhouse: ClickHouse, any_database: Database, drainer: Drainer
) -> None:
    [_, wanted, _] = enter(any_database, [entry(1), entry(2), entry(3)])
    drainer.step(NOON)
    redact_entries(clickhouse, any_database, [wanted], WISH, NOON + MINUTE)
    drainer.step(NOON + MINUTE)
    first, second, third, told = rows(clickhouse, any_database)
    assert (second.why, second.customer, second.external, second.detail, second.salt) == ("", "", "{}", "{}", "")
    assert (second.actor, second.what, second.correlation_id) == ("anna", "case.resolved", "A-2")
    assert (first.customer, third.customer) == ("C-1", "C-3")
    assert (told.what, told.actor, told.why) == ("audit.redacted", "anna", "erasure request 17")
    assert told.detail == f'{{"entries":["{wanted}"],"seqs":[2]}}'
    assert clickhouse.query(BYTES, {"text": "%C-2%"}) == clickhouse.query(BYTES, {"text": "%no. 2%"}) == [(0,)]
    assert verify(Trail(clickhouse, any_database).stream(), {}).redacted == 1


def test_of_an_entry_that_only_clickhouse_has_any_more(
    clickhouse: ClickHouse, any_database: Database, drainer: Drainer
) -> None:
    [wanted] = enter(any_database, [entry(1)])
    drainer.step(NOON)
    assert copying.prune(any_database, NOON + DAY) == 1
    redact_entries(clickhouse, any_database, [wanted], WISH, NOON + DAY)
    drainer.step(NOON + DAY)
    assert rows(clickhouse, any_database)[0].is_redacted


def test_what_was_cut_short_is_carried_out_later(
    clickhouse: ClickHouse, any_database: Database, drainer: Drainer
) -> None:
    """Killed when the redaction was written down, or copied, and not yet carried out."""
    [wanted] = enter(any_database, [entry(1)])
    drainer.step(NOON)
    redact_entries(clickhouse, any_database, [wanted], WISH, NOON)
    chain.extend(any_database, NOON)
    copying.copy(clickhouse, any_database)
    assert [it.is_redacted for it in Trail(clickhouse, any_database).stream()] == [False, False]
    assert redaction.carry_out(clickhouse, any_database) == 1
    assert redaction.carry_out(clickhouse, any_database) == 0
    assert [it.is_redacted for it in rows(clickhouse, any_database)] == [True, False]


def test_what_a_drainer_brings_back_that_was_paused_goes_again(
    clickhouse: ClickHouse, any_database: Database, drainer: Drainer
) -> None:
    [wanted] = enter(any_database, [entry(1)])
    drainer.step(NOON)
    clickhouse.command("CREATE TABLE paused AS audit")
    clickhouse.command("INSERT INTO paused SELECT * FROM audit")
    redact_entries(clickhouse, any_database, [wanted], WISH, NOON)
    drainer.step(NOON)
    clickhouse.command("INSERT INTO audit SELECT * FROM paused")
    report = verify(Trail(clickhouse, any_database).stream(), {})
    assert [it.kind for it in report.faults] == [Kind.INSERTED]
    drainer.step(NOON + 2 * HOUR)
    assert rows(clickhouse, any_database)[0].is_redacted


def test_what_can_not_be_redacted(clickhouse: ClickHouse, any_database: Database, drainer: Drainer) -> None:
    [wanted] = enter(any_database, [entry(1)])
    with pytest.raises(NotRedacted, match=f"There is no entry {wanted} in the chain"):
        redact_entries(clickhouse, any_database, [wanted], WISH, NOON)
    drainer.step(NOON)
    told = redact_entries(clickhouse, any_database, [wanted], WISH, NOON)
    drainer.step(NOON)
    with pytest.raises(NotRedacted, match="tells of a redaction, which stays"):
        redact_entries(clickhouse, any_database, [told], WISH, NOON)
    with pytest.raises(NotRedacted, match="no entry nothing"):
        redact_entries(clickhouse, any_database, [wanted, "nothing"], WISH, NOON)
    assert rows(clickhouse, any_database)[-1].id == told


def test_attributes_go_from_the_events(clickhouse: ClickHouse, any_database: Database, drainer: Drainer) -> None:
    write(clickhouse, [event("A", "Note", 0, EMAIL), event("A", "Paid", MINUTE, '{"amount":2}')])
    id_, count, quarantined = redact_events(clickhouse, any_database, "A", ["email", "phone"], WISH, NOON)
    assert (count, quarantined) == (1, 0)
    assert len(redaction_pending(clickhouse)) == 1, "it is carried out when it is on record"
    drainer.step(NOON)
    assert redaction_pending(clickhouse) == []
    [told] = rows(clickhouse, any_database)
    assert (told.id, told.what, told.why, told.correlation_id) == (id_, "events.redacted", "erasure request 17", "A")
    assert '"attributes":["email","phone"]' in told.detail
    assert "a@b" not in told.detail
    with pytest.raises(NothingToRedact, match="No event of A has email"):
        redact_events(clickhouse, any_database, "A", ["email"], WISH, NOON)


def test_what_was_refused_goes_from_the_quarantine(
    clickhouse: ClickHouse, any_database: Database, drainer: Drainer
) -> None:
    told = b'{"correlation_id": "A", "attributes": {"email": "a@b"}}'
    quarantine.write(clickhouse, [row("gone", data=told), row("stays", data=told.replace(b'"A"', b'"B"'))])
    redacted = redact_events(clickhouse, any_database, "A", ["email"], WISH, NOON)
    assert (redacted.events, redacted.quarantined) == (0, 1)
    drainer.step(NOON)
    assert clickhouse.query("SELECT id FROM quarantine") == [("stays",)]
    [entry] = rows(clickhouse, any_database)
    assert '"quarantined":1' in entry.detail


def redaction_pending(clickhouse: ClickHouse) -> list[str]:
    return [it.attributes for it in history(clickhouse, "A") if "email" in it.attributes]


VERDICT = """
SELECT argMax((state, `steps.state`, `findings.kind`, conflicts, stored, rule_hash), version) FROM instances
WHERE correlation_id = 'A'
"""


def test_a_verdict_that_does_not_hang_on_them_stays_and_no_conflict_is_left(
    clickhouse: ClickHouse, any_database: Database, drainer: Drainer
) -> None:
    evaluator = Evaluator(clickhouse, any_database, rules_of([FULFILMENT]), SETTINGS, "one")
    write(clickhouse, [placed("A"), paid("A", MINUTE), event("A", "Note", MINUTE, EMAIL)])
    evaluator.tick(NOON + HOUR)
    before = clickhouse.query(VERDICT)
    redact_events(clickhouse, any_database, "A", ["email"], WISH, NOON)
    drainer.step(NOON)
    evaluator.tick(NOON + HOUR + MINUTE)
    assert clickhouse.query(VERDICT) == before
    assert before[0][0][3] == 0


def test_judged_between_the_copies_it_is_judged_again(
    clickhouse: ClickHouse, any_database: Database, drainer: Drainer
) -> None:
    evaluator = Evaluator(clickhouse, any_database, rules_of([FULFILMENT]), SETTINGS, "one")
    write(clickhouse, [placed("A"), event("A", "Note", MINUTE, EMAIL)])
    redact_events(clickhouse, any_database, "A", ["email"], WISH, NOON)
    write(clickhouse, [event("A", "Note", MINUTE)])  # where a redaction was killed in the middle
    evaluator.tick(NOON + HOUR)
    assert clickhouse.query(VERDICT)[0][0][3] == 1
    drainer.step(NOON)
    evaluator.tick(NOON + HOUR + MINUTE)
    assert clickhouse.query(VERDICT)[0][0][3] == 0
