"""Rule files on disk."""

import os
from pathlib import Path

import pytest

from rules.diagnostic import Check, Level, render
from rules.lint import Loaded, load
from rules.parse.rule import LARGEST


def rule(name: str) -> str:
    return f"workflow: {name}\nstart: A\nsteps: {{B: {{within: 1h}}}}\n"


def problems(loaded: Loaded, folder: Path) -> list[tuple[str, int, int, Check]]:
    return [
        (os.path.relpath(found.file, folder), found.line, found.column, found.check) for found in loaded.diagnostics
    ]


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.rules"
    file.write_text(rule("a"))
    loaded = load(file)
    assert [workflow.name for workflow in loaded.workflows] == ["a"]
    assert loaded.diagnostics == () and not loaded.failed
    assert loaded.sources == {str(file): ["workflow: a", "start: A", "steps: {B: {within: 1h}}", ""]}


def test_a_directory_and_what_is_left_out(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "deep/er/c.YAML", "d.test.yml", "e.test.yaml", ".f.yaml", ".git/g.yaml", "h.json"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rule(f"w-{file.name[0]}") if "test" not in name else "no: rule")
    loaded = load(tmp_path)
    assert [workflow.name for workflow in loaded.workflows] == ["w-a", "w-b", "w-c"]
    assert loaded.diagnostics == ()
    assert [Path(file).name for file in loaded.sources] == ["a.yml", "b.yaml", "c.YAML"]


def test_a_mounted_config_map_is_read_once(tmp_path: Path) -> None:
    data = tmp_path / "..2026_11_20"
    data.mkdir()
    (data / "a.yaml").write_text(rule("a"))
    (tmp_path / "..data").symlink_to(data.name)
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert [workflow.name for workflow in load(tmp_path).workflows] == ["a"]
    assert load(tmp_path).diagnostics == ()


def test_one_bad_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("workflow: [w")
    (tmp_path / "b.yaml").write_text(rule("b"))
    (tmp_path / "c.yaml").write_text(rule("c") + "colour: red\n")
    loaded = load(tmp_path)
    assert [workflow.name for workflow in loaded.workflows] == ["b"]
    assert loaded.failed
    assert problems(loaded, tmp_path) == [("a.yaml", 1, 11, Check.YAML), ("c.yaml", 4, 1, Check.UNKNOWN_KEY)]
    shown = render(loaded.diagnostics[1], loaded.sources[loaded.diagnostics[1].file]).split("\n")
    assert shown[1:3] == ["    colour: red", "    ^"]


def test_a_name_belongs_to_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(rule("orders") + "colour: red\n")
    (tmp_path / "b.yaml").write_text("# second\n" + rule("orders"))
    (tmp_path / "c.yaml").write_text(rule("orders"))
    loaded = load(tmp_path)
    assert loaded.workflows == ()
    assert problems(loaded, tmp_path) == [
        ("a.yaml", 4, 1, Check.UNKNOWN_KEY),
        ("b.yaml", 2, 11, Check.DUPLICATE_WORKFLOW),
        ("c.yaml", 1, 11, Check.DUPLICATE_WORKFLOW),
    ]
    assert loaded.diagnostics[1].message == f'there is a workflow "orders" already, in {tmp_path}/a.yaml:1:11'


def version(number: int, since: str = "", start: str = "A") -> str:
    effective = f"effective_from: {since}\n" if since else ""
    return f"workflow: w\nversion: {number}\n{effective}start: {start}\nsteps: {{B: {{within: {number}h}}}}\n"


def loaded(folder: Path, *texts: str) -> Loaded:
    for name, text in zip("abcd", texts, strict=False):
        (folder / f"{name}.yaml").write_text(text)
    return load(folder)


def test_versions_of_a_workflow_in_any_order_of_their_files(tmp_path: Path) -> None:
    found = loaded(tmp_path, version(3, "2026-03-01"), version(1), version(2, "2026-02-01"), rule("other"))
    assert found.diagnostics == ()
    assert [(workflow.name, workflow.version) for workflow in found.workflows] == [
        *(("w", 3), ("w", 1), ("w", 2)),
        ("other", 1),
    ]


def test_a_version_belongs_to_one_file(tmp_path: Path) -> None:
    found = loaded(tmp_path, version(1), version(2, "2026-02-01"), version(2, "2026-03-01"), rule("w"))
    assert problems(found, tmp_path) == [
        ("c.yaml", 2, 10, Check.DUPLICATE_WORKFLOW),
        ("d.yaml", 1, 11, Check.DUPLICATE_WORKFLOW),
    ]
    assert [each.message for each in found.diagnostics] == [
        f'there is version 2 of workflow "w" already, in {tmp_path}/b.yaml:1:11',
        f'there is a workflow "w" already, in {tmp_path}/a.yaml:1:11',
    ]
    assert [workflow.version for workflow in found.workflows] == [1, 2]


@pytest.mark.parametrize("since", ["2026-02-01", "2026-01-31T23:59:59.999999Z", "2026-02-01T01:00:00+01:00"])
def test_a_version_takes_effect_later_than_the_one_below(tmp_path: Path, since: str) -> None:
    found = loaded(tmp_path, version(7, since), version(2, "2026-02-01"), version(1))
    assert problems(found, tmp_path) == [("a.yaml", 3, 17, Check.VERSION)]
    message = f"version 7 must take effect later than version 2, in {tmp_path}/b.yaml"
    assert found.diagnostics[0].message == message
    assert [workflow.version for workflow in found.workflows] == [2, 1]


def test_a_version_one_microsecond_later_is_later(tmp_path: Path) -> None:
    assert not loaded(tmp_path, version(1, "2026-02-01"), version(2, "2026-02-01T00:00:00.000001Z")).failed


def test_a_first_version_may_have_its_own_beginning_and_bounds_the_next(tmp_path: Path) -> None:
    found = loaded(tmp_path, version(1, "2026-02-01"), version(2, "2026-01-01"))
    assert problems(found, tmp_path) == [("b.yaml", 3, 17, Check.VERSION)]


def test_versions_share_their_start(tmp_path: Path) -> None:
    found = loaded(tmp_path, version(1), version(2, "2026-02-01", "{event: A, where: amount > 0}"))
    assert problems(found, tmp_path) == [("b.yaml", 4, 8, Check.VERSION)]
    assert "share their start" in found.diagnostics[0].message


def test_the_start_may_be_written_otherwise(tmp_path: Path) -> None:
    assert not loaded(tmp_path, version(1), version(2, "2026-02-01", "[A]")).failed


def test_versions_of_files_that_are_wrong_otherwise_are_still_told_apart(tmp_path: Path) -> None:
    found = loaded(tmp_path, version(1) + "x: 1\n", version(2), "workflow: w\nversion: soon\n", version(1))
    checks = [(name, check) for name, _, _, check in problems(found, tmp_path) if check is Check.DUPLICATE_WORKFLOW]
    assert checks == [("d.yaml", Check.DUPLICATE_WORKFLOW)]


def test_the_first_of_two_is_kept(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(rule("orders") + f"noun: {name}\n")
    assert [workflow.noun for workflow in load(tmp_path).workflows] == ["a"]


def test_an_empty_directory_is_worth_a_warning(tmp_path: Path) -> None:
    (found,) = load(tmp_path).diagnostics
    assert (found.file, found.severity, found.check) == (str(tmp_path), Level.WARNING, Check.UNREADABLE)
    assert not load(tmp_path).failed


@pytest.mark.parametrize(
    ("data", "line", "column", "check"),
    [
        (b"workflow: caf\xe9\n", 1, 14, Check.ENCODING),
        (b"\xef\xbb\xbfworkflow: w\n\xc3\xa9\xff", 2, 2, Check.ENCODING),
        ("workflow: w".encode("utf-16"), 1, 1, Check.ENCODING),
        (b"\x00\x01\x02", 1, 1, Check.ENCODING),
        (b"", 1, 1, Check.YAML),
        (b"#" * (LARGEST + 1), 1, 1, Check.SIZE),
        ("#é".encode() * (LARGEST // 2), 1, 1, Check.SIZE),
    ],
)
def test_odd_bytes(tmp_path: Path, data: bytes, line: int, column: int, check: Check) -> None:
    (tmp_path / "a.yaml").write_bytes(data)
    loaded = load(tmp_path)
    assert problems(loaded, tmp_path) == [("a.yaml", line, column, check)]
    render(loaded.diagnostics[0], loaded.sources[loaded.diagnostics[0].file])


def test_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + rule("a").encode())
    assert [workflow.name for workflow in load(tmp_path).workflows] == ["a"]


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    loaded = load(tmp_path)
    assert problems(loaded, tmp_path) == [
        ("gone.yaml", 1, 1, Check.UNREADABLE),
        ("pipe.yaml", 1, 1, Check.UNREADABLE),
    ]
    assert [found.message for found in loaded.diagnostics] == [
        "this can't be read: No such file or directory",
        "this can't be read: it is no regular file",
    ]
    for path in ("missing.yaml", "missing/folder", "nul\0.yaml"):
        (found,) = load(tmp_path / path).diagnostics
        assert found.check is Check.UNREADABLE
    assert load(Path("/dev/zero")).failed
