"""Looking at a rule directory again and again, at the price of a few `stat`s.

What has changed is read only once it has stood still from one look to the next, and while it was read: half of a rule
file is often a rule too, one with fewer steps, and an editor that saves by renaming takes the file away for a moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rules.diagnostic import Diagnostic
from rules.lint import read_text, rule_files
from rules.parse.rule import Parsed, parse


@dataclass(frozen=True, slots=True)
class Read:
    """A rule file as it was read: the text, as far as it can be shown, and what is in it."""

    text: str
    parsed: Parsed


@dataclass(frozen=True, slots=True)
class Folder:
    """Rule files by path, sorted. `trouble`: why the directory is not to be trusted as a whole."""

    path: str
    files: Mapping[str, Read] = field(default_factory=dict)
    trouble: tuple[Diagnostic, ...] = ()


Look = tuple[object, ...]
"""Differs from another one if what they have looked at does."""


class Watch:
    """A rule directory, also one that is a mounted ConfigMap, or a single rule file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: Look | None = None
        self._read_at: Look | None = None
        self._folder = Folder(str(path))

    def read(self) -> Folder:
        """What is there now. Texts that have not changed are not parsed again."""
        self._read_at = standing(self._path)
        found, trouble = rule_files(self._path)
        files = {str(file): self._read(file) for file in found}
        self._folder = Folder(str(self._path), files, tuple(trouble))
        return self._folder

    def changed(self) -> Folder | None:
        """What is there now, if it has changed since it was read and has stood still since the last look."""
        look = standing(self._path)
        still, self._seen = look == self._seen, look
        if look == self._read_at or not still:
            return None
        before = self._read_at
        folder = self.read()
        if self._read_at == look == standing(self._path):
            return folder
        self._read_at = before
        return None

    def _read(self, file: Path) -> Read:
        text, trouble = read_text(file)
        if trouble is not None:
            return Read(text, Parsed(None, (trouble,)))
        known = self._folder.files.get(str(file))
        is_same = known is not None and known.text == text and known.parsed.workflow is not None
        return known if known is not None and is_same else Read(text, parse(text, str(file)))


def standing(path: Path, others: Sequence[Path] = ()) -> Look:
    """How rule files, and `others`, are now."""
    files, trouble = rule_files(path)
    return (*map(_stat, [*files, *others]), *trouble)


def _stat(file: Path) -> tuple[object, ...]:
    """Behind links: those of a ConfigMap lead through one that is exchanged."""
    try:
        found = file.stat()
    except (OSError, ValueError) as error:
        return str(file), str(error)
    return str(file), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode
