"""The accounts in ClickHouse. The embedded engine makes none, but parses what would; what is granted is held against
the tables that there are and the statements that the parts send."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from store.clickhouse import ClickHouse
from store.cluster import on_cluster
from store.migrate import CLICKHOUSE, Statement, statements
from tests.docs.pages import ROOT

FOLDER = ROOT / "deploy" / "clickhouse"
ROLES = ("migrator", "collector", "evaluator", "reconciler", "api", "analyst")
CHANGED_BY_THE_API = (
    *("store/events.py", "store/identifiers.py", "store/redaction.py"),
    *("store/quarantine.py", "store/quarantine_queries.py"),
)
SCRIPTS = [*statements((FOLDER / "roles.sql").read_text()), *statements((FOLDER / "cluster.sql").read_text())]
GRANT = re.compile(r"GRANT (.+) ON (?:noshow\.|(?=system\.))(\S+) TO (\w+)")
TABLES = {
    name
    for path in CLICKHOUSE.glob("*.sql")
    for name in re.findall(r"^CREATE TABLE IF NOT EXISTS (\w+)", path.read_text(), re.MULTILINE)
}
SQL = re.compile(rf"\b(FROM|JOIN|INTO) ({'|'.join(sorted(TABLES))}|system\.parts)\b")
INSERTED = re.compile(r"clickhouse\.insert\(\"(\w+)\"")


def granted(role: str) -> dict[str, set[str]]:
    """What it may do, by table."""
    found: dict[str, set[str]] = {}
    for rights, table, whom in (it for script in SCRIPTS for it in GRANT.findall(script.text)):
        if whom == f"noshow_{role}":
            found.setdefault(table, set()).update(rights.split(", "))
    return found


def used(*packages: str) -> dict[str, set[str]]:
    """What the SQL in these folders and files does, by table."""
    found: dict[str, set[str]] = {}
    for package in packages:
        root = ROOT / package
        for path in [root] if root.is_file() else [*root.rglob("*.py"), *root.rglob("*.sql")]:
            text = path.read_text()
            for word, table in SQL.findall(text):
                found.setdefault(table, set()).add("INSERT" if word == "INTO" else "SELECT")
            for table in INSERTED.findall(text):
                found.setdefault(table, set()).add("INSERT")
    return found


@pytest.mark.parametrize("statement", SCRIPTS, ids=lambda it: it.text[:50])
def test_a_statement_is_sql(clickhouse: ClickHouse, statement: Statement) -> None:
    clickhouse.command(f"EXPLAIN AST {statement.text}")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_granted_what_there_is(clickhouse: ClickHouse, role: str) -> None:
    there = {name for (name,) in clickhouse.query("SELECT name FROM system.tables WHERE database = currentDatabase()")}
    assert granted(role)
    assert {*granted(role)} <= there | {"*", "verdicts_*", "system.parts", "system.clusters"}


def test_a_part_may_do_what_it_does() -> None:
    for role, does in {
        "evaluator": used("rules/evaluate", "rules/compile"),
        "reconciler": used("reconcile/cases", "reconcile/notify", "reconcile/actions", "store/events.py"),
        "api": used("api", *CHANGED_BY_THE_API),
        "collector": {"events": {"INSERT"}, "quarantine": {"SELECT", "INSERT"}},
    }.items():
        may = granted(role)
        for table, rights in does.items():
            assert rights <= may.get(table, set()), (role, table)
    for table in ("events", "identifiers", "quarantine", "audit"):
        right = "ALTER UPDATE" if table == "audit" else "ALTER DELETE"
        assert right in granted("api")[table], "what is taken out is taken out by the api"


def test_only_one_may_change_tables_and_analysts_write_nothing() -> None:
    for role in ROLES:
        rights = set().union(*(it for table, it in granted(role).items() if table != "verdicts_*"))
        if role != "migrator":
            assert not any(it.startswith(("CREATE", "DROP", "ALTER TABLE", "ALTER VIEW")) for it in rights), role
    assert set().union(*granted("analyst").values()) == {"SELECT"}
    [profile] = [it.text for it in SCRIPTS if "noshow_analyst SETTINGS" in it.text]
    assert "readonly = 2" in profile


def test_the_migrator_may_do_what_migrations_do() -> None:
    rights = granted("migrator")["*"]
    wanted = {"CREATE TABLE": "CREATE TABLE", "ALTER TABLE": "ALTER TABLE", "DROP TABLE": "DROP TABLE"}
    for path in CLICKHOUSE.glob("*.sql"):
        for statement in statements(path.read_text()):
            for begins, right in wanted.items():
                if statement.text.startswith(begins):
                    assert right in rights
            on_cluster(statement.text, "ours")


def test_users_are_made_with_hashes_of_their_secrets(tmp_path: Path) -> None:
    for role in ROLES:
        (tmp_path / f"clickhouse_{role}").write_text(f"word of {role}\n")
    environ = {
        "PATH": os.environ["PATH"],
        "NOSHOW_SQL": str(FOLDER),
        "SECRETS": str(tmp_path),
        "CLICKHOUSE_CLIENT": "cat",
    }
    told = subprocess.run(
        ["sh", str(FOLDER / "users.sh")], env=environ, capture_output=True, text=True, check=True
    ).stdout
    assert "word of" not in told
    for role in ROLES:
        assert hashlib.sha256(f"word of {role}".encode()).hexdigest() in told
        assert f"GRANT noshow_{role} TO noshow_{role}_user;" in told
