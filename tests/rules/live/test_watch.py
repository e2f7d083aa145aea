"""Noticing what has changed in a rule directory."""

import os
from pathlib import Path

import pytest

from rules.live.watch import Folder, Watch
from tests.rules.rule_folder import RuleFolder, rule


@pytest.fixture
def folder(tmp_path: Path) -> RuleFolder:
    folder = RuleFolder(tmp_path / "rules")
    folder.put("a.yaml", rule("a"))
    return folder


@pytest.fixture
def watch(folder: RuleFolder) -> Watch:
    watch = Watch(folder.path)
    watch.read()
    return watch


def second_look(watch: Watch) -> Folder | None:
    assert watch.changed() is None, "the first look only sees that something is going on"
    return watch.changed()


def names(folder: Folder | None) -> list[str]:
    assert folder is not None
    return [read.parsed.workflow.name for read in folder.files.values() if read.parsed.workflow]


def test_nothing_new_is_nothing(watch: Watch) -> None:
    assert [watch.changed() for _ in range(3)] == [None] * 3


def test_a_change_is_read_once(watch: Watch, folder: RuleFolder) -> None:
    folder.put("b.yaml", rule("b"))
    assert names(second_look(watch)) == ["a", "b"]
    assert watch.changed() is None
    folder.put("a.yaml", rule("c"))
    assert names(second_look(watch)) == ["c", "b"]
    folder.drop("b.yaml")
    assert names(second_look(watch)) == ["c"]


def test_what_is_still_being_written_is_waited_for(watch: Watch, folder: RuleFolder) -> None:
    for part in ("workflow: b\n", "workflow: b\nstart: A\n", rule("b")):
        folder.put("b.yaml", part)
        assert watch.changed() is None
    assert names(watch.changed()) == ["a", "b"]


def test_an_editor_that_saves_by_renaming_takes_nothing_away(watch: Watch, folder: RuleFolder) -> None:
    (folder.path / "a.yaml").rename(folder.path / "a.yaml~")
    assert watch.changed() is None
    (folder.path / "a.yaml~").rename(folder.path / "a.yaml")
    looks = [watch.changed(), watch.changed()]
    assert [names(look) for look in looks if look is not None] in ([], [["a"]])


def test_an_unchanged_text_is_not_parsed_again(watch: Watch, folder: RuleFolder) -> None:
    before = watch.read().files[str(folder.path / "a.yaml")]
    os.utime(folder.path / "a.yaml", ns=(1, 1))
    found = second_look(watch)
    assert found is not None
    assert found.files[str(folder.path / "a.yaml")] is before


def test_what_cannot_be_read_is_read_again_when_it_can(watch: Watch, folder: RuleFolder) -> None:
    (folder.path / "b.yaml").symlink_to("c")
    assert names(second_look(watch)) == ["a"]
    folder.put("c", rule("b"))
    assert names(second_look(watch)) == ["a", "b"]


def test_a_mounted_config_map_changes_by_one_link(tmp_path: Path) -> None:
    path = tmp_path / "mounted"
    for name, text in (("..1", rule("a")), ("..2", rule("b"))):
        RuleFolder(path / name).put("rule.yaml", text)
    (path / "..data").symlink_to("..1")
    (path / "rule.yaml").symlink_to("..data/rule.yaml")
    watch = Watch(path)
    assert names(watch.read()) == ["a"]
    (path / "..new").symlink_to("..2")
    os.replace(path / "..new", path / "..data")
    assert names(second_look(watch)) == ["b"]


def test_a_directory_that_vanishes_is_no_empty_one(watch: Watch, folder: RuleFolder) -> None:
    folder.path.rename(folder.path.with_name("elsewhere"))
    gone = second_look(watch)
    assert gone is not None
    assert names(gone) == []
    assert [read.parsed.diagnostics[0].message for read in gone.files.values()] == [
        "this can't be read: No such file or directory"
    ]
