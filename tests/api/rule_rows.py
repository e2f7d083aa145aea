"""Rule files on record, as the evaluator writes them."""

import json
from typing import Any

from sqlalchemy import insert

from store.database import Database
from store.event import HOUR
from store.tables import rule_files, rule_stories, rule_texts
from tests.conftest import NOON

CARETS = 'rules/claims.yaml:4:1: unknown key "colour" [unknown-key]\n    colour: red\n    ^\nhint: the keys here are …'
NOTHING: dict[str, Any] = {
    "workflow": "",
    "version": None,
    "effective_from": None,
    "description": "",
    "owner": "",
    "steps": "[]",
    "rule_hash": "",
    "taken_at": None,
    "refused_at": None,
    "diagnostics": "",
    "done": 0,
    "total": 0,
    "outdated": 0,
    "frozen": 0,
}


def in_force(workflow: str, version: int = 1, **others: Any) -> dict[str, Any]:
    told = {
        "file": f"rules/{workflow}-{version}.yaml",
        "workflow": workflow,
        "version": version,
        "owner": "orders",
        "description": "Every order is paid and shipped.",
        "steps": json.dumps(["PaymentReceived", "ItemShipped"]),
        "rule_hash": "0123456789abcdef",
        "taken_at": NOON - 2 * HOUR,
    }
    return {**NOTHING, **told, **others}


def refused(file: str = "rules/claims.yaml", diagnostics: str = CARETS) -> dict[str, Any]:
    return {**NOTHING, "file": file, "refused_at": NOON - HOUR, "diagnostics": diagnostics}


def put(database: Database, *rows: dict[str, Any]) -> None:
    """These, in place of all that were there."""
    with database.begin() as connection:
        connection.execute(rule_files.delete())
        connection.execute(insert(rule_files), list(rows))


def told(workflow: str, name: str = "orders", **others: Any) -> dict[str, Any]:
    """A file of stories that hold, unless `others` say otherwise."""
    counts = {"stories": 4, "checks": 8, "failed": 0, "told": ""}
    return {"file": f"rules/{name}.test.yml", "workflow": workflow, **counts, "played_at": NOON - HOUR, **others}


def put_stories(database: Database, *rows: dict[str, Any]) -> None:
    """These, in place of all that were there."""
    with database.begin() as connection:
        connection.execute(rule_stories.delete())
        connection.execute(insert(rule_stories), list(rows))


def keep(database: Database, version: int, ago: int, text: str) -> None:
    """The text of a version of `orders`, in force since so many hours."""
    row = {"workflow": "orders", "version": version, "taken_at": NOON - ago * HOUR, "rule_hash": f"h-{version}-{ago}"}
    with database.begin() as connection:
        connection.execute(insert(rule_texts), [{**row, "file": "rules/orders.yaml", "text": text}])
