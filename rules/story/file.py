"""Files of stories on disk, each with the rules that it is about, → suites and diagnostics."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rules.diagnostic import Check, Diagnostic, Level, Problems, TooMany
from rules.expression import Position
from rules.lint import Loaded, load_files, read_rule, read_text
from rules.lint import rule_files as files_of_rules
from rules.parse.rule import Parsed
from rules.parse.source import Source, lines_of
from rules.parse.yaml_tree import read
from rules.ruleset import Rule, rules_of
from rules.story.parse import NEEDS, Reference, rule_files, suite
from rules.story.story import Suite

_Version = tuple[str, int | None]
"""Of a workflow: its name, and which."""

_STORIES = re.compile(r"(?P<stem>.+)\.test\.ya?ml", re.IGNORECASE)
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Told:
    """`suites` are those without errors. `diagnostics` are sorted, those of the rules among them.

    `sources` has the lines of each file, for `render`.
    """

    suites: tuple[Suite, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Sequence[str]]

    @property
    def errors(self) -> int:
        return sum(diagnostic.severity is Level.ERROR for diagnostic in self.diagnostics)


def story_files(path: Path) -> list[Path]:
    """The file itself; those beside it, of a rule file; or every `*.test.yml` in a directory and below, sorted."""
    if path.is_dir():
        return sorted(_below(path))
    if _STORIES.fullmatch(path.name) or path.suffix.lower() not in _ENDINGS:
        return [path]
    return [found for ending in _ENDINGS if (found := path.with_name(f"{path.stem}.test{ending}")).exists()]


def _below(path: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += (Path(folder, name) for name in names if not name.startswith(".") and _STORIES.fullmatch(name))
    return found


def load_stories(files: Sequence[Path]) -> Told:
    """Read stories and their rules. What can't be read is a diagnostic."""
    reader = _Reader()
    suites = [reader.read(file) for file in files]
    return Told(tuple(it for it in suites if it is not None), tuple(sorted({*reader.diagnostics})), reader.sources)


class _Reader:
    """Reads the same rules once, however many files of stories are about them."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.sources: dict[str, list[str]] = {}
        self._rules: dict[tuple[Path, ...], Loaded] = {}
        self._workflows: dict[Path, dict[str, _Version]] = {}  # by folder: what each rule file in it is about

    def read(self, file: Path) -> Suite | None:
        text, trouble = read_text(file)
        self.sources[str(file)] = lines_of(text) if text else []
        if trouble is not None:
            self.diagnostics.append(trouble)
            return None
        problems = Problems(str(file), Source(text))
        found = None
        with suppress(TooMany):
            found = self._suite(file, problems)
        self.diagnostics += problems.found
        return None if problems.failed else found

    def _suite(self, file: Path, problems: Problems) -> Suite | None:
        root = read(problems, NEEDS)
        if root is None:
            return None
        references = rule_files(root, problems) or self._beside(file, problems)
        rules = None if problems.failed else self._rules_in(file.parent, references, problems)
        return None if rules is None else suite(root, rules, problems)

    def _beside(self, file: Path, problems: Problems) -> tuple[Reference, ...]:
        """The rule file of the same stem, and those beside it that hold other versions of its workflow."""
        named = _STORIES.fullmatch(file.name)
        stem = named["stem"] if named else file.stem
        names = [f"{stem}{ending}" for ending in _ENDINGS]
        found = next((name for name in names if file.with_name(name) != file and file.with_name(name).is_file()), None)
        if found is not None:
            return tuple(Reference(name, Position(1, 1)) for name in self._with_versions(file.parent, found))
        message = f"there is no {names[0]} beside this file; say which rules it is about: `rules: path`"
        problems.error(Position(1, 1), Check.MISSING_KEY, message)
        return ()

    def _with_versions(self, folder: Path, found: str) -> list[str]:
        if folder not in self._workflows:
            files = (file for file in files_of_rules(folder)[0] if file.parent == folder)
            self._workflows[folder] = {file.name: _version(read_rule(file)[1]) for file in files}
        versions = self._workflows[folder]
        called, version = versions.get(found, ("", None))
        others = [name for name, it in versions.items() if called and it[0] == called and it[1] not in (version, None)]
        return [found, *others]

    def _rules_in(self, folder: Path, references: Sequence[Reference], problems: Problems) -> tuple[Rule, ...] | None:
        """`None` if something is wrong with them: then there is no telling what is wrong with the stories."""
        files: list[Path] = []
        for reference in references:
            found, trouble = files_of_rules(folder / reference.text)
            self.diagnostics += trouble
            files += found
        loaded = self._loaded(tuple(dict.fromkeys(files)))
        if loaded.failed or not loaded.workflows:
            message = "the rules that these stories are about have errors" if loaded.failed else "there is no rule here"
            problems.error(references[0].at, Check.UNREADABLE, message)
            return None
        return rules_of(loaded.workflows)

    def _loaded(self, files: tuple[Path, ...]) -> Loaded:
        if files not in self._rules:
            loaded = self._rules[files] = load_files(files)
            self.diagnostics += loaded.diagnostics
            self.sources |= loaded.sources
        return self._rules[files]


def _version(parsed: Parsed) -> _Version:
    return parsed.name.name if parsed.name else "", parsed.version
