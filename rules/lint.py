"""Rule files on disk → workflows and diagnostics."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.diagnostic import Check, Diagnostic, Level
from rules.lint_versions import check_versions
from rules.parse.rule import LARGEST, Parsed, parse, too_large
from rules.parse.source import Source, lines_of
from rules.spec import Workflow

_RULES = re.compile(r".*\.ya?ml", re.IGNORECASE)
_TESTS = re.compile(r".*\.test\.ya?ml", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file or a directory holds. `workflows` are those without errors, in the order of their files; of one
    workflow there may be several versions.

    `diagnostics` are sorted by file and position. `sources` has the lines of each file, for `render`, and `parsed`
    what was read of it.
    """

    workflows: tuple[Workflow, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, list[str]]
    parsed: Mapping[str, Parsed]

    @property
    def failed(self) -> bool:
        """Whether there is any error; warnings are none."""
        return any(diagnostic.severity is Level.ERROR for diagnostic in self.diagnostics)


def load(path: Path) -> Loaded:
    """Read a rule file, or every `*.yaml` and `*.yml` in a directory and below it.

    Left out of a directory are `*.test.yml` and whatever begins with a dot. What can't be read is a diagnostic.
    """
    return load_files(*rule_files(path))


def load_files(files: Iterable[Path], diagnostics: Iterable[Diagnostic] = ()) -> Loaded:
    """Read these rule files; `diagnostics` are those that were there before."""
    sources: dict[str, list[str]] = {}
    parsed: dict[str, Parsed] = {}
    for file in map(str, files):
        text, parsed[file] = read_rule(Path(file))
        sources[file] = lines_of(text) if text else []
    found = [diagnostic for each in parsed.values() for diagnostic in each.diagnostics]
    contradictions = check_versions(parsed)
    wrong = {diagnostic.file for diagnostic in contradictions}
    kept = tuple(each.workflow for file, each in parsed.items() if each.workflow and file not in wrong)
    return Loaded(kept, tuple(sorted([*diagnostics, *found, *contradictions])), sources, parsed)


def rule_files(path: Path) -> tuple[list[Path], list[Diagnostic]]:
    """The files to read, sorted, and what stands in the way of others."""
    if not os.path.isdir(path):  # false, too, where nobody may look
        return [path], []
    errors: list[OSError] = []
    found: list[Path] = []
    for folder, folders, names in os.walk(path, onerror=errors.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += (Path(folder, name) for name in names if _is_rule_file(name))
    diagnostics = [_unreadable(str(error.filename), _reason(error)) for error in errors]
    if not found and not errors:
        message = "there is no rule file here (*.yaml, *.yml)"
        diagnostics = [Diagnostic(str(path), 1, 1, Check.UNREADABLE, message, severity=Level.WARNING)]
    return sorted(found), diagnostics


def _is_rule_file(name: str) -> bool:
    return not name.startswith(".") and _RULES.fullmatch(name) is not None and not _TESTS.fullmatch(name)


def read_rule(file: Path) -> tuple[str, Parsed]:
    """The text of a rule file, as far as it can be shown, and what is in it."""
    text, trouble = read_text(file)
    return text, parse(text, str(file)) if trouble is None else Parsed(None, (trouble,))


def read_text(file: Path) -> tuple[str, Diagnostic | None]:
    """The text, as far as it can be shown, and why it can't be used."""
    try:
        if file.exists() and not file.is_file():
            return "", _unreadable(str(file), "it is no regular file")
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        return "", _unreadable(str(file), _reason(error))
    if len(data) > LARGEST:
        return "", too_large(str(file))
    try:
        return data.decode(), None
    except UnicodeDecodeError as error:
        return data.decode(errors="replace"), _no_utf8(str(file), data, error.start)


def _unreadable(file: str, reason: str) -> Diagnostic:
    return Diagnostic(file, 1, 1, Check.UNREADABLE, f"this can't be read: {reason}")


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _no_utf8(file: str, data: bytes, start: int) -> Diagnostic:
    before = Source(data[:start].decode())
    at = before.position(len(before.text))
    message = f"the byte 0x{data[start]:02X} is no UTF-8"
    hint = "this looks like UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    return Diagnostic(file, at.line, at.column, Check.ENCODING, message, hint or "save the file as UTF-8")


def across(parsed: Mapping[str, Parsed]) -> dict[str, Diagnostic]:
    """By file, the first that is wrong with it beside the others; of two that exclude each other the first is right."""
    return {diagnostic.file: diagnostic for diagnostic in reversed(check_versions(parsed))}
