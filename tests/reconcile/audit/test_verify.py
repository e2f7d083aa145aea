"""What was done to a trail is found, and named."""

import pytest
from msgspec.structs import replace

from reconcile.audit.row import EMPTY, SEALED, START, Head, Row, chained, hash_of, seal_of
from reconcile.audit.verify import REDACTED, Fault, Kind, compared, verify
from tests.reconcile.audit.trails import row, trail

OTHER = {"seq": 77, "salt": "0" * 32, "seal": "1" * 64, "previous": "2" * 64, "hash": "3" * 64}


def found(rows: list[Row], heads: dict[int, str] | None = None) -> list[tuple[Kind, int]]:
    return [(fault.kind, fault.seq) for fault in verify(rows, heads or {}).faults]


def altered(rows: list[Row], place: int, /, **changes: object) -> list[Row]:
    return [replace(row, **changes) if row.seq == place else row for row in rows]


def test_a_whole_trail_is_whole() -> None:
    rows = trail(100)
    report = verify(iter(rows), {100: rows[-1].hash, 7: rows[6].hash})
    assert report.is_whole
    assert (report.rows, report.redacted, report.last) == (100, 0, Head(100, rows[-1].hash, rows[-1].at))


def test_no_rows_are_a_whole_trail() -> None:
    assert verify([], {}).last == Head(0, START)
    assert verify([], {}).is_whole


@pytest.mark.parametrize("name", Row.__struct_fields__)
@pytest.mark.parametrize("seq", [1, 5, 10])
def test_a_changed_field_is_found_and_its_row_named(name: str, seq: int) -> None:
    faults = verify(altered(trail(10), seq, **{name: OTHER.get(name, "changed")}), {}).faults
    assert faults
    assert any(str(seq) in fault.words for fault in faults)


def test_a_changed_payload_is_told_apart_from_a_changed_envelope() -> None:
    rows = trail(3)
    [payload] = verify(altered(rows, 2, why="nothing"), {}).faults
    assert payload == Fault(
        Kind.CHANGED, 2, "id-2", "row 2 (id-2): why, customer, external and detail are not what was sealed"
    )
    [envelope] = verify(altered(rows, 2, actor="eve"), {}).faults
    assert (envelope.kind, envelope.seq) == (Kind.CHANGED, 2)
    assert "its hash is not that of what it tells" in envelope.words


def test_a_change_that_was_hashed_anew_is_found_by_the_row_behind() -> None:
    rows = trail(5)
    forged = replace(rows[2], actor="eve")
    rows[2] = replace(forged, hash=hash_of(forged))
    assert found(rows) == [(Kind.INSERTED, 4)]
    assert "another row 3" in verify(rows, {}).faults[0].words


def test_a_chain_written_anew_to_its_end_is_found_by_a_head_that_was_kept() -> None:
    rows = trail(5)
    kept = {4: rows[3].hash}
    anew = rows[:2] + chained([replace(it, actor="eve") for it in rows[2:]], Head(2, rows[1].hash))
    assert found(anew) == []
    assert found(anew, kept) == [(Kind.CHANGED, 4)]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (4, 4), (3, 7), (1, 9)])
def test_removed_rows_are_found(first: int, last: int) -> None:
    rows = trail(10)
    [fault] = verify(rows[: first - 1] + rows[last:], {}).faults
    assert (fault.kind, fault.seq) == (Kind.REMOVED, first)
    assert (f"row {first} is" if first == last else f"rows {first} to {last} are") in fault.words


def test_removed_and_numbered_anew_is_found() -> None:
    rows = trail(6)
    closed_up = rows[:2] + [replace(it, seq=it.seq - 1) for it in rows[3:]]
    assert (Kind.CHANGED, 3) in found(closed_up)


def test_an_inserted_row_is_found() -> None:
    rows = trail(6)
    put_in = chained([row(99)], Head(2, rows[1].hash))
    assert found(rows[:3] + put_in + rows[3:]) == [(Kind.INSERTED, 3)]
    pushed = rows[:2] + put_in + [replace(it, seq=it.seq + 1) for it in rows[2:]]
    assert (Kind.CHANGED, 4) in found(pushed)


def test_an_exact_copy_is_no_fault() -> None:
    rows = trail(3)
    assert found([rows[0], rows[1], rows[1], rows[2]]) == []


def test_rows_in_another_order_are_found() -> None:
    rows = trail(6)
    assert (Kind.REORDERED, 3) in found([rows[0], rows[1], rows[3], rows[2], rows[4], rows[5]])


