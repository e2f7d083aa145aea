"""What an explanation draws on: the rule, the verdict, the events behind it, and what its expressions give."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from rules.compile.expression import as_number, as_timestamp, attributes_of, is_true
from rules.compile.sql import Sql, Value, call
from rules.diagnostic import printable
from rules.explain.deadline import Judged
from rules.explain.life import Happened, Life, Part, last_of, life, values
from rules.expression import Attribute, Expression, Unary, walk
from rules.expression_text import attribute_text
from rules.sentence.scene import instant, listed
from rules.spec import Step, Workflow
from rules.verdict import InstanceState, Kind, Verdict
from store.clickhouse import ClickHouse
from store.event import ABSENT, CONFIRMED

_SHOWN = 60  # characters of an attribute's value


@dataclass(frozen=True)
class Known(Judged):
    """`values`: what the engine gives for what an expression asks, by `key`. `as_of` in µs UTC."""

    life: Life
    values: Mapping[str, object]
    as_of: int

    def happened(self, part: Part, step: str = "") -> Sequence[Happened]:
        return self.life.taken(part, step)

    @property
    def opener(self) -> str:
        return next((it.name for it in self.happened(Part.STARTS)), super().opener)

    def has_first(self, step: str) -> bool:
        """Its first event is there, or somebody's word in place of one."""
        return bool(self.happened(Part.FULFILS, step)) or self.at(step) is not None

    def needed(self, step: Step) -> int | None:
        return self.told(step.name).needed if step.counts else 1

    def nth(self, step: Step) -> Happened | None:
        """The real event with which the step is fulfilled."""
        needed, found = self.needed(step), self.happened(Part.FULFILS, step.name)
        return found[needed - 1] if needed is not None and 1 <= needed <= len(found) else None

    def word(self, step: Step) -> Happened | None:
        """The testimony that counts: the latest, and none as soon as real events fulfil the step."""
        said = self.happened(Part.TESTIFIES, step.name)
        return said[-1] if said and self.nth(step) is None else None

    def confirmed(self, step: Step) -> Happened | None:
        word = self.word(step)
        return word if word is not None and word.name == CONFIRMED else None

    def failure(self, step: Step) -> Happened | None:
        """What says that it did not happen and will not."""
        said = [it for it in self.happened(Part.FAILS, step.name) if it.time >= self.start]
        word = self.word(step)
        if word is not None and word.name == ABSENT and word.time >= self.start:
            said.append(word)
        return min(said, key=lambda it: it.time, default=None)

    def undoing(self, step: Step) -> Happened | None:
        at = self.at(step.name)
        if at is None:
            return None
        skew = self.workflow.skew
        return next((it for it in self.happened(Part.UNDOES, step.name) if it.time >= at - skew), None)

    def undo_from(self) -> int | None:
        """Since when what was done has to be undone: a cancel, or the failure of a required step."""
        causes = [it.since for it in self.verdict.findings if it.kind is Kind.FAILED and self.is_required(it.step)]
        if self.verdict.state is InstanceState.CANCELLED and self.verdict.ended_at is not None:
            causes.append(self.verdict.ended_at)
        return min(causes, default=None)

    def undo_lapse(self, step: Step) -> int | None:
        """The last instant at which a step that is still to be undone may yet be."""
        at, since = self.at(step.name), self.undo_from()
        if at is None or since is None or step.undo_within is None or step.leave_behind or self.undoing(step):
            return None
        return max(at, since) + step.undo_within + self.workflow.grace

    def ending(self) -> Happened | None:
        """The event that ended the instance."""
        ends = [*self.happened(Part.CANCELS), *self.happened(Part.ENDS)]
        return next((it for it in ends if it.time == self.verdict.ended_at), None)

    def is_required(self, step: str) -> bool:
        found = self.workflow.step(step)
        return not found.optional and found.at_most != 0

    def reading(self, step: Step, which: str, expression: Expression) -> str:
        """What the attributes that an expression of the step reads are: `OrderPlaced.country is "US"`."""
        told = []
        for attribute in _attributes(expression):
            raw = self.values[key(step.name, which, attribute_text(attribute))]
            told.append(f"{attribute_text(attribute)} is {_shortened(str(raw)) if raw else 'absent'}")
        return listed(told)


def know(clickhouse: ClickHouse, workflow: Workflow, verdict: Verdict, start: int, as_of: int) -> Known:
    """Ask the engine for the rest. Raises StoreUnavailable or StoreRefused."""
    found = life(clickhouse, workflow, verdict.correlation_id, as_of)
    given = values(clickhouse, workflow, verdict.correlation_id, as_of, dict(_asked(workflow)))
    return Known(workflow, verdict, start, found, given, as_of)


def key(step: str, which: str, what: str = "") -> str:
    """Under which a value is found: `which` of the step's expressions, and what of it."""
    return "\0".join((step, which, what))


TRUE, FALSE = "true", "false"  # of a condition; where neither holds it is unknown


def said(event: Happened) -> str:
    """`PaymentReceived e-7 of payments, 2026-11-20 14:20 UTC`."""
    source = f" of {printable(event.source)}" if event.source else ""
    return f"{printable(event.name)} {printable(event.id)}{source}, {instant(event.time)}"


def by_whom(event: Happened) -> str:
    """Of testimony: ` by ana ("seen in the ledger")`."""
    told = msgspec.json.decode(event.attributes)
    actor, reason = (printable(str(told[it])) if told.get(it) else "" for it in ("actor", "reason"))
    return (f" by {actor}" if actor else "") + (f' ("{reason}")' if reason else "")


def _asked(workflow: Workflow) -> Iterator[tuple[str, Sql]]:
    for step in workflow.steps:
        if step.when is not None:
            yield from _condition(step.name, "when", step.when, attributes_of)
        if step.match is not None:
            yield from _condition(step.name, "match", step.match, _at_hand(step.name))
        if step.due is not None:
            yield key(step.name, "due"), as_timestamp(step.due, attributes_of)
            yield from _read(step.name, "due", step.due, attributes_of)
        if step.times is not None:
            yield key(step.name, "times"), as_number(step.times, attributes_of)
            yield from _read(step.name, "times", step.times, attributes_of)


Columns = Callable[[str | None], Sql]


def _at_hand(step: str) -> Columns:
    return lambda name: last_of(step) if name is None else attributes_of(name)


def _condition(step: str, which: str, expression: Expression, columns: Columns) -> Iterator[tuple[str, Sql]]:
    yield key(step, which, TRUE), is_true(expression, columns)
    yield key(step, which, FALSE), is_true(Unary("!", expression), columns)
    yield from _read(step, which, expression, columns)


def _read(step: str, which: str, expression: Expression, columns: Columns) -> Iterator[tuple[str, Sql]]:
    for attribute in _attributes(expression):
        raw = call("JSONExtractRaw", columns(attribute.step), *(_part(it) for it in attribute.path))
        yield key(step, which, attribute_text(attribute)), raw


def _part(text: str) -> Sql:
    return Value(text, "String")


def _attributes(expression: Expression) -> Iterable[Attribute]:
    return dict.fromkeys(node for node in walk(expression) if isinstance(node, Attribute))


def _shortened(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
