"""Two people settle the same case at once, from two processes: one wins, and the other is told who did."""

import json
from collections import defaultdict
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

import pytest
from sqlalchemy import select

from reconcile.actor import Actor, ActorKind
from reconcile.cases.case import Reason
from reconcile.cases.casebook import Casebook
from reconcile.cases.desk import Desk
from reconcile.cases.finding import Sighting
from reconcile.cases.moves import Acknowledge, Assign, By, Move, Resolve
from reconcile.cases.references import References
from reconcile.errors import Overtaken
from reconcile.identity import case_id
from store.clickhouse import ClickHouse
from store.database import Database
from store.tables import audit, cases
from tests.reconcile.desk import ABOUT, NOON, finding

ROUNDS = 40
OPERATORS = ("maria", "bob")
CASES = [case_id("fulfilment", f"o-{number}") for number in range(ROUNDS)]

Told = tuple[str, str, str]
"""Case, who tried, and '' for who won or what they were told."""


def casebook(database: Database) -> Casebook:
    return Casebook(database)


def moves_of(name: str) -> dict[str, Move]:
    return {
        "resolve": Resolve(Reason.FIXED, f"{name} did it"),
        "acknowledge": Acknowledge(f"{name} is on it"),
        "claim": Assign(name),
    }


def work(url: str, name: str, move: str, barrier: Barrier, told: "Queue[Told]") -> None:
    """An operator in a process of their own: case after case, each at the same moment as the other one."""
    database = Database.open(url)
    references = References(ClickHouse.server("http://127.0.0.1:9"), ())  # none are looked for, and nobody is asked
    desk = Desk(database, casebook(database), references)
    by = By(Actor(ActorKind.PERSON, name))
    for case in CASES:
        barrier.wait(60)
        try:
            desk.move(case, moves_of(name)[move], by, NOON)
            told.put((case, name, ""))
        except Overtaken as error:
            told.put((case, name, str(error)))
    database.close()


def race(database: Database, move: str) -> list[Told]:
    context = get_context("spawn")
    barrier, told = context.Barrier(len(OPERATORS)), context.Queue()
    url = database.engine.url.render_as_string(hide_password=False)
    processes = [context.Process(target=work, args=(url, name, move, barrier, told)) for name in OPERATORS]
    for process in processes:
        process.start()
    found = [told.get(timeout=120) for _ in range(ROUNDS * len(OPERATORS))]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    return found


@pytest.mark.parametrize(
    ("move", "what", "words"),
    [
        ("resolve", "case.resolved", "{winner} resolved it at 12:00 UTC as fixed: {winner} did it"),
        ("acknowledge", "case.acknowledged", "{winner} acknowledged it at 12:00 UTC: {winner} is on it"),
        ("claim", "case.assigned", "{winner} has it; give the revision that you saw to take it over"),
    ],
)
def test_one_wins_and_the_other_is_told_who_did(any_database: Database, move: str, what: str, words: str) -> None:
    orders = [replace(finding(), correlation_id=f"o-{number}") for number in range(ROUNDS)]
    casebook(any_database).enter([Sighting(*it.key, (it,), ABOUT) for it in orders], NOON)
    by_case: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for case, name, said in race(any_database, move):
        by_case[case][name] = said
    with any_database.read() as connection:
        stored = {row.id: row for row in connection.execute(select(cases))}
        entries = connection.execute(select(audit).where(audit.c.what == what)).all()
    assert sorted(entry.case_id for entry in entries) == sorted(CASES), "one entry each"
    for entry in entries:
        [winner] = [name for name, said in by_case[entry.case_id].items() if not said]
        [loser] = {*OPERATORS} - {winner}
        assert by_case[entry.case_id][loser] == words.format(winner=winner)
        row = stored[entry.case_id]
        assert entry.actor == winner == (row.assignee if move == "claim" else row.state_by)
        assert (row.revision, json.loads(entry.detail)["revision"]) == (2, 2)