def test_a_cut_tail_is_found_by_a_head_that_was_kept() -> None:
    rows = trail(10)
    kept = {10: rows[-1].hash}
    assert found(rows[:7]) == []
    [fault] = verify(rows[:7], kept).faults
    assert (fault.kind, fault.seq) == (Kind.CUT, 8)
    assert "rows 8 to 10 are missing at the end" in fault.words
    assert found([], kept) == [(Kind.CUT, 1)]


def test_every_fault_is_named() -> None:
    rows = trail(30)
    rows = altered(altered(rows, 5, why="x"), 20, actor="y")
    assert found(rows[:9] + rows[12:]) == [(Kind.CHANGED, 5), (Kind.REMOVED, 10), (Kind.CHANGED, 20)]


def redacted(rows: list[Row], seq: int) -> list[Row]:
    return altered(rows, seq, **EMPTY)


def test_a_redaction_leaves_the_chain_whole() -> None:
    naming = row(4, what=REDACTED, detail='{"entries":["id-2"]}')
    rows = redacted(chained([row(1), row(2), row(3), naming], Head(0, START)), 2)
    report = verify(rows, {4: rows[-1].hash})
    assert (report.faults, report.redacted) == ((), 1)


def test_an_emptied_row_that_no_later_entry_names_is_found() -> None:
    assert found(redacted(trail(5), 2)) == [(Kind.EMPTIED, 2)]
    naming = row(1, what=REDACTED, detail='{"entries":["id-2"]}')
    before = redacted(chained([naming, row(2)], Head(0, START)), 2)
    assert found(before) == [(Kind.EMPTIED, 2)]


def test_a_redaction_that_was_itself_emptied_names_nothing() -> None:
    naming = row(3, what=REDACTED, detail='{"entries":["id-2"]}')
    rows = redacted(redacted(chained([row(1), row(2), naming], Head(0, START)), 2), 3)
    assert found(rows) == [(Kind.EMPTIED, 2), (Kind.EMPTIED, 3)]


@pytest.mark.parametrize("name", SEALED)
def test_what_was_put_into_a_redacted_row_is_found(name: str) -> None:
    naming = row(2, what=REDACTED, detail='{"entries":["id-1"]}')
    rows = altered(redacted(chained([row(1), naming], Head(0, START)), 1), 1, **{name: '"false"'})
    assert found(rows) == [(Kind.CHANGED, 1)]


def test_of_a_choice_each_row_is_verified_by_itself() -> None:
    rows = trail(10)
    some = [rows[2], rows[7]]
    assert verify(some, {}, linked=False).is_whole
    assert [it.seq for it in verify(altered(some, 8, why="x"), {}, linked=False).faults] == [8]


def test_no_two_contents_have_one_hash() -> None:
    """Whatever is moved from one field to its neighbour changes the hash."""
    moved = [replace(row(1), workflow=workflow, correlation_id=id_) for workflow, id_ in [("ab", "c"), ("a", "bc")]]
    assert len({hash_of(it) for it in moved}) == 2
    sealed = [replace(row(1), why=why, customer=who) for why, who in [("1:", ""), ("", "1:"), ("1", ":")]]
    assert len({seal_of(it) for it in sealed}) == 3


def test_the_hash_covers_every_field_that_is_not_sealed() -> None:
    plain = replace(trail(1)[0])
    for name in set(Row.__struct_fields__) - {"hash", "salt", *SEALED}:
        assert hash_of(replace(plain, **{name: OTHER.get(name, "other")})) != plain.hash, name
    for name in (*SEALED, "salt"):
        assert seal_of(replace(plain, **{name: "other"})) != plain.seal, name


def apart(rows: list[Row], copies: list[Row]) -> list[tuple[Kind, int]]:
    faults: list[Fault] = []
    assert list(compared(rows, copies, faults)) == rows
    return [(fault.kind, fault.seq) for fault in faults]


def test_the_copies_of_two_stores_are_compared() -> None:
    rows = trail(6)
    assert apart(rows, rows) == []
    assert apart(rows, rows[3:]) == []
    assert apart(rows, altered(rows, 4, why="x")) == [(Kind.APART, 4)]
    assert apart(rows[:3] + rows[4:], rows) == [(Kind.APART, 4)]
    assert apart(rows[:4], rows) == [(Kind.APART, 5), (Kind.APART, 6)]
    assert apart(rows, rows[:2] + rows[3:]) == [(Kind.APART, 3)]
    assert apart(rows, rows[:4]) == [(Kind.APART, 5), (Kind.APART, 6)]
