"""Live rules: what changes in the directory takes effect within a tick; what is wrong is refused, and told of."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Protocol

from rules.diagnostic import Diagnostic, printable, render
from rules.evaluate.staleness import NotJudged
from rules.live.admit import Rulebook, admit
from rules.live.record import Applied, Record, row, storable
from rules.live.watch import Folder, Watch
from rules.parse.source import lines_of
from rules.ruleset import Rule, rules_of
from rules.spec import Workflow
from store.clock import Clock
from store.errors import StoreUnavailable
from store.event import SECOND
from store.settings import EvaluatorSettings

LONGEST = 20_000  # characters of what is shown of one file
_SHORTEST_WAIT = SECOND // 10

log = logging.getLogger(__name__)


class LiveRules:
    """The rules of a directory or of a single file. `book`: those in force, and what is refused."""

    def __init__(self, path: Path, now: int) -> None:
        self.path = path
        self._watch = Watch(path)
        folder = self._watch.read()
        self.book = admit(Rulebook(), folder, now)
        self._sources = _sources(folder)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return rules_of(self.book.workflows)

    def look(self, now: int) -> bool:
        """Whether anything has changed; the new rules are in force from `now` (µs UTC) on. Never raises."""
        folder = self._watch.changed()
        if folder is None:
            return False
        self._sources = _sources(folder)
        self.book = admit(self.book, folder, now)
        return True

    def shown(self, diagnostics: Sequence[Diagnostic]) -> str:
        """As the linter shows them; what is too much to read is cut off."""
        sources = {file: lines_of(self._sources[file]) for file in {it.file for it in diagnostics} & {*self._sources}}
        text = "\n".join(render(it, sources.get(it.file, [])) for it in diagnostics)
        return text if len(text) <= LONGEST else text[:LONGEST] + "\n… cut off here; `noshow rules lint` has all of it"


class Judge(Protocol):
    """What judges by the rules."""

    def use(self, rules: Sequence[Rule]) -> None:
        """From the next tick on."""
        ...

    def progress(self) -> Mapping[str, tuple[int, int]]:
        """Of workflows with history left to judge by the rules in force: how many pieces are judged, of how many."""
        ...

    def not_judged(self) -> Mapping[str, NotJudged]:
        """By workflow: how many instances are too old."""
        ...


class Keeper:
    """Looks at the directory again and again, tells the judge, the log, and the SQL database."""

    def __init__(self, live: LiveRules, judge: Judge, record: Record, settings: EvaluatorSettings) -> None:
        self._live = live
        self._judge = judge
        self._record = record
        # A change is taken at the second look that sees it.
        self._wait = max(settings.tick // 2, _SHORTEST_WAIT) / SECOND

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        tell(Rulebook(), self._live)
        while not stop.is_set():
            try:
                self.turn(clock.now())
            except StoreUnavailable as error:
                log.warning("rules: their state cannot be written: %s", error)
            except Exception:
                log.exception("rules: looking at them failed and is tried again")
            clock.sleep(self._wait)

    def turn(self, now: int) -> None:
        """One look (`now`: µs UTC). Raises StoreUnavailable, with the rules taken, where the SQL database is away."""
        before = self._live.book
        if self._live.look(now):
            if _hashes(before.workflows) != _hashes(self._live.book.workflows):
                self._judge.use(self._live.rules)
            tell(before, self._live)
        self._record.write(self._rows(), now)
        self._record.keep(self._live.book.taken, now)

    def _rows(self) -> dict[str, dict[str, object]]:
        book, progress, not_judged = self._live.book, self._judge.progress(), self._judge.not_judged()
        rows = {}
        for file in sorted({*book.taken, *book.refused}):
            taken, refused = book.taken.get(file), book.refused.get(file)
            diagnostics = refused.diagnostics if refused else taken.warnings if taken else ()
            name = taken.workflow.name if taken else ""
            applied = Applied(*progress.get(name, (0, 0)), not_judged.get(name, NotJudged()))
            rows[storable(file)] = row(taken, refused, self._live.shown(diagnostics), applied)
        return rows


def tell(before: Rulebook, live: LiveRules) -> None:
    """One line of the log for each change, and whatever is wrong with what is new."""
    old, new = _hashes(before.workflows), _hashes(live.book.workflows)
    if not new:
        log.warning("rules: there is no rule file in %s, so nothing is judged", printable(str(live.path)))
    for (name, version), content_hash in new.items():
        if old.get((name, version)) != content_hash:
            log.info("rules: %s %d → %s", name, version, content_hash)
    for name, version in sorted(old.keys() - new.keys()):
        log.info("rules: %s %d removed", name, version)
    for file, taken in live.book.taken.items():
        if taken.warnings and (file not in before.taken or before.taken[file].read != taken.read):
            log.warning("rules: %s", live.shown(taken.warnings))
    for file, refused in live.book.refused.items():
        if before.refused.get(file) != refused:
            log.error("rules: %s is refused:\n%s", printable(file), live.shown(refused.diagnostics))
    for file in sorted(before.refused.keys() - live.book.refused.keys()):
        log.info("rules: %s is no longer refused", printable(file))


def _sources(folder: Folder) -> dict[str, str]:
    """The texts of the files that can be shown."""
    return {file: it.text for file, it in folder.files.items() if it.text}


def _hashes(workflows: Sequence[Workflow]) -> dict[tuple[str, int], str]:
    return {(it.name, it.version): it.content_hash for it in workflows}
