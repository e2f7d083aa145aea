"""What was refused, in ClickHouse: each once, as it stands now, until it is too old or redacted."""

from collections.abc import Sequence

from store import quarantine
from store.clickhouse import ClickHouse
from store.event import DAY, SECOND
from store.quarantine import COUNTED, Content, Moved, State, Wanted, Why
from tests.store.refused import LONG, NOON, row


def ids(clickhouse: ClickHouse, wanted: Wanted, now: int = NOON) -> Sequence[str]:
    found = [held.id for held in quarantine.page(clickhouse, wanted, now, 100)]
    assert sorted(found) == list(quarantine.chosen(clickhouse, wanted, now, 100))
    assert len(found) == quarantine.count(clickhouse, wanted, now)
    return found


def test_what_is_sent_again_is_one_row_and_the_last_time_counts(any_clickhouse: ClickHouse) -> None:
    for at in (NOON, NOON + 2, NOON + 1):
        quarantine.write(any_clickhouse, [row("a", at)])
    [held] = quarantine.page(any_clickhouse, Wanted(), NOON, 100)
    assert (held.received_at, held.reason) == (NOON + 2, f"lies {NOON + 2} in the future")
    assert (held.source, held.sender, held.size, held.cut) == ("shop", "shop-token", 13, False)


def test_bytes_come_back_as_they_were(any_clickhouse: ClickHouse) -> None:
    quarantine.write(any_clickhouse, [row("a", data=bytes(range(256)), cut=True), row("b", data=b"", form="otlp-logs")])
    assert quarantine.contents(any_clickhouse, ["a", "b", "c"]) == [
        Content("a", "json", "", "time", f"lies {NOON} in the future", bytes(range(256)), True),
        Content("b", "otlp-logs", "", "time", f"lies {NOON} in the future", b"", False),
    ]


def test_filters(clickhouse: ClickHouse) -> None:
    quarantine.write(
        clickhouse,
        [
            row("a", NOON),
            row("b", NOON + 1, source="bank", data=b"\xff A-1042 \x00"),
            row("c", NOON + 2, sender="other", field="name", reason="empty", fault="name: empty"),
            row("d", NOON + 3, state=State.DISCARDED),
        ],
    )
    assert ids(clickhouse, Wanted()) == ["c", "b", "a"]
    assert ids(clickhouse, Wanted(ids=["a", "d", "x"])) == ["a"]
    assert ids(clickhouse, Wanted(source="bank")) == ["b"]
    assert ids(clickhouse, Wanted(sender="other")) == ["c"]
    assert ids(clickhouse, Wanted(fault="NAME: emp")) == ["c"]
    assert ids(clickhouse, Wanted(q="A-1042")) == ["b"]
    assert ids(clickhouse, Wanted(since=NOON + 1)) == ["c", "b"]
    assert ids(clickhouse, Wanted(state=State.DISCARDED)) == ["d"]
    assert ids(clickhouse, Wanted(state=None)) == ["d", "c", "b", "a"]
    [bank] = quarantine.groups(clickhouse, Wanted(source="bank"), NOON, 10)
    assert ids(clickhouse, Wanted(group=bank.id)) == ["b"]


