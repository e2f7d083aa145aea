"""The continuous evaluation: work follows change, and every verdict is written once.

A round looks at what was touched or fell due, and shares it out in pieces. A tick does one piece, so that it is short
beside the lease, however much there is to do: it takes the next version under the lease, judges at an instant that
never goes back, and writes findings, deadlines and instances. The cursors move when the last piece is done. Whatever is
interrupted is done again. Beside the round, a tick does one piece of what a change of the rules has left to do: neither
waits for the other.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Event

from rules.compile.sql import Sql
from rules.evaluate.backlog import Backlog, Piece
from rules.evaluate.candidates import Blocks, Look, Settled
from rules.evaluate.concern import Concern, concerned
from rules.evaluate.detection import Circumstances
from rules.evaluate.hold import Hold, Holds, with_silence
from rules.evaluate.overtaken import Overtaken, Writing
from rules.evaluate.part import Part, Span
from rules.evaluate.passes import Passes
from rules.evaluate.record_rows import Stamp
from rules.evaluate.records import Written, close_refuted, close_refuted_among, write
from rules.evaluate.removal import remove
from rules.evaluate.runaway import Runaways
from rules.evaluate.silence.watch import Listener, Watch
from rules.evaluate.staleness import NotJudged
from rules.evaluate.sweep import Compared, Stale, Sweep, Swept, frozen_before
from rules.evaluate.verdicts import Verdicts, make_room
from rules.evaluate.work import Books, Spending, Work
from rules.judge import Question
from rules.ruleset import Rule
from store import cursors, leases, shares
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.errors import LeaseLost, StoreRefused, StoreUnavailable
from store.event import SECOND
from store.leases import Lease
from store.settings import EvaluatorSettings
from store.shares import ALL, Share

TTL = 15 * SECOND  # of a lease

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """Up to when everything is judged (µs UTC), how many correlation IDs were found to do and are not done, and whether
    something holds judgement back."""

    judged_until: int
    waiting: int
    held: bool

    @property
    def reason(self) -> str:
        """Why it is not further: `held` or `busy`."""
        return "held" if self.held else "busy"


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did. `as_of`: the instant judged (µs UTC); `more`: there is work left, do not sleep; `spent`: what
    that cost, by what it was for."""

    as_of: int
    looked_at: int
    written: Written
    more: bool
    standing: Standing
    spent: Spending = field(default_factory=dict)


