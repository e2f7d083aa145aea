"""`kill -9` of the process that makes messages: nothing is lost, and nothing is told twice."""

import json
import random
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select

from store.database import Database
from store.event import HOUR
from store.tables import message_subjects, messages
from tests.reconcile.desk import AT_ONCE, NOON
from tests.reconcile.notify.newsroom import Newsroom
from tests.reconcile.notify.test_unheard import Office

CASES = 600
KILLS = 4
PATIENCE = 20  # s until a process has made its first message
INCIDENTS = 600


def made(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(messages)).scalar_one()


def run_and_kill(database: Database, chance: random.Random, what: str = "dispatching") -> None:
    """The kill comes at some instant after it has made its first message."""
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", f"tests.reconcile.notify.{what}", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        before = made(database)
        patience = time.monotonic() + PATIENCE
        while made(database) == before:
            assert process.poll() is None
            assert time.monotonic() < patience, "it makes no more messages"
        time.sleep(chance.uniform(0, 0.01))
        process.kill()


@pytest.mark.processes
def test_killed_at_any_moment_every_case_is_told_once(any_database: Database) -> None:
    room = Newsroom(any_database, AT_ONCE)
    for number in range(CASES):
        room.opens(f"o-{number:03}")
    chance = random.Random(7)
    for _ in range(KILLS):
        run_and_kill(any_database, chance)
    assert made(any_database) < CASES, "it was killed before it had finished"
    room.dispatch(HOUR)
    told = sorted(it["data"]["correlation_id"] for it in room.sent())
    assert told == [f"o-{number:03}" for number in range(CASES)]
    with any_database.read() as connection:
        about = connection.execute(select(message_subjects.c.subject, message_subjects.c.ordinal)).all()
    assert len(about) == CASES
    assert {ordinal for _, ordinal in about} == {1}
    assert all(json.loads(it["payload"])["data"]["group"]["number"] == 1 for it in room.sent())
    assert {it["created_at"] for it in room.sent()} == {NOON + HOUR}


@pytest.mark.processes
def test_killed_at_any_moment_every_change_of_an_incident_is_told_once(any_database: Database) -> None:
    office = Office(any_database, (), AT_ONCE)
    ids = [office.silent("Paid", subject=f"psp-{number}") for number in range(INCIDENTS)]
    chance = random.Random(7)
    for type_ in ("source.silent", "source.back"):
        if type_ == "source.back":
            for id in ids:
                office.back(id, HOUR)
        run_and_kill(any_database, chance, "hearing")
        assert made(any_database) % INCIDENTS, "it was killed before it had finished"
        office.dispatch(HOUR)
        told = sorted(it["data"]["incident"] for it in office.room.sent() if it["type"] == type_)
        assert told == sorted(ids)
    assert made(any_database) == 2 * INCIDENTS
