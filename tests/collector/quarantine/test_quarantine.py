"""What is refused becomes rows: each event once, of each source so many bytes, and the rest counted."""

import json

import pytest

from collector.acceptance import Acceptance
from collector.batch import MOST_KEPT, Alone, Batch
from collector.errors import Refused
from collector.json.body import decode_ndjson
from collector.quarantine.quarantine import OVERHEAD, Provenance, Quarantine
from store.event import MINUTE, SECOND
from store.quarantine import COUNTED, State
from store.settings import QuarantineSettings
from tests.conftest import NOON

SENT = Provenance("shop-token")


@pytest.fixture
def quarantine() -> Quarantine:
    return Quarantine(QuarantineSettings(keep=MINUTE, per_minute=10_000))


def refused(*events: object, terms: Acceptance) -> Batch:
    return decode_ndjson(b"\n".join(json.dumps(event).encode() for event in events), terms)


def test_a_row_has_all_that_is_known(quarantine: Quarantine, terms: Acceptance) -> None:
    [row] = quarantine.rows(refused({"source": "bank", "name": 7}, terms=terms), SENT, NOON)
    assert (row.source, row.sender, row.form, row.state) == ("bank", "shop-token", "json", "waiting")
    assert (row.field, row.reason, row.fault) == ("correlation_id", "missing", "correlation_id: missing")
    assert (row.data, row.size, row.cut) == (b'{"source": "bank", "name": 7}', 29, False)
    assert (row.received_at, row.keep_until) == (NOON, (NOON + MINUTE) // SECOND)


def test_good_events_make_none(quarantine: Quarantine) -> None:
    assert quarantine.rows(Batch(), SENT, NOON) == []


def test_the_same_event_has_the_same_id_whoever_sends_it_when(quarantine: Quarantine, terms: Acceptance) -> None:
    batch = refused({"a": 1}, {"a": 1}, {"a": 2}, terms=terms)
    first, second = quarantine.rows(batch, SENT, NOON)
    again, _ = quarantine.rows(batch, Provenance("other"), NOON + SECOND)
    assert first.id != second.id
    assert again.id == first.id
    assert again.version > first.version


def test_the_same_event_many_times_takes_the_room_of_one(quarantine: Quarantine, terms: Acceptance) -> None:
    big = {"source": "bank", "a": "x" * 10_000}
    rows = quarantine.rows(refused(*[big] * 100, {"source": "bank"}, terms=terms), SENT, NOON)
    assert [row.state for row in rows] == [State.WAITING, State.WAITING]


def test_beyond_the_allowance_it_is_counted(quarantine: Quarantine, terms: Acceptance) -> None:
    big = {"source": "bank", "a": "x" * 10_000}
    batch = refused(*(big | {"n": number} for number in range(100)), {"source": "shop"}, terms=terms)
    rows = quarantine.rows(batch, SENT, NOON)
    kept = [row for row in rows if row.state != COUNTED and row.source == "bank"]
    [counted] = [row for row in rows if row.state == COUNTED]
    assert sum(row.size + OVERHEAD for row in kept) <= 60 * 10_000
    assert counted.number == 100 - len(kept)
    assert (counted.source, counted.fault, counted.data) == ("bank", kept[0].fault, b"")
    assert [row.source for row in rows if row.state != COUNTED][-1] == "shop"


def test_a_count_grows_within_its_minute_and_is_another_row_in_the_next(terms: Acceptance) -> None:
    quarantine = Quarantine(QuarantineSettings(keep=MINUTE, per_minute=1))
    batch = refused({"source": "bank", "name": "A"}, {"source": "bank", "name": "B"}, terms=terms)
    [two], [four] = quarantine.rows(batch, SENT, NOON), quarantine.rows(batch, SENT, NOON)
    [next_two] = quarantine.rows(batch, SENT, NOON + MINUTE)
    assert [two.number, four.number, next_two.number] == [2, 4, 2]
    assert (four.id, four.version > two.version) == (two.id, True)
    assert next_two.id != two.id


def test_what_a_batch_did_not_hold_on_to_is_counted_too(quarantine: Quarantine) -> None:
    batch = Batch()
    for _ in range(5):
        batch.refuse(0, Refused("name", "empty"), lambda: Alone("json", b"x" * MOST_KEPT))
    [counted] = quarantine.rows(batch, SENT, NOON)
    assert (counted.number, counted.source, counted.fault) == (5, "", "name: empty")


def test_faults_that_are_made_up_are_counted_together(terms: Acceptance) -> None:
    quarantine = Quarantine(QuarantineSettings(keep=MINUTE, per_minute=1))
    rows = quarantine.rows(refused(*({"x" * number: 1} for number in range(1, 1_000)), terms=terms), SENT, NOON)
    assert len(rows) < 300
    assert sum(row.number for row in rows) == 999
