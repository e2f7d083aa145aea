"""Rule files on disk."""

import os
from pathlib import Path

import pytest

from rules.diagnostic import Check, Level, render
from rules.lint import Loaded, load
from rules.parse import LARGEST


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
