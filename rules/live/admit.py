"""Which rules are in force when a rule directory has changed: a pure function of those before and what is there now.

The unit is the file. A bad one is refused, and what was in force of it stays; every other change is taken. Of files
that exclude each other those that have changed are refused. A file that is gone takes its rule along, except while a
new file is refused: it may be the same one under another name. No rule ends because a directory cannot be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rules.diagnostic import Check, Diagnostic, Level
from rules.lint import across
from rules.live.watch import Folder, Read
from rules.parse.rule import Parsed
from rules.spec import Workflow

_EMPTY = Read("", Parsed(None, ()))
_GONE = "the file is gone; its rule stays while a new file is refused, which may be this one under another name"
_ACCIDENT = "the rules go on as they were: whole directories are lost by accident"


@dataclass(frozen=True, slots=True)
class Taken:
    """A file whose rule is in force, and since when (µs UTC)."""

    read: Read
    workflow: Workflow
    since: int

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return self.read.parsed.diagnostics


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is not taken as it is now, why, and since when (µs UTC)."""

    read: Read
    diagnostics: tuple[Diagnostic, ...]
    since: int


@dataclass(frozen=True, slots=True)
class Rulebook:
    """By file, what is in force and what is refused; a file can be both, with different contents."""

    taken: Mapping[str, Taken] = field(default_factory=dict)
    refused: Mapping[str, Refused] = field(default_factory=dict)

    @property
    def workflows(self) -> tuple[Workflow, ...]:
        return tuple(it.workflow for it in self.taken.values())


def admit(before: Rulebook, folder: Folder, now: int) -> Rulebook:
    """What is in force from `now` (µs UTC) on."""
    trouble = folder.trouble or _vanished(before, folder)
    if trouble and (before.taken or _errors(trouble)):
        told = tuple(replace(it, severity=Level.ERROR, hint=it.hint or _ACCIDENT) for it in trouble)
        whole = {folder.path: Refused(_EMPTY, told, now)}
        return Rulebook(before.taken, _still(before, {**before.refused, **whole}))
    admission = _Admission(before, folder.files)
    admission.settle()
    taken = {file: _taken(before, file, read, now) for file, read in sorted(admission.candidates().items())}
    refused = {
        file: Refused(folder.files.get(file, _EMPTY), diagnostics, now)
        for file, diagnostics in sorted(admission.refused.items())
    }
    return Rulebook(taken, _still(before, refused))


class _Admission:
    """Begins with every file that is good by itself, and refuses until the rest fits together."""

    def __init__(self, before: Rulebook, files: Mapping[str, Read]) -> None:
        self.taken = before.taken
        self.files = files
        self.refused = {file: read.parsed.diagnostics for file, read in files.items() if read.parsed.workflow is None}

    def settle(self) -> None:
        self._fit_together()
        if any(file not in self.taken for file in self.refused):
            provided = {_key(read) for read in self.candidates().values()}
            for file in self._gone():
                if _key(self.taken[file].read) not in provided:
                    self.refused[file] = (Diagnostic(file, 1, 1, Check.UNREADABLE, _GONE),)
            self._fit_together()

    def candidates(self) -> dict[str, Read]:
        """What would be in force; what was so before comes first, so that newcomers are blamed."""
        stays = {file: it.read for file, it in self.taken.items() if file in self.refused or not self._is_new(file)}
        return stays | {file: read for file, read in self.files.items() if file not in self.refused}

    def _fit_together(self) -> None:
        while (wrong := self._wrong()) and (blamed := self._blamed(wrong)):
            some = next(iter(wrong.values()))
            self.refused |= {file: (wrong.get(file, some),) for file in blamed}

    def _wrong(self) -> dict[str, Diagnostic]:
        return across({file: read.parsed for file, read in self.candidates().items()})

    def _blamed(self, wrong: Mapping[str, Diagnostic]) -> list[str]:
        """Of what has changed: the files that are wrong, else those of the same workflows, else all that is gone."""
        candidates = self.candidates()
        new = [file for file in candidates if file not in self.refused and self._is_new(file)]
        names = {_key(candidates[file])[0] for file in wrong}
        same = [file for file in new if _key(candidates[file])[0] in names]
        return [file for file in new if file in wrong] or same or new or self._gone()

    def _is_new(self, file: str) -> bool:
        return file not in self.taken or file not in self.files or self.files[file].text != self.taken[file].read.text

    def _gone(self) -> list[str]:
        return [file for file in self.taken if file not in self.files and file not in self.refused]


def _taken(before: Rulebook, file: str, read: Read, now: int) -> Taken:
    """A rule that was in force, in this or another file, has been so since then."""
    workflow = read.parsed.workflow
    assert workflow is not None, f"{file} has errors"
    same = [it.since for it in before.taken.values() if _identity(it.workflow) == _identity(workflow)]
    return Taken(read, workflow, min(same, default=now))


def _still(before: Rulebook, refused: Mapping[str, Refused]) -> dict[str, Refused]:
    """What was refused with these words before has been so since then."""
    known = {file: it for file, it in before.refused.items() if file in refused}
    return {
        file: replace(it, since=known[file].since)
        if file in known and (known[file].read.text, known[file].diagnostics) == (it.read.text, it.diagnostics)
        else it
        for file, it in refused.items()
    }


def _vanished(before: Rulebook, folder: Folder) -> tuple[Diagnostic, ...]:
    """What is wrong where there was a directory and is none: it looks like a file that cannot be read."""
    alone = folder.files.get(folder.path)
    if not before.taken or folder.path in before.taken or alone is None or alone.parsed.workflow is not None:
        return ()
    return alone.parsed.diagnostics


def _key(read: Read) -> tuple[str, int]:
    workflow = read.parsed.workflow
    return ("", 0) if workflow is None else (workflow.name, workflow.version)


def _identity(workflow: Workflow) -> tuple[str, int, str]:
    return workflow.name, workflow.version, workflow.content_hash


def _errors(trouble: tuple[Diagnostic, ...]) -> bool:
    return any(it.severity is Level.ERROR for it in trouble)
