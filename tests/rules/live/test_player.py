"""When the stories beside the rules are played, and what is then on record."""

import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from rules.live.live import LONGEST
from rules.live.player import CannotPlay, Player
from rules.story.result import Result
from store import leases
from store.database import Database
from store.event import SECOND
from store.shares import ALL
from store.tables import rule_stories
from tests.conftest import NOON
from tests.rules.rule_folder import RuleFolder, rule


class Stage:
    """A player of the stories in `folder`, of whose files so much comes as `comes` says; those it played."""

    def __init__(self, folder: RuleFolder, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.played: list[list[str]] = []
        self.comes: dict[str, Any] = {}
        self.stop = Event()
        self.now = NOON
        self.player = Player(folder.path, self.play, database, ALL.lease, "me")

    def play(self, files: Sequence[Path], stop: Event) -> list[Result]:
        assert stop is self.stop
        self.played.append([file.name for file in files])
        if "raises" in self.comes:
            raise self.comes["raises"]
        if "meanwhile" in self.comes:
            self.comes.pop("meanwhile")()
        told = {"workflow": "a", "stories": 2, "checks": 3, "failed": 0, "told": "", **self.comes}
        return [Result(str(file), **told) for file in files]

    def turns(self, number: int = 2) -> None:
        for _ in range(number):
            self.now += SECOND
            self.player.turn(self.now, self.stop)

    def rows(self) -> dict[str, dict[str, Any]]:
        with self.database.read() as connection:
            found = connection.execute(select(rule_stories).order_by(rule_stories.c.file)).mappings().all()
        return {Path(row["file"]).name: dict(row) for row in found}


@pytest.fixture
def stage(tmp_path: Path, any_database: Database) -> Stage:
    folder = RuleFolder(tmp_path / "rules")
    folder.put("a.yaml", rule("a"))
    folder.put("a.test.yml", "tests: []")
    take_the_lease(any_database)
    return Stage(folder, any_database)


def take_the_lease(database: Database, holder: str = "me") -> None:
    assert leases.acquire(database, ALL.lease, holder, NOON, 60 * SECOND)


def test_stories_are_played_once_and_kept(stage: Stage) -> None:
    stage.turns(5)
    assert stage.played == [["a.test.yml"]]
    [row] = stage.rows().values()
    about = {"workflow": "a", "stories": 2, "checks": 3, "failed": 0, "told": "", "played_at": NOON + 2 * SECOND}
    assert row == {"file": str(stage.folder.path / "a.test.yml"), **about}


@pytest.mark.parametrize("name", ["a.test.yml", "a.yaml"])
def test_they_are_played_again_when_they_or_a_rule_have_changed(stage: Stage, name: str) -> None:
    stage.turns()
    stage.folder.put(name, "# otherwise")
    stage.turns(1)
    assert len(stage.played) == 1, "it may still change"
    stage.turns(1)
    assert len(stage.played) == 2


def test_what_is_gone_is_off_the_record(stage: Stage) -> None:
    stage.folder.put("b.test.yml", "tests: []")
    stage.turns()
    assert [*stage.rows()] == ["a.test.yml", "b.test.yml"]
    stage.folder.drop("b.test.yml")
    stage.turns()
    assert [*stage.rows()] == ["a.test.yml"]
    stage.folder.drop("a.test.yml")
    stage.turns()
    assert stage.rows() == {}
    assert stage.played == [["a.test.yml", "b.test.yml"], ["a.test.yml"]], "there is nothing to play"


def test_a_directory_that_is_gone_changes_nothing(stage: Stage) -> None:
    stage.turns()
    stage.folder.path.rename(stage.folder.path.with_name("lost"))
    stage.turns(3)
    assert [*stage.rows()] == ["a.test.yml"]


def test_a_single_rule_file_has_those_beside_it(stage: Stage) -> None:
    stage.folder.put("b.test.yml", "tests: []")
    stage.player = Player(stage.folder.path / "a.yaml", stage.play, stage.database, ALL.lease, "me")
    stage.turns()
    assert stage.played == [["a.test.yml"]]


def test_what_changes_while_it_is_played_is_played_again(stage: Stage) -> None:
    stage.comes["meanwhile"] = lambda: stage.folder.put("a.test.yml", "# otherwise")
    stage.turns()
    assert stage.rows() == {}, "what came of it is old news"
    stage.turns()
    assert len(stage.played) == 2
    assert [*stage.rows()] == ["a.test.yml"]


def test_only_who_holds_the_lease_plays(stage: Stage) -> None:
    stage.player = Player(stage.folder.path, stage.play, stage.database, ALL.lease, "other")
    stage.turns(3)
    assert stage.played == []


def test_what_came_of_it_is_not_written_by_who_has_lost_the_lease(stage: Stage) -> None:
    def lose() -> None:
        assert leases.acquire(stage.database, ALL.lease, "other", NOON + 90 * SECOND, 60 * SECOND)

    stage.comes["meanwhile"] = lose
    stage.turns()
    assert stage.rows() == {}
    assert len(stage.played) == 1


def test_what_could_not_be_played_is_told_and_not_tried_again_and_again(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.comes["raises"] = CannotPlay("it took too long")
    with caplog.at_level(logging.ERROR):
        stage.turns(5)
    assert len(stage.played) == 1
    assert stage.rows()["a.test.yml"]["failed"] is None
    assert stage.rows()["a.test.yml"]["told"] == "could not be played: it took too long"
    assert caplog.messages == ["stories: they could not be played: it took too long"]


def test_nothing_is_written_when_the_server_stops(stage: Stage) -> None:
    stage.turns()
    stage.folder.put("a.test.yml", "# otherwise")
    stage.comes = {"meanwhile": stage.stop.set, "failed": 3}
    stage.turns()
    assert len(stage.played) == 2
    assert stage.rows()["a.test.yml"]["failed"] == 0


def test_what_postgresql_cannot_hold_and_nobody_can_read_is_left_out(stage: Stage) -> None:
    stage.comes["told"] = "a\0b" + "x" * LONGEST
    stage.turns()
    told = stage.rows()["a.test.yml"]["told"]
    assert told.startswith("a\ufffdbx")
    assert told.endswith("x\n… cut off here; `noshow rules test` has all of it")