def _rest(beat: int, took: int) -> int:
    """Until the next tick, all in µs: one begins with each beat; but half as long as the last one took is left to
    others, so that whoever has much to do does more of it at once."""
    return min(beat, max(beat - took, took // 2))


Ticking = Callable[[int], Tick | None]
"""A tick at an instant; `None` where another evaluator has the lease."""


def unchanged(tick: Ticking) -> Ticking:
    return tick


@dataclass(frozen=True, slots=True)
class _Round:
    """What was found to do at `as_of`: parts of correlation IDs, and of the part at hand the rules that it concerns."""

    look: Look
    as_of: int
    parts: deque[Part]
    released: frozenset[int] = frozenset()
    pieces: deque[Concern] = field(default_factory=deque)
    looked_at: Counter[str] = field(default_factory=Counter)  # correlation IDs by rule hash
    judged: list[tuple[str, Sql]] = field(default_factory=list)  # of which workflows whom, if something is to be mended

    @property
    def is_done(self) -> bool:
        return not self.parts and not self.pieces

    @property
    def waiting(self) -> int:
        return sum(part.size // part.shares for part in self.parts) + sum(piece.size for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all evaluators of one process have in common."""

    watch: Watch
    overtaken: Overtaken

    @classmethod
    def of(cls, settings: EvaluatorSettings, holder: str) -> "Shared":
        return cls(Watch(settings, holder), Overtaken())


class Evaluator:
    """Of a share. One of any number; only the one that holds the lease of the share does anything. Those of one process
    have one `shared`."""

    def __init__(
        self,
        clickhouse: ClickHouse,
        database: Database,
        rules: Sequence[Rule],
        settings: EvaluatorSettings,
        holder: str,
        share: Share = ALL,
        shared: Shared | None = None,
    ) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._rules = self._wanted = tuple(rules)
        self._settings = settings
        self._holder = holder
        self.share = share
        self._touched, self._woken = share.cursor("touched"), share.cursor("woken")
        self._lease: Lease | None = None
        self._writing: Writing | None = None  # since the lease was last proven to be ours
        self._epoch = 0  # of the last lease
        self._table = ""  # for what is judged in this epoch
        self._blocks = Blocks(share=self.share)
        self._round: _Round | None = None
        self._backlog = Backlog(self._rules, settings.batch, share)
        self._runaways = Runaways(settings.most_events, settings.sweep_every)
        self._sweep = Sweep(self._rules, settings, self._runaways.known, share)
        self._passes = Passes(settings.stretch)
        self._holds = Holds(settings.hold_at_most, counts=share.which == 0)
        shared = shared or Shared.of(settings, holder)
        self._silence = Listener(shared.watch)
        self.overtaken = shared.overtaken
        self._hold = Hold(0)
        self._books = Books()
        self._judged_until = 0
        self._sweeps_next = False
        self._settled: Settled | None = None  # is to be compared in the next tick
        self._mends = True  # until all is looked at once more that may have been cut off before
        self.standing: Standing | None = None  # after the last tick
        self._clock: Clock | None = None  # of the loop: a tick can take longer than the lease, which is renewed in it

    def use(self, rules: Sequence[Rule]) -> None:
        """Judge by these from the next tick on. May be called from another thread.

        What a workflow that is not among them has on record is closed; so no rules at all close everything. Whoever
        reads rules from a place that can be empty by accident must not pass that on.
        """
        self._wanted = tuple(rules)

    def progress(self) -> Mapping[str, tuple[int, int]]:
        """Of each workflow whose change is being worked through all that is stored: the pieces done, and all. May be
        called from another thread."""
        return self._backlog.progress

    def not_judged(self) -> Mapping[str, NotJudged]:
        """How many instances of each workflow are too old to be judged, as the sweep last saw them. May be called from
        another thread."""
        return self._sweep.not_judged()

    def run(self, clock: Clock, stop: Event, around: Callable[[Ticking], Ticking] = unchanged) -> None:
        """Tick until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again.

        `around` may put something around a tick, such as what measures it.
        """
        self._clock = clock
        tick_once = around(self.tick)
        while not stop.is_set():
            began = clock.now()
            try:
                tick = tick_once(began)
            except (StoreUnavailable, LeaseLost) as error:
                log.warning("evaluator: %s", error)
                self.forget()
                tick = None
            except Exception:
                log.exception("evaluator: a tick failed and is tried again")
                self.forget()
                tick = None
            if tick is None or not tick.more:
                clock.sleep(_rest(self._settings.tick, clock.now() - began) / SECOND)
        self.release()

    def tick(self, now: int) -> Tick | None:
        """Judge what changed until `now` (µs UTC), or a piece of it; `None` while another evaluator holds the lease.

        Nothing is judged beyond what every collector has brought to ClickHouse.
        Raises StoreUnavailable, StoreRefused, or LeaseLost when somebody took over in the middle.
        """
        self._books = Books()
        if not self._take(now):
            return None
        self._adopt()
        with self._books.of(Work.LOOK):
            self._hold = self._holds.look(self._database, now)
            self._hold = with_silence(self._hold, self._silence.look(self._clickhouse, self._database, now))
            lease = self._next(now)
            self._backlog.find(self._clickhouse, self._database)
        if self._sweeps_next:
            self._sweeps_next = False
            with self._books.of(Work.SWEEP):
                swept = self._sweep_some(now)
            return Tick(lease.as_of, 0, swept, True, self._stand(0, now), self._books.spent)
        with self._books.of(Work.LOOK):
            self._round = round_ = self._round or self._begin(lease)
        written = self._go_on(round_, now)
        if self._backlog.next is not None:
            with self._books.of(Work.BACKLOG):
                written += self._apply(self._backlog.next, now)
        elif self._round is None:
            with self._books.of(Work.SWEEP):
                self._sweeps_next = self._is_to_sweep(now)
        ended = self._round is None and round_.look.complete and self._backlog.next is None
        more, standing = not ended or self._sweeps_next, self._stand(round_.waiting, now)
        return Tick(lease.as_of, round_.look.size, written, more, standing, self._books.spent)

    def _stand(self, waiting: int, now: int) -> Standing:
        self.standing = standing = Standing(self._judged_until, waiting, self._holds.held_until == now)
        return standing

    def forget(self) -> None:
        """After a failure: nothing that was not written may be taken for done."""
        self._lease = None
        self._blocks = Blocks(share=self.share)
        self._round = None
        self._sweeps_next, self._settled = False, None
        self._mends = True
        self._holds.forget()

    def release(self) -> None:
        """Write what else is known, and let others judge."""
        counted = self._passes.all()
        with self._database.begin() as connection:
            self._passes.write(connection, counted)
        self._passes.forget(counted)
        self._give_up_writing()
        if self._lease is not None:
            leases.release(self._database, self._lease)
            self._lease = None

    def _take(self, now: int) -> bool:
        if self._lease is None and shares.agree(self._database, self.share.of, now):
            self._lease = leases.take(self._database, self.share.lease, self._holder, now, TTL)
        if self._lease is None or self._lease.epoch != self._epoch:
            self._give_up_writing()
        if self._lease is not None and self._lease.epoch != self._epoch:
            self._table = make_room(self._clickhouse, self._lease)
            self._epoch = self._lease.epoch
            self._backlog.forget()
            self._runaways.forget()
        return self._lease is not None

    def _give_up_writing(self) -> None:
        """The lease may have been lost before all was written: others may have judged meanwhile."""
        if self._writing is not None:
            self.overtaken.add(self._writing)
            self._writing = None

    def _adopt(self) -> None:
        """The present round was shared out by the old rules: it is begun again, as nothing of it has been noted."""
        wanted = self._wanted
        if wanted is not self._rules:
            self._rules = wanted
            self._round = None
            self._sweeps_next, self._settled = False, None
            self._backlog = Backlog(wanted, self._settings.batch, self.share)
            self._sweep.use(wanted)

    def _next(self, now: int) -> Lease:
        """The next version, and proof that the lease is still ours."""
        if self._lease is None:
            raise LeaseLost
        renewed_at = now if self._clock is None else max(now, self._clock.now())
        try:
            self._lease = leases.advance(self._database, self._lease, self._hold.as_of, renewed_at, TTL)
        except LeaseLost:
            self._give_up_writing()
            self.forget()
            raise
        self._writing = None
        return self._lease

    def _begin(self, lease: Lease) -> _Round:
        with self._database.read() as connection:
            touched = cursors.read(connection, self._touched) or 0
            woken = self._judged_until = cursors.read(connection, self._woken) or 0
        self._runaways.look(self._clickhouse, self._rules, lease.as_of)
        batch = self._settings.batch
        look = self._blocks.look(self._clickhouse, self._rules, touched, (woken, lease.as_of), batch)
        released = self._blocks.due_at(self._clickhouse, self._rules, self._hold.released, batch)
        return _Round(look, lease.as_of, deque([*look.parts, *released]), self._hold.released)

    def _go_on(self, round_: _Round, now: int) -> Written:
        written = Written()
        if not round_.pieces and round_.parts:
            with self._books.of(Work.CONCERN):
                round_.pieces.extend(concerned(self._clickhouse, round_.parts[0], self._runaways.others))
            round_.parts.popleft()
        if round_.pieces:
            rule, among, size = round_.pieces[0]
            written = self._judge_or_skip(rule, among, now)
            round_.pieces.popleft()
            round_.looked_at[rule.workflow.content_hash] += size
            if self._mends and (judged := (rule.workflow.name, among)) not in round_.judged:  # by another version
                round_.judged.append(judged)
        if round_.is_done:
            with self._books.of(Work.WRITE):
                for workflow, among in round_.judged:
                    written += self._mend(workflow, among, now)
                self._end(round_, now)
        return written

    def _end(self, round_: _Round, now: int) -> None:
        self._next(now)
        counted = self._passes.ended(round_.as_of)
        with self._database.begin() as connection:
            cursors.move(connection, self._woken, round_.as_of)
            self._passes.write(connection, counted)
        self._passes.forget(counted)
        self._passes.end_round(self._rules, round_.looked_at, round_.as_of)
        self._blocks.done(round_.look)
        self._silence.rewoken(round_.released)
        self._judged_until = round_.as_of
        self._mends = self._mends and self._backlog.next is not None
        self._round = None

    def _judge_or_skip(self, rule: Rule, among: Sql, now: int) -> Written:
        """A rule that the store will not judge must not keep it from judging the others; what compares comes back to
        it."""
        try:
            return self._judge(rule, among, now)
        except StoreRefused as error:
            log.error("evaluator: %s cannot be judged: %s", rule.workflow.name, error)
            self._passes.refuse(rule)
            self._blocks.doubt()
            return Written()

    def _judge(self, rule: Rule, among: Sql, now: int) -> Written:
        lease = self._next(now)
        lives = replace(rule.lives, frozen_before=frozen_before(self._settings, lease.as_of))
        others, holding = self._runaways.others(among), self._hold.holding
        question = Question(rule.workflow, lease.as_of, others, lives, holding)
        stamp = Stamp(lease.as_of, lease.version, self._hold.doubts, self._circumstances(rule))
        verdicts = Verdicts(self._clickhouse, self._table, question, stamp, self._runaways.most)
        with self._books.of(Work.JUDGE):
            verdicts.judge()
            told = verdicts.told()
        # Judging takes long: whoever lost the lease meanwhile must not even begin to write.
        self._next(now)
        self._writing = Writing(rule.workflow.name, [answer.correlation_id for answer in told], stamp)
        with self._books.of(Work.WRITE):
            written = write(self._clickhouse, rule.workflow, told, stamp)
            written += Written(verdicts.record())
            if any(map(self._runaways.has, told)):
                lease = self._next(now)
                later = replace(stamp, version=lease.version)
                written += self._runaways.stop(self._clickhouse, rule.workflow, told, later)
        self._passes.wrote(rule, written, lease.as_of)
        return written

    def _mend(self, workflow: str, among: Sql, now: int) -> Written:
        """Whoever was cut off may have written findings of which nothing is on record; if their verdict is by now as it
        was recorded before, nothing has changed that would close them. All versions must have been judged: those that
        are on record by then are right."""
        if not self._mends or self._blocks.doubted:
            return Written()
        lease = self._next(now)
        return close_refuted_among(self._clickhouse, workflow, among, Stamp(lease.as_of, lease.version))

    def _circumstances(self, rule: Rule) -> Circumstances:
        """What a live tick finds by a rule that is being applied may have been there for long, too."""
        return Circumstances(rule.workflow.name in self._backlog.progress, self._holds.held_until)

    def _apply(self, piece: Piece, now: int) -> Written:
        """A piece of what a change of the rules has left to do. What nobody asks for any more goes first: whatever
        closes a finding later would not know that."""
        lease = self._next(now)
        stamp = Stamp(lease.as_of, lease.version)
        written = remove(self._clickhouse, piece.workflow, piece.rules, piece.slice, stamp)
        for rule in piece.rules:
            written += self._judge_or_skip(rule, piece.slice.condition, now)
        written += self._mend(piece.workflow, piece.slice.condition, now)
        self._next(now)
        self._backlog.done(self._database, piece)
        return written

    def _is_to_sweep(self, now: int) -> bool:
        """In a tick of its own, as it takes as long as a round. What is to be compared is kept until then."""
        if self._sweep.is_due(now):
            return True
        with self._database.read() as connection:
            touched = cursors.read(connection, self._touched) or 0
        self._settled = self._blocks.settled(self._clickhouse, self._rules, touched, self._settings)
        if self._settled is not None and not self._settled.parts:
            self._pass(self._settled.span)
            self._settled = None
        return self._settled is not None

    def _sweep_some(self, now: int) -> Written:
        """All that was woken until the end of the last round has been judged."""
        settled, self._settled = self._settled, None
        if settled is not None:
            self._sweep.compare(self._clickhouse, settled, self._judged_until)
        written = Written()
        match self._sweep.next(self._clickhouse, self._database, now, self._judged_until):
            case Stale(workflow, among):
                for rule in self._rules:
                    if rule.workflow.name == workflow:
                        written += self._judge_or_skip(rule, among, now)
            case Swept(part):
                lease = self._next(now)
                written = close_refuted(self._clickhouse, part, Stamp(lease.as_of, lease.version))
            case Compared(span):
                self._pass(span)
        self._next(now)
        self._sweep.done()
        return written

    def _pass(self, span: Span) -> None:
        with self._database.begin() as connection:
            cursors.move(connection, self._touched, span.until)
        self._blocks.compared(span)
