"""What happens to the rules is on record, each change once."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, insert, select

from reconcile.audit import rule_changes
from store.database import Database
from store.event import MINUTE
from store.tables import audit, rule_files
from tests.conftest import NOON

RULE: dict[str, object] = {
    "file": "orders.yaml",
    "workflow": "order-fulfilment",
    "version": 2,
    "effective_from": NOON,
    "description": "",
    "owner": "orders",
    "steps": '["PaymentReceived"]',
    "rule_hash": "h1",
    "taken_at": NOON,
    "refused_at": None,
    "diagnostics": "",
    "done": 0,
    "total": 0,
    "outdated": 0,
    "frozen": 0,
}
BAD = {**RULE, "refused_at": NOON + MINUTE, "diagnostics": "orders.yaml:3:1: no such key"}


def changes(database: Database, rows: Sequence[dict[str, object]]) -> list[tuple[str, str, str]]:
    """What is told of once these are the rule files: what, of which workflow, why."""
    with database.begin() as connection:
        connection.execute(delete(rule_files))
        if rows:
            connection.execute(insert(rule_files), rows)
        connection.execute(delete(audit))
    rule_changes.tell(database, NOON)
    assert rule_changes.tell(database, NOON) == 0
    with database.read() as connection:
        chosen = select(audit.c.what, audit.c.workflow, audit.c.why).order_by(audit.c.id)
        return [(row.what, row.workflow, row.why) for row in connection.execute(chosen)]


def test_a_rule_is_taken_changed_and_removed(any_database: Database) -> None:
    taken = [("rule.taken", "order-fulfilment", "")]
    assert changes(any_database, [RULE]) == taken
    assert changes(any_database, [RULE]) == []
    assert changes(any_database, [{**RULE, "rule_hash": "h2", "taken_at": NOON + MINUTE}]) == taken
    assert changes(any_database, []) == [("rule.removed", "order-fulfilment", "")]
    assert changes(any_database, []) == []
    assert changes(any_database, [RULE]) == taken


def test_a_file_that_is_renamed_changes_nothing(any_database: Database) -> None:
    changes(any_database, [RULE])
    assert changes(any_database, [{**RULE, "file": "other.yaml"}]) == []


def test_each_version_is_a_rule_of_its_own(any_database: Database) -> None:
    changes(any_database, [RULE])
    third = {**RULE, "file": "third.yaml", "version": 3, "taken_at": NOON + MINUTE}
    assert [it[0] for it in changes(any_database, [RULE, third])] == ["rule.taken"]
    assert [it[0] for it in changes(any_database, [third])] == ["rule.removed"]


def test_a_file_is_refused_and_mended_and_refused_again(any_database: Database) -> None:
    changes(any_database, [RULE])
    refused = [("rule.refused", "order-fulfilment", "orders.yaml:3:1: no such key")]
    assert changes(any_database, [BAD]) == refused
    assert changes(any_database, [BAD]) == []
    assert changes(any_database, [RULE]) == []
    assert changes(any_database, [BAD]) == refused


def test_what_never_was_in_force_is_only_refused(any_database: Database) -> None:
    nothing = {**BAD, "workflow": "", "version": None, "effective_from": None, "rule_hash": "", "taken_at": None}
    assert [it[:2] for it in changes(any_database, [nothing])] == [("rule.refused", "")]


def test_an_entry_says_what_is_in_force(any_database: Database) -> None:
    changes(any_database, [RULE])
    with any_database.read() as connection:
        [detail] = connection.execute(select(audit.c.detail)).scalars()
    assert msgspec.json.decode(detail) == {
        "file": "orders.yaml",
        "version": 2,
        "rule_hash": "h1",
        "effective_from": "2025-11-20T12:00:00Z",
        "owner": "orders",
        "steps": ["PaymentReceived"],
    }
