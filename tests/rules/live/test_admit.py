"""Which rules are in force after a change: file by file, and never fewer by accident."""

from pathlib import Path

import pytest

from rules.live.admit import Rulebook, admit
from rules.live.watch import Watch
from store.event import MINUTE
from tests.conftest import NOON
from tests.rules.rule_folder import RuleFolder, rule

BAD = "workflow: [w"


class Desk:
    """A directory and the rules in force; a minute passes with every `change`."""

    def __init__(self, folder: RuleFolder) -> None:
        self.folder = folder
        self.watch = Watch(folder.path)
        self.now = NOON
        self.book = Rulebook()

    def change(self, **files: str | None) -> "Desk":
        for name, text in files.items():
            if text is None:
                self.folder.drop(f"{name}.yaml")
            else:
                self.folder.put(f"{name}.yaml", text)
        return self.read()

    def read(self) -> "Desk":
        self.book = admit(self.book, self.watch.read(), self.now)
        self.now += MINUTE
        return self

    @property
    def in_force(self) -> dict[str, int]:
        """Deadlines in hours by workflow."""
        return {it.name: (it.steps[0].within or 0) // (60 * MINUTE) for it in self.book.workflows}

    @property
    def refused(self) -> dict[str, str]:
        """The first message of each refused file."""
        return {Path(file).stem: it.diagnostics[0].message for file, it in self.book.refused.items()}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(RuleFolder(tmp_path / "rules")).change(a=rule("a"), b=rule("b"))


def test_good_changes_are_taken(desk: Desk) -> None:
    assert desk.change(a=rule("a", "2h"), c=rule("c", "3h")).in_force == {"a": 2, "b": 1, "c": 3}
    assert desk.change(a=None).in_force == {"b": 1, "c": 3}
    assert desk.refused == {}


def test_a_bad_file_keeps_what_was_in_force_of_it_and_stops_nobody_else(desk: Desk) -> None:
    desk.change(a=BAD, b=rule("b", "2h"))
    assert desk.in_force == {"a": 1, "b": 2}
    assert list(desk.refused) == ["a"]
    assert desk.change(a=rule("a", "3h")).in_force == {"a": 3, "b": 2}
    assert desk.refused == {}


def test_a_bad_file_that_is_removed_takes_its_rule_along(desk: Desk) -> None:
    assert desk.change(a=BAD).change(a=None).in_force == {"b": 1}
    assert desk.refused == {}


def test_the_newcomer_is_refused_even_if_its_name_comes_first(desk: Desk) -> None:
    desk.folder.put("0.yaml", rule("b", "5h"))
    desk.change(a=rule("a", "2h"))
    assert desk.in_force == {"a": 2, "b": 1}
    assert desk.refused == {"0": f'there is a workflow "b" already, in {desk.folder.path}/b.yaml:1:11'}


def test_of_two_that_take_one_name_the_one_that_had_it_keeps_it(desk: Desk) -> None:
    assert desk.change(a=rule("b", "2h")).in_force == {"a": 1, "b": 1}
    assert list(desk.refused) == ["a"]
    assert desk.change(b=None).in_force == {"b": 2}, "until the other is gone"


def test_two_files_may_exchange_their_names(desk: Desk) -> None:
    assert desk.change(a=rule("b", "2h"), b=rule("a", "3h")).in_force == {"b": 2, "a": 3}


def test_a_name_may_move_on_to_a_new_file(desk: Desk) -> None:
    desk.change(a=rule("a2"), c=rule("a", "2h"))
    assert desk.in_force == {"a2": 1, "b": 1, "a": 2}


def test_a_file_may_get_another_name_and_its_rule_is_as_old_as_before(desk: Desk) -> None:
    desk.change(a=None, z=rule("a") + "# moved\n")
    assert desk.in_force == {"b": 1, "a": 1}
    assert {it.workflow.name: it.since for it in desk.book.taken.values()} == {"a": NOON, "b": NOON}


def test_no_rule_is_removed_while_its_file_may_be_there_under_another_name(desk: Desk) -> None:
    desk.change(a=None, z=BAD)
    assert desk.in_force == {"a": 1, "b": 1}
    assert desk.refused["a"].startswith("the file is gone; its rule stays while a new file is refused")
    assert desk.change(z=rule("a", "2h")).in_force == {"b": 1, "a": 2}
    assert desk.refused == {}
    desk.change(b=None, y=rule("b", "2h"), x=BAD)
    assert desk.in_force == {"a": 2, "b": 2}, "this one has plainly moved"


def version(number: int, start: str = "A", of: str = "a") -> str:
    since = f"version: {number}\neffective_from: 2026-0{number}-01\n" if number > 1 else ""
    return rule(of, more=since).replace("start: A", f"start: {start}")


def test_of_versions_that_contradict_each_other_the_changed_one_is_refused(desk: Desk) -> None:
    desk.change(a2=version(2))
    assert [(it.name, it.version) for it in desk.book.workflows] == [("a", 1), ("a", 2), ("b", 1)]
    desk.change(a=version(1, start="Z"))
    assert desk.refused["a"].startswith("all versions of a workflow share their start, and that of version 1")
    assert desk.change(a2=version(2, start="Z")).refused == {}
    assert {it.start.names for it in desk.book.workflows} == {("Z",), ("A",)}
    assert desk.change(a=None).refused == {}
    assert [(it.name, it.version) for it in desk.book.workflows] == [("a", 2), ("b", 1)]


def test_a_directory_that_lost_everything_is_refused_as_a_whole(desk: Desk) -> None:
    desk.change(a=None, b=None)
    assert desk.in_force == {"a": 1, "b": 1}
    (refused,) = desk.book.refused.values()
    assert str(refused.diagnostics[0]).endswith("rules:1:1: there is no rule file here (*.yaml, *.yml)")
    assert desk.change(b=rule("b", "2h")).in_force == {"b": 2}, "one file is meant"
    assert desk.refused == {}


def test_a_directory_that_vanished_is_refused_as_a_whole(desk: Desk) -> None:
    away = desk.folder.path.rename(desk.folder.path.with_name("away"))
    assert desk.read().in_force == {"a": 1, "b": 1}
    assert desk.refused == {"rules": "this can't be read: No such file or directory"}
    away.rename(desk.folder.path)
    assert desk.read().refused == {}


def test_an_empty_directory_at_the_beginning_is_fine(tmp_path: Path) -> None:
    desk = Desk(RuleFolder(tmp_path / "none")).read()
    assert (desk.in_force, desk.refused) == ({}, {})
    assert desk.change(a=rule("a")).in_force == {"a": 1}


def test_since_when(desk: Desk) -> None:
    desk.change(a=BAD).change(a=BAD, b=rule("b", "2h")).change(b=rule("b", "2h") + "# only a comment\n")
    refused, taken = desk.book.refused, {it.workflow.name: it.since for it in desk.book.taken.values()}
    assert [it.since for it in refused.values()] == [NOON + MINUTE]
    assert taken == {"a": NOON, "b": NOON + 2 * MINUTE}
    desk.change(a=BAD + "]")
    assert [it.since for it in desk.book.refused.values()] == [NOON + 4 * MINUTE], "other words, another refusal"
