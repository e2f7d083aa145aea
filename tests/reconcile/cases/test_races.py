"""Several reconcilers on the same findings: nothing doubled, nothing lost, on both databases."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import Connection

from reconcile.cases import records
from reconcile.cases.case import Case
from reconcile.cases.finding import Finding, Sighting
from reconcile.errors import Raced
from store.clickhouse import ClickHouse
from store.database import Database
from tests.reconcile.desk import ABOUT, NOON, Desk, closed, finding, late

ORDERS = 60
PAYMENT = finding()

# What the evaluator says of each order, one version after the other.
LIFE: tuple[tuple[Finding, ...], ...] = (
    (PAYMENT,),
    (PAYMENT, replace(finding("ItemShipped"), version=2)),
    (closed(PAYMENT, 3), late(version=3), closed(finding("ItemShipped"), 3)),
    (replace(PAYMENT, version=4), closed(late(), 4), closed(finding("ItemShipped"), 3)),
)


@pytest.fixture
def desk(clickhouse: ClickHouse, any_database: Database) -> Desk:
    return Desk(clickhouse, any_database)


def together(work: Sequence[Callable[[], object]]) -> None:
    """Run all from the same moment on; what one raises is raised."""
    barrier = Barrier(len(work))

    def run(one: Callable[[], object]) -> None:
        barrier.wait()
        one()

    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(run, one) for one in work]:
            future.result()


def seen(number: int, findings: Iterable[Finding]) -> Sighting:
    order = f"o-{number}"
    return Sighting("fulfilment", order, tuple(replace(it, correlation_id=order) for it in findings), ABOUT)


def test_reconcilers_that_read_the_same_rows_make_one_case_each(desk: Desk) -> None:
    desk.write(*(replace(PAYMENT, correlation_id=f"o-{number}") for number in range(ORDERS)))
    together([partial(desk.another_intake().step, NOON) for _ in range(4)])
    assert Counter(case["transition"] for case in desk.cases()) == {1: ORDERS}
    assert len(desk.outbox()) == len(desk.findings()) == ORDERS


@pytest.mark.parametrize("seed", range(3))
def test_reconcilers_that_see_different_versions_agree_in_the_end(desk: Desk, seed: int) -> None:
    def work(random: Random) -> Callable[[], object]:
        states = random.sample(LIFE, len(LIFE))
        batches = [[seen(number, state) for number in random.sample(range(ORDERS), ORDERS)] for state in states]
        book = desk.another_casebook()

        def run() -> None:
            for batch in batches:
                half = len(batch) // 2
                book.enter(batch[:half], NOON)
                book.enter(batch[half:], NOON)

        return run

    together([work(Random(f"{seed}/{worker}")) for worker in range(4)])
    newest = {("PaymentReceived", "missing"): 4, ("PaymentReceived", "late"): 4, ("ItemShipped", "missing"): 3}
    stored: defaultdict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for row in desk.findings():
        stored[row["correlation_id"]][row["step"], row["kind"]] = row["version"]
    assert stored == {f"o-{number}": newest for number in range(ORDERS)}
    told: defaultdict[str, list[int]] = defaultdict(list)
    for row in desk.written():
        told[row["subject"]].append(row["transition"])
    for case in desk.cases():
        assert (case["state"], case["step"], case["kind"]) == ("open", "PaymentReceived", "missing")
        assert told[case["id"]] == list(range(1, case["transition"] + 1)), case["correlation_id"]
    assert len(desk.cases()) == ORDERS


def test_who_loses_a_race_looks_again_and_does_the_rest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the other reconciler had committed its case between our look and our write."""
    look, looks = records.read_cases, Counter[str]()

    def blind_at_first(connection: Connection, case_ids: Iterable[str]) -> dict[str, Case]:
        looks["all"] += 1
        return look(connection, case_ids) if looks["all"] > 1 else {}

    desk.casebook.enter([seen(1, LIFE[0])], NOON)
    monkeypatch.setattr(records, "read_cases", blind_at_first)
    assert desk.casebook.enter([seen(1, LIFE[2]), seen(2, LIFE[0])], NOON) == 2
    assert looks["all"] == 2
    assert [(case["state"], case["transition"]) for case in desk.cases()] == [("resolved", 2), ("open", 1)]


def test_who_loses_every_race_says_so_and_has_written_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.casebook.enter([seen(1, LIFE[0])], NOON)
    monkeypatch.setattr(records, "read_cases", lambda *_: {})
    with pytest.raises(Raced):
        desk.casebook.enter([seen(1, LIFE[2]), seen(2, LIFE[0])], NOON)
    assert len(desk.cases()) == len(desk.findings()) == len(desk.outbox()) == 1


def test_every_write_is_guarded(desk: Desk) -> None:
    desk.casebook.enter([seen(1, LIFE[0])], NOON)
    database = desk.database
    with database.begin() as connection:
        (case,) = records.read_cases(connection, [row["id"] for row in desk.cases()]).values()
    later = replace(case, transition=2, revision=2)
    guarded: list[Callable[[Connection], None]] = [
        lambda connection: records.add_cases(database, connection, [case]),
        lambda connection: records.change_cases(connection, [(later, later)]),
        lambda connection: records.change_cases(connection, [(replace(case, revision=0), later)]),
        lambda connection: records.put_findings(database, connection, [(case.id, case.focus)]),
    ]
    for write in guarded:
        with pytest.raises(Raced), database.begin() as connection:
            write(connection)
    assert desk.case()["transition"] == 1
