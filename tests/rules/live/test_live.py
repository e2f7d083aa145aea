"""The loop of live rules: what it tells the judge, the log, and the SQL database."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select

from rules.evaluate.staleness import NotJudged
from rules.live.live import LONGEST, Keeper, LiveRules
from rules.live.record import Record
from rules.ruleset import Rule
from store import leases
from store.database import Database
from store.event import SECOND
from store.settings import load as settings
from store.shares import ALL
from store.tables import rule_files, rule_texts
from tests.conftest import NOON
from tests.rules.rule_folder import RuleFolder, rule
from tests.store.clock import ManualClock

EVALUATOR = settings({}).evaluator


class Bench:
    """A judge that only remembers by which rules it was told to judge."""

    def __init__(self) -> None:
        self.used: list[dict[str, int | None]] = []
        self.pieces = (0, 0)

    def use(self, rules: Sequence[Rule]) -> None:
        self.used.append({it.workflow.name: it.workflow.steps[0].within for it in rules})

    def progress(self) -> Mapping[str, tuple[int, int]]:
        return {"a": self.pieces}

    def not_judged(self) -> Mapping[str, NotJudged]:
        return {"a": NotJudged(outdated=7, frozen=5)}


class Office:
    """A keeper of the rules in `folder`, under the name `holder`."""

    def __init__(self, folder: RuleFolder, database: Database, holder: str = "me") -> None:
        self.folder = folder
        self.database = database
        self.judge = Bench()
        self.now = NOON
        self.live = LiveRules(folder.path, NOON)
        self.keeper = Keeper(self.live, self.judge, Record(database, ALL.lease, holder), EVALUATOR)

    def turns(self, number: int = 2) -> None:
        for _ in range(number):
            self.now += SECOND
            self.keeper.turn(self.now)

    def rows(self) -> dict[str, Mapping[str, object]]:
        with self.database.read() as connection:
            found = connection.execute(select(rule_files).order_by(rule_files.c.file)).mappings().all()
        return {Path(str(row["file"])).stem: dict(row) for row in found}


@pytest.fixture
def folder(tmp_path: Path) -> RuleFolder:
    folder = RuleFolder(tmp_path / "rules")
    folder.put("a.yaml", rule("a", more="owner: team-a\ndescription: All of a.\n"))
    return folder


@pytest.fixture
def office(folder: RuleFolder, any_database: Database) -> Office:
    take_the_lease(any_database)
    return Office(folder, any_database)


def take_the_lease(database: Database, holder: str = "me", now: int = NOON) -> None:
    assert leases.acquire(database, ALL.lease, holder, now, 60 * SECOND)


def test_a_good_change_is_used_at_the_second_look(office: Office) -> None:
    office.turns()
    office.folder.put("a.yaml", rule("a", "2h"))
    office.turns(1)
    assert office.judge.used == []
    office.turns(1)
    assert office.judge.used == [{"a": 7200 * SECOND}]


def test_only_what_changes_a_rule_is_used(office: Office) -> None:
    office.turns()
    office.folder.put("a.yaml", "# a comment\n" + rule("a", more="owner: team-a\ndescription: All of a.\n"))
    office.turns()
    office.folder.put("b.yaml", "workflow: [b")
    office.turns()
    assert office.judge.used == []


def test_what_is_in_force_is_on_record(office: Office) -> None:
    office.judge.pieces = (34, 120)
    office.turns()
    (row,) = office.rows().values()
    told = ("workflow", "version", "owner", "description", "steps", "taken_at", "refused_at", "diagnostics")
    assert [row[name] for name in told] == ["a", 1, "team-a", "All of a.", '["B"]', NOON, None, ""]
    assert [row[name] for name in ("done", "total", "outdated", "frozen")] == [34, 120, 7, 5]
    assert row["rule_hash"] == office.live.book.workflows[0].content_hash
    office.judge.pieces = (120, 120)
    office.turns(1)
    assert office.rows()["a"]["done"] == 120


def test_what_is_refused_is_on_record_as_the_linter_shows_it(office: Office) -> None:
    office.folder.put("a.yaml", rule("a", more="colour: red\n"))
    office.turns()
    (row,) = office.rows().values()
    assert (row["workflow"], row["taken_at"], row["refused_at"]) == ("a", NOON, NOON + 2 * SECOND)
    shown = str(row["diagnostics"]).split("\n")
    assert shown[0] == f'{office.folder.path}/a.yaml:4:1: unknown key "colour" [unknown-key]'
    assert shown[1:3] == ["    colour: red", "    ^"]
    office.folder.put("a.yaml", rule("a", "2h"))
    office.turns()
    (row,) = office.rows().values()
    assert (row["taken_at"], row["refused_at"], row["diagnostics"]) == (NOON + 4 * SECOND, None, "")


def test_what_is_gone_is_off_the_record(office: Office) -> None:
    office.folder.put("b.yaml", rule("b"))
    office.turns()
    assert list(office.rows()) == ["a", "b"]
    office.folder.drop("a.yaml")
    office.turns()
    assert list(office.rows()) == ["b"]


def test_only_who_holds_the_lease_writes(folder: RuleFolder, database: Database) -> None:
    mine, other = Office(folder, database), Office(folder, database, "other")
    other.turns()
    assert other.rows() == {}, "nobody holds it yet"
    take_the_lease(database)
    other.folder.put("b.yaml", "workflow: [b")
    mine.turns()
    other.turns()
    assert mine.rows()["b"]["refused_at"] == NOON + 2 * SECOND
    later = NOON + 100 * SECOND
    take_the_lease(database, "other", later)
    other.now = mine.now = later
    other.folder.put("b.yaml", rule("b"))
    mine.turns()
    assert mine.rows()["b"]["refused_at"], "what the other will see counts, and it has not looked yet"
    other.turns()
    assert mine.rows()["b"]["refused_at"] is None


def test_who_takes_over_knows_since_when(folder: RuleFolder, database: Database) -> None:
    take_the_lease(database)
    mine = Office(folder, database)
    mine.folder.put("b.yaml", "workflow: [b")
    mine.turns()
    later = NOON + 100 * SECOND
    take_the_lease(database, "other", later)
    other = Office(folder, database, "other")
    other.live = LiveRules(folder.path, later)
    other.keeper = Keeper(other.live, other.judge, Record(database, ALL.lease, "other"), EVALUATOR)
    other.now = later
    other.turns()
    assert [mine.rows()[name][at] for name, at in (("a", "taken_at"), ("b", "refused_at"))] == [NOON, NOON + 2 * SECOND]


def test_a_quiet_directory_writes_nothing(office: Office) -> None:
    office.turns()
    with office.database.begin() as connection:
        connection.execute(rule_files.update().values(owner="a trace"))
    office.turns(5)
    assert office.rows()["a"]["owner"] == "a trace"


def test_each_change_is_one_line_and_each_refusal_is_told_once(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "rules.live.live")
    office.folder.put("a.yaml", rule("a", "2h"))
    office.folder.put("b.yaml", rule("b", more="colour: red\n"))
    office.turns(6)
    (in_force,) = office.live.book.workflows
    refused = f"rules: {office.folder.path}/b.yaml is refused:"
    assert [message.split("\n")[0] for message in caplog.messages] == [f"rules: a 1 → {in_force.content_hash}", refused]
    assert "    colour: red\n    ^" in caplog.messages[1]
    caplog.clear()
    office.folder.put("b.yaml", rule("b"))
    office.folder.drop("a.yaml")
    office.turns(6)
    (in_force,) = office.live.book.workflows
    assert caplog.messages == [
        f"rules: b 1 → {in_force.content_hash}",
        "rules: a 1 removed",
        f"rules: {office.folder.path}/b.yaml is no longer refused",
    ]


def test_a_flood_of_problems_is_cut(office: Office) -> None:
    office.folder.put("a.yaml", "\n".join(f"{'key' * 300}{number}: 1" for number in range(150)))
    office.turns()
    shown = str(office.rows()["a"]["diagnostics"])
    assert LONGEST < len(shown) < LONGEST + 100
    assert shown.endswith("`noshow rules lint` has all of it")


def test_what_no_database_holds_is_on_record_all_the_same(office: Office) -> None:
    office.folder.put("a.yaml", rule("a", more='description: "all\\0 of a"\n'))
    office.folder.put("b\udcff.yaml", "\0")
    office.turns()
    assert office.rows()["a"]["description"] == "all\ufffd of a"
    assert office.rows()["b\ufffd"]["refused_at"]


def test_it_goes_on_without_the_database(folder: RuleFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    office, stop = Office(folder, Database.open(f"sqlite:///{tmp_path}/no/such/folder/noshow.sqlite")), Event()
    later = [lambda: folder.put("a.yaml", rule("a", "2h")), lambda: None, stop.set]

    class Working(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            later.pop(0)()

    office.keeper.run(Working(NOON), stop)
    assert caplog.text.count("rules: their state cannot be written") == 3
    assert office.judge.used == [{"a": 7200 * SECOND}]


def texts(database: Database) -> list[tuple[int, str]]:
    with database.read() as connection:
        found = connection.execute(select(rule_texts).order_by(rule_texts.c.taken_at, rule_texts.c.version)).all()
    return [(row.version, row.text) for row in found]


def test_the_text_of_a_rule_is_kept_as_it_comes_into_force(office: Office) -> None:
    office.turns()
    first, second = rule("a", more="owner: team-a\ndescription: All of a.\n"), rule("a", more="owner: team-b\n")
    assert texts(office.database) == [(1, first)]
    office.folder.put("a.yaml", second)
    office.turns(4)
    assert texts(office.database) == [(1, first), (1, second)]
    office.folder.put("a.yaml", first)
    office.turns(4)
    assert texts(office.database) == [(1, first), (1, second), (1, first)]


def test_a_restart_keeps_no_text_twice_and_a_bad_one_is_not_kept(office: Office) -> None:
    office.turns()
    office.folder.put("a.yaml", "workflow: a\ncolour: red\n")
    office.turns(4)
    assert len(texts(office.database)) == 1
    office.folder.put("a.yaml", rule("a", more="owner: team-a\ndescription: All of a.\n"))
    again = Office(office.folder, office.database)
    again.now = office.now
    again.turns()
    assert len(texts(office.database)) == 1


def test_a_file_in_which_something_looks_like_a_secret_is_not_kept(office: Office) -> None:
    secret = "headers: {Authorization: Bearer s3cret}"
    asked = f"{{get: 'https://x/{{correlation_id}}', {secret}, confirmed: code == 200, absent: code == 404}}"
    office.folder.put("a.yaml", f"workflow: a\nstart: A\nsteps:\n  B:\n    within: 1h\n    truth: {asked}\n")
    office.turns(4)
    told = [text for _, text in texts(office.database)]
    assert told[-1] == "# Not kept: line 6 looks like a secret.\n"
