"""What was in the outbox of one row for each change goes on in groups: nothing is lost, and ids stay."""

import shutil
from pathlib import Path

from sqlalchemy import select, text

from store.database import Database
from store.migrate import SQL, migrate_database
from store.tables import groups, message_subjects, messages, tellings

CASES = """
INSERT INTO cases (id, workflow, correlation_id, state, reason, transition, noun, owner, severity, severity_rank, step,
                   kind, sentence, since, started_at, opened_at, updated_at)
VALUES (:id, 'w', :id, 'open', '', 1, 'order', 'a', 'info', 0, 's', 'missing', '', 0, 0, 0, 0)
"""
OUTBOX = """
INSERT INTO outbox (id, case_id, transition, endpoint, type, payload, state, attempts, next_attempt_at, created_at,
                    last_error)
VALUES (:id, :case, :transition, :endpoint, :type, '{}', :state, 2, 7, :transition, '')
"""


def before(database: Database, place: Path) -> None:
    """The tables as they were, with two cases of which one is settled."""
    shutil.copytree(SQL, place / "sql", ignore=shutil.ignore_patterns("0009_*", "00[12]?_*", "__pycache__"))
    migrate_database(database, place / "sql")
    rows = [
        ("m1", "c1", 1, "case.opened", "delivered"),
        ("m2", "c1", 2, "case.updated", "pending"),
        ("m3", "c2", 1, "case.opened", "delivered"),
        ("m4", "c2", 2, "case.resolved", "failed"),
    ]
    with database.begin() as connection:
        connection.execute(text(CASES), [{"id": "c1"}, {"id": "c2"}])
        for id, case, transition, type_, state in rows:
            for endpoint in ("a", "b"):
                values = {"id": id + endpoint, "case": case, "transition": transition, "endpoint": endpoint}
                connection.execute(text(OUTBOX), {**values, "type": type_, "state": state})


def test_what_waits_is_still_sent_and_what_was_told_is_known(any_empty_database: Database, tmp_path: Path) -> None:
    before(any_empty_database, tmp_path)
    migrate_database(any_empty_database)
    with any_empty_database.begin() as connection:
        waiting = (
            select(messages.c.id, messages.c.attempts).where(messages.c.state == "pending").order_by(messages.c.id)
        )
        assert connection.execute(waiting).all() == [("m2a", 2), ("m2b", 2)]
        told = select(tellings.c.subject, tellings.c.receiver, tellings.c.heard, tellings.c.told, tellings.c.messages)
        assert sorted(connection.execute(told).all()) == [
            ("c1", "a", 2, "open", 2),
            ("c1", "b", 2, "open", 2),
            ("c2", "a", 2, "closed", 2),
            ("c2", "b", 2, "closed", 2),
        ]
        of_a = select(message_subjects.c.subject, message_subjects.c.ordinal).where(message_subjects.c.receiver == "a")
        assert sorted(connection.execute(of_a).all()) == [("c1", 1), ("c1", 2), ("c2", 1), ("c2", 2)]
        numbers = select(groups.c.receiver, groups.c.number).order_by(groups.c.receiver)
        assert connection.execute(numbers).all() == [("a", 4), ("b", 4)]