def test_pages_leave_nothing_out_where_many_came_at_once(clickhouse: ClickHouse) -> None:
    quarantine.write(clickhouse, [row(f"{number:02}", NOON + number // 4) for number in range(20)])
    seen: list[str] = []
    before = (2**63 - 1, "")
    while page := quarantine.page(clickhouse, Wanted(), NOON, 3, before):
        seen += [held.id for held in page]
        before = (page[-1].received_at, page[-1].id)
    assert seen == sorted(seen, key=lambda id_: (int(id_) // 4, id_), reverse=True)
    assert len(seen) == 20


def test_a_group_is_one_fault_of_one_source(clickhouse: ClickHouse) -> None:
    quarantine.write(clickhouse, [row(str(number), NOON + number) for number in range(5)])
    quarantine.write(clickhouse, [row("x", NOON, source="bank"), row("y", NOON, source="gone", state=State.REPLAYED)])
    quarantine.write(clickhouse, [row("many", NOON + 9, state=COUNTED, number=40, data=b"")])
    shop, bank = quarantine.groups(clickhouse, Wanted(), NOON, 10)
    assert (shop.source, shop.fault, shop.count, shop.not_kept) == ("shop", "time: lies … in the future", 5, 40)
    assert (shop.first_at, shop.last_at, shop.last_id) == (NOON, NOON + 9, "4")
    assert (bank.source, bank.count, bank.not_kept) == ("bank", 1, 0)


def test_a_count_that_grows_is_counted_once(clickhouse: ClickHouse) -> None:
    quarantine.write(clickhouse, [row("a")])
    for number in (1, 7):
        quarantine.write(clickhouse, [row("minute", NOON + number, state=COUNTED, number=number, data=b"")])
    [group] = quarantine.groups(clickhouse, Wanted(), NOON, 10)
    assert group.not_kept == 7
    assert ids(clickhouse, Wanted(state=None)) == ["a"]


def test_only_what_waits_is_moved_and_says_why_it_is_refused_now(any_clickhouse: ClickHouse) -> None:
    quarantine.write(any_clickhouse, [row("a"), row("b"), row("c", state=State.DISCARDED)])
    quarantine.move(any_clickhouse, ["a", "c"], Moved(State.REPLAYED, "anna", {}), NOON + 5)
    said = {"b": Why("name", "empty", "name: empty")}
    quarantine.move(any_clickhouse, ["b"], Moved(State.WAITING, "", said), NOON + 5)
    found = {held.id: held for held in quarantine.page(any_clickhouse, Wanted(state=None), NOON, 10)}
    assert [(it.state, it.state_by, it.reason) for _, it in sorted(found.items())] == [
        ("replayed", "anna", f"lies {NOON} in the future"),
        ("waiting", "", "empty"),
        ("discarded", "", f"lies {NOON} in the future"),
    ]
    assert found["b"].fault == "name: empty"
    assert found["a"].received_at == NOON


def test_it_moves_even_where_a_clock_is_behind(clickhouse: ClickHouse) -> None:
    quarantine.write(clickhouse, [row("a", NOON + DAY)])
    quarantine.move(clickhouse, ["a"], Moved(State.DISCARDED, "anna", {}), NOON)
    assert ids(clickhouse, Wanted()) == []


def test_many_are_moved_in_parts(clickhouse: ClickHouse) -> None:
    rows = [row(f"{number:032}") for number in range(2_500)]
    quarantine.write(clickhouse, rows)
    quarantine.move(clickhouse, [it.id for it in rows], Moved(State.DISCARDED, "anna", {}), NOON)
    assert quarantine.count(clickhouse, Wanted(), NOON) == 0
    assert quarantine.count(clickhouse, Wanted(state=State.DISCARDED), NOON) == 2_500


def test_what_is_too_old_is_not_shown_and_goes(clickhouse: ClickHouse) -> None:
    quarantine.write(clickhouse, [row("older", keep_until=LONG - 1), row("new"), row("old", keep_until=1)])
    assert ids(clickhouse, Wanted()) == ["older", "new"]
    assert ids(clickhouse, Wanted(), (LONG - 1) * SECOND) == ["new"]
    clickhouse.command("OPTIMIZE TABLE quarantine FINAL")
    assert clickhouse.query("SELECT id FROM quarantine ORDER BY id") == [("new",), ("older",)]


def test_what_tells_of_an_order_goes_for_good(any_clickhouse: ClickHouse) -> None:
    told = b'{"correlation_id": "o-1", "attributes": {"customer": {"email": "a@b"}}}'
    quarantine.write(any_clickhouse, [row("a", data=told), row("b", data=told.replace(b"o-1", b"o-2"))])
    quarantine.write(any_clickhouse, [row("c", data=told.replace(b"email", b"phone"))])
    quarantine.move(any_clickhouse, ["a"], Moved(State.DISCARDED, "anna", {}), NOON)
    assert quarantine.telling_of(any_clickhouse, "o-1", ["customer.email"]) == 1
    quarantine.remove(any_clickhouse, "o-1", ["customer.email"])
    assert quarantine.telling_of(any_clickhouse, "o-1", ["customer.email"]) == 0
    assert any_clickhouse.query("SELECT DISTINCT id FROM quarantine ORDER BY id") == [("b",), ("c",)]
